// Capture: what the operator may do, by button or key, with a question first where something could be lost.
import { question, tell } from './question.js';
import { count } from './words.js';

const $ = (id) => document.getElementById(id);
const UNDO_S = 10;
const verbs = { open: 'open', oil: 'wiped', start: 'startStop', treat: 'treat', invalid: 'invalid', side: 'otherSide', discard: 'discard', tare: 'tare', mark: 'mark', lock: 'lock', close: 'close', sessions: 'sessions', undo: 'undo' };
const keys = { o: 'open', ' ': 'start', r: 'treat', x: 'invalid', l: 'side', d: 'discard', t: 'tare', m: 'mark', k: 'lock', c: 'close', v: 'sessions', u: 'undo' };
const help = [['O', 'open a session'], ['Space', 'start or stop a trial'], ['R', 'start or stop the treatment'], ['X', 'the last footfall does not count'], ['L', 'the last footfall was the other foot'], ['D', 'discard the last trial'], ['U', 'undo a start made by mistake'], ['T', 'tare'], ['M', 'mark'], ['K', 'lock the session'], ['C', 'close the session'], ['V', 'look at a closed session'], ['?', 'these keys'], ['\u2190 \u2192', 'review: a frame back, on'], ['F B', 'review: next footfall, the one before']];

function said(text, bad = false) {
  $('said').textContent = text;
  $('said').classList.toggle('bad', bad);
}

export class Capture {
  constructor(link, review) {
    Object.assign(this, { link, review, recording: false, session: null, mat: '', busy: false, last: null });
    for (const [id, verb] of Object.entries(verbs)) $(id).addEventListener('click', () => this[verb]());
    $('help').addEventListener('click', () => tell('Keys', help));
    document.addEventListener('keydown', (event) => {
      const typing = event.target.closest('input, select, textarea, dialog, button') || event.ctrlKey || event.altKey || event.metaKey || event.repeat;
      if (!typing && event.key === '?') $('help').click();
      const id = keys[event.key.toLowerCase()];
      if (typing || !id || $('capture').hidden || $('capture').inert || $(id).disabled || $(id).hidden) return;
      event.preventDefault();
      $(id).click();
    });
  }

  show(operate) {
    $('capture').hidden = !operate;
  }

  status(mat, session) {
    Object.assign(this, { mat: mat?.mat ?? '', session });
    $('open').disabled = !!session;
    $('start').disabled = $('discard').disabled = !session;
    $('treat').hidden = $('lock').hidden = session?.protocol === undefined; // a daemon that knows no protocols
    $('treat').firstChild.textContent = session?.treatment?.state === 'running' ? 'Stop treatment ' : 'Start treatment ';
    $('oil').hidden = session?.next?.do !== 'oil';
    this.between();
    this.footfall(this.last);
    const planned = !!session?.next;
    $('timepoint').placeholder = planned ? 'as planned' : '';
    $('condition').placeholder = planned ? 'as planned' : '';
    if (planned !== this.planned) {
      this.planned = planned; // with a protocol an empty field means: what is next
      $('timepoint').value = planned ? '' : 'pre1';
      $('condition').value = planned ? '' : 'barefoot';
    }
  }

  // The last footfall, which can be corrected until its session is locked or closed; null: there is none.
  footfall(m) {
    this.last = m;
    $('invalid').hidden = $('side').hidden = !m || !this.session || !!this.session.locked;
    $('invalid').disabled = !!m?.flags.includes('operator_invalid');
  }

  live(there) {
    $('capture').inert = !there;
  }

  recorded(recording) {
    this.recording = recording;
    $('start').firstChild.textContent = recording ? 'Stop trial ' : 'Start trial ';
    $('tare').disabled = recording;
    $('mark').disabled = !recording; // it is written into a recording
    this.between();
  }

  // What can be done between two trials only.
  between() {
    const busy = this.recording || !this.session;
    $('treat').disabled = $('close').disabled = busy;
    $('lock').disabled = busy || !!this.session.locked;
  }

  // A short trial may be over before the answer to its start comes.
  started(r) {
    const { trial } = r.trials[0];
    if (this.over?.trial === trial && this.over.session === this.session?.session) return this.over.text;
    return `Trial ${trial} is being recorded${r.text ? `: ${r.text}` : ''}.`;
  }

  // A trial that ended by itself, or was ended by somebody else.
  ended(m) {
    this.over = { trial: m.trial, session: m.session, text: `Trial ${m.trial} has ended: ${count(m.footfalls, 'footfall')}${m.state === 'failed' ? `; not all of it could be written: ${m.why}` : ''}.` };
    if (m.trial === this.undoable) this.offerUndo(0); // what is over is discarded, if at all
    if ($('said').textContent.startsWith(`Trial ${m.trial} is being recorded`)) said(this.over.text, m.state === 'failed');
  }

  // Asks the daemon; where it refuses what may be overruled, it asks for the reason.
  async ask(verb, args, done) {
    if (this.busy) return null;
    this.busy = true;
    said(`${verb} ...`);
    const reply = await this.link.ask(verb, args);
    this.busy = false;
    if (reply.ok) said(typeof done === 'function' ? done(reply.result) : done);
    else said(`${verb}: ${reply.error.message}`, true);
    if (reply.error?.code === 'protocol' && !args.override) {
      const typed = await question('The protocol says no', reply.error.message, 'Do it all the same', [{ name: 'override', label: 'Why', required: true }]);
      if (typed) return this.ask(verb, { ...args, override: typed.override }, done);
    }
    return reply;
  }

  async open() {
    const typed = await question('Open a session', 'A pseudonym, never a name.', 'Open', [
      { name: 'subject', label: 'Subject', required: true, pattern: '[A-Za-z](?=.*[0-9])[A-Za-z0-9_\\-]{0,31}', title: 'a letter, then letters, digits, - and _, with a digit among them: S01' },
      { name: 'mass_kg', label: 'Body mass today, kg', type: 'number', min: 10, max: 300 },
      { name: 'protocol', label: 'Protocol', pattern: '[A-Za-z0-9][A-Za-z0-9._\\-]{0,63}', title: 'the name of a protocol that gaitd has, or nothing' },
      { name: 'note', label: 'Note' },
    ]);
    if (!typed) return;
    const args = { subject: typed.subject };
    if (typed.mass_kg) args.mass_kg = Number(typed.mass_kg);
    if (typed.protocol) args.protocol = typed.protocol;
    if (typed.note) args.fields = { x_note: typed.note };
    await this.ask('session open', args, (r) => `Session ${r.session.session} is open.`);
  }

  async startStop() {
    this.offerUndo(0);
    if (this.recording) return this.ask('trial stop', { mat: this.mat }, (r) => `Trial ${r.trials[0]?.trial ?? ''} stopped: ${count(r.trials[0]?.footfalls ?? 0, 'footfall')}.`);
    const args = { mat: this.mat };
    if ($('condition').value.trim()) args.condition = $('condition').value.trim();
    if ($('timepoint').value.trim()) args.timepoint = $('timepoint').value.trim();
    const reply = await this.ask('trial start', args, (r) => this.started(r));
    if (reply?.ok) this.offerUndo(reply.result.trials[0].trial);
    return reply;
  }

  // A start by mistake can be taken back for a while: the trial is stopped and discarded.
  offerUndo(trial) {
    clearTimeout(this.undoTimer);
    this.undoable = trial;
    $('undo').hidden = !trial;
    if (trial) this.undoTimer = setTimeout(() => this.offerUndo(0), 1000 * UNDO_S);
  }

  undo() {
    const trial = this.undoable;
    this.offerUndo(0);
    return trial ? this.ask('trial discard', { mat: this.mat, trial, why: 'started by mistake' }, `The start was undone: trial ${trial} is discarded.`) : null;
  }

  async treat() {
    if (this.session?.treatment?.state === 'running') {
      if (await question('Stop the treatment?', 'Its time ends now; what comes after is counted from here.', 'Stop')) await this.ask('treatment stop', {}, 'The treatment has stopped.');
      return;
    }
    const typed = await question('Start the treatment', 'Its time begins when you say Start.', 'Start', [
      { name: 'technique', label: 'Technique' }, { name: 'muscle', label: 'Muscle' },
      { name: 'side', label: 'Side', choices: [['', '-'], ['left'], ['right'], ['both']] },
      { name: 'planned_min', label: 'Planned, min', type: 'number', min: 0.1, max: 600 },
      { name: 'intensity', label: 'Intensity' }, { name: 'by', label: 'By (a code, no name)' },
    ]);
    if (!typed) return;
    const args = Object.fromEntries(Object.entries(typed).filter(([, value]) => value));
    if (args.planned_min) args.planned_min = Number(args.planned_min);
    await this.ask('treatment start', args, 'The treatment runs.');
  }

  // Under some protocols a post trial waits until the feet are wiped.
  async wiped() {
    if (await question('Are the feet wiped?', 'Oil on the sole changes the print.', 'They are wiped')) await this.ask('session set', { fields: { oil_removed: true } }, 'The feet are wiped.');
  }

  async invalid() {
    const m = this.last, typed = await question('Does the last footfall not count?', `Footfall ${m.footfall} of trial ${m.trial}.`, 'It does not count', [{ name: 'why', label: 'Why', required: true }]);
    if (typed) await this.ask('footfall invalid', { footfall: m.footfall, trial: m.trial, mat: m.mat, why: typed.why }, `Footfall ${m.footfall} does not count.`);
  }

  async otherSide() {
    const m = this.last, side = m.side === 'left' ? 'right' : 'left';
    if (await question(`Was it the ${side} foot?`, `Footfall ${m.footfall} of trial ${m.trial} was taken for ${m.side}.`, `It was ${side}`)) await this.ask('footfall set-side', { footfall: m.footfall, trial: m.trial, side, mat: m.mat }, `Footfall ${m.footfall} is ${side}.`);
  }

  async discard() {
    const typed = await question('Discard the last trial?', 'It is marked, not deleted, until the session is closed.', 'Discard', [{ name: 'why', label: 'Why', required: true }]);
    this.offerUndo(0);
    if (typed) await this.ask('trial discard', { mat: this.mat, why: typed.why }, 'The trial is discarded.');
  }

  tare() {
    return this.ask('tare', { mat: this.mat }, (r) => `Tared: ${r.frames} frames, noise ${r.sigma_counts.toFixed(2)} counts.`);
  }

  async mark() {
    const typed = await question('Mark', 'The mark stands at the frame of now.', 'Mark', [{ name: 'text', label: 'Text', required: true }]);
    if (typed) await this.ask('mark', { text: typed.text, mat: this.mat }, 'Marked.');
  }

  async lock() {
    if (await question('Lock the session?', 'After that nothing in it can be changed. This cannot be undone.', 'Lock')) await this.ask('session lock', {}, 'The session is locked.');
  }

  async close() {
    if (await question('Close the session?', 'Its trials go into one file; no trial can be added after that.', 'Close')) await this.ask('session close', {}, (r) => `Closed: ${r.path}`);
  }

  // A closed session, out of those that the daemon has.
  async sessions() {
    const reply = await this.ask('session list', {}, '');
    if (!reply?.ok) return;
    const closed = reply.result.sessions.filter((s) => s.closed_utc).reverse();
    if (!closed.length) {
      said('No session has been closed yet.');
      return;
    }
    const typed = await question('Look at a closed session', '', 'Look', [{ name: 'session', label: 'Session', choices: closed.map((s) => [s.session, `${s.session}, ${count(typeof s.trials === 'number' ? s.trials : s.trials.length, 'trial')}`]) }]);
    if (!typed) return;
    const opened = await this.ask('review open', { session: typed.session }, `Looking at ${typed.session}.`);
    if (opened?.ok) this.review(opened.result.review);
  }
}
