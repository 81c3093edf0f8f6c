// Small charts: curves of the last stances laid over each other, feet that are down, stance times beside their window.
import { css, fit } from './colours.js';

const colour = (side) => css(side === 'left' ? '--left' : side === 'right' ? '--right' : '--soft');

function nice(max) {
  const step = 10 ** Math.floor(Math.log10(Math.max(1, max)));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((k) => k * step).find((v) => v >= max);
}

// curves: [{side, valid, values}], oldest first; the newest is drawn thick. Left is solid, right dashed, so colour is not needed.
export function drawCurves(canvas, curves) {
  const { g, w, h, size } = fit(canvas), left = size * 3.4, bottom = size * 1.6, top = size * 2; // the legend stands above
  const full = nice(Math.max(100, ...curves.flatMap((c) => c.values.map((v) => v ?? 0))));
  const x = (i) => left + ((w - left - size) * i) / 100, y = (v) => h - bottom - ((h - bottom - top) * v) / full;
  g.strokeStyle = css('--line');
  g.fillStyle = css('--soft');
  g.lineWidth = 1;
  for (let i = 0; i <= 4; i++) {
    g.beginPath();
    g.moveTo(left, y((full * i) / 4));
    g.lineTo(w - size, y((full * i) / 4));
    g.stroke();
    g.textAlign = 'right';
    g.textBaseline = 'middle';
    g.fillText(String((full * i) / 4), left - 6, y((full * i) / 4));
  }
  g.textBaseline = 'bottom';
  for (const i of [0, 50, 100]) {
    g.textAlign = i === 100 ? 'right' : 'center';
    g.fillText(`${i} %`, x(i), h);
  }
  curves.forEach((curve, n) => {
    const last = n === curves.length - 1;
    g.globalAlpha = last || curve.name ? 1 : 0.45;
    g.lineWidth = (last ? 0.26 : 0.13) * size;
    g.strokeStyle = curve.soft ? css('--soft') : colour(curve.side);
    g.setLineDash(curve.side === 'right' ? [0.6 * size, 0.4 * size] : []);
    g.beginPath();
    curve.values.forEach((v, i) => v !== null && g[i ? 'lineTo' : 'moveTo'](x(i), y(v)));
    g.stroke();
  });
  g.setLineDash([]);
  g.globalAlpha = 1;
  g.textAlign = 'right';
  g.textBaseline = 'top';
  const legend = curves.some((c) => c.name) ? curves.map((c) => [c.soft ? '--soft' : `--${c.side}`, c.soft ? `${c.name} \u2500\u2500` : `${c.name} \u2501\u2501`]) : [['--left', 'left \u2501\u2501'], ['--right', 'right \u254D\u254D']];
  let end = w - size;
  for (const [ink, text] of legend.reverse()) {
    g.fillStyle = css(ink);
    g.fillText(text, end, 0);
    end -= g.measureText(text).width + size;
  }
}

// tracks: foot number -> {side, heel: [[t_s, N]], spread: [[t_s, 1]]}, of the feet that are down or were so last.
export function drawFeet(canvas, tracks) {
  const { g, w, h, size } = fit(canvas), half = h / 2;
  const all = [...tracks.values()], t = Math.max(1, ...all.flatMap((f) => f.heel.map((p) => p[0])));
  const lane = (name, unit, key, top, minimum) => {
    const full = nice(Math.max(minimum, ...all.flatMap((f) => f[key].map((p) => p[1])))), base = top + half - size * 0.6;
    g.fillStyle = css('--soft');
    g.textAlign = 'left';
    g.textBaseline = 'top';
    g.fillText(`${name}, ${unit}`, 0, top);
    g.textAlign = 'right';
    g.fillText(`full ${full} ${unit}`, w, top);
    g.strokeStyle = css('--line');
    g.lineWidth = 1;
    g.strokeRect(0.5, top + size * 1.4, w - 1, base - top - size * 1.4);
    for (const foot of all) {
      g.strokeStyle = colour(foot.side);
      g.lineWidth = 0.22 * size;
      g.setLineDash(foot.side === 'right' ? [0.6 * size, 0.4 * size] : []);
      g.beginPath();
      foot[key].forEach(([s, v], i) => g[i ? 'lineTo' : 'moveTo']((s / t) * w, base - (v / full) * (base - top - size * 1.5)));
      g.stroke();
    }
    g.setLineDash([]);
  };
  lane('Heel load', 'N', 'heel', 0, 200);
  lane('Midfoot share', '%', 'mid', half, 20);
}

// Stance times of the valid footfalls and the window of +-5 % around their median.
export function drawWindow(canvas, times, low, high) {
  const { g, w, h, size } = fit(canvas);
  if (!times.length) return;
  const from = Math.min(low, ...times.map((t) => t.s)) - 0.02, to = Math.max(high, ...times.map((t) => t.s)) + 0.02;
  const x = (s) => ((s - from) / (to - from)) * w;
  g.fillStyle = css('--line');
  g.fillRect(x(low), 4, x(high) - x(low), h - 8);
  times.forEach((t, i) => {
    g.strokeStyle = colour(t.side);
    g.lineWidth = (i === times.length - 1 ? 0.35 : 0.15) * size;
    g.beginPath();
    g.moveTo(x(t.s), 2);
    g.lineTo(x(t.s), h - 2);
    g.stroke();
  });
}
