// What must hold on every page there is. The pages are found by following every link, as each role, so that a page added
// later is looked at too.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, look, reachable, report, watch } from './inspect.mjs';
import {
  anyCustomer,
  fillPoints,
  givePassword,
  openBrowser,
  openPanel,
  openWindow,
  revealPhone,
  sealed,
  sendButton,
  signIn,
  speak,
  startConsole,
} from './kit.mjs';

const LANGS = ['en', 'ko'];
const ADJUSTMENTS = '/audit?action=points.adjust';
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
    // An empty ledger and a log of nothing but sign-ins would leave half of the pages unseen.
    if (who === 'mina') {
      const form = await openPanel(page, await anyCustomer(page), '/point-adjustments');
      await fillPoints(form, { amount: 1000, reason: 'Parcel arrived five days late.', code: await console.code(who) });
      await sendButton(form).click();
      await sealed(page);
    }
    await page.close();
  }
});
after(async () => {
  await browser?.close();
  await console?.close();
});

test('no link on any page, for any role, leads to an error', async () => {
  const broken = [];
  for (const [who, window] of windows) {
    const page = await window.newPage();
    await page.goto('/');
    for (const { path, status } of await reachable(page)) {
      if (status >= 400) broken.push({ where: who, what: `${path} answers ${status}` });
      // The overview shows every role something else.
      if (path === '/' || !pages.some((known) => known.path === path)) pages.push({ who, path });
    }
    await page.close();
  }
  report(broken);
  const sections = ['/', '/users', '/audit', '/access-records', '/networks', '/account'];
  for (const path of sections) assert.ok(pages.some((known) => known.path === path), `no link leads to ${path}`);
  // Of all rows of the log only one was opened, and it may be one without before and after.
  const page = await windows.get('sora').newPage();
  await page.goto(ADJUSTMENTS);
  const row = await page.locator('main a.seq').first().getAttribute('href');
  await page.close();
  pages.push({ who: 'sora', path: ADJUSTMENTS }, { who: 'sora', path: row });
  // A panel with long choices.
  const member = pages.find((known) => known.who === 'owner' && /^\/staff\/\d+$/.test(known.path));
  assert.ok(member, 'no link leads to a member of staff');
  pages.push({ who: 'owner', path: `${member.path}?panel=status` });
  // Errors are pages too.
  pages.push({ who: 'mina', path: '/no-such-page' }, { who: 'mina', path: '/users/999999999' });
});

for (const lang of LANGS) {
  test(`every page is accessible in both schemes, scrolls sideways at no width, makes Chromium complain of nothing (${lang})`, async () => {
    const found = [];
    // Everybody at once, each in a window of their own.
    const everybody = [...windows].map(async ([who, window]) => {
      const page = await window.newPage();
      const watching = await watch(page);
      await speak(page, lang);
      for (const { path } of pages.filter((known) => known.who === who)) {
        await page.goto(path);
        assert.equal(await page.locator('html').getAttribute('lang'), lang, `${path} speaks another language`);
        found.push(...(await look(page, `${lang} ${who} ${path}`)), ...at(path, watching.take()));
      }
      await page.close();
    });
    await Promise.all(everybody);
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
    const found = await look(page, `${lang} refused form`);

    const again = await openPanel(page, customer, '/point-adjustments');
    await fillPoints(again, { amount: 10, reason: 'A thank-you for waiting.', code: await console.code('mina') });
    await sendButton(again).click();
    await sealed(page);
    found.push(...(await look(page, `${lang} after a change`)));
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
      found.push(...at(path, watching.take()), ...(await look(page, `${lang} ${path}`)));
    }
    await givePassword(page, console, 'jun');
    found.push(...at('/login/code', watching.take()), ...(await look(page, `${lang} /login/code`)));
    await page.goto('/login/code?with=recovery');
    found.push(...at('/login/code?with=recovery', watching.take()), ...(await look(page, `${lang} /login/code?with=recovery`)));
    report(found);
    await window.close();
  });
}

test('what opens on a page is accessible and does not stick out: the menu, the keys, a row of the log, a contact in full', async () => {
  const found = [];
  const opened = async (page, label) => {
    found.push(...(await look(page, `opened ${label}`)));
    await page.setViewportSize({ width: 1440, height: 900 });
  };
  const mina = await windows.get('mina').newPage();
  const watching = await watch(mina);
  await speak(mina, 'en');
  await revealPhone(mina, await anyCustomer(mina));
  await opened(mina, 'contact');
  await mina.locator('button[popovertarget=me]').click();
  await opened(mina, 'menu');
  await mina.locator('#me [data-keys]').click();
  await mina.locator('dialog[open]').waitFor();
  await opened(mina, 'keys');
  await mina.close();

  const sora = await windows.get('sora').newPage();
  await sora.goto(ADJUSTMENTS);
  await sora.locator('main a.seq').first().click();
  await sora.locator('.more .diff').first().waitFor();
  await opened(sora, 'row');
  found.push(...at('what opens', watching.take()));
  report(found);
  await sora.close();
});
