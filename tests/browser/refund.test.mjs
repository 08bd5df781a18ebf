// A refund as an operator makes it: one of two units, with a real code, and the amount on the button is the amount that is
// given back.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sealed, sendButton, signIn, speak, startConsole } from './kit.mjs';

let console, browser, mina;
before(async () => {
  // Enough for a refund that failed.
  console = await startConsole({ users: 2000 });
  browser = await openBrowser();
  mina = await (await openWindow(browser, console)).newPage();
  await signIn(mina, console, 'mina');
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

// The page of an order with the refund panel open and a line of which two units are left.
async function orderWithTwo(page, state) {
  await page.goto(`/orders?state=${state}&currency=KRW`);
  const orders = await page.locator('main tbody td.t a[href^="/orders/"]').evaluateAll((links) => links.map((link) => link.pathname));
  for (const order of orders) {
    await page.goto(`${order}?panel=refund`);
    const line = page.locator('#panel tr', { has: page.locator('input[name^="units-"]:enabled') }).filter({ hasText: '/ 2' }).first();
    if (await line.count()) return { order, field: line.locator('input[name^="units-"]') };
  }
  throw new Error(`no order that is ${state} has a line of two`);
}

const amountOn = async (button) => /₩[\d,]+/.exec(await button.innerText())?.[0];

test('mina refunds one of two units: the button says the amount while she types, and the refund and the audit row say the same', async () => {
  const { order, field } = await orderWithTwo(mina, 'delivered');
  const form = mina.locator('form[action$="/refunds"]');
  const button = sendButton(form);
  assert.equal(await amountOn(button), undefined, 'nothing is chosen yet');
  await field.fill('1');
  await mina.waitForFunction(() => /₩[1-9]/.test(document.querySelector('form[action$="/refunds"] button[type=submit]').textContent));
  const amount = await amountOn(button);
  assert.ok((await form.locator('dl.effect').innerText()).includes(amount), 'the effect says another amount than the button');
  assert.equal(await field.inputValue(), '1', 'what was typed is still there');
  await form.locator('[name=reason]').fill('One of two arrived broken, photo in CS-20931.');
  await form.locator('[name=reason_kind]').selectOption('damaged');
  await form.locator('input[name=code]').fill(await console.code('mina'));
  await screenshot(mina, 'refund-1-about-to-seal');
  await button.click();
  await sealed(mina);
  await screenshot(mina, 'refund-2-sealed');
  assert.equal(mina.url().split('?')[0], new URL(order, mina.url()).href);
  assert.ok((await mina.locator('#refunds').innerText()).includes(amount), 'the refund has another amount');

  // The demo's provider keeps books only, so it is settled at once, and the page says so by itself.
  await mina.locator('#refunds [data-tone=ok]').first().waitFor();

  const sora = await (await openWindow(browser, console)).newPage();
  await signIn(sora, console, 'sora');
  await sora.goto('/audit?action=orders.refund');
  await sora.goto(/\/audit\/\d+/.exec(await sora.locator('main a.seq').first().getAttribute('href'))[0]);
  const row = await sora.locator('main').innerText();
  for (const part of [amount, 'One of two arrived broken', 'orders.refund']) assert.ok(row.includes(part), `the audit row does not show ${part}:\n${row}`);
  await sora.close();
});

test('a refund that asks for too much is told so at its field while it is typed, and a wrong code costs nothing that was typed', async () => {
  const { field } = await orderWithTwo(mina, 'shipped');
  const form = mina.locator('form[action$="/refunds"]');
  await field.fill('3');
  await form.locator('.err').first().waitFor();
  await field.fill('2');
  await mina.waitForFunction(() => /₩[1-9]/.test(document.querySelector('form[action$="/refunds"] button[type=submit]').textContent));
  await form.locator('[name=reason]').fill('Both of them were missing.');
  await form.locator('input[name=code]').fill(console.wrongCode('mina'));
  await sendButton(form).click();
  await form.locator('input[name=code][aria-invalid=true]').waitFor();
  assert.equal(await field.inputValue(), '2');
  assert.equal(await form.locator('[name=reason]').inputValue(), 'Both of them were missing.');
  assert.equal(await form.locator('input[name=code]').inputValue(), '');
  assert.match(await sendButton(form).innerText(), /₩[1-9]/);
});

test('a failed refund is set aside from the list of those that wait, and waits for nobody any more', async () => {
  await mina.goto('/orders?needs=retrying');
  const waiting = () => mina.locator('main tbody td.t a[href^="/orders/"]').evaluateAll((links) => links.map((link) => link.pathname));
  const [order] = await waiting();
  assert.ok(order, 'the samples have no refund that failed');
  await mina.goto(order);
  await mina.locator('#refunds a[href*="panel=dismiss"]').first().click();
  const form = mina.locator('form[action$="/dismissal"]');
  await form.locator('textarea[name=reason]').fill('Paid from the till, receipt 20931');
  report(await look(mina, 'dismissal'));
  await form.locator('input[name=code]').fill(await console.code('mina'));
  await sendButton(form).click();
  await sealed(mina);
  assert.equal(await mina.locator('#refunds a[href*="panel=dismiss"]').count(), 0);
  await mina.goto('/orders?needs=retrying');
  assert.ok(!(await waiting()).includes(order));
});

for (const lang of ['en', 'ko']) {
  test(`the panels of an order are accessible, also when they are refused (${lang})`, async () => {
    await speak(mina, lang);
    const found = [];
    const { order, field } = await orderWithTwo(mina, 'paid');
    await field.fill('9');
    const form = mina.locator('form[action$="/refunds"]');
    await form.evaluate((seal) => seal.setAttribute('novalidate', ''));
    await sendButton(form).click();
    await mina.locator('#panel [aria-invalid=true]').first().waitFor();
    found.push(...(await look(mina, `${lang} refused refund`)));
    for (const panel of ['cancel', 'shipping']) {
      await mina.goto(`${order}?panel=${panel}`);
      const seal = mina.locator('form.seal');
      await seal.evaluate((form) => form.setAttribute('novalidate', ''));
      await sendButton(seal).click();
      await mina.locator('#panel [aria-invalid=true]').first().waitFor();
      found.push(...(await look(mina, `${lang} refused ${panel}`)));
    }
    report(found);
  });
}
