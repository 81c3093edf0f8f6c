// The connection to gaitweb: it comes back by itself, and says when it is gone.

const SILENT_TICKS = 6, // of a second; gaitweb says something every second, after up to five when the daemon has just gone
  DEAD_TICKS = 15;

// A binary message is u32 "GAIT", u32 length, JSON of that length, payload.
export function unpack(buffer) {
  const head = new DataView(buffer);
  if (buffer.byteLength < 8 || head.getUint32(0, true) !== 0x54494147) return null;
  const length = head.getUint32(4, true);
  const message = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  message.payload = buffer.slice(8 + length);
  return message;
}

export class Link {
  constructor(take, changed) {
    Object.assign(this, { take, changed, waiting: new Map(), last: 0, pause: 500, mat: '', known: true, silent: 0, heard: false, said: false });
    setInterval(() => this.tick(), 1000);
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, 'gait-web-1');
    this.socket.binaryType = 'arraybuffer';
    Object.assign(this, { silent: 0, heard: false, said: false });
    let opened = false;
    this.socket.onopen = () => {
      opened = this.known = true;
      this.pause = 500;
      if (this.mat) this.watch(this.mat);
      this.changed(true);
    };
    this.socket.onclose = () => {
      this.changed(false, this.known);
      if (!opened) this.lookWhy();
      for (const done of this.waiting.values()) done({ ok: false, error: { code: 'lost', message: 'the connection broke; look whether it was done' } });
      this.waiting.clear();
      setTimeout(() => this.connect(), this.pause);
      this.pause = Math.min(5000, this.pause * 2);
    };
    this.socket.onmessage = (event) => {
      const message = typeof event.data === 'string' ? JSON.parse(event.data) : unpack(event.data);
      if (!message) return;
      this.hear(message);
      if (message.kind === 'reply') {
        this.waiting.get(message.id)?.(message.reply);
        this.waiting.delete(message.id);
      } else this.take(message);
    };
  }

  hear(message) {
    this.silent = 0;
    this.heard ||= message.kind !== 'hello';
    if (this.said) this.changed(true);
    this.said = false;
  }

  // A cable that is out closes no connection: nothing comes any more, that is all. Ticks are counted, not time: of a tab that stood still one is due.
  tick() {
    if (!this.open || !this.heard) return;
    this.silent++;
    if (this.silent === SILENT_TICKS) {
      this.said = true;
      this.changed(false, true);
    }
    if (this.silent === DEAD_TICKS) this.socket.close(); // and another one is tried
  }

  // A handshake that fails does not say why: nobody may be there, or somebody who does not know our cookie (gaitweb was started again).
  async lookWhy() {
    const answer = await fetch('./', { cache: 'no-store' }).catch(() => null);
    if (answer) this.known = answer.status !== 401;
    if (!this.open) this.changed(false, this.known);
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  watch(mat) {
    this.mat = mat;
    if (this.open) this.socket.send(JSON.stringify({ watch: mat }));
  }

  ask(verb, args) {
    if (!this.open) return Promise.resolve({ ok: false, error: { code: 'lost', message: 'no connection to gaitweb' } });
    const id = String(++this.last);
    return new Promise((done) => {
      this.waiting.set(id, done);
      this.socket.send(JSON.stringify({ id, verb, args }));
    });
  }
}
