// Drives the page; started by test_page.py. Prints one JSON object of what it saw.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { CHROMIUM, MODULES, ORIGIN, TOKEN, SHOTS, GAITD } = process.env;
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

async function trial(page, key) {
  if (key) await page.keyboard.press(' ');
  else await page.click('#start');
  await page.locator('#said', { hasText: 'is being recorded' }).waitFor();
  await page.locator('#trial', { hasText: 'Recording' }).waitFor();
}

async function visit(page) {
  await page.locator('#start:disabled').waitFor();
  await page.keyboard.press('o');
  await page.fill('#ask input[name=subject]', 'Anna');
  await page.click('#ask-yes');
  must(await page.locator('#ask').isVisible(), 'a name is taken for a subject');
  await page.fill('#ask input[name=subject]', 'S01');
  await page.fill('#ask input[name=mass_kg]', '70');
  await page.keyboard.press('Enter');
  await page.locator('#session', { hasText: 'S01' }).waitFor();
  await trial(page, false);
  await page.waitForSelector('#rows tr');
  await page.locator('#feet-text', { hasText: 'heel' }).waitFor();
  await page.waitForTimeout(300); // into stance: for the picture only
  await page.screenshot({ path: `${SHOTS}/live-1366x768.png` });
  await idle(page);
  await page.waitForSelector('#rows tr');
  step('first trial over');
  await page.evaluate(() => document.activeElement.blur());
  await trial(page, true);
  await page.keyboard.press('m');
  await page.fill('#ask input[name=text]', 'second pass');
  await page.keyboard.press('Enter');
  await page.locator('#said', { hasText: 'Marked' }).waitFor();
  await idle(page);
  await page.waitForTimeout(300);
}

const count = async (page) => Number(await page.textContent('#left-valid')) + Number(await page.textContent('#right-valid'));

// Another timepoint counts for itself; a discarded trial does not count.
async function after(page) {
  const before = await count(page);
  await page.fill('#timepoint', 'post0');
  await page.evaluate(() => document.activeElement.blur());
  await trial(page, true);
  await page.waitForFunction((n) => document.querySelectorAll('#rows tr').length > n, await page.locator('#rows tr').count());
  must((await count(page)) < before, 'the valid footfalls before the treatment count for after it');
  await page.keyboard.press(' '); // stop
  await idle(page);
  await page.keyboard.press('d');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.activeElement.closest('dialog'));
  await page.keyboard.press('d');
  await page.fill('#ask input[name=why]', 'stumbled');
  await page.keyboard.press('Enter');
  await page.locator('#said', { hasText: 'is discarded' }).waitFor();
  await page.waitForFunction(() => document.getElementById('left-valid').textContent === '0' && document.getElementById('right-valid').textContent === '0');
  must((await page.textContent('#rows tr')).includes('trial discarded'), 'the table does not say that the trial was discarded');
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
  step('visit over');
  must(!errors.length, `the page had errors: ${errors.join('; ')}`);
  const rows = await page.$$eval('#rows tr', (all) => all.map((tr) => [...tr.cells].map((td) => td.textContent)));
  const [left, right] = [await page.textContent('#left-valid'), await page.textContent('#right-valid')];
  const passes = await axe(page, 'page, light');
  await page.locator('#theme').selectOption('dark');
  await axe(page, 'page, dark');
  await shoot(page, 'visit');
  step('screenshots');
  await after(page);
  await reload(page, await page.locator('#rows tr').count());
  step('after, discarded, reloaded');
  process.kill(Number(GAITD), 'SIGSTOP'); // a daemon that says nothing more
  await page.locator('#banner', { hasText: 'daemon is gone' }).waitFor({ timeout: 15000 });
  await page.setViewportSize({ width: 1366, height: 768 });
  await page.screenshot({ path: `${SHOTS}/gone-1366x768.png` });
  process.kill(Number(GAITD), 'SIGCONT');
  await page.locator('#banner').waitFor({ state: 'hidden', timeout: 15000 });
  step('banner came and went');
  must(!foreignRequests.length, `requests to elsewhere: ${foreignRequests}`);
  console.log(JSON.stringify({ rows, left, right, axe: passes, page_bytes: bytes, first_frame_ms }));
} catch (error) {
  for (const page of browser.contexts().flatMap((c) => c.pages())) await page.screenshot({ path: `${SHOTS}/failed.png` }).catch(() => {});
  throw error;
} finally {
  await browser.close();
}
