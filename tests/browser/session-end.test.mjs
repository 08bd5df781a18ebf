// The end of a session, as a person at the page sees it. One console lets a session be idle for one minute and warns in its last
// twenty seconds; on the other one sessions are ended by hand.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  anyCustomer,
  fillPoints,
  openBrowser,
  openPanel,
  openWindow,
  screenshot,
  sealed,
  sendButton,
  signIn,
  startConsole,
} from './kit.mjs';

const REASON = 'The parcel came nine days late.';
const UNSENT = 'Typed by Mina and never sent.';
const IDLE = 60_000;
let console, browser, context, page, who, customer, name;
// Playwright turns off what keeps pages for Back; people have it.
before(async () => (browser = await openBrowser({ ignoreDefaultArgs: ['--disable-back-forward-cache'] })));
after(() => browser?.close());

// `people` are those whose session it is, one for each test in turn: a person waits half a minute for each further code.
function on(people, settings) {
  before(async () => (console = await startConsole({ settings })));
  beforeEach(async () => {
    who = people.shift();
    await context?.close();
    context = await openWindow(browser, console);
    page = await context.newPage();
    await signIn(page, console, who);
    customer = await anyCustomer(page);
    await page.goto(customer);
    name = (await page.locator('h1').first().innerText()).trim();
  });
  after(async () => {
    await context?.close();
    context = undefined;
    assert.equal(await console?.close(), 0, 'the console did not end in order');
  });
}

const says = (of = page) => of.locator('#session-says > [data-kind]');
const timeout = IDLE + 15_000;
// Signs in on the page one was led to.
async function signInHere(of, who) {
  const { email, password } = console.person(who);
  await of.locator('input[name=email]').fill(email);
  await of.locator('input[name=password]').fill(password);
  await sendButton(of.locator('form:has(input[name=password])')).click();
  await of.locator('input[name=code]').fill(await console.code(who));
  await sendButton(of.locator('form:has(input[name=code])')).click();
  await of.waitForURL((url) => !url.pathname.startsWith('/login'));
}
// Ends all of this person's sessions from elsewhere: on the host, where no code is due and so none has to be waited for.
async function endFromElsewhere(who) {
  const { email } = console.person(who);
  for (const step of ['disable', 'enable']) await console.run('staff', step, email, '--reason', 'A session is to end.');
}

describe('a session that is idle', () => {
  on(['hana', 'mina'], { INGAM_SESSION_IDLE_MINUTES: '1', NO_COLOR: '1' });

  test('the page warns before the end in every tab, and one key keeps the session', async () => {
    const second = await context.newPage();
    await second.goto(customer);
    assert.equal(await page.locator('#session-says').getAttribute('role'), 'alert');
    await says().waitFor({ timeout });
    await says(second).waitFor({ timeout: 15_000 });
    assert.match(await says().innerText(), /signed out soon/);
    await screenshot(page, 'session-warning');
    await page.keyboard.press('a');
    await says().waitFor({ state: 'detached' });
    await says(second).waitFor({ state: 'detached' });
    // It was really kept: the minute from before is over.
    await sleep(25_000);
    await second.reload();
    assert.equal(new URL(second.url()).pathname, customer);
  });

  test('after the end the page is hidden, and what was typed is there again', async () => {
    const form = await openPanel(page, customer, '/point-adjustments');
    await fillPoints(form, { amount: 1500, reason: REASON, code: '123456' });
    await page.locator('#session-title').waitFor({ timeout });
    await screenshot(page, 'session-over');
    assert.doesNotMatch(await page.locator('body').innerText(), new RegExp(name));
    assert.doesNotMatch(await page.title(), new RegExp(name));
    assert.equal(await page.locator('.nav').isVisible(), false);
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await page.waitForURL('**/login?notice=ended');
    await screenshot(page, 'session-login');
    await signInHere(page, 'mina');
    assert.equal(page.url(), `${console.origin}${customer}?panel=points`);
    await screenshot(page, 'session-kept');
    const again = page.locator('#panel');
    assert.equal(await again.locator('[name=amount]').inputValue(), '1500');
    assert.equal(await again.locator('[name=reason]').inputValue(), REASON);
    assert.equal(await again.locator('[name=code]').inputValue(), '');
    await again.locator('[name=code]').fill(await console.code('mina'));
    await sendButton(again).click();
    await sealed(page);
  });
});

describe('a session that is ended', () => {
  on(['hana', 'hana', 'mina', 'mina']);

  test('Back to a page of an ended session shows nothing of it', async () => {
    await page.evaluate(() => (window.isKept = true));
    await page.goto('/account');
    await page.goBack({ waitUntil: 'commit' });
    await page.locator('h1').first().waitFor({ state: 'visible' });
    assert.equal(await page.evaluate(() => window.isKept), true, 'this browser does not keep pages');
    await page.goto('/account');
    await endFromElsewhere(who);
    await page.goBack({ waitUntil: 'commit' });
    await page.waitForURL('**/login?notice=ended');
    assert.doesNotMatch(await page.locator('body').innerText(), new RegExp(name));
    await signInHere(page, who);
    assert.equal(new URL(page.url()).pathname, customer);
  });

  test('a page that a browser kept is hidden until the server has said that its session is there', async () => {
    // As a browser does that keeps a page: it is told that it goes, and later that it is shown again.
    const keep = (type) => page.evaluate((type) => window.dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);
    let answer;
    await page.route('**/session', async (route) => {
      await new Promise((resolve) => (answer = resolve));
      await route.continue();
    });
    await keep('pagehide');
    await keep('pageshow');
    assert.equal(await page.locator('h1').first().isVisible(), false);
    while (!answer) await sleep(50);
    answer();
    await page.locator('h1').first().waitFor({ state: 'visible' });
    // And not at all where it is over.
    await page.unroute('**/session');
    await endFromElsewhere(who);
    await keep('pagehide');
    await keep('pageshow');
    await page.waitForURL('**/login?notice=ended');
  });

  test('signing out in one tab empties the others, and what was typed there is kept', async () => {
    const second = await context.newPage();
    await second.goto(customer);
    const third = await context.newPage();
    const form = await openPanel(third, customer, '/point-adjustments');
    await fillPoints(form, { amount: 1500, reason: UNSENT, code: '123456' });
    await page.locator('.me').click();
    await page.locator('form[action="/logout"] button').click();
    await page.waitForURL('**/login?notice=signed-out');
    await second.waitForURL('**/login*');
    await third.locator('#session-title').waitFor();
    // Another person signs in: nothing is left of the forms of others.
    await signInHere(page, 'hana');
    await third.locator('#session-title').waitFor({ state: 'detached' });
    await third.locator('.me').waitFor();
    assert.doesNotMatch(await third.locator('body').innerText(), new RegExp(UNSENT));
  });

  test('signing in anew in one tab brings the form in another one along', async () => {
    const form = await openPanel(page, customer, '/point-adjustments');
    await fillPoints(form, { amount: 1500, reason: REASON, code: '123456' });
    await endFromElsewhere('mina');
    const second = await context.newPage();
    await second.goto('/users');
    await signInHere(second, 'mina');
    await page.getByText('from before your last sign-in').waitFor();
    assert.equal(await page.locator('#panel [name=reason]').inputValue(), REASON);
    await page.locator('#panel [name=code]').fill(await console.code('mina'));
    await sendButton(page.locator('#panel')).click();
    await sealed(page);
  });
});
