// What the drivers of the page share: a browser, the test that started us, axe, pictures, and which controls have been used.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

export const { CHROMIUM, MODULES, ORIGIN, TOKEN, SHOTS, PAGE } = process.env;
const { chromium } = createRequire(`${MODULES}/package.json`)('playwright-core');
const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const full = process.env.GAIT_TIER === 'full';
const sizes = [[390, 844], [1366, 768], [3840, 2160]];
const started = Date.now();
export const step = (text) => console.error(`${((Date.now() - started) / 1000).toFixed(1)} s: ${text}`);

export function must(true_, what) {
  if (!true_) throw new Error(what);
}

// An order that has not been answered yet keeps the next one from being given.
const settled = (page) => page.waitForFunction(() => !document.getElementById('said')?.textContent.endsWith(' ...'));
export const key = async (page, name) => {
  await settled(page);
  await page.keyboard.press(name);
};
export const click = async (page, selector) => {
  await settled(page);
  await page.click(selector);
};
export const blur = (page) => page.evaluate(() => document.activeElement.blur());
export const rowsOf = (page) => page.locator('#rows tr').count();
export const saidIs = (page, text) => page.locator('#said', { hasText: text }).waitFor();
export const idle = (page) => page.locator('#trial', { hasText: 'Not recording' }).waitFor();
export const banner = (page, text) => page.locator('#banner', { hasText: text }).waitFor();
export const noBanner = (page) => page.locator('#banner').waitFor({ state: 'hidden' });
export const next = (page, text) => page.locator('#next-text', { hasText: text }).waitFor();
export const moreRows = (page, than) => page.waitForFunction((n) => document.querySelectorAll('#rows tr').length > n, than);
// What has come is on the screen.
export const drawn = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

// The test that started us does what only it can do: stop a daemon, pull a cable. Answers its line.
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function please(what) {
  console.log(JSON.stringify({ do: what }));
  return (await lines.next()).value;
}

// Keys are the page's again: a dialog that has closed keeps the focus until the next picture.
export const noQuestion = (page) => page.waitForFunction(() => !document.getElementById('ask').open && !document.activeElement.closest('dialog'));

// A question: fills in what is asked for, says yes.
export async function answer(page, fields = {}) {
  await page.locator('#ask[open]').waitFor();
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`#ask [name=${name}]`);
    if (await field.evaluate((e) => e.tagName === 'SELECT')) await field.selectOption(value);
    else await field.fill(value);
  }
  await page.click('#ask-yes');
  await noQuestion(page);
}

export async function logIn(page, token) {
  await page.fill('#token', token);
  await page.click('button');
  await page.waitForSelector('#map');
}

export async function openSession(page, fields) {
  await page.locator('#start:disabled').waitFor();
  await key(page, 'o');
  await answer(page, fields);
  await page.locator('#session', { hasText: fields.subject }).waitFor();
  await page.locator('#start:enabled').waitFor();
  await blur(page);
}

export async function closeSession(page) {
  await page.locator('#close:enabled').waitFor();
  await key(page, 'c');
  await answer(page);
  await page.locator('#said', { hasText: 'Closed:' }).waitFor({ timeout: 240000 }); // its trials are sealed first, by processes that are nice
  await page.locator('#session', { hasText: 'No session' }).waitFor();
}

// With Space; a short trial may be over when its start is told. On a machine so busy that no frame is written within a second it is asked for again.
export async function startTrial(page) {
  for (let n = 0; ; n++) {
    await key(page, ' ');
    await page.waitForFunction(() => /is being recorded|has ended|no frame arrived/.test(document.getElementById('said').textContent));
    if (!(await page.textContent('#said')).includes('no frame arrived')) return;
    must(n < 20, 'no trial begins');
  }
}

// A closed session, read to its end.
export async function openReview(page, subject) {
  await key(page, 'v');
  const sessions = page.locator('#ask [name=session]');
  await sessions.waitFor();
  const all = await sessions.evaluate((e) => [...e.options].map((o) => o.value));
  await answer(page, { session: all.find((name) => name.startsWith(subject)) });
  await page.locator('#review-time', { hasText: 'frame 1 of' }).waitFor();
  await page.waitForFunction(() => document.getElementById('review-state').textContent === '');
}

// --- accessibility and pictures -----------------------------------------------------------------------------------
export async function axe(page, where, only = null) {
  if (!(await page.evaluate(() => !!window.axe))) await page.evaluate(readFileSync(`${MODULES}/node_modules/axe-core/axe.min.js`, 'utf8')); // by the debugger: our CSP lets no script in
  const result = await page.evaluate((only) => window.axe.run(document, only ? { runOnly: only } : {}), only);
  const serious = result.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
  must(!serious.length, `axe, ${where}: ${JSON.stringify(serious.map((v) => [v.id, v.nodes.map((n) => `${n.html.slice(0, 100)} ${n.failureSummary}`)]))}`);
  return result.passes.length;
}

// The page has its own choice; the login goes by the system's. Chosen as an event: a question may stand before the control.
async function look(page, theme) {
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate((chosen) => {
    const choice = document.getElementById('theme');
    if (choice) choice.value = chosen;
    choice?.dispatchEvent(new Event('change'));
  }, theme);
}

export async function axeInBoth(page, where) {
  await look(page, 'dark');
  await axe(page, `${where}, dark`, ['color-contrast']); // all that a theme changes
  await look(page, 'light');
  return axe(page, `${where}, light`);
}

// At each size nothing sticks out to the right; pictures in both themes, in the gate of `some`.
export async function shoot(page, name, some = []) {
  const before = page.viewportSize();
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height });
    await page.evaluate(() => scrollTo(0, 0));
    await drawn(page);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    must(over <= 0, `${name} at ${width}: ${over} px stick out to the right`);
    for (const theme of ['dark', 'light']) {
      if (!full && !some.includes(`${width}-${theme}`)) continue;
      await look(page, theme);
      await drawn(page);
      await page.screenshot({ path: `${SHOTS}/${name}-${width}x${height}-${theme}.png` });
    }
  }
  await page.setViewportSize(before);
}

// Runs act(browser); a failure leaves a picture of each page.
export async function drive(act) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    await act(browser);
    process.exitCode = 0;
  } catch (error) {
    for (const page of browser.contexts().flatMap((c) => c.pages())) {
      await page.screenshot({ path: `${SHOTS}/failed.png` }).catch(() => {});
      step(await page.evaluate(() => ['banner', 'said', 'next-text', 'trial', 'quality'].map((id) => `${id}: ${document.getElementById(id)?.innerText}`).join('\n')).catch(() => ''));
    }
    throw error;
  } finally {
    await browser.close();
    process.stdin.destroy();
  }
}

// --- which controls and keys have been used -------------------------------------------------------------------------
const nameOf = "(e) => e.closest('#ask-fields') ? `ask ${e.name}` : e.id || e.className";

// From now on everything that is clicked, typed into, chosen or pressed on the pages of this context is remembered.
export async function remember(context) {
  const used = new Set();
  await context.exposeFunction('used', (name) => used.add(name));
  await context.addInitScript(`{
    const name = ${nameOf};
    for (const [type, what] of [['click', 'button, a'], ['input', 'input'], ['change', 'input, select']])
      document.addEventListener(type, (event) => { const e = event.target.closest?.(what); if (e) window.used(name(e)); }, true);
    document.addEventListener('keydown', (event) => event.target.closest?.('input, select, dialog, button') || window.used('key ' + event.key), true);
  }`);
  return used;
}

// Everything that can be used, out of the page's own files.
export function controls() {
  const read = (name) => readFileSync(`${PAGE}/${name}`, 'utf8');
  const html = read('index.html').replace(/<div id="ask-fields">.*?<\/div>/, ''), capture = read('capture.js');
  const found = [...html.matchAll(/<(?:button|input|select|a) (?:id|class)="([\w-]+)"/g)].map((m) => m[1]);
  const fields = [...capture.matchAll(/\{ name: '(\w+)'/g)].map((m) => `ask ${m[1]}`);
  const keys = [capture, read('review.js')].flatMap((text) => [...text.match(/const keys = \{(.*)\};/)[1].matchAll(/(?:'([^']+)'|(\w+)): '/g)].map((m) => `key ${m[1] ?? m[2]}`));
  must(found.length > 30 && fields.length > 10 && keys.length > 15, `the page's controls are not found any more: ${found.length} ${fields.length} ${keys.length}`);
  return new Set([...found, ...fields, ...keys, 'key ?']);
}
