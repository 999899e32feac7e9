'use strict';
/* The catalog from afar: families, organizations or licenses as circles, sized and divided by their entries. */

const groups = (() => {
  const { data } = entries;
  const MOST = { wide: 64, narrow: 28 };
  const GAP = 12;
  const TURN = 2 * Math.PI;
  const STEP = 12;

  /** Give the word by which an entry counts: the first of several, `-` for none. */
  const wordOf = (by, i) => entries.wordsOf(by, i)[0] ?? '-';

  /** Give the groups of these entries, largest first: `word` and `members`. */
  function of(members, by) {
    const found = new Map();
    for (const i of members) {
      const word = wordOf(by, i);
      if (!found.has(word)) found.set(word, []);
      found.get(word).push(i);
    }
    return [...found].map(([word, members]) => ({ word, members }))
      .sort((a, b) => b.members.length - a.members.length || (a.word < b.word ? -1 : 1));
  }

  /** Count the edges that lead from entries of one group to those of another: [from, to, count]. */
  function between(found, by, follows) {
    const place = new Map(found.map(({ word }, i) => [word, i]));
    const counts = new Map();
    found.forEach(({ members }, from) => {
      for (const i of members) {
        for (const edge of entries.upward(i)) {
          const to = follows(edge) ? place.get(wordOf(by, data.edges.parent[edge])) : undefined;
          if (to === undefined || to === from) continue;
          const key = from * found.length + to;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
    });
    return [...counts].map(([key, number]) => [Math.floor(key / found.length), key % found.length, number]);
  }

  /** Give a radius in px that grows with the count, less than its root does: few families are large and most have one. */
  const radius = (count, largest) => Math.max(30, 150 * (count / largest) ** 0.4);

  /** Place circles without overlap along a spiral, the first in the middle, on a field `aspect` times as wide as high. */
  function pack(radii, aspect) {
    const placed = [];
    const free = (x, y, radius) => placed.every((other) => Math.hypot(x - other.x, y - other.y) >= radius + other.radius + GAP);
    let turn = 0;
    for (const radius of radii) {
      let [x, y] = [0, 0];
      for (turn = Math.max(0, turn - 3 * TURN); !free(x, y, radius); turn += STEP / Math.max(STEP, (turn / TURN) * STEP)) {
        x = Math.cos(turn) * (turn / TURN) * STEP * Math.sqrt(aspect);
        y = Math.sin(turn) * (turn / TURN) * STEP / Math.sqrt(aspect);
      }
      placed.push({ x, y, radius });
    }
    return placed;
  }

  return { of, between, pack, radius, MOST, wordOf };
})();
