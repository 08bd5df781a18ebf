// What must hold on every page there is. The pages are found by following every link, as each role, so that a page added
// later is looked at too.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { axe, overflow, reachable, watch } from './inspect.mjs';
import {
  anyCustomer,
  fillPoints,
  givePassword,
  openBrowser,
  openPanel,
  openWindow,
  screenshot,
  sealed,
  sendButton,
  signIn,
  speak,
  startConsole,
} from './kit.mjs';

const LANGS = ['en', 'ko'];
const SCHEMES = ['light', 'dark'];
const SIGNED_OUT = ['/login', '/setup/no-such-invitation'];

let console, browser;
// The window of each role that looks around, signed in once: a code is worth half a minute.
const windows = new Map();
// The pages to look over: each is looked at as the first role that reached it.
const pages = [];

before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  for (const who of ['mina', 'sora', 'owner']) {
    const window = await openWindow(browser, console);
    const page = await window.newPage();
    await signIn(page, console, who);
    windows.set(who, window);
    await page.close();
  }
});
after(async () => {
  await browser?.close();
  await console?.close();
});

const name = (path) => path.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '') || 'overview';

// Fails with what was found, each thing once with the places it was found at.
function report(found) {
  const places = new Map();
  for (const { where, what } of found) places.set(what, [...(places.get(what) ?? []), where]);
  const lines = [...places].map(([what, where]) => `${what}\n    at ${where.slice(0, 6).join(', ')} (${where.length} in all)`);
  if (lines.length) assert.fail(`\n${lines.join('\n')}`);
}
const at = (where, whats) => whats.map((what) => ({ where, what }));

test('no link on any page, for any role, leads to an error', async () => {
  const broken = [];
  for (const [who, window] of windows) {
    const page = await window.newPage();
    await page.goto('/');
    for (const { path, status } of await reachable(page)) {
      if (status >= 400) broken.push({ where: who, what: `${path} answers ${status}` });
      if (!pages.some((known) => known.path === path)) pages.push({ who, path });
    }
    await page.close();
  }
  report(broken);
  const sections = ['/', '/users', '/audit', '/access-records', '/account'];
  for (const path of sections) assert.ok(pages.some((known) => known.path === path), `no link leads to ${path}`);
  // Errors are pages too.
  pages.push({ who: 'mina', path: '/no-such-page' }, { who: 'mina', path: '/users/999999999' });
});

test('no page makes Chromium complain: no console error, no policy violation, nothing that fails to load', async () => {
  const found = [];
  for (const [who, window] of windows) {
    const page = await window.newPage();
    const watching = await watch(page);
    for (const { path } of pages.filter((known) => known.who === who)) {
      await page.goto(path, { waitUntil: 'networkidle' });
      found.push(...at(path, watching.take()));
    }
    await page.close();
  }
  report(found);
});

test('no page scrolls sideways at 320, 360, 390 or 1440 px', async () => {
  const found = [];
  for (const lang of LANGS) {
    for (const [who, window] of windows) {
      const page = await window.newPage();
      await speak(page, lang);
      for (const { path } of pages.filter((known) => known.who === who)) {
        await page.goto(path);
        for (const width of [320, 360, 390, 1440]) {
          await page.setViewportSize({ width, height: 844 });
          found.push(...at(`${path} in ${lang} at ${width}`, await overflow(page)));
        }
      }
      await page.close();
    }
  }
  report(found);
});

// Looks one page over in both schemes and at both widths.
async function look(page, lang, label) {
  const found = [];
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      found.push(...at(`${label} in ${lang}, ${scheme}, at ${width}`, await axe(page)));
      await screenshot(page, `${lang}-${scheme}-${width}-${name(label)}`);
    }
  }
  return found;
}

for (const lang of LANGS) {
  test(`every page is accessible in light and dark, at 1440 and 390 px (${lang})`, async () => {
    const found = [];
    for (const [who, window] of windows) {
      const page = await window.newPage();
      await speak(page, lang);
      for (const { path } of pages.filter((known) => known.who === who)) {
        await page.goto(path);
        assert.equal(await page.locator('html').getAttribute('lang'), lang, `${path} speaks another language`);
        found.push(...(await look(page, lang, path)));
      }
      await page.close();
    }
    report(found);
  });

  test(`a refused form and the page after a change are accessible (${lang})`, async () => {
    const page = await windows.get('mina').newPage();
    await speak(page, lang);
    const customer = await anyCustomer(page);
    const form = await openPanel(page, customer, '/point-adjustments');
    await fillPoints(form, { amount: 0, reason: 'no', code: '12345' });
    // What the browser itself would stop, a script or an old browser would not.
    await form.evaluate((seal) => seal.setAttribute('novalidate', ''));
    await sendButton(form).click();
    await page.locator('form[action$="/point-adjustments"] [aria-invalid=true]').first().waitFor();
    const found = await look(page, lang, 'refused form');

    const again = await openPanel(page, customer, '/point-adjustments');
    await fillPoints(again, { amount: 10, reason: 'A thank-you for waiting.', code: await console.code('mina') });
    await sendButton(again).click();
    await sealed(page);
    found.push(...(await look(page, lang, 'after a change')));
    report(found);
    await page.close();
  });

  test(`signing in is accessible, before anybody is known (${lang})`, async () => {
    const found = [];
    const window = await openWindow(browser, console, { lang });
    const page = await window.newPage();
    const watching = await watch(page);
    for (const path of SIGNED_OUT) {
      await page.goto(path);
      assert.equal(await page.locator('html').getAttribute('lang'), lang, `${path} speaks another language`);
      found.push(...at(path, watching.take()), ...(await look(page, lang, path)));
    }
    await givePassword(page, console, 'jun');
    found.push(...at('/login/code', watching.take()), ...(await look(page, lang, '/login/code')));
    await page.goto('/login/code?with=recovery');
    found.push(...at('/login/code?with=recovery', watching.take()), ...(await look(page, lang, '/login/code?with=recovery')));
    for (const width of [320, 360, 390, 1440]) {
      await page.setViewportSize({ width, height: 844 });
      found.push(...at(`signing in, in ${lang} at ${width}`, await overflow(page)));
    }
    report(found);
    await window.close();
  });
}
