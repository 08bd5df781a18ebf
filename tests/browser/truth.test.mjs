// What a page says is so while a person types and while a run goes on, and what cannot be done is disabled with its reason.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBrowser, openWindow, sendButton, signIn, startConsole } from './kit.mjs';

let console, browser, mina, jun;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  mina = await (await openWindow(browser, console)).newPage();
  jun = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(mina, console, 'mina');
  await signIn(jun, console, 'jun');
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

test('the points panel says that another person has to approve only while that is so', async () => {
  await mina.goto('/users/1?panel=points');
  const form = mina.locator('form.seal');
  const says = async () => ({
    note: await form.locator('.short[data-second]').isVisible(),
    seat: await form.locator('.signs .later').isVisible(),
    fine: await form.locator('#fine [data-second]').isVisible(),
    alone: !(await form.locator('#fine [data-alone]').isVisible()),
    button: /Request approval/.test(await sendButton(form).innerText()),
  });
  for (const [amount, direction, waits] of [
    ['', 'add', false],
    ['1,500', 'add', false],
    ['10,000', 'add', false],
    ['10,001', 'add', true],
    ['9999999', 'deduct', false],
    ['20,000', 'add', true],
    ['200', 'add', false],
  ]) {
    await form.getByText(direction === 'add' ? 'Add' : 'Deduct', { exact: true }).click();
    await form.locator('#amount').fill(amount);
    assert.deepEqual(await says(), { note: waits, seat: waits, fine: waits, alone: waits, button: waits }, `${direction} ${amount}`);
  }
});

test('a button that cannot be used says why when it is pressed, and opens nothing', async () => {
  await mina.goto('/orders?state=delivered');
  await mina.locator('tbody tr a').first().click();
  const off = mina.locator('.head .btn.off').filter({ hasText: 'Cancel order' });
  await off.click();
  const why = mina.locator('#why-cancel');
  await why.waitFor({ state: 'visible' });
  assert.match(await why.innerText(), /already shipped/);
  assert.equal(await mina.locator('form.seal').count(), 0);
  await mina.keyboard.press('Escape');
  await why.waitFor({ state: 'hidden' });
});

test('the head of a run and the title of its tab follow it without being loaded again', async () => {
  // What the page says at one moment while the run goes on, or nothing where that is over: the job takes six seconds.
  const followed = async () => {
    await jun.goto('/batches/coupon-issue?panel=run');
    const form = jun.locator('form.seal');
    await form.locator('[name=param-campaign]').selectOption('winter-2026');
    await form.locator('textarea[name=reason]').fill('The campaign of this week, ticket MK-77');
    await form.locator('input[name=code]').fill(await console.code('jun'));
    await sendButton(form).click();
    await jun.waitForURL(/\/runs\/\d+/);
    await jun.evaluate(() => { window.mark = 'the same page'; });
    const said = await jun.waitForFunction(() => {
      const [state, recent] = ['#run-state', '#run-in-recent'].map((part) => document.querySelector(part)?.innerText.trim());
      if (/Running \d+%/.test(document.title)) return { mark: window.mark, state, recent };
      return /Succeeded|Failed/.test(document.title) ? 'over' : undefined;
    }, undefined, { timeout: 90_000 });
    return said.jsonValue();
  };
  let said = 'over';
  for (let turn = 0; turn < 3 && said === 'over'; turn += 1) said = await followed();
  assert.deepEqual(said, { mark: 'the same page', state: 'Running', recent: 'Running' });
});
