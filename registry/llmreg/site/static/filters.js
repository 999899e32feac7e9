'use strict';
/* Fill the fields by which both pages filter with the words that the catalog has. */

const filters = (() => {
  const { data } = entries;
  const absent = { organization: 'none recorded', license: 'none recorded', method: 'no recipe' };

  /** Offer the words of a column, each with its count. */
  function column(select, name, any) {
    const counts = entries.counts(name);
    const words = [...counts.keys()].filter((word) => word !== '-').sort((a, b) => a.localeCompare(b, 'en'));
    const pairs = words.map((word) => [word, `${word} (${counts.get(word)})`]);
    const none = counts.has('-') ? [['-', `${absent[name]} (${counts.get('-')})`]] : [];
    dom.options(select, [['', any], ...pairs, ...none]);
  }

  /** Fill every field of the form that this page has. */
  function fill(form) {
    for (const name of Object.keys(entries.columns)) if (form.elements[name]) column(form.elements[name], name, 'any');
    const plain = (names) => names.map((name) => [name, dom.words(name)]);
    dom.options(form.elements.use, plain(data.uses));
    dom.options(form.elements.policy, plain(data.policies));
    if (form.elements.verdict) {
      dom.options(form.elements.verdict, [['', 'any'], ...plain(data.answers), ['-', 'no verdict']]);
    }
    const wide = matchMedia('(min-width: 60.01rem)');
    const fold = form.querySelector('.fold');
    fold.open = wide.matches;
    wide.addEventListener('change', () => { fold.open = wide.matches; });
  }

  return { fill, policy: data.policy };
})();
