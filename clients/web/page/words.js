// Words for people.
const flags = {
  partial: 'not whole on the mat', merged_feet: 'two feet in one print', slow: 'slow', toe_drag: 'toe drag', accel: 'speeding up or slowing down', saturated: 'cells at their limit',
  gap: 'frames are missing', gap_filled: 'short gap filled', cut: 'not all of it was recorded', ic_extrapolated: 'was down at the start', to_extrapolated: 'toes still touched at the end', no_toes: 'no toes seen',
  toes_default: 'toes by default', no_midfoot: 'no midfoot', coarse_time: 'coarse in time', coarse_peak: 'coarse peak', peak_interp: 'peak on a filled cell',
  not_heel_strike: 'no heel strike', side_override: 'side set by hand', side_check: 'check the side', too_light: 'too light', too_small: 'too small',
  too_short: 'too short', split: 'was touching the other foot', dead_cells: 'dead cells', operator_invalid: 'taken out by hand', truncated: 'too long to keep', low_fs: 'too few frames a second',
};

// Flags that alone take a footfall out.
const excluding = ['partial', 'cut', 'accel', 'merged_feet', 'gap', 'too_light', 'too_small', 'too_short', 'operator_invalid', 'truncated', 'dead_cells', 'low_fs'];

export const flagWords = (list) => list.map((f) => flags[f] ?? f.replaceAll('_', ' '));

export function whyNot(m) {
  if (m.valid) return '';
  const hard = m.flags.filter((f) => excluding.includes(f));
  if (hard.length) return flagWords(hard).join(', ');
  return m.class === 'standing' ? 'standing' : 'not the foot that was next';
}

export const number = (value, digits) => (value === null || value === undefined ? '-' : value.toFixed(digits));

export const sideWord = (side) => ({ left: 'Left', right: 'Right' })[side] ?? 'Side unknown';

export function heelMax(m) {
  const bw = m.metrics.heel31_force_max_pctBW;
  return bw === null || bw === undefined ? `${number(m.metrics.heel31_force_max_N, 0)} N` : `${number(bw, 1)} %BW`;
}

export const count = (n, one) => `${n} ${one}${n === 1 ? '' : 's'}`;

const is = (value) => value !== null && value !== undefined;

// Of numbers that are not there, why; of a blind session nothing is said.
function missing(m) {
  const why = (metric) => (is(m.metrics[metric]) ? '' : (m.reason?.[metric] ?? 'not computed').replaceAll('_', ' '));
  const heel = why('heel31_force_max_N'), mid = why('mid_share_pct');
  return [heel && heel !== 'blinded' ? `no heel numbers: ${heel}` : '', mid && mid !== heel && mid !== 'blinded' ? `no midfoot share: ${mid}` : ''].filter(Boolean);
}

// [side, "valid" or why not, the numbers]
export function inWords(m) {
  const x = m.metrics, there = (value, text) => (is(value) ? [text] : []);
  const numbers = [...there(x.heel31_force_max_N, `heel max ${heelMax(m)}`), ...there(x.heel31_impulse_Ns, `heel impulse ${number(x.heel31_impulse_Ns, 1)} N s`), ...there(x.ho_pct, `heel-off ${number(x.ho_pct, 0)} %`), ...there(x.mid_share_pct, `midfoot ${number(x.mid_share_pct, 1)} %`)];
  return [sideWord(m.side), m.valid ? 'valid' : `does not count: ${whyNot(m)}`, m.valid ? [...missing(m), ...numbers].join(', ') : ''];
}
