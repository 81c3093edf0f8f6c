// A visit under a blind protocol, and one on a mat that takes a single footfall.
import { answer, axe, blur, click, closeSession, idle, key, moreRows, must, next, openReview, openSession, rowsOf, saidIs, SHOTS, startTrial } from './drive.mjs';

const secret = /kneading|dummytouch|strokes|beforehand|afterwards/;
async function tellsNothing(page, when) {
  const text = await page.evaluate(() => document.body.innerText);
  must(!secret.test(text), `${when}, the page tells ${text.match(secret)?.[0]}`);
}

// It ends by itself.
async function pass(page) {
  const rows = await rowsOf(page);
  await startTrial(page);
  await moreRows(page, rows);
  await saidIs(page, 'has ended');
  await idle(page);
}

async function treatment(page) {
  await next(page, 'Start the treatment');
  await page.locator('#treat:enabled').waitFor();
  await click(page, '#treat');
  await answer(page, { technique: 'as told', muscle: 'calf', side: 'both', planned_min: '10', intensity: 'light', by: 'T2' });
  await page.locator('#treat', { hasText: 'Stop treatment' }).waitFor();
  await tellsNothing(page, 'in the treatment');
  await blur(page);
  await key(page, 'r');
  await answer(page);
  await saidIs(page, 'The treatment has stopped');
}

// The protocol wants the feet wiped before the next pass.
async function wipe(page) {
  await page.locator('#oil:visible').waitFor();
  await blur(page);
  await key(page, ' ');
  await page.locator('#ask', { hasText: 'The protocol says no' }).waitFor();
  await page.click('#ask-no');
  await click(page, '#oil');
  await answer(page);
  await saidIs(page, 'The feet are wiped');
  await next(page, 't2');
  await blur(page);
}

// One over the plan, with a reason; it is taken back.
async function override(page) {
  await key(page, ' ');
  await page.locator('#ask', { hasText: 'The protocol says no' }).waitFor();
  await answer(page, { override: 'one more for the picture' });
  await saidIs(page, /has ended|no frame arrived/); // the last on a machine that is too busy
  await idle(page);
}

async function lock(page) {
  await page.locator('#lock:enabled').waitFor();
  await key(page, 'k');
  await answer(page);
  await saidIs(page, 'is locked');
  await page.locator('#next-quality', { hasText: /The session is locked\. Treatment [AB]\./ }).waitFor();
  await page.locator('#timepoints', { hasText: 'beforehand' }).waitFor();
  await page.locator('#before-hidden', { hasText: 'came without their numbers' }).waitFor();
  must(await page.locator('#lock').isDisabled(), 'it can be locked twice');
}

// Two arms, drawn and blind: nothing of arm, technique, order or change is seen before the lock, all of it in the closed session.
export async function blindVisit(page) {
  await page.locator('#mat').selectOption('long');
  await blur(page);
  await openSession(page, { subject: 'S02', mass_kg: '70', protocol: 'blind', note: 'a test' });
  await next(page, 't1');
  await pass(page);
  await treatment(page);
  await wipe(page);
  await pass(page);
  await next(page, 'close the session');
  await page.locator('#before-hidden', { hasText: 'Hidden until the session is locked' }).waitFor();
  must(await page.locator('#before-body').isHidden(), 'before and after are shown blind');
  await tellsNothing(page, 'after the last pass');
  await axe(page, 'blind');
  await page.screenshot({ path: `${SHOTS}/blind-1366x768.png` });
  await override(page);
  await lock(page);
  await closeSession(page);
  await openReview(page, 'S02');
  const head = page.locator('#before-head', { hasText: 'Left afterwards' });
  await head.waitFor();
  must(/Left beforehand/.test(await head.textContent()), 'the closed session does not say which timepoint came first');
  const heel = await page.locator('#before-rows tr', { hasText: 'Heel impulse' }).textContent();
  must((heel.match(/\u00b1/g) ?? []).length === 4, `the closed session is still blind: ${heel}`);
  await page.locator('#before').scrollIntoViewIfNeeded();
  await page.screenshot({ path: `${SHOTS}/unblinded-1366x768.png` });
  await page.click('#review-leave');
  await page.locator('#review').waitFor({ state: 'hidden' });
  await blur(page);
}

// One footfall a pass: the feet take turns, and the page says which is next.
export async function single(page) {
  await openSession(page, { subject: 'S03', mass_kg: '70', protocol: 'single' });
  await page.locator('#mat').selectOption('plate');
  await blur(page);
  await page.locator('#next-foot', { hasText: /^left foot$/ }).waitFor();
  await pass(page);
  await page.locator('#next-foot', { hasText: /^right foot$/ }).waitFor();
  const [wide, high] = await page.evaluate(() => [document.getElementById('map').clientWidth, document.getElementById('map').clientHeight]);
  must(Math.abs(wide / high - 1) < 0.01, `a square mat is drawn ${wide} x ${high}`);
  await page.screenshot({ path: `${SHOTS}/single-1366x768.png` });
  must((await rowsOf(page)) === 1 && /^Left, valid/.test(await page.textContent('#last')), `not one valid left footfall: ${await page.textContent('#last')}`);
  await closeSession(page);
}
