// The way a change goes, as the people concerned go it: an operator makes it, an auditor finds it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  anyCustomer,
  balance,
  fillPoints,
  grouped,
  openBrowser,
  openPanel,
  openWindow,
  revealPhone,
  screenshot,
  sealed,
  search,
  sendButton,
  signIn,
  startConsole,
} from './kit.mjs';

let console, browser;
// Mina's window, once she is signed in: another sign-in would have to wait for another code.
let mina;
// A form she opened before she made the change.
let late;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

test('mina signs in with a real code, searches a phone number, adds 1,000 points, sees the new balance; sora finds the audit row with before and after', async () => {
  mina = await (await openWindow(browser, console)).newPage();
  await signIn(mina, console, 'mina');
  await screenshot(mina, 'flow-1-signed-in');

  const customer = await anyCustomer(mina);
  const phone = await revealPhone(mina, customer);

  // Another notation of the same number than the one shown.
  await search(mina, phone.replace(/^0/, '+82 '));
  await mina.waitForURL((url) => url.pathname === customer);
  assert.ok(!mina.url().includes(phone.slice(-4)), 'a phone number stands in the address');
  await screenshot(mina, 'flow-2-found');

  late = await openPanel(await mina.context().newPage(), customer, '/point-adjustments');
  const form = await openPanel(mina, customer, '/point-adjustments');
  const had = await balance(mina);
  const reason = 'Parcel arrived five days late, ticket CS-20931.';
  await fillPoints(form, { amount: 1000, reason, code: await console.code('mina') });
  await screenshot(mina, 'flow-3-about-to-seal');
  await sendButton(form).click();
  await sealed(mina);
  assert.equal(await balance(mina), had + 1000);
  await screenshot(mina, 'flow-4-sealed');
  await mina.goto(customer);
  assert.equal(await balance(mina), had + 1000);

  const sora = await (await openWindow(browser, console)).newPage();
  await signIn(sora, console, 'sora');
  await sora.goto('/audit?action=points.adjust');
  const row = sora.locator('main table a[href^="/audit/"]').first();
  await sora.goto(/\/audit\/\d+/.exec(await row.getAttribute('href'))[0]);
  const shown = await sora.locator('main').innerText();
  for (const part of [grouped(had), grouped(had + 1000), reason, 'points.adjust']) {
    assert.ok(shown.includes(part), `the audit row does not show ${part}:\n${shown}`);
  }
  await screenshot(sora, 'flow-5-audit-row');
});

test('deducting more than the balance is not offered, and no approval is asked for', async () => {
  const page = await mina.context().newPage();
  const form = await openPanel(page, await anyCustomer(page), '/point-adjustments');
  const had = await balance(page);
  await form.locator('input[value=deduct]').check({ force: true });
  for (const [amount, can] of [[had + 1, false], [had, true], [99_999_999, false]]) {
    await form.locator('[name=amount]').fill(String(amount));
    assert.equal(await sendButton(form).isEnabled(), can, `${amount} of ${had}`);
  }
  assert.match(await form.locator('[data-by]').innerText(), /balance|잔액/);
  assert.doesNotMatch(await sendButton(form).innerText(), /approval|승인/);
  assert.equal(await form.locator('[data-second]:visible').count(), 0);
  await form.locator('input[value=add]').check({ force: true });
  await form.locator('[name=amount]').fill('5');
  assert.equal(await sendButton(form).isEnabled(), true);
  await page.close();
});

test('a change with a wrong code is refused at the field, keeps what was typed, and changes nothing', async () => {
  const page = await mina.context().newPage();
  const customer = await anyCustomer(page);
  const form = await openPanel(page, customer, '/point-adjustments');
  const had = await balance(page);
  await fillPoints(form, { amount: 777, reason: 'Typed once, and once is enough.', code: console.wrongCode('mina') });
  await sendButton(form).click();

  const refused = page.locator('form[action$="/point-adjustments"]');
  await refused.locator('input[name=code][aria-invalid=true]').waitFor();
  assert.equal(await refused.locator('input[name=code]').inputValue(), '');
  assert.equal((await refused.locator('input[name=amount]').inputValue()).replaceAll(',', ''), '777');
  assert.equal(await refused.locator('[name=reason]').inputValue(), 'Typed once, and once is enough.');
  await page.goto(customer);
  assert.equal(await balance(page), had);
});

test('a form opened before the last change is refused with the fresh balance, keeps what was typed, and costs no code', async () => {
  const page = late.page();
  const had = await balance(page);
  await fillPoints(late, { amount: 500, reason: 'From a page that is out of date.', code: console.wrongCode('mina') });
  await sendButton(late).click();

  const panel = page.locator('#panel');
  await panel.locator('.note[role=alert]').waitFor();
  const shown = await panel.innerText();
  for (const part of [had, had + 1000, had + 1500].map(grouped)) {
    assert.ok(shown.includes(part), `the panel does not show ${part}:\n${shown}`);
  }
  assert.equal(await panel.locator('[name=reason]').inputValue(), 'From a page that is out of date.');
  assert.equal(await panel.locator('input[name=code]').getAttribute('aria-invalid'), null);
  assert.equal(await balance(page), had + 1000);
});
