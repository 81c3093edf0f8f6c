// A recording instead of the lab: scrub, step and play through its frames. The server reads the file; what it said is kept here, a stretch of frames at a time.
import { unpack } from './link.js';

const $ = (id) => document.getElementById(id);
const KEPT = 4096; // frames

// Messages one behind the other, each with its size before it.
function messages(buffer) {
  const view = new DataView(buffer), all = [];
  for (let at = 0; at + 4 <= buffer.byteLength; ) {
    const size = view.getUint32(at, true);
    const message = unpack(buffer.slice(at + 4, at + 4 + size));
    if (!message) break;
    all.push(message);
    at += 4 + size;
  }
  return all;
}

async function get(path) {
  const answer = await fetch(`review/${path}`);
  return answer.ok ? answer : null;
}

export class Review {
  // hooks: trials(info), footfalls(messages), stand(trial, frame, message), left()
  constructor(hooks) {
    Object.assign(this, { hooks, number: 0, trials: [], trial: 0, frame: 0, frames: 0, playing: false, loaded: new Map(), asked: new Map(), due: 0, last: 0 });
    const buttons = { 'review-first': () => this.go(0), 'review-back': () => this.step(-1), 'review-play': () => this.play(!this.playing), 'review-on': () => this.step(1), 'review-last': () => this.go(this.frames - 1), 'review-foot-back': () => this.foot(-1), 'review-foot-on': () => this.foot(1), 'review-leave': () => this.leave(), 'review-compare': () => this.compare() };
    for (const [id, act] of Object.entries(buttons)) $(id).addEventListener('click', act);
    $('review-at').addEventListener('input', () => {
      this.play(false);
      this.go(Number($('review-at').value));
    });
    $('review-trial').addEventListener('change', () => this.choose(Number($('review-trial').value)));
    const keys = { ArrowLeft: 'review-back', ArrowRight: 'review-on', Home: 'review-first', End: 'review-last', ' ': 'review-play', f: 'review-foot-on', b: 'review-foot-back' };
    document.addEventListener('keydown', (event) => {
      const id = keys[event.key];
      if (!this.number || !id || event.ctrlKey || event.altKey || event.metaKey || event.target.closest('input, select, textarea, dialog, button, .scroll')) return;
      event.preventDefault();
      $(id).click();
    });
  }

  async open(number, live) {
    Object.assign(this, { number, trials: [], footfalls: [] });
    this.loaded.clear();
    this.asked.clear();
    $('review').hidden = false;
    $('review-leave').hidden = !live;
    $('review-report').hidden = true;
    $('review-verdict').replaceChildren();
    await this.read();
  }

  // Until the file has been read to its end.
  async read() {
    const number = this.number, answer = await get(`${number}/trials.json`).catch(() => null);
    if (number !== this.number) return;
    if (!answer) {
      $('review-state').textContent = 'The file is no longer open here: open it again.';
      return;
    }
    const info = await answer.json(), first = !this.trials.length && info.trials.length;
    this.trials = info.trials;
    this.hooks.trials(info);
    const label = (t) => `${t.trial}: ${[t.timepoint, t.condition].filter(Boolean).join(' ') || t.format}${t.discarded ? ' (discarded)' : ''}${t.ended ? '' : ' (cut off)'}`;
    if ($('review-trial').options.length !== info.trials.length) $('review-trial').replaceChildren(...info.trials.map((t, i) => new Option(label(t), i)));
    $('review-trial').value = this.trial;
    $('review-state').textContent = info.state === 'failed' ? `The file could not be read to its end: ${info.text}` : info.state === 'reading' ? 'Reading the file ...' : '';
    await this.readFootfalls();
    if (first) this.choose(0);
    this.size();
    this.load(this.frame); // the file may have just begun to be read when the trial was chosen
    if (info.state === 'reading') setTimeout(() => this.read(), 300);
  }

  async readFootfalls() {
    for (let i = this.footfalls.length ? Math.max(...this.footfalls.map((f) => f.index)) : 0; i < this.trials.length; i++) {
      const known = this.footfalls.filter((f) => f.index === i).length;
      if (this.trials[i].footfalls_read <= known) continue;
      const answer = await get(`${this.number}/${i}/footfalls.bin`).catch(() => null);
      if (!answer) return;
      const all = messages(await answer.arrayBuffer());
      this.footfalls = this.footfalls.filter((f) => f.index !== i).concat(all.map((message) => ({ index: i, message })));
    }
    this.hooks.footfalls(this.footfalls.map((f) => f.message));
  }

  size() {
    this.frames = this.trials[this.trial]?.frames_read ?? 0;
    $('review-at').max = Math.max(0, this.frames - 1);
    this.marks();
  }

  choose(trial) {
    Object.assign(this, { trial, frame: 0 });
    this.loaded.clear();
    this.asked.clear();
    this.play(false);
    this.size();
    this.go(0);
  }

  // Where footfalls are, above the slider.
  marks() {
    const spans = this.footfalls.filter((f) => f.index === this.trial).map(({ message: { m } }) => {
      const span = document.createElement('i'), of = Math.max(1, this.frames);
      span.className = `side-${m.side}`;
      span.style.left = `${(100 * m.first_frame) / of}%`;
      span.style.width = `${(100 * (m.last_frame - m.first_frame + 1)) / of}%`;
      return span;
    });
    $('review-marks').replaceChildren(...spans);
  }

  // The stretch that holds a frame, asked for once.
  load(frame) {
    if (this.loaded.has(frame) || frame >= this.frames) return null;
    const first = Math.floor(frame / 256) * 256, from = this.loaded.has(first) ? frame : first, key = `${this.trial}/frames-${from}`;
    if (!this.asked.has(key)) {
      const { number, trial } = this;
      this.asked.set(key, get(`${number}/${key}.bin`).then(async (answer) => {
        const all = answer ? messages(await answer.arrayBuffer()) : [];
        this.asked.delete(key);
        if (number !== this.number || trial !== this.trial) return;
        for (const message of all) this.loaded.set(message.frame, message);
        for (const kept of this.loaded.keys()) if (this.loaded.size > KEPT && Math.abs(kept - this.frame) > KEPT / 2) this.loaded.delete(kept);
        this.show();
      }).catch(() => this.asked.delete(key)));
    }
    return this.asked.get(key);
  }

  go(frame) {
    this.frame = Math.max(0, Math.min(this.frames - 1, frame));
    this.load(this.frame);
    this.show();
  }

  step(by) {
    this.play(false);
    this.go(this.frame + by);
  }

  foot(way) {
    const firsts = this.footfalls.filter((f) => f.index === this.trial).map((f) => f.message.m.first_frame).sort((a, b) => a - b);
    const next = way > 0 ? firsts.find((f) => f > this.frame) : firsts.filter((f) => f < this.frame).at(-1);
    this.play(false);
    if (next !== undefined) this.go(next);
  }

  show() {
    const message = this.loaded.get(this.frame);
    if (!message) return;
    $('review-at').value = this.frame;
    const text = `frame ${this.frame + 1} of ${this.frames}, ${message.t_s.toFixed(3)} s`;
    $('review-time').textContent = text;
    $('review-at').setAttribute('aria-valuetext', text);
    this.hooks.stand(this.trials[this.trial], this.frame, message);
  }

  play(on) {
    this.playing = on;
    $('review-play').firstChild.textContent = on ? 'Stop ' : 'Play ';
    if (on && this.frame >= this.frames - 1) this.go(0);
    this.last = performance.now();
    this.due = 0;
  }

  // Once a picture: as many frames on as are due; frames that are not here yet are waited for.
  tick(now) {
    if (!this.number || !this.playing) return;
    const rate = this.trials[this.trial]?.rate_hz || 50;
    this.due += ((now - this.last) / 1000) * rate * Number($('review-speed').value);
    this.last = now;
    const by = Math.floor(this.due);
    if (!by) return;
    this.due -= by;
    const next = Math.min(this.frames - 1, this.frame + by);
    this.load(Math.min(this.frames - 1, next + 200));
    if (!this.loaded.has(next)) {
      this.load(next);
      return;
    }
    this.go(next);
    if (next === this.frames - 1) this.play(false);
  }

  // What gait compare says of the file.
  async compare() {
    const number = this.number, verdict = $('review-verdict');
    verdict.textContent = 'Comparing ...';
    for (;;) {
      const answer = await get(`${number}/compare.json`).catch(() => null);
      if (number !== this.number) return;
      if (!answer) {
        verdict.textContent = 'The server does not answer.';
        return;
      }
      const said = await answer.json();
      if (said.state === 'running') {
        await new Promise((done) => setTimeout(done, 400));
        continue;
      }
      this.tell(said);
      return;
    }
  }

  tell(said) {
    const line = (text, className = '') => Object.assign(document.createElement('p'), { textContent: text, className });
    let why = said.text;
    try {
      why = JSON.parse(said.text).error.message;
    } catch {
      // it was no JSON: as it is
    }
    if (said.state === 'failed') return $('review-verdict').replaceChildren(line(`No comparison: ${why}`, 'no'));
    const { primaries = [], findings = [] } = said.result ?? {};
    $('review-verdict').replaceChildren(
      ...primaries.map((p) => line(`${p.metric}, ${p.foot === 'both' ? 'both feet' : `${p.foot} foot`}, ${p.timepoint}: ${p.verdict?.sentence ?? p.sentence ?? ''}`)),
      ...findings.map((f) => line(`${f.severity}: ${f.text}`, 'small')),
    );
    if (!primaries.length) $('review-verdict').prepend(line('There is nothing to compare in this file: it takes two timepoints.'));
    $('review-report').hidden = !said.report;
    $('review-report').href = `review/${this.number}/report.pdf`;
    return undefined;
  }

  leave() {
    this.play(false);
    this.number = 0;
    $('review').hidden = true;
    this.hooks.left();
  }
}
