// Drives a visit through the page, then everything else that it has; started by test_page.py. Prints one JSON object of what it saw.
import { blindVisit, single } from './blind.mjs';
import { answer, axe, axeInBoth, banner, blur, closeSession, controls, drawn, drive, idle, key, logIn, must, next, noBanner, noQuestion, ORIGIN, remember, rowsOf, saidIs, shoot, SHOTS, startTrial, step, TOKEN } from './drive.mjs';
import { review } from './review.mjs';
import { again, daemon, silence, unplug } from './trouble.mjs';

async function login(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(60000);
  await page.goto(`${ORIGIN}/?token=${'0'.repeat(32)}`);
  must((await page.textContent('body')).includes('not the token'), 'a wrong token in the address is not refused');
  await shoot(page, 'refused', []);
  await page.goto(ORIGIN);
  must(await page.locator('#token').isVisible(), 'the page shows itself without a login');
  await axeInBoth(page, 'login');
  await shoot(page, 'login', []);
  await page.fill('#token', 'f'.repeat(32));
  await page.click('button');
  await page.getByRole('alert').waitFor();
  await axeInBoth(page, 'a refused token');
  await logIn(page, TOKEN);
  must(!page.url().includes('token'), 'the token stays in the address');
  const cookie = (await context.cookies())[0];
  must(cookie.httpOnly && cookie.sameSite === 'Strict', `the cookie is open: ${JSON.stringify(cookie)}`);
  return page;
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

// What looks only: it changes this page and nothing else.
async function looks(page) {
  await page.fill('#target', '7');
  must((await page.textContent('#left-goal')) === '7', 'the target is not taken');
  await page.fill('#target', '5');
  await page.locator('#scale').selectOption('400');
  await page.locator('#theme').selectOption('auto');
  await page.locator('.skip').focus();
  await key(page, 'Enter');
  must(await page.evaluate(() => document.activeElement.id === 'last'), 'the link does not lead to the last footfall');
  await blur(page);
  await key(page, '?');
  await page.locator('#ask dl').waitFor();
  await axe(page, 'keys');
  await key(page, 'Enter');
  await noQuestion(page);
  await page.click('#help');
  await page.click('#ask-yes');
  await blur(page);
  await key(page, 'o');
  await page.locator('#ask[open]').waitFor();
  await axe(page, 'a question');
  await page.click('#ask-no');
  must((await page.textContent('#session')) === 'No session', 'a question that was left did something');
  await page.locator('#scale').selectOption('0');
  await blur(page);
}

async function begin(page) {
  await page.locator('#start:disabled').waitFor();
  await key(page, 'o');
  await page.fill('#ask input[name=subject]', 'Anna');
  await page.click('#ask-yes');
  must(await page.locator('#ask').isVisible(), 'a name is taken for a subject');
  await page.evaluate(() => ['ask-no', 'open'].forEach((id) => document.getElementById(id).click())); // asked while another closes: that one's end does not answer it
  await answer(page, { subject: 'S01', mass_kg: '70', protocol: 'before-after' });
  await page.locator('#session', { hasText: 'S01' }).waitFor();
  await page.locator('#start:enabled').waitFor();
  await blur(page);
}

async function watch(page, mat) {
  await page.locator('#mat').selectOption(mat);
  await blur(page);
  await drawn(page);
}

async function tare(page) {
  for (let n = 0; ; n++) {
    await page.locator('#feet-text', { hasText: 'No foot is down.' }).waitFor();
    await key(page, 't');
    await page.waitForFunction(() => /Tared|tare: /.test(document.getElementById('said').textContent));
    const said = await page.textContent('#said');
    if (said.includes('Tared')) return;
    must(n < 100, `no tare: ${said}`); // somebody stepped on it
  }
}

// The last footfall of a trial that is over was the other foot.
async function other(page) {
  const side = await page.evaluate(() => document.querySelector('#rows tr').cells[2].textContent);
  await key(page, 'l');
  await answer(page);
  await saidIs(page, /is (left|right)\./);
  await page.waitForFunction((was) => document.querySelector('#rows tr').cells[2].textContent !== was, side);
}

// On the mat that streams all the time: tare, corrections while a trial runs, a trial discarded, a start undone.
async function corrections(page) {
  await watch(page, 'free');
  await tare(page);
  await page.fill('#timepoint', 'pre1');
  await page.fill('#condition', 'barefoot');
  await blur(page);
  await startTrial(page);
  await page.waitForSelector('#rows tr');
  await key(page, 'm');
  await page.fill('#ask input[name=text]', 'a remark');
  await key(page, 'Enter');
  await saidIs(page, 'Marked');
  await page.locator('#invalid:visible').waitFor();
  await key(page, 'x');
  await answer(page, { why: 'looked down' });
  await saidIs(page, 'does not count');
  await page.locator('#rows', { hasText: 'taken out by hand' }).waitFor();
  await key(page, 'l');
  await answer(page);
  await saidIs(page, /is (left|right)\./);
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length > 1);
  await page.locator('#feet-text', { hasText: 'heel' }).waitFor();
  await page.screenshot({ path: `${SHOTS}/live-1366x768.png` });
  await key(page, ' ');
  await saidIs(page, 'stopped');
  await idle(page);
  await other(page);
  await key(page, 'd');
  await key(page, 'Escape');
  await noQuestion(page);
  await key(page, 'd');
  await answer(page, { why: 'tried the keys' });
  await saidIs(page, 'is discarded');
  await page.waitForFunction(() => document.querySelector('#rows tr')?.textContent.includes('trial discarded'));
  await startTrial(page);
  await key(page, 'u');
  await saidIs(page, 'The start was undone');
  await idle(page);
  await page.fill('#timepoint', '');
  await page.fill('#condition', '');
  await watch(page, 'gone');
  await key(page, 't'); // at once: it is meant for the mat that was chosen
  await saidIs(page, 'tare: this mat is not there');
  await banner(page, 'is not there');
  must(!/undefined|NaN/.test(await page.textContent('footer')), 'numbers that a mat that was never there does not have');
  await watch(page, 'mat-1');
  await noBanner(page);
}

// Five passes of a timepoint.
async function passes(page, timepoint, first) {
  for (let pass = 1; pass <= 5; pass++) {
    await next(page, `${timepoint}, barefoot: pass ${pass} of 5`);
    const before = await rowsOf(page);
    await blur(page);
    await startTrial(page);
    if (first && pass === 2) await stall(page);
    await page.waitForFunction((n) => document.querySelectorAll('#rows tr').length > n, before);
    await idle(page);
    await saidIs(page, 'has ended');
  }
}

// A tab that does nothing for a while costs nobody else anything, and shows what is now when it goes on.
async function stall(page) {
  await page.evaluate(() => {
    const end = performance.now() + 2500;
    while (performance.now() < end);
  });
}

async function treatment(page) {
  await next(page, /[Tt]reatment/);
  await page.locator('#treat:enabled').waitFor();
  await key(page, 'r');
  await page.fill('#ask input[name=technique]', 'effleurage');
  await page.fill('#ask input[name=planned_min]', '10');
  await key(page, 'Enter');
  await page.locator('#clock-title', { hasText: 'Treatment' }).waitFor();
  await page.locator('#clock-of', { hasText: 'of 10 min planned' }).waitFor();
  await page.locator('#treat', { hasText: 'Stop treatment' }).waitFor();
  await key(page, 'r');
  await key(page, 'Tab');
  await key(page, 'Enter');
  await page.locator('#clock-title', { hasText: 'Since treatment' }).waitFor();
}

async function visit(page) {
  await begin(page);
  await corrections(page);
  step('tare, corrections, undo');
  await unplug(page);
  await watch(page, 'mat-1');
  await passes(page, 'pre1', true);
  must(await page.locator('#before').isHidden(), 'before and after are compared before there is an after');
  await shoot(page, 'visit-before');
  step('five passes');
  await treatment(page);
  await passes(page, 'post0', false);
  await page.waitForFunction(() => document.getElementById('before-head').textContent.includes('Left post0'));
  await next(page, 'close the session');
  await drawn(page);
  step('five more');
}

// A page that comes late shows the same table.
async function reload(page, rows) {
  await page.reload();
  await page.waitForFunction((n) => document.querySelectorAll('#rows tr').length === n, rows);
  await blur(page);
}

// From now on: what it loads and from where, what goes wrong.
function listen(page) {
  const seen = { foreign: [], errors: [], bytes: 0 };
  page.on('request', (request) => new URL(request.url()).host !== new URL(ORIGIN).host && seen.foreign.push(request.url()));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && seen.errors.push(message.text()));
  page.on('response', (response) => (seen.bytes += Number(response.headers()['content-length'] ?? 0)));
  return seen;
}

await drive(async (browser) => {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 } });
  const used = await remember(context), page = await login(context), seen = listen(page);
  step('logged in');
  await foreign(context);
  const cold = Date.now();
  await page.reload();
  await page.waitForFunction(() => document.getElementById('map').width > 300 && document.getElementById('quality').children.length > 3);
  const first_frame_ms = Date.now() - cold, page_bytes = seen.bytes;
  await looks(page);
  await visit(page);
  must(!seen.errors.length, `the page had errors: ${seen.errors.join('; ')}`);
  const cells = (id) => page.$$eval(`#${id} tr`, (found) => found.map((tr) => [...tr.cells].map((td) => td.textContent)));
  const rows = await cells('rows'), before = await cells('before-rows');
  const rules = await axeInBoth(page, 'page');
  await shoot(page, 'visit', ['390-light', '1366-light', '3840-dark']);
  const [left, right] = [await page.textContent('#left-valid'), await page.textContent('#right-valid')]; // of the status, which comes once a second
  await page.setViewportSize({ width: 1366, height: 900 });
  await drawn(page);
  await page.locator('#before').screenshot({ path: `${SHOTS}/before.png` });
  await page.setViewportSize({ width: 1366, height: 768 });
  step('accessible, screenshots');
  await reload(page, rows.length);
  await daemon(page);
  await silence(page);
  await again(page);
  step('daemon, network and gaitweb gone and back');
  await closeSession(page);
  const reviewed = await review(page);
  step('closed, reviewed, compared, reported');
  await blindVisit(page);
  await single(page);
  step('a blind visit, a mat of one footfall');
  must(!seen.foreign.length, `requests to elsewhere: ${seen.foreign}`);
  const never = [...controls()].filter((name) => !used.has(name));
  must(!never.length, `never used: ${never.join(', ')}`);
  console.log(JSON.stringify({ rows, left, right, before, ...reviewed, axe: rules, page_bytes, first_frame_ms, controls: controls().size }));
});
