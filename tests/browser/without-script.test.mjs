// The same change in a browser that runs no script: everything is forms and links.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  anyCustomer,
  balance,
  fillPoints,
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
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await console?.close();
});

test('with JavaScript off, mina signs in, searches a phone number, adds points and signs out', async () => {
  const window = await openWindow(browser, console, { width: 390, javaScriptEnabled: false });
  const page = await window.newPage();
  await signIn(page, console, 'mina');

  const customer = await anyCustomer(page);
  const phone = await revealPhone(page, customer);

  await search(page, phone);
  await page.waitForURL((url) => url.pathname === customer);

  const form = await openPanel(page, customer, '/point-adjustments');
  const had = await balance(page);
  await fillPoints(form, { amount: 1000, reason: 'Asked for by telephone.', code: await console.code('mina') });
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === 'POST'),
    sendButton(form).click(),
  ]);
  assert.equal(answer.status(), 303);
  await sealed(page);
  assert.equal(await balance(page), had + 1000);
  await screenshot(page, 'without-script');

  // A reload after success asks for the page again and sends nothing twice.
  await page.reload();
  assert.equal(await balance(page), had + 1000);

  // The menu is HTML's own popover.
  await page.locator('button[popovertarget=me]').click();
  await page.locator('form[action="/logout"] button').first().click();
  await page.waitForURL('**/login*');
  await page.goto('/users');
  assert.equal(new URL(page.url()).pathname, '/login');
});
