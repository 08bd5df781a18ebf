// A new person: invited from the command line, they set up their account by the printed link and sign in.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { at, look, report, watch } from './inspect.mjs';
import { givePassword, openBrowser, openWindow, sendButton, signIn, startConsole } from './kit.mjs';

const DANA = { email: 'dana@ingam.test', name: 'Dana Park', roles: ['operator'], password: 'four sleepy otters float' };

let console, browser, link, page;
// Those Dana was shown after setting up.
let recoveryCodes;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  const printed = await console.run('staff', 'add', '--email', DANA.email, '--name', DANA.name, '--role', DANA.roles[0], '--reason', 'Begins on Monday');
  link = /\/setup\/\S+/.exec(printed)[0];
  page = await (await openWindow(browser, console)).newPage();
});
after(async () => {
  await browser?.close();
  await console?.close();
});

async function fill({ password, again = password, code }) {
  const form = page.locator('form:has(input[name=password_again])');
  // What the browser itself would stop, a script or an old browser would not.
  await form.evaluate((setup) => setup.setAttribute('novalidate', ''));
  await form.locator('input[name=password]').fill(password);
  await form.locator('input[name=password_again]').fill(again);
  await form.locator('input[name=code]').fill(code);
  await sendButton(form).click();
}

test('a mistake on the way does not use the link up, and keeps the same key', async () => {
  await page.goto(link);
  const secret = await page.locator('.secret').innerText();
  await fill({ password: 'too short', code: '000000' });
  await page.locator('input[name=password][aria-invalid=true]').waitFor();
  assert.equal(await page.locator('.secret').innerText(), secret);
  assert.equal(await page.locator('input[name=password]').inputValue(), '');
});

test('an invited person sets password and authenticator, gets ten recovery codes, signs in; the link works once', async () => {
  const found = [];
  const watching = await watch(page);
  const see = async (label) => {
    found.push(...(await look(page, label)), ...at(label, watching.take()));
  };
  await page.goto(`${link}?lang=ko`);
  await see('ko set-up');
  await page.goto(link);
  await see('en set-up');

  const totp_secret = (await page.locator('.secret').innerText()).replace(/\s/g, '');
  console.joined({ ...DANA, totp_secret });
  await fill({ password: DANA.password, code: await console.code('dana') });
  await page.locator('.codes').waitFor();
  recoveryCodes = await page.locator('.codes code').allInnerTexts();
  assert.equal(new Set(recoveryCodes).size, 10);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.locator('[data-copy-codes]').click();
  await page.locator('[data-copy-codes]', { hasText: 'Copied' }).waitFor();
  const kept = `${recoveryCodes.join('\n')}\n`;
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), kept);
  const [file] = await Promise.all([page.waitForEvent('download'), page.locator('[data-save-codes]').click()]);
  assert.equal(file.suggestedFilename(), 'ingam-recovery-codes.txt');
  assert.equal(await readFile(await file.path(), 'utf8'), kept);
  await see('en recovery codes');
  report(found);

  await page.goto(link);
  assert.equal(await page.locator('form').count(), 0, 'the link works twice');

  await signIn(page, console, 'dana');
  assert.ok((await page.locator('h1').innerText()).includes(DANA.name));
  await page.locator('.nav a[href="/users"]').waitFor();
});

test('a recovery code leads to a new authenticator without the phone, once', async () => {
  const other = await (await openWindow(browser, console)).newPage();
  const use = async (code) => {
    await givePassword(other, console, 'dana');
    await other.locator('a[href*="with=recovery"]').click();
    const form = other.locator('form:has(input[name=code])');
    await form.locator('input[name=code]').fill(code);
    await sendButton(form).click();
  };
  const found = [];
  const watching = await watch(other);
  const see = async (label) => {
    found.push(...(await look(other, label)), ...at(label, watching.take()));
  };
  await use(recoveryCodes[3]);
  await other.waitForURL((url) => url.pathname === '/login/authenticator');
  await see('en new authenticator');
  await other.goto('/users');
  assert.equal(new URL(other.url()).pathname, '/login/authenticator', 'there is no other page');
  await other.goto('/login/authenticator?lang=ko');
  await see('ko new authenticator');
  await other.goto('/login/authenticator');
  const totp_secret = (await other.locator('.secret').innerText()).replace(/\s/g, '');
  console.joined({ ...DANA, totp_secret });
  const form = other.locator('form:has(input[name=code])');
  await form.locator('input[name=code]').fill(await console.code('dana'));
  await sendButton(form).click();
  await other.waitForURL((url) => url.pathname === '/account' || url.pathname === '/users');
  report(found);
  await other.goto('/account');
  assert.match(await other.locator('main').innerText(), /9 left/);
  await page.goto('/users');
  assert.equal(new URL(page.url()).pathname, '/login', 'the other session goes on');

  await other.context().clearCookies();
  await use(recoveryCodes[3]);
  await other.locator('input[name=code][aria-invalid=true]').waitFor();
});
