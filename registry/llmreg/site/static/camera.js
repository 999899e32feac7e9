'use strict';
/* Look at a scene on a canvas: pan and zoom by mouse, touch and keys; what moves is a picture taken beforehand. */

const camera = (() => {
  const LARGE = 400;
  const MARGIN = 300;
  const REST = 140;
  const [FARTHEST, NEAREST] = [0.005, 4];
  const READABLE = 0.5;

  /** Follow a canvas; `on.click(node)` and `on.open(node)` hear what is pressed once and twice, -1 for the ground. */
  function on(canvas, hear) {
    const context = canvas.getContext('2d');
    const shot = document.createElement('canvas');
    const place = { scale: 1, x: 0, y: 0 };
    let size = { width: 1, height: 1, ratio: 1 };
    let [made, view, selected] = [null, null, -1];
    let [taken, waiting, resting, moving] = [null, false, 0, false];

    const large = () => made.nodes.length > LARGE;

    function resize() {
      const { clientWidth: width, clientHeight: height } = canvas;
      size = { width, height, ratio: devicePixelRatio || 1 };
      canvas.width = Math.round(width * size.ratio);
      canvas.height = Math.round(height * size.ratio);
    }

    /** Paint onto a context whose left upper corner lies `margin` px outside of what the reader sees. */
    function paintOn(target, margin, coarse) {
      const { scale, x, y } = place;
      const { ratio, width, height } = size;
      target.setTransform(1, 0, 0, 1, 0, 0);
      target.clearRect(0, 0, target.canvas.width, target.canvas.height);
      target.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * (x + margin), ratio * (y + margin));
      const seen = {
        left: (-margin - x) / scale, right: (width + margin - x) / scale,
        top: (-margin - y) / scale, bottom: (height + margin - y) / scale,
      };
      paint.all(target, made, view, { scale, selected, coarse, seen });
    }

    function take(coarse) {
      const [width, height] = [size.width + 2 * MARGIN, size.height + 2 * MARGIN].map((px) => Math.round(px * size.ratio));
      if (shot.width !== width || shot.height !== height) [shot.width, shot.height] = [width, height];
      paintOn(shot.getContext('2d'), MARGIN, coarse);
      taken = { ...place, coarse };
    }

    /** Tell where the picture that was taken lies now, in px of the canvas. */
    function lies() {
      const ratio = place.scale / taken.scale;
      const left = place.x - (MARGIN + taken.x) * ratio;
      const top = place.y - (MARGIN + taken.y) * ratio;
      return { left, top, width: (size.width + 2 * MARGIN) * ratio, height: (size.height + 2 * MARGIN) * ratio, ratio };
    }

    function suffices() {
      if (!taken) return false;
      const { left, top, width, height, ratio } = lies();
      return ratio > 0.4 && ratio < 2.5 && left <= 0 && top <= 0 && left + width >= size.width && top + height >= size.height;
    }

    function draw() {
      waiting = false;
      if (!made) return;
      if (!large()) { paintOn(context, 0, false); return; }
      if (!moving || !suffices()) take(moving);
      const { left, top, width, height } = lies();
      context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      context.drawImage(shot, left, top, width, height);
    }

    function later() {
      if (!waiting) requestAnimationFrame(draw);
      waiting = true;
    }

    function move() {
      moving = true;
      clearTimeout(resting);
      resting = setTimeout(() => { moving = false; later(); }, REST);
      later();
    }

    function zoom(factor, x = size.width / 2, y = size.height / 2) {
      const scale = Math.min(NEAREST, Math.max(FARTHEST, place.scale * factor));
      const ratio = scale / place.scale;
      Object.assign(place, { scale, x: x - (x - place.x) * ratio, y: y - (y - place.y) * ratio });
      move();
    }

    /** Zoom around what is selected, where that can be seen. */
    function zoomIn(factor) {
      const [x, y] = selected < 0 ? [-1, -1] : [made.x[selected] * place.scale + place.x, made.y[selected] * place.scale + place.y];
      if (x > 0 && x < size.width && y > 0 && y < size.height) zoom(factor, x, y);
      else zoom(factor);
    }

    function pan(dx, dy) {
      place.x += dx;
      place.y += dy;
      move();
    }

    /** Show all of the scene, or of a lineage that is too large as much around its focus as can be read. */
    function fit() {
      const { left, right, top, bottom } = made.bounds;
      const whole = Math.min((size.width - 24) / (right - left), (size.height - 24) / (bottom - top), 1.15);
      place.scale = made.kind === 'lineage' ? Math.max(whole, READABLE) : whole;
      const node = place.scale > whole && made.focus >= 0 ? made.place.get(made.focus) : -1;
      center(node < 0 ? (left + right) / 2 : made.x[node], node < 0 ? (top + bottom) / 2 : made.y[node]);
    }

    function center(x, y) {
      place.x = size.width / 2 - x * place.scale;
      place.y = size.height / 2 - y * place.scale;
      moving = false;
      later();
    }

    /** Bring a node into sight where it is outside, or too small to be told. */
    function reveal(node) {
      const [x, y] = [made.x[node] * place.scale + place.x, made.y[node] * place.scale + place.y];
      const inside = x > 40 && x < size.width - 40 && y > 30 && y < size.height - 30;
      if (!inside) center(made.x[node], made.y[node]);
    }

    function nodeAt(event) {
      const { left, top } = canvas.getBoundingClientRect();
      return made.hit((event.clientX - left - place.x) / place.scale, (event.clientY - top - place.y) / place.scale);
    }

    gestures(canvas, { pan, zoom, nodeAt, hear });
    new ResizeObserver(() => { resize(); later(); }).observe(canvas);
    resize();

    return {
      fit, zoom: zoomIn, reveal, redraw: () => { taken = null; later(); },
      width: () => size.width,
      show(scene, values, node) { [made, view, selected, moving] = [scene, values, node, false]; later(); },
    };
  }

  /** Turn what pointers and the wheel do into pans, zooms and presses. */
  function gestures(canvas, { pan, zoom, nodeAt, hear }) {
    const pointers = new Map();
    let travelled = 0;

    const spread = () => {
      const [a, b] = [...pointers.values()];
      return { apart: Math.hypot(a.x - b.x, a.y - b.y) || 1, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    };

    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      travelled = pointers.size > 1 ? Infinity : 0;
    });
    canvas.addEventListener('pointermove', (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) { canvas.style.cursor = nodeAt(event) < 0 ? 'grab' : 'pointer'; return; }
      const before = pointers.size === 2 ? spread() : null;
      const [dx, dy] = [event.offsetX - last.x, event.offsetY - last.y];
      pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
      travelled += Math.hypot(dx, dy);
      if (!before) { if (travelled > 3) pan(dx, dy); return; }
      const after = spread();
      pan(after.x - before.x, after.y - before.y);
      zoom(after.apart / before.apart, after.x, after.y);
    });
    const release = (event) => {
      if (pointers.delete(event.pointerId) && event.type === 'pointerup' && travelled <= 3) hear.click(nodeAt(event));
    };
    canvas.addEventListener('pointerup', release);
    canvas.addEventListener('pointercancel', release);
    canvas.addEventListener('dblclick', (event) => hear.open(nodeAt(event)));
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), event.offsetX, event.offsetY);
    }, { passive: false });
  }

  return { on };
})();
