// The code and the button that seals are in view wherever a form is scrolled to, also in a low window and enlarged four times.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { anyCustomer, openBrowser, openWindow, screenshot, signIn, startConsole } from './kit.mjs';

let console, browser;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await console?.close();
});

// What of the code field and the button is outside the window or under something else.
const hidden = (page) =>
  page.evaluate(() =>
    ['#panel [name=code]', '#panel #go'].filter((selector) => {
      const box = document.querySelector(selector).getBoundingClientRect();
      const middle = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
      return box.top < 0 || box.bottom > innerHeight || !middle?.closest(selector);
    }),
  );

// From the place where the panel begins to its end, in steps.
async function look(page, label) {
  const steps = await page.evaluate(() => {
    const box = document.querySelector('#panel').getBoundingClientRect();
    const begins = Math.max(0, box.top + scrollY - 80);
    return [0, 0.5, 1].map((part) => begins + part * Math.max(0, box.height - innerHeight + 80));
  });
  const found = [];
  for (const y of steps) {
    await page.evaluate((to) => scrollTo({ top: to, behavior: 'instant' }), y);
    // It may take a moment until it is there.
    let missing = await hidden(page);
    for (let turn = 0; turn < 50 && missing.length; turn += 1) {
      await page.waitForTimeout(100);
      missing = await hidden(page);
    }
    for (const what of missing) found.push(`${label} at ${Math.round(y)}: ${what}`);
  }
  return found;
}

for (const [name, width, height] of [
  ['a small notebook', 1366, 650],
  ['a phone', 390, 844],
  ['1440 × 900 enlarged four times', 360, 225],
]) {
  test(`the code and the button are in view on ${name}`, async () => {
    const found = [];
    const mina = await (await openWindow(browser, console, { viewport: { width, height } })).newPage();
    await signIn(mina, console, 'mina');
    const customer = await anyCustomer(mina);
    await mina.goto('/orders?state=paid');
    const order = await mina.locator('main tbody tr a').first().getAttribute('href');
    for (const path of [`${customer}?panel=points`, `${customer}?panel=status`, `${order}?panel=refund`]) {
      await mina.goto(path);
      found.push(...(await look(mina, path)));
      await screenshot(mina, `seal-${width}-${path.split('=').pop()}`);
      // Also with everything that can be wrong said at its field.
      await mina.locator('form.seal').evaluate((form) => form.setAttribute('novalidate', ''));
      await mina.locator('#go').click();
      await mina.locator('#panel [aria-invalid=true]').first().waitFor();
      found.push(...(await look(mina, `${path} refused`)));
    }
    await mina.context().close();
    assert.deepEqual(found, []);
  });
}
