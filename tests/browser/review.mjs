// A closed session in the page: scrubbed, stepped through, played, compared, its report fetched.
import { readFileSync } from 'node:fs';
import { axeInBoth, blur, key, must, openReview, rowsOf, shoot, SHOTS } from './drive.mjs';

const now = (page) => page.evaluate(() => Number(document.getElementById('review-at').value));
const at = (page, frame) => page.waitForFunction((wanted) => Number(document.getElementById('review-at').value) === wanted, frame);
const beyond = (page, frame) => page.waitForFunction((than) => Number(document.getElementById('review-at').value) > than, frame);

async function choose(page, trials) {
  await page.locator('#review-trial').selectOption({ label: trials.find((t) => /pre1/.test(t) && !/discarded/.test(t)) });
  await blur(page);
  await page.locator('#review-marks i').first().waitFor({ state: 'attached' });
  await page.locator('#review-time', { hasText: 'frame 1 of' }).waitFor();
  return page.evaluate(() => Number(document.getElementById('review-at').max));
}

// Buttons, keys and the slider lead to the same frames.
async function steps(page, last) {
  for (const [id, frame] of [['last', last], ['first', 0], ['on', 1], ['back', 0]]) {
    await page.click(`#review-${id}`);
    await at(page, frame);
  }
  await blur(page);
  for (const [name, frame] of [['End', last], ['Home', 0], ['ArrowRight', 1], ['ArrowLeft', 0]]) {
    await key(page, name);
    await at(page, frame);
  }
  await page.locator('#review-at').focus();
  await key(page, 'End');
  await at(page, last);
  await key(page, 'Home');
  await at(page, 0);
  await blur(page);
}

async function footfalls(page) {
  await key(page, 'f');
  await beyond(page, 0);
  const foot = await now(page);
  await page.locator('#review-time', { hasText: `frame ${foot + 1} of` }).waitFor();
  await page.click('#review-foot-on');
  await beyond(page, foot);
  await page.click('#review-foot-back');
  await at(page, foot);
  await page.click('#review-foot-on');
  await beyond(page, foot);
  await blur(page);
  await key(page, 'b');
  await at(page, foot);
  await key(page, 'f'); // the first has left the mat by then
  await beyond(page, foot);
  for (let i = 0; i < 30; i++) await key(page, 'ArrowRight');
  await page.locator('#feet-text', { hasText: 'heel' }).waitFor();
}

async function play(page, last) {
  await page.locator('#review-speed').selectOption('0.25');
  await page.click('#review-first');
  await at(page, 0);
  await page.click('#review-play');
  await beyond(page, 0);
  await page.click('#review-play');
  must((await page.textContent('#review-play')).startsWith('Play'), 'it cannot be stopped');
  await page.locator('#review-speed').selectOption('2');
  await blur(page);
  await key(page, ' ');
  await page.waitForFunction(() => document.getElementById('review-play').textContent.startsWith('Play'));
  must((await now(page)) === last, 'playing did not come to the end');
}

async function compare(page) {
  await page.click('#review-compare');
  await page.locator('#review-report:visible').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#review-report')]);
  must(readFileSync(await download.path()).subarray(0, 5).toString() === '%PDF-', 'the report is no PDF');
}

export async function review(page) {
  await openReview(page, 'S01');
  const trials = await page.$$eval('#review-trial option', (all) => all.map((o) => o.textContent)), last = await choose(page, trials);
  await steps(page, last);
  await footfalls(page);
  must(/valid/.test(await page.textContent('#last')), 'the last footfall of the recording is not told');
  const counted = await page.textContent('#left-valid'), footfalls_ = await rowsOf(page);
  await compare(page);
  await page.evaluate(() => scrollTo(0, 0));
  await axeInBoth(page, 'review');
  await page.screenshot({ path: `${SHOTS}/review-1366x768.png` });
  await shoot(page, 'review', []);
  await play(page, last);
  const verdict = await page.textContent('#review-verdict');
  await page.click('#review-leave');
  await page.locator('#trial', { hasText: 'Not recording' }).waitFor();
  await blur(page);
  return { trials, verdict, reviewed: [counted, footfalls_] };
}
