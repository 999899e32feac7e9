'use strict';
/* Lay a graph out in layers, parents above their children: the same picture for the same graph, cycles or not. */

const layout = (() => {
  const GAP = 18;
  const BEND = 12;
  const ROW_GAP = 14;
  const LAYER_GAP = 60;
  const SWEEPS = 8;

  /**
   * Give centers `x` and `y` in px, and `routes`: for each of the links [child, parent] its points. Boxes are `width`
   * by `height`; `columns` of them stand side by side before a layer goes on in a further row.
   */
  function layered(count, links, { width, height, columns }) {
    const apart = links.filter(([child, parent]) => child !== parent);
    const graph = layers.bend(count, apart, layers.assign(count, apart));
    const ordered = layers.order(graph);
    const rows = ordered.rows.map((row) => wrap(row, count, columns));
    const y = stack(rows, graph.layer.length, height);
    const x = spread(rows.flat(), ordered, count, width);
    const chain = ([child, parent]) => graph.chains.get(`${child} ${parent}`) ?? [child, parent];
    return {
      x: x.slice(0, count),
      y: y.slice(0, count),
      routes: links.map((link) => chain(link).map((node) => [x[node], y[node]])),
    };
  }

  /** Deal a layer that is too wide out to several rows, so that each row spans all of it; bends stay in the first. */
  function wrap(row, count, columns) {
    const boxes = row.filter((node) => node < count).length;
    const needed = boxes > columns * 1.3 ? Math.ceil(boxes / columns) : 1;
    const rows = Array.from({ length: needed }, () => []);
    let dealt = 0;
    for (const node of row) rows[node < count ? dealt++ % needed : 0].push(node);
    return rows;
  }

  function stack(layersOfRows, count, height) {
    const y = new Array(count).fill(0);
    let top = 0;
    for (const rows of layersOfRows) {
      for (const row of rows) {
        for (const node of row) y[node] = top;
        top += height + ROW_GAP;
      }
      top += LAYER_GAP - ROW_GAP;
    }
    return y;
  }

  /** Draw each node toward the mean of its neighbors, row by row, as near as its place in the row allows. */
  function spread(rows, { up, down }, count, width) {
    const x = new Array(up.length).fill(0);
    const room = (node) => (node < count ? width + GAP : BEND);
    const steps = rows.map((row) => row.map((node, i) => (i ? (room(row[i - 1]) + room(node)) / 2 : 0)));
    rows.forEach((row, r) => {
      const total = steps[r].reduce((sum, step) => sum + step, 0);
      let at = -total / 2;
      row.forEach((node, i) => { at += steps[r][i]; x[node] = at; });
    });
    for (let sweep = 0; sweep < SWEEPS; sweep++) {
      const order = [...rows.keys()];
      for (const r of sweep % 2 ? order.reverse() : order) {
        const wanted = rows[r].map((node) => {
          const ends = sweep % 2 ? down[node] : up[node];
          return ends.length ? ends.reduce((sum, end) => sum + x[end], 0) / ends.length : x[node];
        });
        settle(wanted, steps[r]).forEach((value, i) => { x[rows[r][i]] = value; });
      }
    }
    return x;
  }

  /** Give the values nearest to the wanted ones (least squares) that keep at least `steps` apart, in order. */
  function settle(wanted, steps) {
    const blocks = [];
    let offset = 0;
    const offsets = steps.map((step) => (offset += step));
    wanted.forEach((value, i) => {
      let block = { sum: value - offsets[i], size: 1 };
      while (blocks.length && mean(blocks[blocks.length - 1]) > mean(block)) {
        const before = blocks.pop();
        block = { sum: block.sum + before.sum, size: block.size + before.size };
      }
      blocks.push(block);
    });
    return blocks.flatMap((block) => new Array(block.size).fill(mean(block))).map((value, i) => value + offsets[i]);
  }

  function mean({ sum, size }) {
    return sum / size;
  }

  return { layered };
})();
