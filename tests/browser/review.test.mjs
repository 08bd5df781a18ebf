// Sora reads the report about a month that is over, prints it on A4, signs exactly what she read, and takes its bytes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { look, report, watch } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sealed, sendButton, signIn, startConsole } from './kit.mjs';

// What is printable of an A4 page at 96 dots to the inch, in pixels.
const PRINTED = 718;

let console, browser, sora, complaints;
before(async () => {
  console = await startConsole();
  browser = await openBrowser();
  sora = await (await openWindow(browser, console)).newPage();
  complaints = await watch(sora);
  await signIn(sora, console, 'sora');
});
after(async () => {
  await browser?.close();
  assert.equal(await console?.close(), 0, 'the console did not end in order');
});

test('sora prints the report about a month on A4, signs it, and its bytes have the hash that she read', async () => {
  await sora.goto('/audit/reviews');
  report(await look(sora, 'the reports'));
  // The demo has a history: the oldest period is over.
  await sora.locator('tbody td.t a').last().click();
  const hash = (await sora.locator('main code', { hasText: /^[0-9a-f]{64}$/ }).first().innerText()).trim();
  report(await look(sora, 'the report about a month'));

  await sora.emulateMedia({ media: 'print' });
  await sora.setViewportSize({ width: PRINTED, height: 1000 });
  const wide = await sora.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= PRINTED, `${wide} pixels do not fit on the page`);
  for (const absent of ['nav[aria-label]:visible', 'a.btn:visible', '[data-print]:visible']) {
    assert.equal(await sora.locator(absent).count(), 0, `${absent} is printed`);
  }
  assert.match(await sora.locator('.print-only').first().innerText(), /^Printed by .+ 20\d\d-/);
  const pdf = (await sora.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
  const [, width, height] = /MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/.exec(pdf);
  assert.ok(Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2, `${width} × ${height}`);
  await sora.emulateMedia({ media: 'screen' });
  await sora.setViewportSize({ width: 1440, height: 900 });

  await sora.locator('a[href*="panel=sign"]').first().click();
  const form = sora.locator('form.seal');
  await form.waitFor();
  report(await look(sora, 'the form that signs a report'));
  await form.locator('[name=responsible]').fill('Boho Kim, privacy officer');
  await form.locator('[name=reason]').fill('The review of the month');
  await form.locator('[name=code]').fill(await console.code('sora'));
  await screenshot(sora, 'review-about-to-be-signed');
  await sendButton(form).click();
  await sealed(sora);

  await sora.goto('/audit/reviews');
  await sora.locator('tbody tr').last().locator('a[href^="/audit/reviews/signed/"]').click();
  await sora.waitForURL(/\/audit\/reviews\/signed\/\d+/);
  assert.ok((await sora.locator('main').innerText()).includes('Boho Kim, privacy officer'));
  report(await look(sora, 'a report as it was signed'));
  const [file] = await Promise.all([sora.waitForEvent('download'), sora.locator('a[href$="/file"]').click()]);
  const bytes = await readFile(await file.path());
  assert.equal(createHash('sha256').update(bytes).digest('hex'), hash);
  assert.deepEqual(complaints.take(), []);
});
