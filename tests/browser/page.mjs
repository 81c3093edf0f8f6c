// Drives the page; started by test_page.py. Prints one JSON object of what it saw.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const { CHROMIUM, MODULES, ORIGIN, TOKEN, SHOTS, GAITD, PROTOCOL } = process.env;
const { chromium } = createRequire(`${MODULES}/package.json`)('playwright-core');
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const started = Date.now();
const step = (text) => console.error(`${((Date.now() - started) / 1000).toFixed(1)} s: ${text}`);

function must(true_, what) {
  if (!true_) throw new Error(what);
}

const sizes = [[390, 844], [1366, 768], [3840, 2160]];

async function shoot(page, name) {
  const before = page.viewportSize();
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => scrollTo(0, 0));
    for (const theme of ['dark', 'light']) {
      await page.locator('#theme').selectOption(theme);
      await page.waitForTimeout(150); // two frames to draw
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      must(over <= 0, `${name} at ${width}: ${over} px stick out to the right`);
      await page.screenshot({ path: `${SHOTS}/${name}-${width}x${height}-${theme}.png` });
    }
  }
  await page.setViewportSize(before);
}

async function axe(page, where) {
  await page.evaluate(readFileSync(`${MODULES}/node_modules/axe-core/axe.min.js`, 'utf8')); // by the debugger: our CSP lets no script in
  const result = await page.evaluate(() => window.axe.run(document));
  const serious = result.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  must(!serious.length, `axe, ${where}: ${JSON.stringify(serious.map((v) => [v.id, v.nodes.map((n) => `${n.html.slice(0, 100)} ${n.failureSummary}`)]))}`);
  return result.passes.length;
}

async function login(browser) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  const page = await context.newPage();
  await page.goto(`${ORIGIN}/?token=${'0'.repeat(32)}`);
  must((await page.textContent('body')).includes('not the token'), 'a wrong token in the address is not refused');
  await page.goto(ORIGIN);
  must(await page.locator('#token').isVisible(), 'the page shows itself without a login');
  await axe(page, 'login');
  await page.fill('#token', 'f'.repeat(32));
  await page.click('button');
  await page.getByRole('alert').waitFor();
  await page.fill('#token', TOKEN);
  await page.click('button');
  await page.waitForSelector('#map');
  must(!page.url().includes('token'), 'the token stays in the address');
  const cookie = (await context.cookies())[0];
  must(cookie.httpOnly && cookie.sameSite === 'Strict', `the cookie is open: ${JSON.stringify(cookie)}`);
  return [context, page];
}

// A page of another origin, with the cookie in the browser, tries to open our WebSocket.
async function foreign(context) {
  const page = await context.newPage();
  await page.route('http://evil.example/', (route) => route.fulfill({ contentType: 'text/html', body: '<h1>evil</h1>' }));
  await page.goto('http://evil.example/');
  const got = await page.evaluate((url) => new Promise((done) => {
    const socket = new WebSocket(url, 'gait-web-1');
    socket.onopen = () => done('open');
    socket.onerror = () => done('refused');
  }), `${ORIGIN.replace('http', 'ws')}/ws`);
  must(got === 'refused', 'a foreign page may open the WebSocket');
  await page.close();
}

const idle = (page) => page.locator('#trial', { hasText: 'Not recording' }).waitFor({ timeout: 60000 });
const saidIs = (page, text) => page.locator('#said', { hasText: text }).waitFor();
const blur = (page) => page.evaluate(() => document.activeElement.blur());
const rowsOf = (page) => page.locator('#rows tr').count();

// The test that started us does what only it can do: restart the daemon, for one.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function please(what) {
  console.log(JSON.stringify({ do: what }));
  await lines.next();
}

async function openSession(page) {
  await page.locator('#start:disabled').waitFor();
  await page.keyboard.press('o');
  await page.fill('#ask input[name=subject]', 'Anna');
  await page.click('#ask-yes');
  must(await page.locator('#ask').isVisible(), 'a name is taken for a subject');
  await page.fill('#ask input[name=subject]', 'S01');
  await page.fill('#ask input[name=mass_kg]', '70');
  if (PROTOCOL) await page.fill('#ask input[name=protocol]', PROTOCOL);
  await page.keyboard.press('Enter');
  await page.locator('#session', { hasText: 'S01' }).waitFor();
  await page.locator('#start:enabled').waitFor();
}

async function watch(page, mat) {
  await page.locator('#mat').selectOption(mat);
  await blur(page);
}

// On the mat that streams all the time: tare, corrections while a trial runs, a start undone.
async function controls(page) {
  await watch(page, 'free');
  for (let n = 0; ; n++) {
    await page.keyboard.press('t');
    await page.waitForFunction(() => /Tared|tare:/.test(document.getElementById('said').textContent), null, { timeout: 30000 });
    const said = await page.textContent('#said');
    if (said.includes('Tared')) break;
    must(n < 100, `no tare: ${said}`); // somebody stood on it
    await page.waitForTimeout(200);
  }
  await page.keyboard.press('?');
  await page.locator('#ask dl').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('#ask').waitFor({ state: 'hidden' });
  if (PROTOCOL) {
    await page.fill('#timepoint', 'pre1');
    await blur(page);
  }
  await page.keyboard.press(' ');
  await saidIs(page, 'is being recorded');
  await page.waitForSelector('#rows tr', { timeout: 30000 });
  await page.keyboard.press('m');
  await page.fill('#ask input[name=text]', 'a remark');
  await page.keyboard.press('Enter');
  await saidIs(page, 'Marked');
  await page.locator('#invalid:visible').waitFor();
  await page.keyboard.press('x');
  await page.fill('#ask input[name=why]', 'looked down');
  await page.keyboard.press('Enter');
  await saidIs(page, 'does not count');
  await page.keyboard.press('l');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => /is (left|right)\./.test(document.getElementById('said').textContent));
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length > 1, null, { timeout: 30000 });
  await page.locator('#feet-text', { hasText: 'heel' }).waitFor();
  await page.screenshot({ path: `${SHOTS}/live-1366x768.png` });
  await page.keyboard.press(' ');
  await saidIs(page, 'stopped');
  await idle(page);
  await page.keyboard.press('d');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.activeElement.closest('dialog'));
  await page.keyboard.press('d');
  await page.fill('#ask input[name=why]', 'tried the keys');
  await page.keyboard.press('Enter');
  await saidIs(page, 'is discarded');
  await page.waitForFunction(() => document.querySelector('#rows tr')?.textContent.includes('trial discarded'));
  await page.keyboard.press(' ');
  await saidIs(page, 'is being recorded');
  await page.keyboard.press('u');
  await saidIs(page, 'The start was undone');
  await idle(page);
  if (PROTOCOL) await page.fill('#timepoint', '');
  await watch(page, 'gone');
  await page.locator('#banner', { hasText: 'is not there' }).waitFor();
  await watch(page, 'mat-1');
  await page.locator('#banner').waitFor({ state: 'hidden' });
}

// Five passes of a timepoint.
async function passes(page, timepoint, first) {
  for (let pass = 1; pass <= 5; pass++) {
    const before = await rowsOf(page);
    if (PROTOCOL) await page.locator('#next-text', { hasText: `${timepoint}, barefoot: pass ${pass} of 5` }).waitFor();
    else if (pass === 1) await page.fill('#timepoint', timepoint);
    await blur(page);
    if (first && pass === 1) await page.click('#start');
    else await page.keyboard.press(' ');
    await saidIs(page, /is being recorded|has ended/);
    if (first && pass === 2) await stall(page);
    await page.waitForFunction((n) => document.querySelectorAll('#rows tr').length > n, before, { timeout: 60000 });
    await idle(page);
    await saidIs(page, 'has ended');
  }
  await page.waitForTimeout(300); // the status of once a second may be older than the last footfall
}

// A tab that does nothing for a while costs nobody else anything, and shows what is now when it goes on.
async function stall(page) {
  await page.evaluate(() => {
    const end = performance.now() + 2500;
    while (performance.now() < end);
  });
}

async function treatment(page) {
  await page.locator('#next-text', { hasText: /[Tt]reatment/ }).waitFor();
  await page.locator('#treat:enabled').waitFor();
  await page.keyboard.press('r');
  await page.fill('#ask input[name=technique]', 'effleurage');
  await page.fill('#ask input[name=planned_min]', '10');
  await page.keyboard.press('Enter');
  await page.locator('#clock-title', { hasText: 'Treatment' }).waitFor();
  await page.locator('#clock-of', { hasText: 'of 10 min planned' }).waitFor();
  await page.locator('#treat', { hasText: 'Stop treatment' }).waitFor();
  await page.keyboard.press('r');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#clock-title', { hasText: 'Since treatment' }).waitFor();
}

async function visit(page) {
  await openSession(page);
  await controls(page);
  step('tare, corrections, undo');
  await passes(page, 'pre1', true);
  must(await page.locator('#before').isHidden(), 'before and after are compared before there is an after');
  step('five passes');
  if (PROTOCOL) await treatment(page);
  await passes(page, 'post0', false);
  await page.waitForFunction(() => document.getElementById('before-head').textContent.includes('Left post0'));
  step('five more');
  await page.locator('#theme').selectOption('dark');
  await axe(page, 'page, dark');
}

// The daemon stands still, goes on, ends and is started again: what the page says.
async function restart(page) {
  process.kill(Number(GAITD), 'SIGSTOP');
  await page.locator('#banner', { hasText: 'daemon is gone' }).waitFor({ timeout: 15000 });
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.screenshot({ path: `${SHOTS}/gone-1366x768.png` });
  process.kill(Number(GAITD), 'SIGCONT');
  await page.locator('#banner').waitFor({ state: 'hidden', timeout: 15000 });
  await please('stop');
  await page.locator('#banner', { hasText: 'no daemon at' }).waitFor({ timeout: 15000 });
  must(await page.evaluate(() => document.getElementById('capture').inert), 'buttons can be pressed that nobody obeys');
  await please('start');
  await page.locator('#banner').waitFor({ state: 'hidden', timeout: 15000 });
  await page.locator('#session', { hasText: 'S01' }).waitFor();
}

// Close, look at the closed session, its comparison and its report.
async function report(page) {
  await page.locator('#close:enabled').waitFor();
  await page.keyboard.press('c');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('#said', { hasText: 'Closed:' }).waitFor({ timeout: 60000 });
  await page.locator('#session', { hasText: 'No session' }).waitFor();
  await page.keyboard.press('v');
  await page.locator('#ask select').waitFor();
  await page.click('#ask-yes');
  await page.locator('#review-time', { hasText: 'frame 1 of' }).waitFor({ timeout: 30000 });
  await page.waitForFunction(() => document.getElementById('review-state').textContent === '', null, { timeout: 60000 });
  const trials = await page.$$eval('#review-trial option', (all) => all.map((o) => o.textContent));
  await page.locator('#review-trial').selectOption({ label: trials.find((t) => /pre1/.test(t) && !/discarded/.test(t)) });
  await blur(page);
  await page.locator('#review-marks i').first().waitFor({ state: 'attached' });
  await page.locator('#review-time', { hasText: 'frame 1 of' }).waitFor();
  await page.keyboard.press('f');
  await page.waitForFunction(() => !document.getElementById('review-time').textContent.startsWith('frame 1 of'));
  const at = Number((await page.textContent('#review-time')).match(/frame (\d+)/)[1]);
  await page.keyboard.press('ArrowRight');
  await page.locator('#review-time', { hasText: `frame ${at + 1} of` }).waitFor();
  await page.keyboard.press('ArrowLeft');
  await page.locator('#review-time', { hasText: `frame ${at} of` }).waitFor();
  await page.keyboard.press('b');
  await page.keyboard.press('f');
  for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight');
  await page.locator('#feet-text', { hasText: 'heel' }).waitFor();
  must(/valid/.test(await page.textContent('#last')), 'the last footfall of the recording is not told');
  must((await page.textContent('#left-valid')) === '10' && (await rowsOf(page)) === 30, `the recording's footfalls are not counted: ${await page.textContent('#left-valid')}, ${await rowsOf(page)} rows`);
  await page.click('#review-compare');
  await page.locator('#review-report:visible').waitFor({ timeout: 60000 });
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#review-report')]);
  must(readFileSync(await download.path()).subarray(0, 5).toString() === '%PDF-', 'the report is no PDF');
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${SHOTS}/review-1366x768.png` });
  await axe(page, 'review');
  await page.locator('#review-speed').selectOption('2');
  await blur(page);
  await page.keyboard.press(' ');
  await page.waitForFunction(() => document.getElementById('review-play').textContent.startsWith('Play'), null, { timeout: 30000 });
  must(await page.evaluate(() => Number(document.getElementById('review-at').value) === Number(document.getElementById('review-at').max)), 'playing did not come to the end');
  const verdict = await page.textContent('#review-verdict');
  await page.click('#review-leave');
  await page.locator('#trial', { hasText: 'Not recording' }).waitFor();
  return { trials, verdict };
}

// A page that comes late shows the same table.
async function reload(page, rows) {
  await page.reload();
  await page.waitForFunction((n) => document.querySelectorAll('#rows tr').length === n, rows);
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args });
try {
  const [context, page] = await login(browser);
  step('logged in');
  const foreignRequests = [], errors = [];
  let bytes = 0;
  page.on('request', (request) => new URL(request.url()).host !== new URL(ORIGIN).host && foreignRequests.push(request.url()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('response', async (response) => (bytes += Number(response.headers()['content-length'] ?? 0)));
  await foreign(context);
  const cold = Date.now();
  await page.reload();
  await page.waitForFunction(() => document.getElementById('map').width > 300 && document.getElementById('quality').children.length > 3);
  const first_frame_ms = Date.now() - cold;
  await visit(page);
  must(!errors.length, `the page had errors: ${errors.join('; ')}`);
  const rows = await page.$$eval('#rows tr', (all) => all.map((tr) => [...tr.cells].map((td) => td.textContent)));
  const [left, right] = [await page.textContent('#left-valid'), await page.textContent('#right-valid')];
  const before = await page.$$eval('#before-rows tr', (all) => all.map((tr) => [...tr.cells].map((td) => td.textContent)));
  await page.locator('#theme').selectOption('light');
  const passes_ = await axe(page, 'page, light');
  await shoot(page, 'visit');
  await page.setViewportSize({ width: 1366, height: 900 });
  await page.waitForTimeout(150);
  await page.locator('#before').screenshot({ path: `${SHOTS}/before.png` });
  step('screenshots');
  await reload(page, rows.length);
  await blur(page);
  await restart(page);
  step('daemon gone and back, ended and started again');
  const reviewed = await report(page);
  step('closed, reviewed, compared, reported');
  must(!foreignRequests.length, `requests to elsewhere: ${foreignRequests}`);
  console.log(JSON.stringify({ rows, left, right, before, ...reviewed, axe: passes_, page_bytes: bytes, first_frame_ms }));
  process.exitCode = 0;
} catch (error) {
  for (const page of browser.contexts().flatMap((c) => c.pages())) await page.screenshot({ path: `${SHOTS}/failed.png` }).catch(() => {});
  throw error;
} finally {
  await browser.close();
  process.stdin.destroy();
}
