'use strict';
/* The lineage explorer: one view, kept in the address, shown as a picture, in words and as a list. */

/**
 * For scripts: `explorer.isolate(id, direction, depth)` shows an entry's lineage; `explorer.show({...})` any view by
 * the words of the address; `explorer.shown()` gives the ids in the list, `explorer.drawn()` the ids that the picture
 * holds with the name of the color of each.
 */
const explorer = (() => {
  const { data } = entries;
  const RESULTS = 20;
  const defaults = {
    view: '', by: 'family', group: '', focus: '', direction: 'both', depth: '', open: '', at: '',
    color: 'verdict', use: 'commercial', policy: filters.policy, kinds: '', relations: '', license: '', from: '', to: '',
  };
  const LOOKS = ['at', 'color', 'use', 'policy'];
  const form = dom.at('controls');
  const canvas = dom.at('canvas');
  const lens = camera.on(canvas, { click: pressed, open: (node) => enter(node) });
  let view = null;
  let made = null;
  let node = -1;

  /** Put right what an address may say wrongly; say what was not found. */
  function corrected(values) {
    const allowed = { by: ['family', 'organization', 'license'], direction: ['up', 'down', 'both'], color: ['verdict', 'kind'], use: data.uses, policy: data.policies };
    const right = { ...values };
    for (const [key, words] of Object.entries(allowed)) if (!words.includes(right[key])) right[key] = defaults[key];
    if (!/^\d*$/.test(right.depth)) right.depth = '';
    const unknown = right.focus && entries.number(right.focus) < 0;
    dom.at('notice').textContent = unknown ? `No entry has the id ${right.focus}.` : '';
    if (unknown) right.focus = '';
    return right;
  }

  /** Show a view: the values that change over those that stay; `step` makes it one that the browser goes back from. */
  function show(changes, step) {
    const before = view;
    view = corrected({ ...(before ?? defaults), ...changes });
    state.write(view, defaults, step);
    const differs = (key) => !before || before[key] !== view[key];
    const rebuilt = !made || Object.keys(defaults).some((key) => !LOOKS.includes(key) && differs(key));
    if (rebuilt) made = scene.of(view, lens.width() < 600);
    node = scene.find(made, view.at || view.focus);
    lens.show(made, view, node);
    if (rebuilt && !(before && onlyOpened(before))) lens.fit();
    else if (node >= 0) lens.reveal(node);
    lens.redraw();
    describe(rebuilt || ['color', 'use', 'policy'].some(differs));
    state.fill(form, view);
    if (rebuilt) say(title());
  }

  const onlyOpened = (before) => Object.keys(defaults).every((key) => ['open', 'at'].includes(key) || before[key] === view[key]);

  function describe(all) {
    const chosen = entries.number(view.at || view.focus);
    if (chosen >= 0 && made.kind !== 'groups') panel.entry(chosen, view, { isolate: isolated, choose });
    else if (node >= 0 && made.nodes[node].group) panel.group(made.nodes[node].group, view, () => enter(node));
    else panel.nothing();
    if (!all) return;
    dom.at('title').textContent = title();
    panel.list(made, view, { choose, open: (group) => show({ group: group.word, focus: '', open: '', at: '' }, true) });
    panel.legend(made, view);
    dom.at('ways').hidden = !view.focus;
    form.elements.use.disabled = view.color === 'kind';
    for (const link of document.querySelectorAll('#views a')) {
      const there = { ...view, focus: '', group: '', open: '', at: '', view: '', ...(link.dataset.by ? { by: link.dataset.by } : { view: 'all' }) };
      link.href = state.link(there, defaults);
      const here = !view.focus && !view.group && (view.view === 'all' ? !link.dataset.by : link.dataset.by === view.by);
      link.toggleAttribute('aria-current', here);
      if (here) link.setAttribute('aria-current', 'page');
    }
  }

  function title() {
    if (view.focus) {
      const of = { up: 'Ancestors', down: 'Descendants', both: 'Ancestors and descendants' }[view.direction];
      return `${of} of ${data.name[entries.number(view.focus)]}`;
    }
    if (view.group) return `${view.by[0].toUpperCase()}${view.by.slice(1)}: ${view.group === '-' ? 'none recorded' : view.group}`;
    if (view.view === 'all') return 'Everything';
    return { family: 'Families', organization: 'Organizations', license: 'Licenses' }[view.by];
  }

  function say(words) {
    dom.at('said').textContent = words;
  }

  function isolated(i, direction) {
    show({ focus: data.id[i], direction, at: '', open: '', group: '' }, true);
  }

  /** Choose an entry: in the picture where it is drawn, else by isolating it. */
  function choose(i) {
    const place = made.place.get(i);
    if (made.kind !== 'groups' && place !== undefined) select(place);
    else isolated(i, view.direction);
  }

  function select(to) {
    const chosen = made.nodes[to];
    if (chosen.stub) { open(chosen.stub); return; }
    show({ at: scene.keyOf(chosen) }, false);
    const { entry, group } = chosen;
    if (group) { say(`${group.word}, ${dom.count(group.members.length, 'entry', 'entries')}`); return; }
    const answer = entries.verdict(entry, view.use, view.policy);
    const verdict = answer < 0 ? 'no verdict' : `${dom.words(data.answers[answer])} for ${dom.words(view.use)}`;
    const relatives = `${dom.count(entries.upward(entry).length, 'parent')}, ${dom.count(entries.downward(entry).length, 'child', 'children')}`;
    say(`${data.name[entry]}, ${entries.kind(entry)}, ${verdict}; ${relatives}`);
  }

  function open({ at }) {
    const id = at < 0 ? '*' : data.id[at];
    show({ open: [...view.open.split(','), id].filter(Boolean).join(','), at: at < 0 ? view.at : id }, true);
  }

  /** A press chooses an entry, opens a group or a stub, and on the ground does nothing. */
  function pressed(to) {
    if (to < 0) return;
    if (made.nodes[to].group) enter(to);
    else select(to);
  }

  /** Go into a node: isolate an entry, open a group or a stub. */
  function enter(to) {
    if (to < 0) return;
    const { entry, group, stub } = made.nodes[to];
    if (stub) open(stub);
    else if (group) show({ group: group.word, open: '', at: '' }, true);
    else isolated(entry, view.direction);
  }

  function back() {
    if (history.state?.step) history.back();
    else show({ ...view, view: '', focus: '', group: '', open: '', at: '' }, true);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zooms = { '+': 1.3, '=': 1.3, '-': 1 / 1.3 };
    if (event.key in zooms) lens.zoom(zooms[event.key]);
    else if (event.key === '0') lens.fit();
    else if (event.key === 'Enter') enter(node);
    else if (event.key.startsWith('Arrow')) walkTo(event.key);
    else return;
    event.preventDefault();
  }

  function walkTo(arrow) {
    const to = node < 0 ? 0 : scene.beside(made, node, arrow);
    if (to < 0) say('Nothing that way');
    else if (made.nodes[to]?.stub) { node = to; lens.show(made, view, node); lens.reveal(node); say(`${made.nodes[to].stub.count} more; Enter opens them`); }
    else if (made.nodes.length) select(to);
  }

  function anywhere(event) {
    const typing = event.target.closest('input, select, textarea');
    if (event.key === '/' && !typing) { event.preventDefault(); dom.at('search').focus(); }
    if (event.key !== 'Escape') return;
    if (typing && dom.at('search').value) { dom.at('search').value = ''; search(); }
    else if (!typing) back();
  }

  function search() {
    const query = dom.at('search').value;
    const found = query.trim() ? entries.search(query) : [];
    const items = found.slice(0, RESULTS).map((i) => dom.make('li', {},
      dom.make('button', { type: 'button', 'data-id': data.id[i], onclick: () => take(i) }, data.name[i], dom.make('span', { class: 'soft' }, ` ${data.id[i]}`))));
    dom.at('results').replaceChildren(...items);
    dom.at('results').hidden = !items.length;
    const more = found.length > RESULTS ? `, the best ${RESULTS} listed` : '';
    dom.at('hits').textContent = query.trim() ? `${found.length || 'no'} found${more}` : '';
  }

  function take(i) {
    dom.at('search').value = '';
    search();
    isolated(i, view.direction);
    canvas.focus();
  }

  /** Take the first that was found, on Enter: a form with several fields does not submit itself. */
  function takeFirst(event) {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const first = dom.at('results').querySelector('button');
    if (first) take(entries.number(first.dataset.id));
  }

  function start() {
    filters.fill(form);
    paint.reread();
    dom.at('search').addEventListener('keydown', takeFirst);
    form.addEventListener('change', (event) => { if (event.target.name) show({ ...state.said(form), open: '' }, true); });
    dom.at('search').addEventListener('input', search);
    canvas.addEventListener('keydown', key);
    addEventListener('keydown', anywhere);
    for (const [id, act] of [['nearer', () => lens.zoom(1.3)], ['farther', () => lens.zoom(1 / 1.3)], ['whole', () => lens.fit()]]) dom.at(id).addEventListener('click', act);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { paint.reread(); lens.redraw(); panel.legend(made, view); });
    state.listen(() => { const values = state.read(defaults); if (values) show(values, false); });
    show(state.read(defaults) ?? defaults, false);
    document.documentElement.dataset.ready = 'true';
  }

  start();

  return {
    isolate: (id, direction = 'both', depth = '') => show({ ...defaults, focus: id, direction, depth: String(depth) }, true),
    show: (values) => show({ ...defaults, ...values }, true),
    shown: () => made.list.map((i) => data.id[i]),
    drawn: () => made.nodes.filter(({ entry }) => entry >= 0).map(({ entry }) => [data.id[entry], paint.tone(entry, view)]),
    edges: () => made.edges.filter(({ group }) => group >= 0).map(({ child, parent, group }) => [scene.keyOf(made.nodes[child]), scene.keyOf(made.nodes[parent]), data.groups[group].name]),
  };
})();
