// Two people: mina asks for 50,000 points and cannot approve it; hana finds it, looks, and approves it with a code of her own.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sendButton, signIn, speak, startConsole } from './kit.mjs';

let console, browser, mina, hana;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  mina = await (await openWindow(browser, console)).newPage();
  hana = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(mina, console, 'mina');
  await signIn(hana, console, 'hana');
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

// Asks for points for a customer and comes back with the address of the request.
async function ask(customer, amount) {
  await mina.goto(`/users/${customer}?panel=points`);
  const form = mina.locator('form.seal');
  // Before an amount is typed nothing needs approval, and no line of the panel says so.
  assert.equal(await form.locator('.short[data-second]').isVisible(), false);
  await form.locator('#amount').fill(amount);
  await form.locator('textarea[name=reason]').fill('Two lost parcels. Agreed with the CS lead, ticket CS-20877.');
  await form.locator('[data-second]').first().waitFor({ state: 'visible' });
  assert.match(await sendButton(form).innerText(), /approval|승인/);
  await form.locator('input[name=code]').fill(await console.code('mina'));
  await sendButton(form).click();
  await mina.waitForURL(/\/approvals\/\d+/);
  return new URL(mina.url()).pathname;
}

async function balance(page, customer) {
  await page.goto(`/users/${customer}`);
  const text = await page.locator('.stats .v').first().innerText();
  return Number(text.replace(/[^0-9]/g, ''));
}

async function newest(page) {
  await page.goto('/users');
  const href = await page.locator('main tbody a[href^="/users/"]').first().getAttribute('href');
  return href.split('/').pop();
}

test('mina asks for 50,000 points, cannot approve it, and hana approves with her own code', async () => {
  const customer = await newest(mina);
  const before = await balance(mina, customer);
  const request = await ask(customer, '50,000');
  await screenshot(mina, 'approval-1-asked');
  assert.equal(await mina.locator('form[action$="/approval"]').count(), 0, 'she is offered to approve her own request');
  assert.equal(await balance(mina, customer), before, 'nothing is changed yet');

  await hana.goto('/');
  await hana.locator('.nav a[href="/approvals"] .count').waitFor();
  await hana.goto('/approvals');
  await hana.locator('main tbody tr a').first().click();
  await hana.waitForURL((url) => url.pathname === request);
  await screenshot(hana, 'approval-2-seen');
  const form = hana.locator('form[action$="/approval"]');
  await form.locator('textarea[name=reason]').fill('Checked both tickets with the CS lead.');
  await form.locator('input[name=code]').fill(await console.code('hana'));
  await sendButton(form).click();
  await hana.waitForURL(/sealed=/);
  await screenshot(hana, 'approval-3-approved');
  assert.equal(await balance(hana, customer), before + 50_000);

  const sora = await (await openWindow(browser, console)).newPage();
  await signIn(sora, console, 'sora');
  await sora.goto(`/audit?target=user/${customer}`);
  const log = await sora.locator('main tbody').first().innerText();
  assert.equal(log.match(/Mina|미나|민아/g)?.length >= 2, true, log);
  await sora.goto(`/audit?target=approval/${request.split('/').pop()}`);
  await sora.locator('main tbody tr').first().waitFor();
  await screenshot(sora, 'approval-4-log');
  await sora.context().close();
});

test('the queue is worked through with the keyboard alone', async () => {
  const customer = await newest(mina);
  const first = await ask(customer, '20,000');
  const second = await ask(customer, '30,000');
  await hana.goto('/approvals');
  await hana.keyboard.press('j');
  await hana.keyboard.press('Enter');
  await hana.waitForURL((url) => url.pathname === second);
  await hana.keyboard.press('j');
  await hana.waitForURL((url) => url.pathname === first);
  await hana.keyboard.press('x');
  await hana.waitForURL(/panel=reject/);
  await hana.locator('form.seal [name=reason]:focus').waitFor();
  await hana.keyboard.type('One parcel is enough of an apology.');
  await hana.locator('form.seal input[name=code]').focus();
  await hana.keyboard.type(await console.code('hana'));
  await hana.keyboard.press('Control+Enter');
  await hana.waitForURL(/sealed=/);
  await hana.locator('#panel-title', { hasText: /Rejected|반려/ }).waitFor();
  await mina.goto(first);
  assert.match(await mina.locator('main').innerText(), /One parcel is enough/);
});

for (const lang of ['en', 'ko']) {
  test(`the pages of requests are accessible, also when a form is refused (${lang})`, async () => {
    await speak(hana, lang);
    await speak(mina, lang);
    const found = [];
    for (const path of ['/approvals', '/approvals?show=decided', '/approvals?show=mine']) {
      await hana.goto(path);
      found.push(...(await look(hana, `${lang} ${path}`)));
    }
    await hana.goto('/approvals');
    await hana.locator('main tbody tr a').first().click();
    await hana.locator('form.seal').waitFor();
    found.push(...(await look(hana, `${lang} request`)));
    const form = hana.locator('form.seal');
    await form.evaluate((seal) => seal.setAttribute('novalidate', ''));
    await sendButton(form).click();
    await hana.locator('#panel [aria-invalid=true]').first().waitFor();
    found.push(...(await look(hana, `${lang} refused approval`)));
    await mina.goto('/approvals?show=mine');
    await mina.locator('main tbody tr a').first().click();
    await mina.locator('#panel').waitFor();
    found.push(...(await look(mina, `${lang} own request`)));
    report(found);
  });
}
