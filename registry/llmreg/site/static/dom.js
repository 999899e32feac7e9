'use strict';
/* Make and fill elements: words go in as text, never as HTML. */

const dom = {
  /** Give the element with this id. */
  at(id) {
    return document.getElementById(id);
  },

  /** Make an element; `on...` attributes are listeners, absent values leave the attribute away. */
  make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  },

  /** Fill a select with [value, words] pairs. */
  options(select, pairs) {
    select.replaceChildren(...pairs.map(([value, words]) => dom.make('option', { value }, words)));
  },

  /** Show a verdict by mark and color, with its word for everybody or only for who cannot see it. */
  verdict(answer, words = true) {
    const name = LLMREG.answers[answer] ?? 'no-verdict';
    const mark = dom.make('span', { class: 'mark', 'aria-hidden': 'true' }, LLMREG.marks[answer] ?? '–');
    const word = dom.make('span', { class: words ? null : 'visually-hidden' }, dom.words(name));
    return dom.make('span', { class: `verdict ${name}`, title: dom.words(name) }, mark, word);
  },

  /** Write an id of llmreg's own vocabulary as words. */
  words(name) {
    return name.replaceAll('-', ' ');
  },

  /** Write a count with what is counted. */
  count(number, one, many = `${one}s`) {
    return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
  },
};
