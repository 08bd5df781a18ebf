// What a person sees when the console's answer does not come: behind a real nginx that says 502 and 504 in its place, without a
// network, and when the answer is lost after the change was made.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import {
  anyCustomer,
  balance,
  fillPoints,
  openBrowser,
  openPanel,
  openWindow,
  screenshot,
  sealed,
  sendButton,
  signIn,
  startConsole,
} from './kit.mjs';
import { startNginx } from './nginx.mjs';

const REASON = 'The parcel came nine days late.';
let console, nginx, browser, context, page, customer;
before(async () => {
  console = await startConsole();
  nginx = await startNginx(console.origin);
  browser = await openBrowser();
  context = await openWindow(browser, { ...console, origin: nginx.origin });
  page = await context.newPage();
  await signIn(page, console, 'mina');
  customer = await anyCustomer(page);
});
after(async () => {
  await browser?.close();
  await nginx?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

// The form of points, filled in and ready to be sent.
async function filled(amount) {
  const form = await openPanel(page, customer, '/point-adjustments');
  // The form is looked over before it is sent with this code.
  await fillPoints(form, { amount, reason: REASON, code: await console.code('mina', { lasting: true }) });
  return form;
}

async function isKept(form, amount) {
  assert.equal(await form.locator('[name=amount]').inputValue(), String(amount));
  assert.equal(await form.locator('[name=reason]').inputValue(), REASON);
  assert.match(await form.locator('[name=code]').inputValue(), /^\d{6}$/);
}

test('a form that a proxy answers with 502 keeps everything, says so, and can be sent again', async () => {
  const form = await filled(110);
  const before = await balance(page);
  // The proxy reaches no console: it has stopped accepting, as one that is being replaced does.
  await nginx.refuse();
  await sendButton(form).click();
  const note = form.locator('[data-lost=server]');
  await note.waitFor();
  await isKept(form, 110);
  await screenshot(page, 'lost-502');
  report(await look(page, 'a form that a proxy answered'));
  await nginx.restore();
  await note.getByText('No change has been recorded.').waitFor();
  await sendButton(form).click();
  await sealed(page);
  assert.equal(await balance(page), before + 110);
});

test('a change that was made while the proxy gave up is found, and sending it again makes it once', async () => {
  const form = await filled(120);
  const before = await balance(page);
  console.pause();
  await sendButton(form).click();
  await form.locator('[data-lost=server]').waitFor();
  await isKept(form, 120);
  console.resume();
  const receipt = form.locator('[data-receipt]');
  await receipt.waitFor();
  await screenshot(page, 'lost-504-made');
  report(await look(page, 'a change that was made after all'));
  await sendButton(form).click();
  await sealed(page);
  assert.equal(await balance(page), before + 120, 'the second sending changed something');
});

test('the receipt of a change whose answer was lost is one click away', async () => {
  const form = await filled(130);
  const before = await balance(page);
  await page.route('**/point-adjustments', async (route) => {
    await route.fetch({ maxRedirects: 0 });
    await route.abort('connectionreset');
  });
  await sendButton(form).click();
  await form.locator('[data-receipt]').waitFor();
  await page.unroute('**/point-adjustments');
  await form.locator('[data-receipt]').click();
  await sealed(page);
  assert.equal(await balance(page), before + 130);
});

test('a form that is sent without a network says that one is offline, and is sent again with one', async () => {
  const form = await filled(140);
  const before = await balance(page);
  await context.setOffline(true);
  await sendButton(form).click();
  await form.locator('[data-lost=offline]').waitFor();
  await isKept(form, 140);
  assert.ok(!(await sendButton(form).innerText()).includes('Sending'), 'the button goes on sending');
  await context.setOffline(false);
  await sendButton(form).click();
  await sealed(page);
  assert.equal(await balance(page), before + 140);
});

test('the button says that it is sending, and after a while that there is no answer yet', async () => {
  const form = await filled(150);
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  await page.route('**/point-adjustments', async (route) => {
    await gate;
    await route.continue();
  });
  const button = sendButton(form);
  const said = await button.innerText();
  await button.click();
  await page.waitForFunction((label) => document.querySelector('#go').textContent !== label, said);
  assert.equal(await button.innerText(), 'Sending…');
  await form.locator('[data-lost=slow]').waitFor();
  await screenshot(page, 'lost-slow');
  go();
  await sealed(page);
  await page.unroute('**/point-adjustments');
});

test('a live page whose questions fail says that it is not up to date, and goes on by itself', async () => {
  const jun = await (await openWindow(browser, { ...console, origin: nginx.origin })).newPage();
  await signIn(jun, console, 'jun');
  await jun.goto('/batches/daily-settlement?panel=run');
  const form = jun.locator('form.seal');
  await form.locator('textarea[name=reason]').fill('The settlement of the day before was incomplete.');
  await form.locator('input[name=code]').fill(await console.code('jun'));
  // However soon the run ends, the page hears of it only after its questions have failed.
  let go;
  const gate = new Promise((resolve) => (go = resolve));
  await jun.route(/\/runs\/\d+\/live/, async (route) => {
    await gate;
    // One that the page has given up meanwhile goes nowhere.
    await route.continue().catch(() => {});
  });
  await sendButton(form).click();
  await jun.waitForURL(/\/runs\/\d+$/);
  await nginx.stop();
  go();
  const stale = jun.locator('#main > [data-lost=stale]');
  await stale.waitFor();
  await screenshot(jun, 'lost-live');
  assert.equal(await jun.locator('#live').count(), 1, 'a failed question took the place of the page');
  await nginx.start();
  await stale.waitFor({ state: 'detached' });
  await jun.locator('#live[hx-trigger]').waitFor({ state: 'detached', timeout: 90_000 });
});

test('an error page of the console itself leaves the form as it is', async () => {
  const form = await filled(160);
  await page.route('**/point-adjustments', (route) =>
    route.continue({ headers: { ...route.request().headers(), 'content-type': 'text/plain' } }),
  );
  await sendButton(form).click();
  await form.locator('[data-lost=problem]').waitFor();
  await isKept(form, 160);
  assert.match(await form.locator('[data-lost=problem]').innerText(), /req_[0-9a-f]{20}/);
  await screenshot(page, 'lost-problem');
  await page.unroute('**/point-adjustments');
});
