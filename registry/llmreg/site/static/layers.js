'use strict';
/* Sort the nodes of a graph into layers, and each layer so that few edges cross. */

const layers = (() => {
  const SWEEPS = 12;
  const MOST_BENDS = 3000;

  /** Give for each node the nodes at the other end of its links. */
  function neighbors(count, links, from, to) {
    const found = Array.from({ length: count }, () => []);
    for (const link of links) found[link[from]].push(link[to]);
    return found;
  }

  /** Add to `finished` what can be reached from a node and was not seen, each after all that lies behind it. */
  function depthFirst(start, ahead, seen, finished) {
    if (seen[start]) return;
    const stack = [[start, 0]];
    seen[start] = true;
    while (stack.length) {
      const top = stack[stack.length - 1];
      const node = ahead[top[0]][top[1]++];
      if (node === undefined) finished.push(stack.pop()[0]);
      else if (!seen[node]) { seen[node] = true; stack.push([node, 0]); }
    }
  }

  /** Number the strongly connected components, parents before children (Kosaraju's two walks). */
  function components(count, links) {
    const up = neighbors(count, links, 0, 1);
    const down = neighbors(count, links, 1, 0);
    const finished = [];
    const seen = [];
    for (let node = 0; node < count; node++) depthFirst(node, down, seen, finished);
    const component = new Array(count).fill(-1);
    const taken = [];
    let size = 0;
    for (const node of finished.reverse()) {
      if (taken[node]) continue;
      const members = [];
      depthFirst(node, up, taken, members);
      for (const member of members) component[member] = size;
      size++;
    }
    return { component, size };
  }

  /** Give each node's layer: the longest path from above over the condensation, then as near to its children as it can. */
  function assign(count, links) {
    const { component, size } = components(count, links);
    const up = Array.from({ length: size }, () => new Set());
    const down = Array.from({ length: size }, () => new Set());
    for (const [child, parent] of links) {
      const [a, b] = [component[child], component[parent]];
      if (a !== b) { up[a].add(b); down[b].add(a); }
    }
    const layer = new Array(size).fill(0);
    for (let each = 0; each < size; each++) {
      for (const parent of up[each]) layer[each] = Math.max(layer[each], layer[parent] + 1);
    }
    for (let each = size - 1; each >= 0; each--) {
      if (!down[each].size || up[each].size > down[each].size) continue;
      layer[each] = Math.min(...[...down[each]].map((child) => layer[child])) - 1;
    }
    const places = new Map([...new Set(layer)].sort((a, b) => a - b).map((value, place) => [value, place]));
    return component.map((each) => places.get(layer[each]));
  }

  /** Add a bend wherever a link passes a layer; give all nodes' layers, links of one layer each, and the chains. */
  function bend(count, links, layer) {
    const all = layer.slice();
    const short = [];
    const chains = new Map();
    for (const [child, parent] of links) {
      const key = `${child} ${parent}`;
      if (chains.has(key) || layer[child] === layer[parent]) continue;
      const chain = [child];
      for (let at = layer[child] - 1; at > layer[parent] && all.length - count < MOST_BENDS; at--) {
        chain.push(all.length);
        all.push(at);
      }
      chain.push(parent);
      chains.set(key, chain);
      for (let i = 1; i < chain.length; i++) short.push([chain[i - 1], chain[i]]);
    }
    return { layer: all, links: short, chains };
  }

  /** Order each layer by sweeps that put a node at the mean of its neighbors; keep the order with the fewest crossings. */
  function order({ layer, links }) {
    const up = neighbors(layer.length, links, 0, 1);
    const down = neighbors(layer.length, links, 1, 0);
    const rows = Array.from({ length: Math.max(-1, ...layer) + 1 }, () => []);
    const seen = [];
    const walked = [];
    for (let node = 0; node < layer.length; node++) depthFirst(node, down, seen, walked);
    for (const node of walked.reverse()) rows[layer[node]].push(node);
    const place = new Array(layer.length).fill(0);
    rows.forEach((row) => row.forEach((node, i) => { place[node] = i; }));
    let best = { crossings: Infinity };
    for (let sweep = 0; sweep < SWEEPS && best.crossings; sweep++) {
      const upward = sweep % 2 === 1;
      for (const row of upward ? rows.toReversed() : rows) sortRow(row, upward ? down : up, place);
      const crossed = rows.reduce((sum, row) => sum + crossings(row, up, place), 0);
      if (crossed < best.crossings) best = { crossings: crossed, rows: rows.map((row) => row.slice()) };
    }
    return { ...best, up, down };
  }

  function sortRow(row, toward, place) {
    const mean = new Map(row.map((node) => {
      const ends = toward[node];
      return [node, ends.length ? ends.reduce((sum, end) => sum + place[end], 0) / ends.length : place[node]];
    }));
    row.sort((a, b) => mean.get(a) - mean.get(b) || place[a] - place[b]);
    row.forEach((node, i) => { place[node] = i; });
  }

  /** Count the crossings between a row and the one above it: the inversions among the ends of its links. */
  function crossings(row, up, place) {
    const ends = row.flatMap((node) => up[node].map((end) => place[end]).sort((a, b) => a - b));
    const tree = new Array(Math.max(0, ...ends) + 2).fill(0);
    let crossed = 0;
    ends.forEach((end, before) => {
      let smaller = 0;
      for (let i = end + 1; i > 0; i -= i & -i) smaller += tree[i];
      crossed += before - smaller;
      for (let i = end + 1; i < tree.length; i += i & -i) tree[i]++;
    });
    return crossed;
  }

  return { assign, bend, order };
})();
