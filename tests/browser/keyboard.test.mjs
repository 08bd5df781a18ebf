// Nothing needs a mouse.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { anyCustomer, balance, fillPoints, openBrowser, openPanel, openWindow, sealed, signIn, startConsole } from './kit.mjs';

let console, browser, page, customer;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  page = await (await openWindow(browser, console)).newPage();
  await signIn(page, console, 'mina');
  customer = await anyCustomer(page);
});
after(async () => {
  await browser?.close();
  await console?.close();
});
beforeEach(() => page.goto('/users'));

const focused = () => page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.localName);

test('/ goes to the search, and types no slash into it', async () => {
  await page.goto(customer);
  await page.keyboard.press('/');
  assert.equal(await focused(), 'q');
  assert.equal(await page.evaluate(() => document.activeElement.value), '');
});

test('/ inside a text is a slash', async () => {
  const form = await openPanel(page, customer, '/point-adjustments');
  await form.locator('[name=reason]').click();
  await page.keyboard.type('a/b?');
  assert.equal(await form.locator('[name=reason]').inputValue(), 'a/b?');
  assert.equal(await page.locator('dialog[open]').count(), 0);
});

test('? shows the keys and Escape puts them away', async () => {
  await page.keyboard.press('?');
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('dialog[open]').waitFor({ state: 'detached' });
});

test('j and k walk through the rows, Enter opens one', async () => {
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const second = await page.evaluate(() => document.activeElement.closest('tr')?.sectionRowIndex);
  await page.keyboard.press('k');
  const first = await page.evaluate(() => document.activeElement.closest('tr')?.sectionRowIndex);
  assert.deepEqual([first, second], [0, 1]);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/users\/\d+/);
});

test('g then u goes to the customers', async () => {
  await page.goto('/account');
  await page.keyboard.press('g');
  await page.keyboard.press('u');
  await page.waitForURL('**/users');
});

test('the keys work while the Korean input method is on', async () => {
  await page.goto('/users');
  // As a Mac and as Windows report the keys of J and of the slash then; Chromium cannot be given an input method.
  const press = (key, code, shiftKey = false) => page.evaluate((event) => {
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { ...event, bubbles: true, cancelable: true }));
  }, { key, code, shiftKey });
  const row = () => page.evaluate(() => document.activeElement.closest('tr')?.sectionRowIndex);
  await press('ㅓ', 'KeyJ');
  assert.equal(await row(), 0);
  await press('Process', 'KeyJ');
  assert.equal(await row(), 1);
  await press('ㅏ', 'KeyK');
  assert.equal(await row(), 0);
  await press('Process', 'Slash', true);
  await page.locator('dialog[open]').waitFor();
  await page.keyboard.press('Escape');
  await press('Process', 'Slash');
  assert.equal(await focused(), 'q');
  // From another page, so that the address says that the keys did it.
  await page.goto('/account');
  await press('ㅎ', 'KeyG');
  await press('ㅕ', 'KeyU');
  await page.waitForURL('**/users');
});

test('opening a panel puts the focus into it, Escape closes it while it is empty', async () => {
  await page.goto(`${customer}?panel=status`);
  await page.locator('#panel [name=reason]:focus').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => !url.searchParams.has('panel'));
  await page.goto(`${customer}?panel=status`);
  await page.locator('#panel [name=reason]:focus').waitFor();
  await page.keyboard.type('Not given up by a slip');
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#panel [name=reason]').inputValue(), 'Not given up by a slip');
});

test('a form that comes back has the cursor in the first faulty field, and what was typed', async () => {
  const form = await openPanel(page, customer, '/point-adjustments');
  const reason = 'The parcel came nine days late.';
  await fillPoints(form, { amount: 'a lot', reason, code: '123456' });
  await form.locator('[name=reason]').press('Control+Enter');
  await page.locator('#amount-error').waitFor();
  await page.waitForFunction(() => document.activeElement?.id === 'amount');
  assert.equal(await page.locator('#panel [name=reason]').inputValue(), reason);
  // A filter, which is a page of its own.
  await page.goto('/orders?min=a+lot');
  await page.waitForFunction(() => document.activeElement?.id === 'min');
});

test('the first Tab offers to skip to the content', async () => {
  await page.goto(customer);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), '#main');
});

test('Ctrl-Enter in the reason seals the change', async () => {
  const form = await openPanel(page, customer, '/point-adjustments');
  const had = await balance(page);
  await fillPoints(form, { amount: 1000, reason: 'Sealed from the keyboard.', code: await console.code('mina') });
  await form.locator('[name=reason]').focus();
  await page.keyboard.press('Control+Enter');
  await sealed(page);
  // A screen reader says what has the focus: the receipt, not the page from its top.
  await page.waitForFunction(() => document.activeElement?.id === 'panel-title');
  assert.equal(await balance(page), had + 1000);
});
