'use strict';
/* What a page shows, kept in the address after `#`, so that every view is a link and the browser goes back. */

const state = {
  /** Read the address over the defaults; null where what follows `#` is a place on the page. */
  read(defaults) {
    const hash = location.hash.slice(1);
    if (hash && !hash.includes('=')) return null;
    const said = Object.fromEntries(new URLSearchParams(hash));
    const known = Object.entries(said).filter(([key]) => key in defaults);
    return { ...defaults, ...Object.fromEntries(known) };
  },

  /** Write what differs from the defaults. */
  link(values, defaults) {
    const said = Object.entries(values).filter(([key, value]) => key in defaults && value !== defaults[key]);
    return `#${new URLSearchParams(said)}`;
  },

  /** Put the values into the address: as a new step for the browser's back, or in place of this one. */
  write(values, defaults, step) {
    const link = state.link(values, defaults);
    if (link === (location.hash || '#')) return;
    if (step) history.pushState({ step: (history.state?.step ?? 0) + 1 }, '', link);
    else history.replaceState(history.state, '', link);
  },

  /** Call when the reader goes back, forward, or follows a link to another view of the page. */
  listen(changed) {
    addEventListener('popstate', changed);
  },

  /** Set the fields of a form; boxes of one name hold a list, and all of them checked is the same as none said. */
  fill(form, values) {
    for (const field of form.elements) {
      if (!(field.name in values)) continue;
      const value = values[field.name];
      if (field.type === 'checkbox') field.checked = !value || value.split(',').includes(field.value);
      else if (field.value !== value) field.value = value;
    }
  },

  /** Give what the fields of a form say. */
  said(form) {
    const said = {};
    const boxes = {};
    for (const field of form.elements) {
      if (field.type === 'checkbox') (boxes[field.name] ??= []).push(field);
      else if (field.name) said[field.name] = field.value;
    }
    for (const [name, group] of Object.entries(boxes)) {
      const checked = group.filter((box) => box.checked).map((box) => box.value);
      said[name] = checked.length === group.length ? '' : checked.join(',') || 'none';
    }
    return said;
  },
};
