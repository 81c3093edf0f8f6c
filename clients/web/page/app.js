// Wires the page: messages in, drawings out.
import { showBefore } from './before.js';
import { Capture } from './capture.js';
import { forgetStyle, onResize } from './colours.js';
import { drawCurves, drawFeet, drawWindow } from './charts.js';
import { Link } from './link.js';
import { drawPrint, MatMap } from './map.js';
import { cellOf, showProtocol, windowOf } from './protocol.js';
import { Review } from './review.js';
import { flagWords, heelMax, inWords, number, sideWord, whyNot } from './words.js';

const $ = (id) => document.getElementById(id);
const map = new MatMap($('map'), $('bar'));
const state = { connected: false, known: true, link: null, status: null, statusAt: 0, mat: '', footfalls: [], trials: new Map(), tracks: new Map(), lost: 0, unseen: 0, missed: 0, session: null, dirty: true, feetAt: 0, textAt: 0, reviewing: false, file: null };

function element(name, text, className = '') {
  const e = document.createElement(name);
  e.textContent = text;
  e.className = className;
  return e;
}

// In a trial its state stays "recording": the trial goes on, and the text says that the cable is out. A silent one is still plugged in.
const isGone = (mat) => (mat.state === 'waiting' && mat.text !== 'silent') || mat.text === 'unplugged';
const isSilent = (mat) => mat.text === 'silent' || (mat.state === 'recording' && mat.last_frame_age_s > 2);

// --- the banner: what is wrong, in words -----------------------------------------------------------
function trouble() {
  if (!state.connected && !state.known) return 'gaitweb was started again, or a login of 12 hours has run out: log in with the address that it printed. ';
  if (!state.connected) return 'No connection to gaitweb: the network or the program is gone. Trying again.';
  if (state.reviewing) return '';
  if (state.link && !state.link.there) return `The daemon is gone: ${state.link.text}. Nothing is shown live; trying again.`;
  const mat = current();
  if (state.status && !state.status.mats.length) return 'The daemon knows no mat: plug one in, or name one in gaitd.yaml.';
  if (mat && mat.state === 'failed') return `The mat ${mat.mat} has failed: ${mat.text}`;
  if (mat && isGone(mat)) return `The mat ${mat.mat} is not there: ${mat.text || 'check its cable'}${mat.trial ? '. The trial goes on, and takes it again when it is back.' : ''}`;
  if (mat && isSilent(mat)) return `The mat ${mat.mat} has been silent for ${(mat.last_frame_age_s ?? 0).toFixed(0)} s.`;
  const out = state.status?.output;
  if (out && out.writable === false) return `Nothing can be recorded: ${out.text || out.path}`;
  return '';
}

const live = () => state.connected && !state.reviewing && state.link?.there !== false;

function showTrouble() {
  const text = trouble(), way = state.connected || state.known ? '' : 'Log in';
  if ($('banner').textContent !== text + way) $('banner').replaceChildren(text, ...(way ? [Object.assign(element('a', way), { href: './' })] : []));
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
  const s = state.reviewing ? null : state.status, m = s && current(), rows = [];
  if (s && !live()) rows.push(quality('Last known', new Date(state.statusAt).toLocaleTimeString(), true));
  if (m) {
    const lost = m.trial ?? m;
    rows.push(quality('Mat', `${m.mat}: ${isGone(m) ? 'not there' : m.state}`, m.state === 'failed' || isGone(m)));
    rows.push(quality('Rate', `${m.rate_hz ? m.rate_hz.toFixed(0) : '-'} Hz`));
    rows.push(quality(m.trial ? 'Lost in this trial' : 'Lost by mat', number(lost.lost_device, 0), lost.lost_device > 0));
    rows.push(quality('Lost by computer', number(lost.lost_ring, 0), lost.lost_ring > 0));
    rows.push(quality('Not shown', `${(m.skipped ?? 0) + state.unseen}`));
    const all = mine(), flagged = (flag) => all.filter((f) => f.flags.includes(flag)).length;
    rows.push(quality('Partial', `${flagged('partial')} of ${all.length}`), quality('Saturated', `${flagged('saturated')}`, flagged('saturated') > 0));
  }
  if (s) {
    const minutes = s.output.minutes_left;
    rows.push(quality('Disk', minutes === null ? '-' : minutes > 600 ? `${(minutes / 60).toFixed(0)} h left` : `${minutes.toFixed(0)} min left`, minutes !== null && minutes < 30));
    rows.push(quality('Sealing', s.sealer.text ? 'failed, tried again' : s.sealer.running || s.sealer.waiting ? 'at work' : 'done', Boolean(s.sealer.text)));
  }
  if (state.file) rows.push(quality('File', state.file));
  if (!state.reviewing && (state.missed || state.lost)) rows.push(quality('Missed by this page', `${state.missed + state.lost}`, true));
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
  takeGeometry();
  prints();
}

// Footfalls of the mat that is looked at.
const mine = () => state.footfalls.filter((m) => m.mat === state.mat);

// Those that count towards the target: of the timepoint and condition of the last trial, without discarded trials.
function counting() {
  const all = mine(), now = state.trials.get(trialNow()), of = (m) => state.trials.get(m.trial);
  return all.filter((m) => !of(m)?.discarded && of(m)?.timepoint === now?.timepoint && of(m)?.condition === now?.condition);
}

function takeStatus(status) {
  state.status = status;
  state.statusAt = Date.now();
  if (!state.reviewing) showStatus(); // it goes on behind what is looked at
}

function showStatus() {
  chooseMat(state.status.mats);
  const mat = current(), session = state.status.session;
  if (mat) map.geometry(mat.rows, mat.cols, mat.pitch_x_mm, mat.pitch_y_mm);
  if (session) takeSession(session);
  $('session').textContent = session ? `Session ${session.session}` : 'No session';
  capture.status(mat, session);
  $('target').parentElement.hidden = !!session?.quality; // the protocol's own count
  showProtocol(session, 0);
  showTrial(mat?.trial);
  showTrouble();
}

function takeGeometry() {
  const mat = state.snapshot?.mats.find((m) => m.mat === state.mat);
  if (mat) map.geometry(mat.rows, mat.cols, mat.pitch_x_mm, mat.pitch_y_mm);
}

function takeSession(session) {
  if (state.session !== session.session) forget(session.session);
  const before = JSON.stringify([state.blind, ...state.trials]);
  state.blind = session.blind === true && session.locked !== true;
  for (const t of session.trials) state.trials.set(t.trial, { timepoint: t.timepoint, condition: t.condition, discarded: t.discarded === true });
  state.dirty ||= session.quality !== undefined || JSON.stringify([state.blind, ...state.trials]) !== before;
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

// The trial that is looked at: of a file the chosen one, else the last.
const trialNow = () => (state.reviewing ? review.trials[review.trial]?.trial : mine().at(-1)?.trial);

function tell(m) {
  const [side, verdict, numbers] = inWords(m);
  $('last').replaceChildren(element('span', side, `side-${m.side}`), document.createTextNode(', '), element('span', verdict, m.valid ? 'yes' : 'no'), document.createTextNode(numbers ? `: ${numbers}` : ''));
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

function showCounts() {
  const counted = counting(), plan = state.reviewing ? null : state.status?.session?.quality;
  for (const side of ['left', 'right']) {
    const cell = cellOf(plan, side), target = cell?.target ?? (Number($('target').value) || 5);
    $(`${side}-goal`).textContent = target;
    if (cell) {
      $(`${side}-valid`).textContent = cell.valid;
      Object.assign($(`${side}-meter`), { max: target, value: Math.min(cell.valid, target) });
      const not = cell.invalid;
      $(`${side}-other`).textContent = [cell.needed ? `${cell.needed} needed` : 'enough', not ? `${not} did not count` : '', cell.out_of_window ? `${cell.out_of_window} outside the window` : ''].filter(Boolean).join(', ');
      continue;
    }
    const these = counted.filter((m) => m.side === side), valid = these.filter((m) => m.valid).length;
    $(`${side}-valid`).textContent = valid;
    Object.assign($(`${side}-meter`), { max: target, value: Math.min(valid, target) });
    $(`${side}-other`).textContent = these.length > valid ? `${these.length - valid} did not count` : valid >= target ? 'enough' : '';
  }
  const times = mine().filter((m) => m.valid && !state.trials.get(m.trial)?.discarded && m.metrics.stance_s !== null).map((m) => ({ side: m.side, s: m.metrics.stance_s }));
  if (!times.length) return drawWindow($('window'), [], 0, 0);
  const planned = windowOf(plan, times.at(-1).side), middle = median(times.map((t) => t.s)), last = times.at(-1).s;
  const [low, high] = planned?.by === 'stance' ? [planned.low, planned.high] : [middle * 0.95, middle * 1.05];
  const known = times.length >= 3 || planned?.by === 'stance';
  $('stance').textContent = last.toFixed(3);
  $('stance-text').textContent = !known ? 'window after 3 valid' : `${last < low ? 'too short: faster than' : last > high ? 'too long: slower than' : 'inside'} ${low.toFixed(3)} to ${high.toFixed(3)} s`;
  const speed = plan?.window?.by === 'speed' ? plan.last?.speed_m_per_s : null, of = plan?.last?.foot && windowOf(plan, plan.last.foot);
  if (speed != null) $('stance-text').textContent = `speed ${speed.toFixed(2)} m/s${of ? `, ${speed >= of.low && speed <= of.high ? 'inside' : 'outside'} ${of.low.toFixed(2)} to ${of.high.toFixed(2)}` : ''}`;
  return drawWindow($('window'), times, known ? low : last, known ? high : last);
}

function takeFootfall(message) {
  if (state.reviewing) {
    state.behind.push(message);
    if (state.behind.length > 200) state.behind.shift();
    return;
  }
  const m = message.m;
  if (state.footfalls.some((f) => f.ic_ns === m.ic_ns && f.footfall === m.footfall && f.trial === m.trial && f.instance === m.instance)) return;
  state.footfalls.push(m);
  if (state.footfalls.length > 200) state.footfalls.shift();
  m.picture = message.payload;
  if (m.mat === state.mat) map.footfall(m, m.picture);
  state.dirty = true;
}

// What the operator says of a footfall that has been told already.
function correct(e) {
  const all = state.reviewing ? [...state.live.footfalls, ...state.behind.map((message) => message.m)] : state.footfalls;
  const m = all.findLast((f) => f.mat === e.mat && f.trial === e.trial && f.footfall === e.footfall);
  if (!m || !['set_side', 'invalid'].includes(e.event)) return;
  if (e.event === 'set_side') m.side = e.side;
  else m.valid = false;
  const flag = e.event === 'set_side' ? 'side_override' : 'operator_invalid';
  if (!m.flags.includes(flag)) m.flags.push(flag);
  if (!state.reviewing && m.mat === state.mat) prints();
}

// Those of the last trial, on the mat.
function prints() {
  map.clear();
  const last = mine().at(-1)?.trial;
  for (const m of mine()) if (m.trial === last) map.footfall(m, m.picture);
  state.dirty = true;
}

function showFootfalls() {
  const all = mine(), last = all.filter((m) => !state.reviewing || m.upTo !== false).at(-1);
  if (last) tell(last);
  else $('last').textContent = 'None yet';
  $('rows').replaceChildren(...all.slice(-60).reverse().map(row));
  const recent = all.filter((m) => m.curves && m.valid).slice(-10);
  drawCurves($('force'), recent.map((m) => ({ side: m.side, values: m.curves.force_N ?? [] })));
  drawCurves($('heel'), recent.map((m) => ({ side: m.side, values: m.curves.heel_force_N ?? [] })));
  if (last?.shape) drawPrint($('print'), last, last.picture, map.pitch, map.full_kPa);
  showCounts();
  const session = state.reviewing ? null : state.status?.session;
  showBefore(all.filter((m) => m.valid && !state.trials.get(m.trial)?.discarded), (m) => state.trials.get(m.trial), whyHidden(all), (session?.protocol?.primary ?? []).map((p) => p.metric));
  capture.footfall(last && !state.reviewing && !state.trials.get(last.trial)?.discarded ? last : null);
}

// What came while the session was blind came without its numbers, and stays so on this page: the closed session has them.
function whyHidden(footfalls) {
  if (state.reviewing) return '';
  if (state.blind) return 'Hidden until the session is locked: the protocol is blind.';
  const came = footfalls.some((m) => Object.values(m.reason ?? {}).includes('blinded'));
  return came ? 'These footfalls came without their numbers, since the protocol was blind. Close the session: it then shows before and after (Sessions).' : '';
}

// Told at once; the status of once a second says the same a little later.
function takeTrial(m) {
  if (state.reviewing) return;
  if (m.state === 'started') {
    if (state.session !== m.session) forget(m.session);
    state.trials.set(m.trial, { timepoint: m.timepoint, condition: m.condition, discarded: false });
  }
  if (m.mat !== state.mat || !['started', 'ended', 'failed'].includes(m.state)) return;
  if (m.state !== 'started') capture.ended(m);
  showTrial(m.state === 'started' ? { trial: m.trial, seconds: 0 } : null);
  if (m.state !== 'started') return;
  map.clear();
  state.tracks.clear();
}

function showTrial(trial) {
  state.recorded = trial?.trial;
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
  hello: (m) => {
    capture.show(m.operate);
    if (m.review && !state.reviewing) startReview(m.review, false);
  },
  link: (m) => {
    state.link = m;
    showTrouble();
  },
  snapshot: (m) => {
    state.snapshot = m.m;
    takeGeometry();
  },
  status: (m) => takeStatus(m.m),
  live: (m) => state.reviewing || takeLive(m.m),
  frame: (m) => state.reviewing || map.frame(m),
  footfall: takeFootfall,
  trial: (m) => takeTrial(m.m),
  event: (m) => correct(m.m),
  missed: (m) => (state.missed += m.count),
  lost: (m) => (state[m.replaced ? 'unseen' : 'lost'] += m.count),
};

// --- a recording instead of the lab ---------------------------------------------------------------------
function startReview(number, fromLive) {
  Object.assign(state, { reviewing: true, behind: [], live: { footfalls: state.footfalls, trials: state.trials, session: state.session }, footfalls: [], trials: new Map(), file: '...' });
  document.body.classList.add('reviewing');
  for (const id of ['capture', 'next']) $(id).inert = true;
  $('capture').classList.add('away');
  $('next').hidden = true;
  $('trial').textContent = 'Recorded';
  $('trial').classList.remove('recording');
  map.clear();
  state.tracks.clear();
  review.open(number, fromLive);
  showTrouble();
}

const review = new Review({
  trials(info) {
    state.file = info.file;
    for (const t of info.trials) state.trials.set(t.trial, { timepoint: t.timepoint, condition: t.condition, discarded: t.discarded });
    const first = info.trials[0];
    if (first) {
      $('session').textContent = first.session ? `Session ${first.session}` : first.file;
    }
    showQuality();
  },
  footfalls(messages) {
    state.footfalls = messages.map(({ m, payload }) => Object.assign(m, { picture: payload }));
    state.prints = '';
    state.dirty = true;
    review.show();
  },
  stand(trial, frame, message) {
    map.geometry(trial.rows, trial.cols, trial.pitch_x_mm, trial.pitch_y_mm);
    const before = state.footfalls.filter((m) => m.trial === trial.trial && m.last_frame <= frame), prints = `${trial.trial}: ${before.map((m) => m.footfall)}`;
    if (state.mat !== trial.mat) state.dirty = true;
    state.mat = trial.mat;
    if (prints !== state.prints) {
      state.prints = prints;
      map.clear();
      for (const m of state.footfalls) m.upTo = before.includes(m);
      for (const m of before) map.footfall(m, m.picture);
      state.dirty = true;
    }
    if (frame < (state.stood ?? 0)) state.tracks.clear();
    state.stood = frame;
    map.frame(message);
    takeLive(message.live);
  },
  left() {
    const behind = state.behind;
    Object.assign(state, { reviewing: false, ...state.live, file: null, prints: '' });
    document.body.classList.remove('reviewing');
    for (const id of ['capture', 'next']) $(id).inert = false;
    $('capture').classList.remove('away');
    for (const message of behind) takeFootfall(message);
    watch(state.status?.mats.some((m) => m.mat === state.mat) ? state.mat : (state.status?.mats[0]?.mat ?? ''));
    if (state.status) showStatus();
    showTrouble();
  },
});

function draw(now) {
  review.tick(now);
  map.draw();
  if (state.liveDirty && now - state.feetAt >= 40) {
    Object.assign(state, { liveDirty: false, feetAt: now, textDirty: true });
    drawFeet($('feet'), state.tracks);
  }
  if (state.textDirty && now - state.textAt >= 200) {
    Object.assign(state, { textDirty: false, textAt: now }); // numbers that change faster cannot be read
    $('feet-text').textContent = feetText(map.live);
  }
  if (state.dirty) {
    state.dirty = false;
    showFootfalls();
  }
  requestAnimationFrame(draw);
}

function redraw() {
  forgetStyle();
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
  (connected, known = true) => {
    Object.assign(state, { connected, known });
    showTrouble();
  },
);
const capture = new Capture(link, (number) => startReview(number, true));
setInterval(() => !state.reviewing && live() && state.status && showProtocol(state.status.session, Date.now() - state.statusAt), 1000);
$('mat').addEventListener('change', () => {
  watch($('mat').value);
  showStatus(); // orders go to this mat from now on
});
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
onResize(() => {
  map.pastChanged = map.dirty = state.dirty = state.liveDirty = true;
});
theme();
requestAnimationFrame(draw);
