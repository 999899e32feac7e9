'use strict';
/* What stands beside the canvas: the chosen entry or group, the legend, and the list of everything that is shown. */

const panel = (() => {
  const { data } = entries;
  const CHUNK = 2000;
  const FEW = 40;
  const { make } = dom;

  /** Show an entry: its facts, its verdicts under a policy, and its parents and children as buttons. */
  function entry(i, view, { isolate, choose }) {
    const facts = [
      ['Id', make('span', { class: 'id' }, data.id[i])],
      ['Evidence', data.tier[i] ? data.tiers[data.tier[i]] : null],
      ['Family', entries.wordsOf('family', i).join(', ')],
      ['By', entries.wordsOf('organization', i).join(', ') || 'none recorded'],
      ['Released', data.released[i] ?? 'not recorded'],
      ['License', licenses(i)],
      ['Size', entries.size(i) || null],
      ['Method', entries.wordsOf('method', i).join(', ') || null],
    ].filter(([, value]) => value !== null);
    const verdicts = data.uses.map((use) => [dom.words(use), dom.verdict(entries.verdict(i, use, view.policy))]);
    const ways = [['up', 'Ancestors'], ['down', 'Descendants'], ['both', 'Both']];
    dom.at('details').replaceChildren(
      make('h2', {}, data.name[i]),
      make('p', {}, make('span', { class: `kind ${entries.kind(i)}` }, entries.kind(i)), ' · ', make('a', { href: entries.page(i) }, 'its page')),
      make('p', { class: 'buttons' }, 'Isolate: ', ways.map(([way, words]) => make('button', { type: 'button', onclick: () => isolate(i, way) }, words))),
      pairs(facts),
      make('h3', {}, `Verdicts, policy ${view.policy}`),
      pairs(verdicts),
      ...relatives('Made from', entries.upward(i), data.edges.parent, choose),
      ...relatives('Used for', entries.downward(i), data.edges.child, choose),
    );
  }

  function licenses(i) {
    const names = entries.wordsOf('license', i);
    if (!names.length) return 'none recorded';
    return make('span', {}, names.flatMap((name, place) => [place ? ', ' : '', make('a', { href: `licenses/${name}.html` }, name)]));
  }

  function pairs(found) {
    return make('dl', { class: 'facts' }, found.map(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
  }

  function relatives(title, edges, ends, choose) {
    if (!edges.length) return [];
    const items = [...edges.subarray(0, FEW)].map((edge) => make('li', {},
      make('button', { type: 'button', class: 'plain', 'data-go': data.id[ends[edge]], onclick: () => choose(ends[edge]) }, data.name[ends[edge]]),
      make('span', { class: 'soft' }, ` ${entries.relation(edge)}`)));
    const rest = edges.length > FEW ? make('li', { class: 'soft' }, `and ${edges.length - FEW} more; isolate to see them all`) : null;
    return [make('h3', {}, `${title} (${edges.length})`), make('ul', { class: 'relatives' }, items, rest)];
  }

  /** Show a group: how its entries are judged, and the way into it. */
  function group({ word, members }, view, open) {
    dom.at('details').replaceChildren(
      make('h2', {}, word === '-' ? 'None recorded' : word),
      make('p', {}, dom.count(members.length, 'entry', 'entries')),
      make('p', { class: 'buttons' }, make('button', { type: 'button', onclick: open }, 'Open')),
      tally(members, view),
    );
  }

  function tally(members, view) {
    return pairs(paint.parts(members, view).map(([name, count]) => [count.toLocaleString('en'), part(name)]));
  }

  /** Name a part of a group, or a color of the picture: a kind, or a verdict by its mark alone where that will do. */
  function part(name, words = true) {
    if (data.kinds.includes(name)) return make('span', { class: `kind ${name}` }, `${name} `);
    return dom.verdict(data.answers.indexOf(name), words);
  }

  /** Say what to do while nothing is chosen. */
  function nothing() {
    dom.at('details').replaceChildren(make('p', { class: 'soft' }, 'Choose an entry by search, in the picture or in the list below.'));
  }

  /** List everything that is shown, all of it even where the picture is cut; the first part at once, the rest on demand. */
  function list(made, view, { choose, open }) {
    const items = made.kind === 'groups' ? made.groups : made.list;
    const item = made.kind === 'groups' ? (each) => groupItem(each, view, open) : (i) => entryItem(i, view, choose);
    const shown = dom.at('shown');
    shown.dataset.count = items.length;
    shown.replaceChildren(...items.slice(0, CHUNK).map(item));
    const more = dom.at('more');
    more.hidden = items.length <= CHUNK;
    more.onclick = () => {
      shown.append(...items.slice(shown.children.length, shown.children.length + CHUNK).map(item));
      more.hidden = shown.children.length >= items.length;
    };
    const drawn = made.nodes.filter((node) => node.entry >= 0 || node.group).length;
    const cut = drawn < items.length ? `; the picture shows ${drawn.toLocaleString('en')} of them` : '';
    const words = made.kind === 'groups' ? dom.count(items.length, 'group') : dom.count(items.length, 'entry', 'entries');
    dom.at('howmany').textContent = words + cut;
  }

  function entryItem(i, view, choose) {
    const answer = entries.verdict(i, view.use, view.policy);
    const mark = view.color === 'verdict' ? [dom.verdict(answer, false), ' '] : [];
    const button = make('button', { type: 'button', class: 'plain', onclick: () => choose(i) }, data.name[i]);
    const kind = make('span', { class: 'soft' }, ` ${entries.kind(i)}`);
    return make('li', { 'data-id': data.id[i], 'data-answer': data.answers[answer] ?? '-' }, mark, button, kind);
  }

  function groupItem(each, view, open) {
    const words = paint.parts(each.members, view).map(([name, count]) => [part(name, false), make('span', { class: 'soft' }, `${count} `)]);
    const button = make('button', { type: 'button', class: 'plain', onclick: () => open(each) }, each.word === '-' ? 'none recorded' : each.word);
    return make('li', { 'data-group': each.word, 'data-size': each.members.length }, button, make('span', { class: 'soft' }, ` ${each.members.length} `), words);
  }

  /** Explain just the shapes, colors and lines that are drawn. */
  function legend(made, view) {
    const drawn = made.nodes.flatMap((node) => (node.group ? node.group.members : node.entry >= 0 ? [node.entry] : []));
    const kinds = data.kinds.filter((kind) => drawn.some((i) => entries.kind(i) === kind));
    const tones = new Set(drawn.map((i) => paint.tone(i, view)));
    const lines = new Set(made.edges.map((edge) => edge.group));
    const byKind = view.color === 'kind';
    const items = [];
    if (made.kind === 'groups') {
      items.push(['circle', 'a group; the larger, the more entries; its ring is divided by them', { circle: true }]);
      if (byKind) kinds.forEach((kind) => items.push([kind, kind, { fill: kind }]));
      if (made.edges.length) items.push(['line', 'entries of one were made from entries of the other; thicker for more', { line: 'soft' }]);
    } else {
      kinds.forEach((kind) => items.push([kind, kind, { shape: kind, color: byKind ? kind : 'text' }]));
      data.groups.forEach((look, at) => { if (lines.has(at)) items.push([look.name, `${look.name}: ${look.meaning}`, { group: at }]); });
      if (paint.sampled(made) > 1) items.push(['sample', `from afar one of ${paint.sampled(made)} lines is drawn`, {}]);
      if (made.nodes.some((node) => node.stub)) items.push(['stub', 'more entries, not drawn; click to open', { group: -1 }]);
    }
    if (!byKind) [...data.answers, 'soft'].forEach((name) => { if (tones.has(name)) items.push([name, null, {}]); });
    dom.at('legend').replaceChildren(...items.map(([key, words, look]) =>
      make('li', { 'data-key': key }, words === null ? part(key) : [Object.keys(look).length ? icon(look) : null, ' ', words])));
  }

  /** Draw a sample with the brush of the picture itself. */
  function icon(look) {
    const canvas = make('canvas', { width: 68, height: 36, class: 'icon', 'aria-hidden': 'true' });
    const context = canvas.getContext('2d');
    context.scale(2, 2);
    context.strokeStyle = paint.color(look.color ?? look.line ?? 'text');
    context.lineWidth = 1.6;
    if (look.shape) paint.outline(context, look.shape, 17, 9, 28, 14);
    else if (look.circle) { context.beginPath(); context.arc(17, 9, 7, 0, 2 * Math.PI); context.lineWidth = 3; }
    else if (look.fill) { context.fillStyle = paint.color(look.fill); context.fillRect(5, 3, 24, 12); context.beginPath(); }
    else { if (look.group !== undefined) paint.stroke(context, look.group); context.beginPath(); context.moveTo(1, 9); context.lineTo(33, 9); }
    context.stroke();
    return canvas;
  }

  return { entry, group, nothing, list, legend };
})();
