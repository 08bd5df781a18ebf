// A night on call, on a telephone: the failed run, the end of its log, the right parameter, a real code, and the run that
// succeeds while one watches.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sendButton, signIn, speak, startConsole } from './kit.mjs';

let console, browser, jun;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  jun = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(jun, console, 'jun');
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

test('jun finds the failed run, reads why, reruns it with the right campaign and watches it succeed', async () => {
  await jun.goto('/batches?show=attention');
  await screenshot(jun, 'rerun-1-jobs');
  await jun.locator('main tbody tr', { hasText: 'coupon-issue' }).locator('td.s a').first().click();
  await jun.locator('#log').waitFor();
  assert.match(await jun.locator('#log').innerText(), /autumn-2026/);
  assert.match(await jun.locator('#log').innerText(), /winter-2026/, 'the end of the log says what to do');
  await screenshot(jun, 'rerun-2-failed');
  const form = jun.locator('form[action$="/rerun"]');
  await form.locator('select').selectOption('winter-2026');
  await form.locator('textarea[name=reason]').fill('The autumn campaign has ended; winter has begun.');
  await form.locator('input[name=code]').fill(await console.code('jun'));
  const failed = jun.url();
  await sendButton(form).click();
  await jun.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname) && url.href !== failed);
  const run = jun.url();
  await jun.locator('#log span').first().waitFor();
  await screenshot(jun, 'rerun-3-running');
  // Progress and log come by themselves, and so does the end.
  await jun.locator('h1 ~ .tag[data-tone=ok], .head .tag[data-tone=ok]').first().waitFor({ timeout: 60_000 });
  assert.equal(jun.url(), run);
  // The log has grown.
  await jun.locator('#log span').nth(3).waitFor({ state: 'attached' });
  await screenshot(jun, 'rerun-4-succeeded');
  await jun.goto(failed);
  assert.equal(await jun.locator('form[action$="/rerun"]').count(), 0, 'what was rerun is offered once more');
});

test('a run that ends while jun types beside it leaves what is typed, and says that it has ended', async () => {
  await jun.goto('/batches/coupon-issue?panel=run');
  const form = jun.locator('form.seal');
  await form.locator('select').selectOption('winter-2026');
  await form.locator('textarea[name=reason]').fill('Once more, for customers who came late.');
  await form.locator('input[name=code]').fill(await console.code('jun'));
  await sendButton(form).click();
  await jun.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname));
  const typing = `${new URL(jun.url()).pathname}?panel=cancel`;
  await jun.goto(typing);
  const reason = jun.locator('#panel textarea[name=reason]');
  await reason.fill('Typed while the run goes on');
  // The demo's job takes six seconds.
  await jun.locator('#live .note a').waitFor({ timeout: 60_000 });
  assert.equal(await reason.inputValue(), 'Typed while the run goes on');
  assert.ok(jun.url().endsWith(typing), 'the page was loaded again from under what was typed');
  // Where nothing is typed, the page follows the run: the link leads to it.
  await jun.locator('#live .note a').click();
  await jun.locator('h1 ~ .tag[data-tone=ok], .head .tag[data-tone=ok]').first().waitFor();
});

for (const lang of ['en', 'ko']) {
  test(`the pages of batches are accessible, also when a form is refused (${lang})`, async () => {
    await speak(jun, lang);
    const found = [];
    await jun.goto('/batches/daily-settlement?panel=run');
    const form = jun.locator('form.seal');
    await form.evaluate((seal) => seal.setAttribute('novalidate', ''));
    await sendButton(form).click();
    await jun.locator('#panel [aria-invalid=true]').first().waitFor();
    found.push(...(await look(jun, `${lang} refused run`)));
    for (const path of ['/batches', '/batches/daily-settlement', '/batches/daily-settlement?panel=pause', '/runs', '/runs?show=attention']) {
      await jun.goto(path);
      found.push(...(await look(jun, `${lang} ${path}`)));
    }
    await jun.goto('/runs?show=failed');
    await jun.locator('main tbody td.t a').first().click();
    await jun.waitForURL(/\/runs\/\d+/);
    found.push(...(await look(jun, `${lang} a failed run`)));
    report(found);
  });
}
