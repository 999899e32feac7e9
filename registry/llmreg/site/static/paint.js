'use strict';
/* Paint a scene on a canvas: shapes by kind, lines by relation, colors by verdict or kind, less of it from afar. */

const paint = (() => {
  const { data } = entries;
  const { WIDTH, HEIGHT } = scene;
  const NAMES_FROM = 0.42;
  const BOXES_FROM = 0.2;
  /** Lines that are drawn in one stroke: the time for a stroke grows faster than the lines in it. */
  const TOGETHER = 40;
  const MOST_LINES = 12000;
  const names = ['text', 'soft', 'line', 'ground', 'raised', 'link', ...data.answers, ...data.kinds, ...data.groups.map(({ name }) => name)];
  let colors = {};
  let font = 'sans-serif';
  const cuts = new Map();

  /** Read the colors from the stylesheet, when the page opens and when its scheme changes. */
  function reread() {
    const style = getComputedStyle(document.documentElement);
    colors = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    font = getComputedStyle(document.body).fontFamily;
  }

  /** Name the color of an entry in a view: its verdict's, `soft` for none, or its kind's. */
  function tone(i, view) {
    if (view.color === 'kind') return entries.kind(i);
    const answer = entries.verdict(i, view.use, view.policy);
    return answer < 0 ? 'soft' : data.answers[answer];
  }

  /** Trace the outline of a kind of entry around a center. */
  function outline(context, kind, x, y, width, height) {
    const [left, top, right, bottom] = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
    const corner = Math.min(10, height / 3);
    context.beginPath();
    if (kind === 'dataset') {
      context.moveTo(left, top + corner / 2);
      context.ellipse(x, top + corner / 2, width / 2, corner / 2, 0, Math.PI, 2 * Math.PI);
      context.lineTo(right, bottom - corner / 2);
      context.ellipse(x, bottom - corner / 2, width / 2, corner / 2, 0, 0, Math.PI);
      context.closePath();
    } else if (kind === 'software') {
      [[left, top], [right - corner, top], [right, top + corner], [right, bottom], [left, bottom]].forEach(([a, b]) => context.lineTo(a, b));
      context.closePath();
    } else if (kind === 'benchmark') {
      [[left + corner, top], [right - corner, top], [right, y], [right - corner, bottom], [left + corner, bottom], [left, y]].forEach(([a, b]) => context.lineTo(a, b));
      context.closePath();
    } else {
      context.roundRect(left, top, width, height, kind === 'service' ? height / 2 : 5);
    }
  }

  /** Draw a line as the relations of a group look; -1 for one that stands for several. */
  function stroke(context, group, width = 1) {
    const look = data.groups[group] ?? { name: 'soft', width: 1, dashes: [3, 3] };
    context.strokeStyle = colors[look.name];
    context.lineWidth = look.width * width;
    context.setLineDash(look.dashes.map((length) => length * width));
  }

  /** Cut words to a width in px, with an ellipsis; each is measured once. */
  function short(context, words, width, size) {
    const key = `${size} ${width} ${words}`;
    if (!cuts.has(key)) cuts.set(key, cutTo(context, words.replace(/\s+/g, ' '), width));
    return cuts.get(key);
  }

  function cutTo(context, words, width) {
    if (context.measureText(words).width <= width) return words;
    const letters = [...words];
    let [low, high] = [0, letters.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${letters.slice(0, middle).join('')}…`).width <= width) low = middle;
      else high = middle - 1;
    }
    return `${letters.slice(0, low).join('')}…`;
  }

  function write(context, words, x, y, { size, color = 'text', weight = 400, width = 1000, align = 'left' }) {
    context.font = `${weight} ${size}px ${font}`;
    context.fillStyle = colors[color];
    context.textAlign = align;
    context.textBaseline = 'middle';
    context.fillText(short(context, words, width, `${weight} ${size}`), x, y);
  }

  /** Draw an entry: outline by kind, a band with the verdict's mark, name and license. */
  function box(context, i, x, y, view, { scale, focused }) {
    const color = tone(i, view);
    outline(context, entries.kind(i), x, y, WIDTH, HEIGHT);
    context.fillStyle = colors[scale < BOXES_FROM ? color : 'raised'];
    context.fill();
    context.strokeStyle = colors[color];
    context.lineWidth = focused ? 4 : 1.6;
    context.setLineDash([]);
    context.stroke();
    if (scale < NAMES_FROM) return;
    const answer = view.color === 'verdict' ? entries.verdict(i, view.use, view.policy) : -1;
    const left = x - WIDTH / 2 + (entries.kind(i) === 'benchmark' ? 16 : 12);
    const room = x + WIDTH / 2 - 10 - left;
    if (answer >= 0) write(context, data.marks[answer], left + 4, y, { size: 15, weight: 700, color, align: 'center' });
    const start = left + (answer >= 0 ? 16 : 0);
    const width = room - (start - left);
    write(context, data.name[i], start, y - 6, { size: 12.5, weight: focused ? 700 : 500, width });
    const license = entries.wordsOf('license', i).join(', ') || 'no license recorded';
    write(context, license, start, y + 10, { size: 10, color: 'soft', width });
  }

  function stub(context, { count }, x, y) {
    context.beginPath();
    context.roundRect(x - 50, y - 14, 100, 28, 14);
    context.fillStyle = colors.ground;
    context.fill();
    context.strokeStyle = colors.link;
    context.lineWidth = 1.2;
    context.setLineDash([4, 3]);
    context.stroke();
    write(context, `+${count.toLocaleString('en')} more`, x, y, { size: 12, color: 'link', align: 'center', width: 90 });
  }

  /** Follow the points of an edge with vertical ends, as lines between layers read best. */
  function route(context, points) {
    context.beginPath();
    const [[x, y], ...rest] = points;
    context.moveTo(x, y);
    let [fromX, fromY] = [x, y];
    for (const [toX, toY] of rest) {
      const bow = fromY === toY ? 40 : 0;
      const middle = (fromY + toY) / 2 - bow;
      context.bezierCurveTo(fromX, middle, toX, middle, toX, toY);
      [fromX, fromY] = [toX, toY];
    }
    context.stroke();
  }

  function lineage(context, made, view, { scale, selected }) {
    made.edges.forEach(({ child, parent, group, route: points }) => {
      const near = selected === child || selected === parent;
      stroke(context, group, near ? 1.4 : 1);
      context.globalAlpha = selected < 0 || near || made.nodes.length < 25 ? 0.9 : 0.35;
      route(context, points);
    });
    context.globalAlpha = 1;
    made.nodes.forEach(({ entry, stub: left }, node) => {
      if (left) stub(context, left, made.x[node], made.y[node]);
      else box(context, entry, made.x[node], made.y[node], view, { scale, focused: entry === made.focus });
    });
  }

  /** Draw the part of the whole graph that can be seen; `coarse`, while it moves, without edges. */
  function map(context, made, view, { scale, selected, coarse, seen }) {
    const { x, y, nodes } = made;
    if (!coarse) lines(context, made, scale, seen);
    const near = (node) => x[node] > seen.left - WIDTH && x[node] < seen.right + WIDTH && y[node] > seen.top - HEIGHT && y[node] < seen.bottom + HEIGHT;
    const visible = [];
    for (let node = 0; node < nodes.length; node++) if (near(node)) visible.push(node);
    if (scale >= BOXES_FROM && !coarse) {
      tied(context, made, selected);
      visible.forEach((node) => box(context, nodes[node].entry, x[node], y[node], view, { scale, focused: false }));
      return;
    }
    const size = [Math.max(WIDTH, 2.5 / scale), Math.max(HEIGHT, 2.5 / scale)];
    const tones = new Map();
    for (const node of visible) {
      const name = tone(nodes[node].entry, view);
      if (!tones.has(name)) tones.set(name, []);
      tones.get(name).push(node);
    }
    for (const [name, members] of tones) {
      context.fillStyle = colors[name];
      for (const node of members) context.fillRect(x[node] - size[0] / 2, y[node] - size[1] / 2, size[0], size[1]);
    }
  }

  /** Tell of how many lines one is drawn where the whole graph is seen from afar. */
  const sampled = (made) => (made.kind === 'map' ? Math.ceil(made.edges.length / MOST_LINES) || 1 : 1);

  function lines(context, made, scale, seen) {
    const { x, y, edges } = made;
    const every = scale < BOXES_FROM ? sampled(made) : 1;
    context.globalAlpha = 0.3;
    data.groups.forEach((look, group) => {
      stroke(context, group, Math.max(1, 0.6 / scale));
      if (scale < BOXES_FROM) context.setLineDash([]);
      let begun = 0;
      for (let i = 0; i < edges.length; i += every) {
        const edge = edges[i];
        if (edge.group !== group) continue;
        const [ax, ay, bx, by] = [x[edge.child], y[edge.child], x[edge.parent], y[edge.parent]];
        if ((ax < seen.left && bx < seen.left) || (ax > seen.right && bx > seen.right)) continue;
        if ((ay < seen.top && by < seen.top) || (ay > seen.bottom && by > seen.bottom)) continue;
        if (begun++ % TOGETHER === 0) {
          if (begun > 1) context.stroke();
          context.beginPath();
        }
        context.moveTo(ax, ay);
        context.lineTo(bx, by);
      }
      if (begun) context.stroke();
    });
    context.globalAlpha = 1;
  }

  /** Draw the edges of what is selected over the others. */
  function tied(context, { x, y, edges }, selected) {
    for (const { child, parent, group } of edges) {
      if (child !== selected && parent !== selected) continue;
      stroke(context, group, 1.4);
      context.beginPath();
      context.moveTo(x[child], y[child]);
      context.lineTo(x[parent], y[parent]);
      context.stroke();
    }
  }

  /** Draw groups as rings whose parts are the verdicts, or the kinds, of their entries. */
  function circles(context, made, view, { selected }) {
    context.setLineDash([]);
    made.edges.forEach(({ child, parent, weight }) => {
      const near = selected === child || selected === parent;
      context.strokeStyle = colors[near ? 'link' : 'soft'];
      context.globalAlpha = near ? 0.9 : selected < 0 ? 0.28 : 0.12;
      context.lineWidth = 0.7 + Math.log2(weight);
      context.beginPath();
      const [ax, ay, bx, by] = [made.x[child], made.y[child], made.x[parent], made.y[parent]];
      context.moveTo(ax, ay);
      context.quadraticCurveTo((ax + bx) / 2 + (by - ay) / 8, (ay + by) / 2 + (ax - bx) / 8, bx, by);
      context.stroke();
    });
    context.globalAlpha = 1;
    made.nodes.forEach(({ group, stub: left }, node) => {
      if (left) stub(context, left, made.x[node], made.y[node]);
      else ring(context, group, made.x[node], made.y[node], made.radii[node], view);
    });
  }

  function ring(context, { word, members }, x, y, radius, view) {
    const thick = Math.max(4, Math.min(14, radius / 6));
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = colors.raised;
    context.fill();
    let start = -Math.PI / 2;
    for (const [name, count] of parts(members, view)) {
      const end = start + (count / members.length) * 2 * Math.PI;
      context.beginPath();
      context.arc(x, y, radius - thick / 2, start, end);
      context.strokeStyle = colors[name];
      context.lineWidth = thick;
      context.stroke();
      start = end;
    }
    const size = Math.max(9, Math.min(22, radius / 3.6));
    const words = broken(word === '-' ? 'none recorded' : word, (2 * (radius - thick) - 4) / size);
    const width = 2 * (radius - thick) * (words.length > 2 ? 0.8 : 0.93);
    const top = y - (words.length * size) / 2;
    words.forEach((line, i) => write(context, line, x, top + i * size * 1.1, { size, weight: 600, width, align: 'center' }));
    write(context, members.length.toLocaleString('en'), x, top + words.length * size * 1.1 + 1, { size: size * 0.9, color: 'soft', width, align: 'center' });
  }

  /** Break words into at most three lines of about so many letters' height. */
  function broken(words, room) {
    const lines = [''];
    for (const part of words.split(/(?<=[\s-])/)) {
      const last = lines.length - 1;
      if (!lines[last] || (lines[last] + part).trim().length * 0.56 <= room || lines.length === 3) lines[last] += part;
      else lines.push(part);
    }
    return lines.map((line) => line.trim());
  }

  /** Count the entries of a group by color, in the order of verdicts or kinds. */
  function parts(members, view) {
    const counts = new Map([...(view.color === 'kind' ? data.kinds : data.answers), 'soft'].map((name) => [name, 0]));
    for (const i of members) counts.set(tone(i, view), counts.get(tone(i, view)) + 1);
    return [...counts].filter(([, count]) => count);
  }

  /** Mark the node that is selected. */
  function selection(context, made, node, scale) {
    context.strokeStyle = colors.link;
    context.lineWidth = Math.max(3, 2 / scale);
    context.setLineDash([]);
    context.beginPath();
    const [x, y] = [made.x[node], made.y[node]];
    if (made.radii) context.arc(x, y, made.radii[node] + 4, 0, 2 * Math.PI);
    else context.roundRect(x - WIDTH / 2 - 5, y - HEIGHT / 2 - 5, WIDTH + 10, HEIGHT + 10, 8);
    context.stroke();
  }

  /** Paint the scene; the context already carries the place and the scale of what is seen. */
  function all(context, made, view, options) {
    ({ lineage, map, groups: circles })[made.kind](context, made, view, options);
    if (options.selected >= 0) selection(context, made, options.selected, options.scale);
  }

  return { all, sampled, outline, stroke, parts, tone, reread, color: (name) => colors[name] };
})();
