// Colours of pressure: viridis, which colour-blind people and grey printers read as well, in 256 steps.
const anchors = [[68, 1, 84], [72, 40, 120], [62, 74, 137], [49, 104, 142], [38, 130, 142], [31, 158, 137], [53, 183, 121], [109, 205, 89], [180, 222, 44], [253, 231, 37]];

export const table = new Uint8ClampedArray(256 * 4);
for (let i = 0; i < 256; i++) {
  const x = (i / 255) * (anchors.length - 1), k = Math.min(anchors.length - 2, Math.floor(x));
  for (let c = 0; c < 3; c++) table[4 * i + c] = anchors[k][c] + (x - k) * (anchors[k + 1][c] - anchors[k][c]);
  table[4 * i + 3] = 255;
}

// A picture of tenths of kPa into RGBA; what carries nothing stays transparent.
export function paint(cells, rgba, full_kPa, opacity = 255) {
  const factor = 25.5 / full_kPa;
  for (let i = 0; i < cells.length; i++) {
    const k = 4 * Math.min(255, Math.round(cells[i] * factor));
    rgba[4 * i] = table[k];
    rgba[4 * i + 1] = table[k + 1];
    rgba[4 * i + 2] = table[k + 2];
    rgba[4 * i + 3] = cells[i] ? opacity : 0;
  }
}

export const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A canvas as large as it is shown, in device pixels; returns its context, scaled, and its size in CSS pixels.
export function fit(canvas) {
  const ratio = window.devicePixelRatio || 1, w = canvas.clientWidth, h = canvas.clientHeight;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, w, h);
  const size = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8;
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
  for (let i = 0; i <= 4; i++) {
    g.textAlign = i === 0 ? 'left' : i === 4 ? 'right' : 'center';
    g.fillText(i === 4 ? `${full_kPa} kPa` : String((full_kPa * i) / 4), (w * i) / 4, h);
  }
}
