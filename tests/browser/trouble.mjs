// What the page says of a mat, a daemon, a network and a gaitweb that go away and come back.
import { answer, axe, banner, blur, click, idle, logIn, moreRows, must, noBanner, please, rowsOf, saidIs, shoot, SHOTS, startTrial, step, TOKEN } from './drive.mjs';

const quality = (page, text) => page.locator('#quality', { hasText: text }).waitFor();
const noOrders = (page) => page.waitForFunction(() => document.getElementById('capture').inert);

// A cable is pulled in mid-trial, and put back: the trial goes on.
export async function unplug(page) {
  if (!process.env.BED) return; // no emulated bus here
  await page.locator('#mat').selectOption('W1');
  await page.fill('#timepoint', 'pre1');
  await blur(page);
  const rows = await rowsOf(page);
  await startTrial(page);
  await moreRows(page, rows);
  await please('unplug');
  await banner(page, /The mat W1 is not there: unplugged\. The trial goes on/);
  must(/Recording trial/.test(await page.textContent('#trial')), 'the trial that goes on is not shown');
  await quality(page, 'W1: not there');
  await axe(page, 'a mat unplugged');
  await shoot(page, 'unplugged');
  const before = await rowsOf(page);
  await please('plug');
  await noBanner(page);
  await moreRows(page, before);
  await click(page, '#start');
  await saidIs(page, 'stopped');
  await idle(page);
  await click(page, '#discard');
  await answer(page, { why: 'the cable was out' });
  await saidIs(page, 'is discarded');
  await page.fill('#timepoint', '');
  await blur(page);
  step('unplugged and back');
}

// The daemon stands still, goes on, ends and is started again.
export async function daemon(page) {
  await please('daemon freeze');
  await banner(page, 'daemon is gone');
  await quality(page, 'Last known');
  await page.screenshot({ path: `${SHOTS}/gone-1366x768.png` });
  await please('daemon thaw');
  await noBanner(page);
  await please('daemon stop');
  await banner(page, 'no daemon at');
  await noOrders(page);
  await please('daemon start');
  await noBanner(page);
  await page.locator('#session', { hasText: 'S01' }).waitFor();
}

// Nothing comes any more and nothing says why, as when a cable of the network is out: the connection stands, and gaitweb holds still.
export async function silence(page) {
  await please('web freeze');
  await banner(page, 'No connection to gaitweb');
  await noOrders(page);
  await quality(page, 'Last known');
  await please('web thaw');
  await noBanner(page);
}

// gaitweb ends and begins again under the open page, with another token and no memory of anybody.
export async function again(page) {
  await please('web stop');
  await banner(page, 'No connection to gaitweb');
  const token = await please('web start');
  must(token !== TOKEN, 'the token is the old one');
  await banner(page, 'gaitweb was started again');
  await axe(page, 'gaitweb was started again');
  await page.screenshot({ path: `${SHOTS}/again-1366x768.png` });
  await page.click('#banner a');
  await logIn(page, token);
  await noBanner(page);
  await page.locator('#session', { hasText: 'S01' }).waitFor();
}
