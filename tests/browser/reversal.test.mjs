// Mina takes an adjustment back from the page of its customer, once, and the log links both rows.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, report, watch } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sendButton, signIn, startConsole } from './kit.mjs';

let console, browser, mina, complaints;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  mina = await (await openWindow(browser, console)).newPage();
  complaints = await watch(mina);
  await signIn(mina, console, 'mina');
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

test('an adjustment is taken back once, and both rows lead to each other', async () => {
  const sora = await (await openWindow(browser, console)).newPage();
  await signIn(sora, console, 'sora');
  // One of the sample work, that moved few enough points for one person.
  await sora.goto('/audit?action=points.adjust');
  const rows = await sora.locator('tbody tr:has(a.seq)').allInnerTexts();
  const few = rows.find((row) => {
    const [, before, after] = /balance ([\d,]+) → ([\d,]+)/.exec(row) ?? [];
    const [from, to] = [before, after].map((text) => Number(text?.replaceAll(',', '')));
    return to > from && to - from < 5_000;
  });
  const [, seq] = /#([\d,]+)/.exec(few);
  const [, user] = /user\/(\d+)/.exec(few);

  await mina.goto(`/users/${user}`);
  const link = mina.locator(`a[href="/audit/${seq}/reversal"]`);
  await link.click();
  const form = mina.locator('form.seal');
  await form.waitFor();
  report(await look(mina, 'the form that takes a row back'));
  assert.match(await mina.locator('main').innerText(), /now/i);
  await form.locator('[name=reason]').fill('Given to the wrong customer');
  await form.locator('[name=code]').fill(await console.code('mina'));
  await screenshot(mina, 'reversal-about-to-seal');
  await sendButton(form).click();
  await mina.locator('form.seal').waitFor({ state: 'detached' });

  // A second time there is nothing to take back.
  await mina.goto(`/audit/${seq}/reversal`);
  assert.equal(await mina.locator('form.seal').count(), 0, 'it can be taken back twice');
  report(await look(mina, 'a row that was taken back'));
  const [, opposite] = /#([\d,]+)/.exec(await mina.locator('main .note').first().innerText());

  await sora.goto(`/audit/${seq}`);
  await sora.locator(`main a[href="/audit/${opposite}"]`).first().waitFor();
  report(await look(sora, 'the row that was taken back'));
  await sora.goto(`/audit/${opposite}`);
  await sora.locator(`main a[href="/audit/${seq}"]`).first().waitFor();
  assert.deepEqual(complaints.take(), []);
});
