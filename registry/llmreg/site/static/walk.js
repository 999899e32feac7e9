'use strict';
/* Walk the lineage: ancestors and descendants of an entry, nearest first, and what of them fits into a picture. */

const walk = (() => {
  const { data } = entries;
  const { child, parent } = data.edges;
  const degree = (i) => entries.upward(i).length + entries.downward(i).length;
  const important = (a, b) => degree(b) - degree(a) || a - b;

  /** Give the entries that one step up or down leads to over edges that `follows` lets pass. */
  function next(i, way, follows) {
    const [edges, ends] = way === 'up' ? [entries.upward(i), parent] : [entries.downward(i), child];
    const found = [];
    for (const edge of edges) if (follows(edge)) found.push(ends[edge]);
    return found;
  }

  /**
   * Give what lies within `depth` edges of the starts, each way by itself: `order`, nearest first and of those the
   * best connected; for each `via`, the entry through which it was reached (-1 for a start), and `way`.
   */
  function reach(starts, { direction = 'both', depth = Infinity, follows = () => true }) {
    const distance = new Map(starts.map((i) => [i, 0]));
    const via = new Map(starts.map((i) => [i, -1]));
    const way = new Map();
    for (const each of direction === 'both' ? ['up', 'down'] : [direction]) {
      const seen = new Set(starts);
      let level = starts;
      for (let steps = 1; level.length && steps <= depth; steps++) {
        const coming = [];
        for (const from of level) {
          for (const i of next(from, each, follows)) {
            if (seen.has(i)) continue;
            seen.add(i);
            coming.push(i);
            if ((distance.get(i) ?? Infinity) <= steps) continue;
            distance.set(i, steps);
            via.set(i, from);
            way.set(i, each);
          }
        }
        level = coming;
      }
    }
    const order = [...distance.keys()].sort((a, b) => distance.get(a) - distance.get(b) || important(a, b));
    return { order, via, way };
  }

  /** Walk down inside a set of entries, from those that have no parent in it; a cycle without one starts anywhere. */
  function within(members, follows) {
    const inside = new Set(members);
    const stays = (edge) => follows(edge) && inside.has(child[edge]) && inside.has(parent[edge]);
    const roots = members.filter((i) => !next(i, 'up', stays).length).sort(important);
    const { order, via, way } = reach(roots, { direction: 'down', follows: stays });
    const rest = members.filter((i) => !via.has(i));
    rest.forEach((i) => via.set(i, -1));
    return { order: [...order, ...rest], via, way };
  }

  /** Leave out what does not pass, the starts aside; who was reached through it is reached through what came before. */
  function sieve({ order, via, way }, passes) {
    const stays = (i) => via.get(i) === -1 || passes(i);
    const nearest = (i) => { while (i >= 0 && !stays(i)) i = via.get(i); return i; };
    const kept = order.filter(stays);
    return { order: kept, via: new Map(kept.map((i) => [i, via.get(i) < 0 ? -1 : nearest(via.get(i))])), way };
  }

  /**
   * Keep the nearest `limit` entries and, for each time an entry is among `opened`, `limit` more of what was left out
   * at it; `left` tells how many were left out at each kept entry each way, at -1 those that nothing kept leads to.
   */
  function cut({ order, via, way }, limit, opened) {
    const kept = new Set(order.slice(0, limit));
    for (const at of opened) {
      order.filter((i) => !kept.has(i) && via.get(i) === at).slice(0, limit).forEach((i) => kept.add(i));
    }
    const left = new Map();
    for (const i of order) {
      const at = via.get(i);
      if (kept.has(i) || !(at < 0 || kept.has(at))) continue;
      const key = `${way.get(i) ?? 'down'} ${at}`;
      left.set(key, { at, way: way.get(i) ?? 'down', count: (left.get(key)?.count ?? 0) + 1 });
    }
    return { kept: order.filter((i) => kept.has(i)), left: [...left.values()] };
  }

  /** Give the edges that `follows` lets pass between these entries. */
  function between(members, follows) {
    const inside = new Set(members);
    return members.flatMap((i) => [...entries.upward(i)].filter((edge) => follows(edge) && inside.has(parent[edge])));
  }

  return { reach, within, sieve, cut, between };
})();
