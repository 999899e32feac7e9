'use strict';
/* What a view shows: its nodes with their places, its edges, and the list of all entries, of which a picture may be cut. */

const scene = (() => {
  const { data } = entries;
  const LIMIT = 300;
  const WIDTH = 168;
  const HEIGHT = 40;

  /** Make the scene of a view: a lineage, a group, all entries at their places, or groups as circles. */
  function of(view, narrow) {
    const passes = entries.filter(view);
    const follows = followed(view.relations);
    const columns = narrow ? 3 : 6;
    if (view.focus) return lineage(view, passes, follows, columns);
    if (view.group) {
      const members = [...data.id.keys()].filter((i) => passes(i) && belongs(view, i));
      return picture(walk.within(members, follows), view, follows, columns, -1);
    }
    return view.view === 'all' ? everything(passes, follows) : circles(view, passes, follows, narrow);
  }

  const belongs = ({ by, group }, i) => groups.wordOf(by, i) === group;

  function followed(relations) {
    if (!relations) return () => true;
    const allowed = relations.split(',').map((name) => data.groups.findIndex((group) => group.name === name));
    return (edge) => allowed.includes(entries.group(edge));
  }

  function lineage(view, passes, follows, columns) {
    const start = entries.number(view.focus);
    const depth = view.depth === '' ? Infinity : Number(view.depth);
    const reached = walk.reach([start], { direction: view.direction, depth, follows });
    return picture(walk.sieve(reached, passes), view, follows, columns, start);
  }

  /** Draw what was reached in layers, the nearest of it where it is too much, with stubs for what is left out. */
  function picture(reached, view, follows, columns, focus) {
    const opened = view.open ? view.open.split(',').map((id) => (id === '*' ? -1 : entries.number(id))) : [];
    const { kept, left } = walk.cut(reached, LIMIT, opened);
    const place = new Map(kept.map((i, node) => [i, node]));
    const edges = joined(walk.between(kept, follows), (i) => place.get(i));
    const nodes = [...kept.map((entry) => ({ entry })), ...left.map((stub) => ({ entry: -1, stub }))];
    const stubs = left.flatMap(({ at, way }, i) => (at < 0 ? [] : [tie(kept.length + i, place.get(at), way)]));
    const links = [...edges, ...stubs];
    const size = { width: WIDTH, height: HEIGHT, columns: Math.max(columns, Math.round(Math.sqrt(nodes.length) * columns / 6)) };
    const { x, y, routes } = layout.layered(nodes.length, links.map(({ child, parent }) => [child, parent]), size);
    links.forEach((link, i) => { link.route = routes[i]; });
    return finish({ kind: 'lineage', nodes, x, y, edges: links, place, focus, list: reached.order });
  }

  const tie = (stub, at, way) => ({ child: way === 'up' ? at : stub, parent: way === 'up' ? stub : at, group: -1 });

  /** Give one line for the edges of one group between the same two nodes. */
  function joined(found, nodeOf) {
    const lines = new Map();
    for (const edge of found) {
      const [child, parent, group] = [nodeOf(data.edges.child[edge]), nodeOf(data.edges.parent[edge]), entries.group(edge)];
      lines.set(`${child} ${parent} ${group}`, { child, parent, group });
    }
    return [...lines.values()];
  }

  /** Show all entries that pass at the places that were worked out beforehand. */
  function everything(passes, follows) {
    const list = [...data.id.keys()].filter(passes);
    const place = new Map(list.map((i, node) => [i, node]));
    const edges = [];
    for (let edge = 0; edge < data.edges.child.length; edge++) {
      if (!follows(edge)) continue;
      const child = place.get(data.edges.child[edge]);
      const parent = place.get(data.edges.parent[edge]);
      if (child !== undefined && parent !== undefined) edges.push({ child, parent, group: entries.group(edge) });
    }
    const nodes = list.map((entry) => ({ entry }));
    const x = list.map((i) => data.x[i]);
    const y = list.map((i) => data.y[i] * stretch);
    return finish({ kind: 'map', nodes, x, y, edges, place, focus: -1, list });
  }

  /** Give the room between layers that lets the whole graph fill a screen. */
  const stretch = Math.min(4, Math.max(1, extent(data.x) / extent(data.y) / 1.7));

  function extent(values) {
    return 1 + values.reduce((most, value) => Math.max(most, value), 0);
  }

  /** Show the largest groups as circles, and the others as one more that opens. */
  function circles(view, passes, follows, narrow) {
    const list = [...data.id.keys()].filter(passes);
    const all = groups.of(list, view.by);
    const most = groups.MOST[narrow ? 'narrow' : 'wide'] * (1 + view.open.split(',').filter((id) => id === '*').length);
    const found = all.slice(0, most);
    const nodes = found.map((group) => ({ entry: -1, group }));
    const rest = all.length - found.length;
    if (rest) nodes.push({ entry: -1, stub: { at: -1, way: 'down', count: rest } });
    const radii = nodes.map(({ group }) => groups.radius(group?.members.length ?? 0, all[0].members.length));
    const placed = groups.pack(radii, narrow ? 0.8 : 1.7);
    const edges = groups.between(found, view.by, follows).map(([child, parent, weight]) => ({ child, parent, group: -1, weight }));
    const place = new Map(found.map(({ word }, node) => [word, node]));
    return finish({ kind: 'groups', nodes, x: placed.map(({ x }) => x), y: placed.map(({ y }) => y), radii, edges, place, focus: -1, list: [], groups: all });
  }

  /** Add what every scene knows of itself: its bounds, its node under a point, the neighbors of a node. */
  function finish(made) {
    const { x, y, radii } = made;
    const half = (node) => (radii ? [radii[node], radii[node]] : [WIDTH / 2, HEIGHT / 2]);
    const extreme = (values, axis, sign) =>
      values.reduce((most, value, node) => Math.max(most, sign * value + half(node)[axis]), -Infinity) * sign;
    const bounds = made.nodes.length
      ? { left: extreme(x, 0, -1), right: extreme(x, 0, 1), top: extreme(y, 1, -1), bottom: extreme(y, 1, 1) }
      : { left: 0, right: 1, top: 0, bottom: 1 };
    const inside = (node, px, py) => {
      const [w, h] = half(node);
      return radii ? Math.hypot(px - x[node], py - y[node]) <= w : Math.abs(px - x[node]) <= w && Math.abs(py - y[node]) <= h;
    };
    return { ...made, bounds, hit: (px, py) => x.findLastIndex((_, node) => inside(node, px, py)) };
  }

  /** Name the key by which the address and the panel speak of a node: an entry's id or a group's word. */
  const keyOf = ({ entry, group }) => (entry >= 0 ? data.id[entry] : group?.word ?? '');

  /** Give the node that a key names in this scene, -1 for none. */
  function find(made, key) {
    return made.place.get(made.kind === 'groups' ? key : entries.number(key)) ?? -1;
  }

  /** Give the node to which an arrow leads: along an edge up or down, beside in the layer; nearest that way among circles. */
  function beside(made, node, key) {
    const { x, y } = made;
    const upright = key === 'ArrowUp' || key === 'ArrowDown';
    const sign = key === 'ArrowUp' || key === 'ArrowLeft' ? -1 : 1;
    const away = (i) => Math.hypot(x[i] - x[node], y[i] - y[node]);
    let ahead;
    if (made.kind === 'groups') {
      const along = (i) => sign * (upright ? y[i] - y[node] : x[i] - x[node]);
      ahead = [...x.keys()].filter((i) => along(i) > 0 && along(i) >= away(i) * 0.7);
    } else if (upright) {
      const [from, to] = key === 'ArrowUp' ? ['child', 'parent'] : ['parent', 'child'];
      ahead = made.edges.filter((edge) => edge[from] === node).map((edge) => edge[to]);
    } else {
      ahead = [...x.keys()].filter((i) => Math.abs(y[i] - y[node]) < 1 && sign * (x[i] - x[node]) > 0);
    }
    return ahead.reduce((best, i) => (best < 0 || away(i) < away(best) ? i : best), -1);
  }

  return { of, keyOf, find, beside, WIDTH, HEIGHT };
})();
