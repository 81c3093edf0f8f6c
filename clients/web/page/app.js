// Wires the page: messages in, drawings out.
import { Capture } from './capture.js';
import { drawCurves, drawFeet, drawWindow } from './charts.js';
import { Link } from './link.js';
import { drawPrint, MatMap } from './map.js';
import { flagWords, heelMax, inWords, number, sideWord, whyNot } from './words.js';

const $ = (id) => document.getElementById(id);
const map = new MatMap($('map'), $('bar'));
const state = { connected: false, link: null, status: null, statusAt: 0, mat: '', footfalls: [], trials: new Map(), tracks: new Map(), lost: 0, missed: 0, session: null, dirty: true };

function element(name, text, className = '') {
  const e = document.createElement(name);
  e.textContent = text;
  e.className = className;
  return e;
}

// --- the banner: what is wrong, in words -----------------------------------------------------------
function trouble() {
  if (!state.connected) return 'No connection to gaitweb: the network or the program is gone. Trying again.';
  if (state.link && !state.link.there) return `The daemon is gone: ${state.link.text}. Nothing is shown live; trying again.`;
  const mat = current();
  if (state.status && !state.status.mats.length) return 'The daemon knows no mat: plug one in, or name one in gaitd.yaml.';
  if (mat && mat.state === 'failed') return `The mat ${mat.mat} has failed: ${mat.text}`;
  if (mat && mat.state === 'waiting') return `The mat ${mat.mat} is not there: ${mat.text || 'check its cable'}`;
  if (mat && mat.state === 'recording' && mat.last_frame_age_s > 2) return `The mat ${mat.mat} has been silent for ${mat.last_frame_age_s.toFixed(0)} s.`;
  const out = state.status?.output;
  if (out && out.writable === false) return `Nothing can be recorded: ${out.text || out.path}`;
  return '';
}

const live = () => state.connected && state.link?.there !== false;

function showTrouble() {
  const text = trouble();
  if ($('banner').textContent !== text) $('banner').textContent = text;
  $('banner').hidden = !text;
  showQuality();
  capture.live(live());
}

const current = () => state.status?.mats.find((m) => m.mat === state.mat);

// --- status ---------------------------------------------------------------------------------------
function quality(name, value, bad = false) {
  const row = document.createElement('div');
  row.append(element('dt', name), element('dd', value, bad ? 'bad' : ''));
  return row;
}

function showQuality() {
  const s = state.status, m = current(), rows = [];
  if (s && !live()) rows.push(quality('Last known', new Date(state.statusAt).toLocaleTimeString(), true));
  if (m) {
    const lost = m.trial ?? m;
    rows.push(quality('Mat', `${m.mat}: ${m.state}`, ['failed', 'waiting'].includes(m.state)));
    rows.push(quality('Rate', `${m.rate_hz ? m.rate_hz.toFixed(0) : '-'} Hz`));
    rows.push(quality(m.trial ? 'Lost in this trial' : 'Lost by mat', `${lost.lost_device}`, lost.lost_device > 0));
    rows.push(quality('Lost by computer', `${lost.lost_ring}`, lost.lost_ring > 0));
    rows.push(quality('Not shown', `${m.skipped}`));
  }
  if (s) {
    const minutes = s.output.minutes_left;
    rows.push(quality('Disk', minutes === null ? '-' : minutes > 600 ? `${(minutes / 60).toFixed(0)} h left` : `${minutes.toFixed(0)} min left`, minutes !== null && minutes < 30));
    rows.push(quality('Sealing', s.sealer.failed ? `${s.sealer.failed} failed` : s.sealer.running || s.sealer.waiting ? 'at work' : 'done', s.sealer.failed > 0));
  }
  if (state.missed || state.lost) rows.push(quality('Missed by this page', `${state.missed + state.lost}`, true));
  $('quality').replaceChildren(...rows);
}

function chooseMat(mats) {
  const ids = mats.map((m) => m.mat);
  if ($('mat').options.length !== ids.length || ids.some((id, i) => $('mat').options[i].value !== id)) $('mat').replaceChildren(...ids.map((id) => new Option(id, id)));
  $('mat').parentElement.hidden = ids.length < 2;
  if (!ids.includes(state.mat) && ids.length) watch(ids[0]);
  $('mat').value = state.mat;
}

function watch(mat) {
  state.mat = mat;
  link.watch(mat);
  state.tracks.clear();
  map.clear();
  takeGeometry();
  const last = mine().at(-1)?.trial;
  for (const m of mine()) if (m.trial === last) map.footfall(m, m.picture);
  state.dirty = true;
}

// Footfalls of the mat that is looked at.
const mine = () => state.footfalls.filter((m) => m.mat === state.mat);

// Those that count towards the target: of the timepoint and condition of the last trial, without discarded trials.
function counting() {
  const all = mine(), now = state.trials.get(all.at(-1)?.trial), of = (m) => state.trials.get(m.trial);
  return all.filter((m) => !of(m)?.discarded && of(m)?.timepoint === now?.timepoint && of(m)?.condition === now?.condition);
}

function takeStatus(status) {
  state.status = status;
  state.statusAt = Date.now();
  chooseMat(status.mats);
  const mat = current(), session = status.session;
  if (mat) map.geometry(mat.rows, mat.cols, mat.pitch_x_mm, mat.pitch_y_mm);
  if (session) takeSession(session);
  $('session').textContent = session ? `Session ${session.session}` : 'No session';
  capture.status(mat, session);
  showTrial(mat?.trial);
  showTrouble();
}

function takeGeometry() {
  const mat = state.snapshot?.mats.find((m) => m.mat === state.mat);
  if (mat) map.geometry(mat.rows, mat.cols, mat.pitch_x_mm, mat.pitch_y_mm);
}

function takeSession(session) {
  if (state.session !== session.session) forget(session.session);
  const before = JSON.stringify([...state.trials]);
  for (const t of session.trials) state.trials.set(t.trial, { timepoint: t.timepoint, condition: t.condition, discarded: t.discarded === true });
  state.dirty ||= JSON.stringify([...state.trials]) !== before;
}

// Another session: its counts begin at nothing.
function forget(session) {
  state.session = session;
  state.footfalls = [];
  state.trials.clear();
  map.clear();
  $('last').textContent = 'None yet';
  state.dirty = true;
}

// --- footfalls --------------------------------------------------------------------------------------
function row(m) {
  const tr = document.createElement('tr'), x = m.metrics;
  tr.append(element('td', m.trial), element('td', m.footfall), element('td', sideWord(m.side), `side-${m.side}`));
  const counts = document.createElement('td');
  counts.append(element('span', m.valid ? '\u2713 yes' : '\u2717 no', m.valid ? 'yes' : 'no'));
  tr.append(counts, element('td', number(x.stance_s, 3)), element('td', heelMax(m)), element('td', number(x.heel31_impulse_Ns, 2)));
  tr.append(element('td', number(x.ho_pct, 1)), element('td', number(x.mid_share_pct, 1)), element('td', number(x.peak_kPa, 0)));
  const discarded = state.trials.get(m.trial)?.discarded ? 'trial discarded; ' : '';
  tr.append(element('td', discarded + (m.valid ? flagWords(m.flags).join(', ') : `${whyNot(m)}${m.flags.length ? '' : reasons(m)}`)));
  return tr;
}

const reasons = (m) => (m.reason?.stance_s ? ` (${m.reason.stance_s.replaceAll('_', ' ')})` : '');

function tell(m) {
  const [side, verdict, numbers] = inWords(m);
  $('last').replaceChildren(element('span', side, `side-${m.side}`), document.createTextNode(', '), element('span', verdict, m.valid ? 'yes' : 'no'), document.createTextNode(numbers ? `: ${numbers}` : ''));
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

function showCounts() {
  const target = Number($('target').value) || 5, counted = counting();
  for (const goal of document.querySelectorAll('.goal')) goal.textContent = target;
  for (const side of ['left', 'right']) {
    const these = counted.filter((m) => m.side === side), valid = these.filter((m) => m.valid).length;
    $(`${side}-valid`).textContent = valid;
    Object.assign($(`${side}-meter`), { max: target, value: Math.min(valid, target) });
    $(`${side}-other`).textContent = these.length > valid ? `${these.length - valid} did not count` : valid >= target ? 'enough' : '';
  }
  const times = mine().filter((m) => m.valid && !state.trials.get(m.trial)?.discarded && m.metrics.stance_s !== null).map((m) => ({ side: m.side, s: m.metrics.stance_s }));
  if (!times.length) return drawWindow($('window'), [], 0, 0);
  const middle = median(times.map((t) => t.s)), low = middle * 0.95, high = middle * 1.05, last = times.at(-1).s;
  $('stance').textContent = last.toFixed(3);
  $('stance-text').textContent = times.length < 3 ? 'window after 3 valid' : `${last < low ? 'too short: faster than' : last > high ? 'too long: slower than' : 'inside'} ${low.toFixed(3)} to ${high.toFixed(3)} s`;
  return drawWindow($('window'), times, low, high);
}

function takeFootfall(message) {
  const m = message.m;
  if (state.footfalls.some((f) => f.ic_ns === m.ic_ns && f.footfall === m.footfall && f.trial === m.trial && f.instance === m.instance)) return;
  state.footfalls.push(m);
  if (state.footfalls.length > 200) state.footfalls.shift();
  m.picture = message.payload;
  if (m.mat === state.mat) map.footfall(m, m.picture);
  state.dirty = true;
}

function showFootfalls() {
  const all = mine(), last = all.at(-1);
  if (last) tell(last);
  $('rows').replaceChildren(...all.slice(-60).reverse().map(row));
  const recent = all.filter((m) => m.curves && m.valid).slice(-10);
  drawCurves($('force'), recent.map((m) => ({ side: m.side, values: m.curves.force_N ?? [] })));
  drawCurves($('heel'), recent.map((m) => ({ side: m.side, values: m.curves.heel_force_N ?? [] })));
  if (last?.shape) drawPrint($('print'), last, last.picture, map.pitch, map.full_kPa);
  showCounts();
}

// Told at once; the status of once a second says the same a little later.
function takeTrial(m) {
  if (m.state === 'started') {
    if (state.session !== m.session) forget(m.session);
    state.trials.set(m.trial, { timepoint: m.timepoint, condition: m.condition, discarded: false });
  }
  if (m.mat !== state.mat || !['started', 'ended', 'failed'].includes(m.state)) return;
  showTrial(m.state === 'started' ? { trial: m.trial, seconds: 0 } : null);
  if (m.state !== 'started') return;
  map.clear();
  state.tracks.clear();
}

function showTrial(trial) {
  $('trial').textContent = trial ? `Recording trial ${trial.trial}, ${trial.seconds.toFixed(0)} s` : 'Not recording';
  $('trial').classList.toggle('recording', !!trial);
  capture.recorded(!!trial);
}

// --- live -------------------------------------------------------------------------------------------
function takeLive(m) {
  map.live = m;
  map.dirty = true;
  for (const foot of m.feet ?? []) {
    let track = state.tracks.get(foot.footfall);
    if (!track) {
      for (const [key] of [...state.tracks].slice(0, -1)) state.tracks.delete(key); // this one and the one before
      track = { side: foot.side, heel: [], mid: [] };
      state.tracks.set(foot.footfall, track);
    }
    if (track.heel.length && foot.time_s < track.heel.at(-1)[0]) track.heel = track.mid = [];
    track.side = foot.side;
    if (foot.heel_force_N !== null) track.heel.push([foot.time_s, foot.heel_force_N]);
    if (foot.mid_share_pct !== null) track.mid.push([foot.time_s, foot.mid_share_pct]);
    if (track.heel.length > 2000) track.heel.shift();
    if (track.mid.length > 2000) track.mid.shift();
  }
  state.liveDirty = true;
}

function feetText(m) {
  if (!m?.feet?.length) return 'No foot is down.';
  return m.feet.map((f) => `${sideWord(f.side)}: heel ${number(f.heel_force_N, 0)} N, midfoot ${number(f.mid_share_pct, 0)} %, spread ${number(f.mid_spread, 2)}`).join('; ');
}

// --- everything that comes -----------------------------------------------------------------------------
const takers = {
  hello: (m) => capture.show(m.operate),
  link: (m) => {
    state.link = m;
    showTrouble();
  },
  snapshot: (m) => {
    state.snapshot = m.m;
    takeGeometry();
  },
  status: (m) => takeStatus(m.m),
  live: (m) => takeLive(m.m),
  frame: (m) => map.frame(m),
  footfall: takeFootfall,
  trial: (m) => takeTrial(m.m),
  event: () => {},
  missed: (m) => (state.missed += m.count),
  lost: (m) => (state.lost += m.count),
};

function draw() {
  map.draw();
  if (state.liveDirty) {
    state.liveDirty = false;
    drawFeet($('feet'), state.tracks);
    $('feet-text').textContent = feetText(map.live);
  }
  if (state.dirty) {
    state.dirty = false;
    showFootfalls();
  }
  requestAnimationFrame(draw);
}

function redraw() {
  map.resize();
  map.pastChanged = state.dirty = state.liveDirty = true;
}

function theme() {
  const chosen = $('theme').value, dark = chosen === 'dark' || (chosen === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('dark', dark);
  localStorage.setItem('theme', chosen);
  redraw();
}

const link = new Link(
  (message) => takers[message.kind]?.(message),
  (connected) => {
    state.connected = connected;
    showTrouble();
  },
);
const capture = new Capture(link);
$('mat').addEventListener('change', () => watch($('mat').value));
$('scale').addEventListener('change', () => map.scale(Number($('scale').value)));
$('target').value = localStorage.getItem('target') ?? 5;
$('target').addEventListener('input', () => {
  localStorage.setItem('target', $('target').value);
  showCounts();
});
$('theme').value = localStorage.getItem('theme') ?? 'auto';
$('theme').addEventListener('change', theme);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', theme);
addEventListener('resize', redraw);
theme();
requestAnimationFrame(draw);
