// A phone has room for five tabs; an owner has twelve sections. The rest opens behind the last tab, without a script too.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import { openBrowser, openWindow, signIn, speak, startConsole } from './kit.mjs';

let console, browser, page;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  page = await (await openWindow(browser, console, { width: 320, javaScriptEnabled: false })).newPage();
  await signIn(page, console, 'owner');
});
after(async () => {
  await browser?.close();
  await console?.close();
});

const tabs = () => page.locator('.nav > ul > li > :is(a, button):visible');
const more = () => page.locator('.nav button[popovertarget]');

test('five tabs, each wide enough for a thumb and its name', async () => {
  for (const width of [320, 390]) {
    await page.setViewportSize({ width, height: 844 });
    await page.goto('/');
    assert.equal(await tabs().count(), 5);
    for (const tab of await tabs().all()) {
      const box = await tab.boundingBox();
      assert.ok(box.width >= 44 && box.height >= 44, `${box.width} × ${box.height} at ${width}`);
      const name = tab.locator('span').first();
      assert.ok(await name.evaluate((text) => text.scrollWidth <= text.clientWidth), await name.innerText());
    }
  }
});

test('what has no tab of its own is reached with the keyboard', async () => {
  await page.goto('/');
  await more().focus();
  await page.keyboard.press('Enter');
  const links = page.locator('#more a');
  await links.first().waitFor();
  const hrefs = await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  assert.ok(hrefs.includes('/networks') && hrefs.includes('/staff'), hrefs.join(' '));
  await page.keyboard.press('Escape');
  await links.first().waitFor({ state: 'hidden' });
  assert.ok(await more().evaluate((button) => button === document.activeElement), 'the focus is lost');
  await page.keyboard.press('Enter');
  for (const href of hrefs) {
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), href);
  }
  await page.keyboard.press('Enter');
  await page.waitForURL(`**${hrefs.at(-1)}`);
  assert.equal(await more().getAttribute('aria-current'), 'true');
  await more().click();
  assert.equal(await page.locator('#more a[aria-current=page]').getAttribute('href'), hrefs.at(-1));
});

test('on a wide screen every section stands in the sidebar, and no last tab', async () => {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto('/');
  assert.equal(await tabs().count(), 12);
  assert.equal(await more().isVisible(), false);
});

test('the open rest is accessible', async () => {
  // axe needs a script.
  page = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(page, console, 'owner');
  const found = [];
  for (const lang of ['en', 'ko']) {
    await speak(page, lang);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto('/staff');
    await more().click();
    await page.locator('#more a').first().waitFor();
    found.push(...(await look(page, `${lang}, the rest`)));
  }
  report(found);
});
