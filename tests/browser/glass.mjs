// Frame to glass: started by bench_glass.py, which has a gaitd that streams. Prints one JSON object.
import { createRequire } from 'node:module';

const { CHROMIUM, MODULES, ADDRESS, SECONDS } = process.env;
const { chromium } = createRequire(`${MODULES}/package.json`)('playwright-core');
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
let bytes = 0;
const elsewhere = [];
page.on('request', (request) => new URL(request.url()).host !== new URL(ADDRESS).host && elsewhere.push(request.url()));
page.on('response', (response) => (bytes += Number(response.headers()['content-length'] ?? 0)));

// Before the page's own modules run: when a frame came, and when the picture with it was done.
await page.addInitScript(() => {
  window.seen = { first: null, drawn: 0, came: 0, late: [], clock: null };
  import('/map.js').then(({ MatMap }) => {
    const { frame, draw } = MatMap.prototype;
    MatMap.prototype.frame = function (message) {
      frame.call(this, message);
      this.stamp = message.t_ns;
      window.seen.came++;
    };
    MatMap.prototype.draw = function () {
      const stamp = this.dirty && this.stamp;
      draw.call(this);
      if (!stamp) return;
      this.stamp = 0;
      window.seen.drawn++;
      window.seen.first ??= performance.now();
      // the next picture begins when this one has been handed over
      requestAnimationFrame(() => window.seen.clock !== null && window.seen.late.push(performance.timeOrigin + performance.now() - stamp / 1e6 - window.seen.clock));
    };
  });
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', (event) => {
        if (typeof event.data !== 'string' || !event.data.startsWith('{"kind":"status"')) return;
        const { m } = JSON.parse(event.data);
        window.seen.clock ??= (m.realtime_ns - m.t_ns) / 1e6; // ms from CLOCK_MONOTONIC to the wall clock
      });
    }
  };
});
await page.goto(ADDRESS);
await page.waitForFunction(() => window.seen.first !== null, null, { timeout: 30000 });
const first_ms = await page.evaluate(() => window.seen.first);
const load = bytes;
await page.waitForTimeout(2000);
await page.evaluate(() => Object.assign(window.seen, { drawn: 0, came: 0, late: [] }));
console.log(JSON.stringify({ measuring: true }));
const started = Date.now();
await page.waitForTimeout(1000 * Number(SECONDS));
const seen = await page.evaluate(() => window.seen), seconds = (Date.now() - started) / 1000;
const late = seen.late.sort((a, b) => a - b), at = (part) => late[Math.min(late.length - 1, Math.floor(part * late.length))];
console.log(JSON.stringify({ first_ms, load_bytes: load, drawn_per_s: seen.drawn / seconds, came_per_s: seen.came / seconds, p50_ms: at(0.5), p99_ms: at(0.99), n: late.length, elsewhere }));
await browser.close();
