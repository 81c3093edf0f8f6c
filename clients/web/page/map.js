// The mat: prints so far, what presses now, the way of the centre of pressure. Its long side lies across the screen.
import { css, drawBar, fit, paint } from './colours.js';

const picture = (rows, cols) => {
  const canvas = document.createElement('canvas');
  canvas.width = cols;
  canvas.height = rows;
  return canvas;
};

// A canvas of a pixel a cell, whose pixels are kept: only the part that changes is painted anew.
class Cells {
  constructor(rows, cols) {
    Object.assign(this, { rows, cols, canvas: picture(rows, cols), image: new ImageData(cols || 1, rows || 1) }); // a mat that was never there has none
  }

  paint(cells, full_kPa, box = { row: 0, col: 0, rows: this.rows, cols: this.cols }) {
    paint(cells, this.image, full_kPa, box);
    this.canvas.getContext('2d').putImageData(this.image, 0, 0, box.col, box.row, box.cols, box.rows);
    return this.canvas;
  }
}

// Of two windows what holds both; either may be null.
function both(a, b) {
  if (!a || !b) return a ?? b;
  const row = Math.min(a.row, b.row), col = Math.min(a.col, b.col);
  return { row, col, rows: Math.max(a.row + a.rows, b.row + b.rows) - row, cols: Math.max(a.col + a.cols, b.col + b.cols) - col };
}

export class MatMap {
  constructor(canvas, bar) {
    Object.assign(this, { canvas, bar, rows: 0, cols: 0, pitch: [5, 5], full_kPa: 200, fixed_kPa: 0, paths: [], live: null, dirty: true, box: null, drawn: null });
  }

  geometry(rows, cols, pitch_x_mm, pitch_y_mm) {
    this.pitch = [pitch_x_mm, pitch_y_mm];
    if (rows === this.rows && cols === this.cols) return;
    Object.assign(this, { rows, cols, now: new Uint16Array(rows * cols), past: new Uint16Array(rows * cols), under: new Cells(rows, cols), over: new Cells(rows, cols), behind: picture(1, 1), box: null, drawn: null, paths: [] });
    this.pastChanged = this.dirty = true;
    this.resize();
  }

  get turned() {
    return this.rows > this.cols;
  }

  resize() {
    if (!this.rows) return;
    const wide = this.turned ? this.rows * this.pitch[1] : this.cols * this.pitch[0];
    const high = this.turned ? this.cols * this.pitch[0] : this.rows * this.pitch[1];
    this.canvas.style.aspectRatio = `${wide} / ${high}`;
    this.canvas.style.maxWidth = `calc(${wide / high} * clamp(28vh, 100vh - 33.5rem, 60vh))`; // what stands above it leaves room, and it is true to scale
    this.canvas.closest('section').classList.toggle('compact', wide / high < 2.2); // beside it there is room for something else
    this.pastChanged = this.dirty = true;
  }

  clear() {
    this.past?.fill(0);
    this.paths = [];
    this.pastChanged = this.dirty = true;
    if (!this.fixed_kPa) this.full_kPa = 200;
  }

  grow(peak_kPa) {
    if (this.fixed_kPa) return;
    const full = [200, 300, 400, 600, 800, 1000, 1500, 2000].find((f) => f >= peak_kPa) ?? 2000;
    if (full > this.full_kPa) {
      this.full_kPa = full;
      this.pastChanged = true;
    }
  }

  scale(fixed_kPa) {
    this.fixed_kPa = fixed_kPa;
    if (fixed_kPa) this.full_kPa = fixed_kPa;
    this.pastChanged = this.dirty = true;
  }

  // Runs of cells: u32 first, u32 count, count * u16, padded. What lies between the first and the last row of them is painted anew.
  frame(message) {
    if (message.rows !== this.rows || message.cols !== this.cols) this.geometry(message.rows, message.cols, ...this.pitch);
    const view = new DataView(message.payload);
    let at = 0, peak = 0, box = null;
    this.now.fill(0);
    while (at + 8 <= view.byteLength) {
      const first = view.getUint32(at, true), count = view.getUint32(at + 4, true);
      if (first + count > this.now.length || at + 8 + 2 * count > view.byteLength) break;
      const run = new Uint16Array(message.payload, at + 8, count), row = Math.floor(first / this.cols), rows = Math.floor((first + Math.max(1, count) - 1) / this.cols) - row + 1;
      this.now.set(run, first);
      for (const value of run) if (value > peak) peak = value;
      box = both(box, { row, rows, col: rows > 1 ? 0 : first % this.cols, cols: rows > 1 ? this.cols : count });
      at += 8 + 2 * (count + (count % 2));
    }
    this.box = box;
    this.grow(peak / 10);
    this.dirty = true;
  }

  footfall(m, payload) {
    if (!this.past || !m.shape) return;
    const [, rows, cols] = m.shape, cells = new Uint16Array(payload);
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < cols; c++) {
        const i = (m.picture_row + r) * this.cols + m.picture_col + c;
        if (cells[r * cols + c] > this.past[i]) this.past[i] = cells[r * cols + c];
      }
    this.grow(m.metrics.peak_kPa ?? 0);
    if (m.cop) this.paths.push({ side: m.side, x: m.cop.x_mm, y: m.cop.y_mm });
    if (this.paths.length > 64) this.paths.shift();
    this.pastChanged = this.dirty = true;
  }

  // Cells to the screen: x along the rows when turned, so that the walkway lies.
  lay(g, w, h) {
    g.imageSmoothingEnabled = false;
    if (this.turned) g.transform(0, h / this.cols, w / this.rows, 0, 0, 0);
    else g.transform(w / this.cols, 0, 0, h / this.rows, 0, 0);
  }

  at(w, h) {
    const [px, py] = this.pitch;
    return this.turned ? (x, y) => [(y / py / this.rows) * w, (x / px / this.cols) * h] : (x, y) => [(x / px / this.cols) * w, (y / py / this.rows) * h];
  }

  // Prints and paths change once a footfall: they are kept as they stand on the screen.
  drawBehind(w, h) {
    const { g, size } = fit(this.behind, [w, h]);
    g.save();
    this.lay(g, w, h);
    g.globalAlpha = 0.59;
    g.drawImage(this.under.paint(this.past, this.full_kPa), 0, 0);
    g.restore();
    for (const path of this.paths) this.path(g, path, this.at(w, h), size);
    drawBar(this.bar, this.full_kPa);
    this.drawn = { row: 0, col: 0, rows: this.rows, cols: this.cols }; // in another scale, perhaps
  }

  draw() {
    if (!this.dirty) return;
    this.dirty = false;
    const { g, w, h, size } = fit(this.canvas);
    if (!w || !h || !this.rows) return;
    if (this.pastChanged) this.drawBehind(w, h);
    this.pastChanged = false;
    g.drawImage(this.behind, 0, 0, w, h);
    const box = both(this.box, this.drawn), now = this.box;
    if (box) this.over.paint(this.now, this.full_kPa, box);
    this.drawn = now;
    g.save();
    this.lay(g, w, h);
    if (now) g.drawImage(this.over.canvas, now.col, now.row, now.cols, now.rows, now.col, now.row, now.cols, now.rows);
    g.restore();
    if (this.live && this.live.cop_x_mm !== null) this.dot(g, this.at(w, h)(this.live.cop_x_mm, this.live.cop_y_mm), size / 2);
  }

  path(g, path, at, size) {
    g.beginPath();
    let down = false;
    path.x.forEach((x, i) => {
      if (x === null || path.y[i] === null) down = false;
      else {
        g[down ? 'lineTo' : 'moveTo'](...at(x, path.y[i]));
        down = true;
      }
    });
    g.lineWidth = size * 0.36;
    g.strokeStyle = css('--map');
    g.stroke();
    g.lineWidth = size * 0.18;
    g.strokeStyle = css(path.side === 'left' ? '--left' : path.side === 'right' ? '--right' : '--ink');
    g.stroke();
  }

  dot(g, [x, y], radius) {
    g.beginPath();
    g.arc(x, y, radius, 0, 7);
    g.fillStyle = css('--ink');
    g.fill();
    g.lineWidth = 2;
    g.strokeStyle = css('--map');
    g.stroke();
  }
}

// One print, large, toes up or along the walkway as it was walked.
export function drawPrint(canvas, m, payload, pitch, full_kPa) {
  const { g, w, h, size } = fit(canvas), [, rows, cols] = m.shape;
  if (!rows || !cols) return;
  const under = new Cells(rows, cols), [px, py] = pitch, k = Math.min(w / (cols * px), h / (rows * py));
  const x0 = (w - cols * px * k) / 2, y0 = (h - rows * py * k) / 2, up = m.axis_y >= 0; // walked towards larger y: toes up
  g.save();
  g.translate(x0, up ? y0 + rows * py * k : y0);
  g.scale(px * k, (up ? -1 : 1) * py * k);
  g.imageSmoothingEnabled = false;
  g.drawImage(under.paint(new Uint16Array(payload), full_kPa), 0, 0);
  g.restore();
  if (!m.cop) return;
  const left_mm = m.picture_col * px, top_mm = m.picture_row * py;
  const at = (x, y) => [x0 + (x - left_mm) * k, up ? y0 + (rows * py - (y - top_mm)) * k : y0 + (y - top_mm) * k];
  MatMap.prototype.path(g, { side: m.side, x: m.cop.x_mm, y: m.cop.y_mm }, at, size);
}
