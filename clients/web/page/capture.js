// Capture: what the operator may do, by button or key, with a question first where something could be lost.
const $ = (id) => document.getElementById(id);

function said(text, bad = false) {
  $('said').textContent = text;
  $('said').classList.toggle('bad', bad);
}

// A question; fields: [{name, label, type, required, pattern, value}]. Answers null, or an object of what was typed.
function question(title, text, yes, fields = []) {
  const dialog = $('ask');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-yes').textContent = yes;
  $('ask-fields').replaceChildren(
    ...fields.map((f) => {
      const label = document.createElement('label'), input = document.createElement('input');
      label.append(f.label, input);
      Object.assign(input, { name: f.name, type: f.type ?? 'text', required: !!f.required, value: f.value ?? '', maxLength: 120, autocomplete: 'off' });
      if (f.pattern) input.pattern = f.pattern;
      if (f.title) input.title = f.title;
      if (f.type === 'number') Object.assign(input, { min: f.min, max: f.max, step: 'any' });
      return label;
    }),
  );
  // Enter means yes: the first button of the form is Cancel
  dialog.onkeydown = (event) => {
    if (event.key === 'Enter' && event.target.tagName === 'INPUT') {
      event.preventDefault();
      $('ask-yes').click();
    }
  };
  dialog.returnValue = 'no';
  dialog.showModal();
  (fields.length ? dialog.querySelector('input') : $('ask-no')).focus();
  return new Promise((done) => {
    dialog.onclose = () => done(dialog.returnValue === 'yes' ? Object.fromEntries([...dialog.querySelectorAll('input')].map((i) => [i.name, i.value.trim()])) : null);
  });
}

export class Capture {
  constructor(link) {
    Object.assign(this, { link, recording: false, session: null, mat: '', busy: false });
    const verbs = { open: 'open', start: 'startStop', discard: 'discard', tare: 'tare', mark: 'mark', close: 'close' };
    for (const [id, verb] of Object.entries(verbs)) $(id).addEventListener('click', () => this[verb]());
    const keys = { o: 'open', ' ': 'start', d: 'discard', t: 'tare', m: 'mark', c: 'close' };
    document.addEventListener('keydown', (event) => {
      const typing = event.target.closest('input, select, textarea, dialog, button') || event.ctrlKey || event.altKey || event.metaKey || event.repeat;
      const id = keys[event.key.toLowerCase()];
      if (typing || !id || $('capture').hidden || $('capture').inert || $(id).disabled) return;
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
  }

  live(there) {
    $('capture').inert = !there;
  }

  recorded(recording) {
    this.recording = recording;
    $('start').firstChild.textContent = recording ? 'Stop trial ' : 'Start trial ';
    $('close').disabled = recording || !this.session;
    $('tare').disabled = recording;
  }

  async ask(verb, args, done) {
    if (this.busy) return null;
    this.busy = true;
    said(`${verb} ...`);
    const reply = await this.link.ask(verb, args);
    this.busy = false;
    if (reply.ok) said(typeof done === 'function' ? done(reply.result) : done);
    else said(`${verb}: ${reply.error.message}`, true);
    return reply;
  }

  async open() {
    const typed = await question('Open a session', 'A pseudonym, never a name.', 'Open', [
      { name: 'subject', label: 'Subject', required: true, pattern: '[A-Za-z](?=.*[0-9])[A-Za-z0-9_\\-]{0,31}', title: 'a letter, then letters, digits, - and _, with a digit among them: S01' },
      { name: 'mass_kg', label: 'Body mass today, kg', type: 'number', min: 10, max: 300 },
      { name: 'note', label: 'Note' },
    ]);
    if (!typed) return;
    const args = { subject: typed.subject };
    if (typed.mass_kg) args.mass_kg = Number(typed.mass_kg);
    if (typed.note) args.fields = { note: typed.note };
    await this.ask('session open', args, (r) => `Session ${r.session.session} is open.`);
  }

  startStop() {
    if (this.recording) return this.ask('trial stop', { mat: this.mat }, (r) => `Trial ${r.trials[0]?.trial ?? ''} stopped: ${r.trials[0]?.footfalls ?? 0} footfalls.`);
    const args = { mat: this.mat };
    if ($('condition').value.trim()) args.condition = $('condition').value.trim();
    if ($('timepoint').value.trim()) args.timepoint = $('timepoint').value.trim();
    return this.ask('trial start', args, (r) => `Trial ${r.trials[0].trial} is being recorded.`);
  }

  async discard() {
    const typed = await question('Discard the last trial?', 'It is marked, not deleted, until the session is closed.', 'Discard', [{ name: 'why', label: 'Why', required: true }]);
    if (typed) await this.ask('trial discard', { mat: this.mat, why: typed.why }, 'The trial is discarded.');
  }

  tare() {
    return this.ask('tare', { mat: this.mat }, (r) => `Tared: ${r.frames} frames, noise ${r.sigma_counts.toFixed(2)} counts.`);
  }

  async mark() {
    const typed = await question('Mark', 'The mark stands at the frame of now.', 'Mark', [{ name: 'text', label: 'Text', required: true }]);
    if (typed) await this.ask('mark', { text: typed.text }, 'Marked.');
  }

  async close() {
    if (await question('Close the session?', 'Its trials go into one file; no trial can be added after that.', 'Close')) await this.ask('session close', {}, (r) => `Closed: ${r.path}`);
  }
}
