// An owner invites a person, who sets up, works, and is kept out again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { at, look, report, watch } from './inspect.mjs';
import { openBrowser, openWindow, sealed, sendButton, signIn, startConsole } from './kit.mjs';

const DANA = { email: 'dana@ingam.test', name: 'Dana Park', roles: ['operator'], password: 'four sleepy otters float' };

let console, browser, owner, dana, link;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  const window = await openWindow(browser, console, { permissions: ['clipboard-read', 'clipboard-write'] });
  owner = await window.newPage();
  await signIn(owner, console, 'owner');
  dana = await (await openWindow(browser, console)).newPage();
});
after(async () => {
  await browser?.close();
  await console?.close();
});

// Fills in the panel that is open and sends it with a fresh code.
async function seal(reason) {
  const form = owner.locator('form.seal');
  await form.locator('[name=reason]').fill(reason);
  await form.locator('[name=code]').fill(await console.code('owner'));
  await sendButton(form).click();
}

test('the link is shown once, to copy; whoever has it sets up and works', async () => {
  const found = [];
  const watching = await watch(owner);
  const see = async (label) => found.push(...(await look(owner, label)), ...at(label, watching.take()));
  await owner.goto('/');
  await owner.keyboard.press('g');
  await owner.keyboard.press('t');
  await owner.waitForURL('**/staff');
  await owner.locator('main a[href="/staff?panel=invite"]').click();
  const form = owner.locator('form.seal');
  await form.locator('[name=email]').fill(DANA.email);
  await form.locator('[name=name]').fill(DANA.name);
  await see('invite');
  // Without a role it comes back as it was filled in.
  await seal('Begins on Monday');
  await owner.locator('#roles-error').waitFor();
  assert.equal(await form.locator('[name=email]').inputValue(), DANA.email);
  // Chromium says aloud that it was.
  watching.take();
  await form.locator('label[for=role-operator]').click();
  await seal('Begins on Monday');
  const field = owner.locator('#setup-link');
  await field.waitFor();
  await see('link');
  assert.ok(!owner.url().includes('/setup/'), owner.url());
  link = await field.inputValue();
  await owner.locator('[data-copy]').click();
  await owner.getByText('Copied').waitFor();
  assert.equal(await owner.evaluate(() => navigator.clipboard.readText()), link);
  await owner.reload();
  assert.equal(await field.count(), 0, 'a reload shows it again');
  report(found);

  await dana.goto(link);
  const totp_secret = (await dana.locator('.secret').innerText()).replace(/\s/g, '');
  console.joined({ ...DANA, totp_secret });
  await dana.locator('[name=password]').fill(DANA.password);
  await dana.locator('[name=password_again]').fill(DANA.password);
  await dana.locator('[name=code]').fill(await console.code('dana'));
  await dana.locator('form:has([name=password_again]) button[type=submit]').click();
  await dana.locator('.codes').waitFor();
  await signIn(dana, console, 'dana');
  await dana.locator('.nav a[href="/users"]').waitFor();
});

test('somebody disabled is out with their next click', async () => {
  await owner.goto('/staff');
  await owner.locator('main a', { hasText: DANA.name }).click();
  await owner.waitForURL(/\/staff\/\d+/);
  const found = await look(owner, 'person');
  await owner.locator('main a[href$="panel=status"]').click();
  await seal('Left the company');
  await sealed(owner);
  found.push(...(await look(owner, 'disabled')));
  report(found);
  await dana.locator('.nav a[href="/users"]').click();
  await dana.waitForURL('**/login**');
});

test('one’s own page offers nothing and says why', async () => {
  await owner.goto('/staff?role=owner');
  await owner.locator('main tbody a').first().click();
  await owner.getByText('This is you').waitFor();
  report(await look(owner, 'own page'));
  assert.equal(await owner.locator('form.seal').count(), 0);
});
