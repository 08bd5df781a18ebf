// Sora takes rows of the log out of the console: filtered, sealed, taken once, and found again by the hash of the file.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { look, report, watch } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sealed, sendButton, signIn, startConsole } from './kit.mjs';

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

test('sora filters the log, seals an export, takes the file, and its hash is on the page and in the log', async () => {
  await sora.goto('/audit?action=points.adjust');
  await sora.locator('main .head a[href*="panel=export"]').click();
  const form = sora.locator('form.seal');
  await form.waitFor();
  report(await look(sora, 'the form of an export'));
  assert.match(await form.innerText(), /points\.adjust/);
  await form.locator('[name=format]').selectOption('jsonl');
  await form.locator('[name=purpose]').selectOption('authority');
  await form.locator('[name=reason]').fill('Letter 2026-118 of the commission');
  await form.locator('[name=code]').fill(await console.code('sora'));
  await screenshot(sora, 'export-about-to-seal');
  await sendButton(form).click();
  await sealed(sora);
  assert.match(new URL(sora.url()).pathname, /^\/audit\/exports\/\d+$/);
  report(await look(sora, 'an export that is ready'));

  const [file] = await Promise.all([sora.waitForEvent('download'), sora.locator('#file a[download]').click()]);
  assert.match(file.suggestedFilename(), /^audit-\d+-\d+-export-\d+\.jsonl$/);
  const bytes = await readFile(await file.path());
  const rows = bytes.toString().trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.ok(rows.length > 1 && rows.every(({ action }) => action === 'points.adjust'));
  const hash = createHash('sha256').update(bytes).digest('hex');
  // The page learns by itself that the file was sent.
  await sora.locator('#file code.hash', { hasText: hash }).waitFor();
  assert.equal(await sora.locator('#file a[download]').count(), 0, 'it is offered a second time');
  report(await look(sora, 'an export that was taken'));

  const page = new URL(sora.url()).pathname;
  await sora.goto(`/audit?target=export/${page.split('/').pop()}`);
  await sora.locator('main table a[href^="/audit/"]').first().click();
  await sora.locator('.ad').first().waitFor();
  assert.ok((await sora.locator('main').innerText()).includes(hash), 'the log does not show the hash');
  assert.deepEqual(complaints.take(), []);
});

test('sora seals a bundle of what she filtered, and verifies it with the commands that it prints', async (t) => {
  await sora.goto('/audit/exports?panel=export&action=points.adjust');
  const form = sora.locator('form.seal');
  await form.locator('[name=format]').selectOption('bundle');
  await form.locator('[name=purpose]').selectOption('audit');
  await form.locator('[name=reason]').fill('November inspection');
  await form.locator('[name=code]').fill(await console.code('sora'));
  await sendButton(form).click();
  await sealed(sora);
  // The newest rows are signed within seconds, and the page notices by itself.
  const link = sora.locator('#file a[download]');
  await link.waitFor({ timeout: 90_000 });
  report(await look(sora, 'a bundle that is ready'));
  const [file] = await Promise.all([sora.waitForEvent('download'), link.click()]);

  const dir = await mkdtemp(path.join(tmpdir(), 'ingam-bundle-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const name = file.suggestedFilename();
  await file.saveAs(path.join(dir, name));
  const run = (command) => spawnSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8' });
  assert.equal(run(`tar -xf ${name}`).status, 0);
  const bundle = path.join(dir, name.replace(/\.tar$/, ''));
  const readme = await readFile(path.join(bundle, 'README.txt'), 'utf8');
  const key = (await readFile(path.join(console.data, 'log.vkey'), 'utf8')).trim();
  const printed = readme.split('\n').find((line) => line.startsWith('  ingam audit verify '));
  const { status, said } = await console.command(...printed.trim().split(/ {2,}/)[0].replace("'KEY'", key).replace(' . ', ` ${bundle} `).split(' ').slice(1));
  assert.equal(status, 0, said);
  assert.match(said, /rows are in the log of \d+ rows/);
  const python = readme.split('\n').find((line) => line.startsWith('  python3 verify.py '));
  const verified = spawnSync('sh', ['-c', python.trim().split(/ {2,}/)[0].replace('KEY', key)], { cwd: bundle, encoding: 'utf8' });
  assert.equal(verified.status, 0, verified.stderr);
  assert.deepEqual(complaints.take(), []);
});
