// Before and after side by side: what the footfalls of each timepoint came to, foot by foot, as passes come in.
import { drawCurves } from './charts.js';
import { number } from './words.js';

const $ = (id) => document.getElementById(id);
const shown = [['heel31_impulse_Ns', 'Heel impulse, N s', 1], ['heel31_peak_kPa', 'Heel peak, kPa', 0], ['heel31_force_max_N', 'Heel max, N', 0], ['mid_share_pct', 'Midfoot share, %', 1], ['arch_index', 'Arch index', 3], ['dai_mean', 'Dynamic arch index', 3], ['stance_s', 'Stance time, s', 3]];

function cell(text, name = 'td', className = '') {
  const e = document.createElement(name);
  e.textContent = text;
  e.className = className;
  return e;
}

function summary(values) {
  const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
  const sd = n > 1 ? Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1)) : null;
  return { n, mean: n ? mean : null, sd };
}

// The mean of curves of 101 samples; where one has none, there is none.
function meanCurve(footfalls, name) {
  const curves = footfalls.map((m) => m.curves?.[name]).filter((c) => c?.length);
  if (!curves.length) return [];
  return curves[0].map((_, i) => {
    const values = curves.map((c) => c[i]).filter((v) => v !== null && v !== undefined);
    return values.length ? values.reduce((a, b) => a + b, 0) / values.length : null;
  });
}

// The baseline: the last timepoint called pre..., else the first.
function sides(groups) {
  const names = [...groups.keys()];
  const before = names.filter((name) => /^pre/.test(name)).at(-1) ?? names[0], later = names.slice(names.indexOf(before) + 1);
  return [before, later.at(-1)];
}

// footfalls: valid ones that count; of: the trial of a footfall -> {timepoint, condition}; hidden: why nothing may be seen, or ''.
export function showBefore(footfalls, of, hidden, primary) {
  const groups = new Map();
  for (const m of footfalls) {
    const timepoint = of(m)?.timepoint || '-';
    groups.set(timepoint, [...(groups.get(timepoint) ?? []), m]);
  }
  const [before, after] = sides(groups);
  $('before').hidden = !hidden && groups.size < 2;
  $('before-hidden').textContent = hidden;
  $('before-body').hidden = !!hidden;
  if ($('before').hidden || hidden || !after) return;
  const rows = [...shown].sort((a, b) => Number(primary.includes(b[0])) - Number(primary.includes(a[0])));
  const head = document.createElement('tr');
  for (const text of ['', ...['Left', 'Right'].flatMap((foot) => [`${foot} ${before}`, `${foot} ${after}`, 'difference'])]) head.append(cell(text, 'th'));
  for (const th of head.children) th.scope = 'col';
  $('before-head').replaceChildren(head);
  $('before-rows').replaceChildren(...rows.map(([metric, label, digits]) => row(groups, before, after, metric, primary.includes(metric) ? `${label} *` : label, digits)));
  $('before-note').textContent = `Mean \u00b1 SD (n) of the valid footfalls that came to this page. A difference is after minus before; whether it is beyond measurement error says the report.${primary.length ? ' *: named beforehand.' : ''}`;
  for (const [id, name] of [['before-force', 'force_N'], ['before-heel', 'heel_force_N']])
    for (const side of ['left', 'right'])
      drawCurves($(`${id}-${side}`), [before, after].map((timepoint, i) => ({ side, values: meanCurve(groups.get(timepoint).filter((m) => m.side === side), name), name: timepoint, soft: i === 0 })));
}

function row(groups, before, after, metric, label, digits) {
  const tr = document.createElement('tr');
  tr.append(Object.assign(cell(label, 'th'), { scope: 'row' }));
  for (const side of ['left', 'right']) {
    const [a, b] = [before, after].map((timepoint) => summary(groups.get(timepoint).filter((m) => m.side === side).map((m) => m.metrics[metric]).filter((v) => v !== null && v !== undefined)));
    for (const s of [a, b]) tr.append(cell(s.n ? `${number(s.mean, digits)} \u00b1 ${number(s.sd, digits)} (${s.n})` : '-'));
    const change = a.n && b.n ? (b.mean - a.mean).toFixed(digits) : null;
    const text = change === null ? '-' : Number(change) === 0 ? change.replace('-', '') : `${Number(change) > 0 ? '+' : ''}${change}`;
    tr.append(cell(text, 'td', 'difference'));
  }
  return tr;
}
