'use strict';
/* The table of all entries: search, filters, sorting, pages of rows; what is shown is in the address. */

(() => {
  const { data } = entries;
  const ROWS = 100;
  const defaults = {
    q: '', kinds: '', family: '', organization: '', license: '', method: '', from: '', to: '',
    use: 'commercial', verdict: '', policy: filters.policy, sort: '', page: '1',
  };
  const form = dom.at('filters');
  const collator = new Intl.Collator('en', { numeric: true });
  const texts = (column) => (i) => entries.wordsOf(column, i).join(', ');

  const columns = [
    { key: 'name', title: 'Name', value: (i) => data.name[i], cell: nameCell },
    { key: 'kind', title: 'Kind', value: entries.kind, cell: (i) => [dom.make('span', { class: `kind ${entries.kind(i)}` }, entries.kind(i))] },
    ...(data.tier.some(Boolean) ? [{ key: 'tier', title: 'Evidence', value: (i) => data.tiers[data.tier[i]] }] : []),
    { key: 'family', title: 'Family', value: texts('family') },
    { key: 'size', title: 'Size', value: (i) => data.size[i], cell: (i) => [entries.size(i)], number: true },
    { key: 'license', title: 'License', value: texts('license'), cell: licenseCell },
    { key: 'released', title: 'Released', value: (i) => data.released[i] },
    { key: 'method', title: 'Method', value: texts('method'), cell: methodCell },
    ...data.uses.map((use) => ({
      key: use,
      title: dom.words(use),
      value: (i) => { const answer = entries.verdict(i, use, shown.policy); return answer < 0 ? null : answer; },
      cell: (i) => [dom.verdict(entries.verdict(i, use, shown.policy), false)],
      verdict: true,
    })),
  ];
  let shown = defaults;
  let found = [];

  function nameCell(i) {
    const link = dom.make('a', { href: entries.page(i), class: 'name' }, data.name[i]);
    return [link, ' ', dom.make('span', { class: 'id soft' }, data.id[i])];
  }

  function licenseCell(i) {
    const names = entries.wordsOf('license', i);
    if (!names.length) return [dom.make('span', { class: 'soft' }, 'none recorded')];
    return names.flatMap((name, place) => [place ? ', ' : '', dom.make('a', { href: `licenses/${name}.html` }, name)]);
  }

  function methodCell(i) {
    return entries.wordsOf('method', i).map((name) => dom.make('a', { href: `methods/${name}.html` }, name));
  }

  /** Compare by a column; what nobody stated comes last both ways. */
  function order(column, down) {
    const values = new Map(found.map((i) => [i, column.value(i)]));
    const absent = (value) => value === null || value === '';
    const sign = down ? -1 : 1;
    return (a, b) => {
      const [x, y] = [values.get(a), values.get(b)];
      if (absent(x) || absent(y)) return absent(x) - absent(y) || a - b;
      return sign * (typeof x === 'number' ? x - y : collator.compare(x, y)) || a - b;
    };
  }

  function find() {
    const passes = entries.filter(shown);
    const all = shown.q.trim() ? entries.search(shown.q) : [...data.id.keys()];
    found = all.filter(passes);
    const column = columns.find(({ key }) => key === shown.sort.replace(/^-/, ''));
    if (column) found.sort(order(column, shown.sort.startsWith('-')));
  }

  function row(i) {
    const cells = columns.map((column) => {
      const content = column.cell ? column.cell(i) : [column.value(i) ?? ''];
      const role = column.key === 'name' ? 'rowheader' : 'cell';
      const name = [`the-${column.key}`, column.number ? 'number' : '', column.verdict ? 'answer' : ''].join(' ').trim();
      const empty = content.length === 0 || content.every((part) => part === '');
      return dom.make(role === 'cell' ? 'td' : 'th', { role, class: name, scope: role === 'cell' ? null : 'row', 'data-label': column.title, 'data-empty': empty }, content);
    });
    return dom.make('tr', { role: 'row', 'data-id': data.id[i] }, cells);
  }

  function heads() {
    return columns.map(({ key, title, verdict, number }) => {
      const sorted = shown.sort === key ? 'ascending' : shown.sort === `-${key}` ? 'descending' : undefined;
      const arrow = sorted ? dom.make('span', { 'aria-hidden': 'true' }, sorted === 'ascending' ? ' ↑' : ' ↓') : null;
      const button = dom.make('button', { type: 'button', 'data-sort': key }, title, arrow);
      const name = [verdict ? 'answer' : '', number ? 'number' : ''].join(' ').trim();
      return dom.make('th', { role: 'columnheader', scope: 'col', 'aria-sort': sorted, class: name }, button);
    });
  }

  function draw() {
    const pages = Math.max(1, Math.ceil(found.length / ROWS));
    const page = Math.min(Math.max(1, Math.floor(Number(shown.page)) || 1), pages);
    const first = (page - 1) * ROWS;
    const focused = document.activeElement?.dataset?.sort;
    dom.at('heads').replaceChildren(...heads());
    if (focused) dom.at('heads').querySelector(`[data-sort="${focused}"]`).focus();
    dom.at('rows').replaceChildren(...found.slice(first, first + ROWS).map(row));
    const range = pages > 1 ? `, ${(first + 1).toLocaleString('en')} to ${Math.min(first + ROWS, found.length).toLocaleString('en')} shown` : '';
    dom.at('count').textContent = `${dom.count(found.length, 'entry', 'entries')}${range}`;
    dom.at('count').dataset.count = found.length;
    dom.at('pages').hidden = pages === 1;
    dom.at('page').textContent = `page ${page} of ${pages}`;
    dom.at('previous').disabled = page === 1;
    dom.at('next').disabled = page === pages;
    form.elements.sort.value = shown.sort;
  }

  function show(values, step) {
    shown = { ...values };
    if (!data.uses.includes(shown.use)) shown.use = defaults.use;
    if (!data.policies.includes(shown.policy)) shown.policy = defaults.policy;
    state.write(shown, defaults, step);
    find();
    draw();
  }

  /** Follow typing at once, in place; a choice is a step for the browser's back. */
  function said(event) {
    if (event.type === 'input' && event.target.tagName === 'SELECT') return;
    show({ ...shown, ...state.said(form), page: '1' }, event.type === 'change');
  }

  function turn(pages) {
    show({ ...shown, page: String((Number(shown.page) || 1) + pages) }, true);
    dom.at('table').scrollIntoView();
  }

  function sortBy(event) {
    const key = event.target.closest('[data-sort]')?.dataset.sort;
    if (key) show({ ...shown, sort: shown.sort === key ? `-${key}` : key, page: '1' }, true);
  }

  function reread() {
    const values = state.read(defaults);
    if (!values) return;
    show(values, false);
    state.fill(form, shown);
  }

  dom.options(form.elements.kinds, [['', 'any'], ...data.kinds.map((kind) => [kind, kind])]);
  dom.options(form.elements.sort, [['', 'best match'], ...columns.flatMap(({ key, title }) => [[key, `${title}, up`], [`-${key}`, `${title}, down`]])]);
  filters.fill(form);
  form.addEventListener('input', said);
  form.addEventListener('change', said);
  form.addEventListener('submit', (event) => event.preventDefault());
  dom.at('clear').addEventListener('click', () => { show(defaults, true); state.fill(form, shown); });
  dom.at('heads').addEventListener('click', sortBy);
  dom.at('previous').addEventListener('click', () => turn(-1));
  dom.at('next').addEventListener('click', () => turn(1));
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.target.closest('input, select, textarea')) return;
    event.preventDefault();
    form.elements.q.focus();
  });
  state.listen(reread);
  show(state.read(defaults) ?? defaults, false);
  state.fill(form, shown);
  document.documentElement.dataset.ready = 'true';
})();
