// Colours of pressure: viridis, which colour-blind people and grey printers read as well, in 256 steps.
const anchors = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];

export const table = new Uint8ClampedArray(256 * 4);
for (let i = 0; i < 256; i++) {
  const x = (i / 255) * (anchors.length - 1), k = Math.min(anchors.length - 2, Math.floor(x));
  for (let c = 0; c < 3; c++) table[4 * i + c] = anchors[k][c] + (x - k) * (anchors[k + 1][c] - anchors[k][c]);
  table[4 * i + 3] = 255;
}

// The same as whole pixels, in the byte order of the machine.
const pixels = new Uint32Array(table.buffer);

// A window of a picture of tenths of kPa into the pixels of an image of the same size; what carries nothing stays transparent.
export function paint(cells, image, full_kPa, { row, col, rows, cols }) {
  const factor = 25.5 / full_kPa, into = new Uint32Array(image.data.buffer), wide = image.width;
  for (let r = row; r < row + rows; r++)
    for (let i = r * wide + col, end = i + cols; i < end; i++) into[i] = cells[i] ? pixels[Math.min(255, Math.round(cells[i] * factor))] : 0;
}

// What the style sheet says is asked for once, until something has changed.
const known = new Map();
export const css = (name) => {
  if (!known.has(name)) known.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return known.get(name);
};

// Sizes of canvases, kept by whoever watches them: asking for one in every picture would lay out the page each time.
const sizes = new Map();
let changed = () => {};
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) sizes.set(target, [target.clientWidth, target.clientHeight]);
  changed();
});

export function onResize(call) {
  changed = call;
}

// Another theme or window: colours, letters and sizes are asked for anew.
export function forgetStyle() {
  known.clear();
  for (const canvas of sizes.keys()) sizes.set(canvas, [canvas.clientWidth, canvas.clientHeight]);
}

function sizeOf(canvas) {
  if (!sizes.has(canvas)) {
    sizes.set(canvas, [canvas.clientWidth, canvas.clientHeight]);
    watcher.observe(canvas);
  }
  return sizes.get(canvas);
}

function letters_px() {
  if (!known.has('letters')) known.set('letters', parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8);
  return known.get('letters');
}

// A canvas as large as it is shown, in device pixels; returns its context, scaled, and its size in CSS pixels.
export function fit(canvas, [w, h] = sizeOf(canvas)) {
  const ratio = window.devicePixelRatio || 1, wide = Math.round(w * ratio), high = Math.round(h * ratio);
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const g = canvas.getContext('2d'), size = letters_px();
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, w, h);
  g.font = `${size}px system-ui, "DejaVu Sans", sans-serif`;
  g.lineJoin = 'round';
  return { g, w, h, size };
}

// The colour bar, with units.
export function drawBar(canvas, full_kPa) {
  const { g, w, h, size } = fit(canvas), bar = h - size * 1.5;
  for (let x = 0; x < w; x++) {
    const k = 4 * Math.round((255 * x) / w);
    g.fillStyle = `rgb(${table[k]} ${table[k + 1]} ${table[k + 2]})`;
    g.fillRect(x, 0, 1, bar);
  }
  g.fillStyle = css('--ink');
  g.textBaseline = 'bottom';
  const parts = w < 24 * size ? 2 : 4; // as many numbers as there is room for
  for (let i = 0; i <= parts; i++) {
    g.textAlign = i === 0 ? 'left' : i === parts ? 'right' : 'center';
    g.fillText(i === parts ? `${full_kPa} kPa` : String((full_kPa * i) / parts), (w * i) / parts, h);
  }
}
