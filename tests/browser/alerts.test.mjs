// A batch fails at night: the alert appears by itself on jun's telephone, is acknowledged with one tap, ends when the rerun
// succeeds, and the receiver has been told exactly that.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sendButton, signIn, speak, startConsole } from './kit.mjs';

const flag = path.join(tmpdir(), `ingam-bank-file-${process.pid}`);
const told = [];
let console, browser, jun, desk, sink;
before(async () => {
  sink = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      told.push(JSON.parse(body).text);
      response.end('ok');
    });
  });
  await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const jobs = `
[[channel]]
name = "ops"
kind = "slack"
url = "http://127.0.0.1:${sink.address().port}/hook"
lang = "en"
[[route]]
kinds = ["runs.failed"]
jobs = ["bank-file"]
to = ["ops"]
[[route]]
kinds = ["*"]
to = ["ops"]
[[job]]
name = "bank-file"
title = "Bank file"
owner = "settlement"
roles = ["oncall"]
command = ["/bin/sh", "-c", "test -e ${flag}"]
`;
  // Messages link to the console, so its address has to be known beforehand.
  const port = await freePort();
  const settings = {
    INGAM_LISTEN: `127.0.0.1:${port}`,
    INGAM_PUBLIC_ORIGIN: `http://127.0.0.1:${port}`,
    INGAM_BATCH_PROGRAMS: '/bin/sh',
  };
  console = await startConsole({ jobs, settings });
  browser = await openBrowser();
  jun = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(jun, console, 'jun');
  desk = await jun.context().newPage();
});
after(async () => {
  await browser?.close();
  await console?.close();
  sink?.close();
  await rm(flag, { force: true });
});

async function freePort() {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// Starts the job on another page of the same person, so that the telephone is not touched.
async function send(address, submit) {
  await desk.goto(address);
  const form = desk.locator('form.seal');
  await form.locator('textarea[name=reason]').fill('The bank asked for it.');
  await form.locator('input[name=code]').fill(await console.code('jun'));
  await submit(form);
}
const heard = async (text) => {
  for (let turn = 0; turn < 900 && !told.includes(text); turn += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(told.includes(text), `${text} is not among ${JSON.stringify(told)}`);
};

test('the alert of a failed run appears live, is acknowledged with one tap, and ends with the rerun', async () => {
  await jun.goto('/');
  const alert = jun.locator('#alerts-home li', { hasText: 'Bank file' });
  assert.equal(await alert.count(), 0);
  await send('/batches/bank-file?panel=run', (form) => sendButton(form).click());
  await desk.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname));
  const failed = new URL(desk.url()).pathname;
  // Nothing is touched on the telephone.
  await alert.waitFor({ timeout: 90_000 });
  await jun.locator('.nav a[href="/alerts"] .count').first().waitFor({ timeout: 90_000 });
  await screenshot(jun, 'alerts-1-appears');
  await heard('[LOCAL] Run failed: Bank file');
  await alert.locator('a').click();
  await jun.locator('#panel').waitFor();
  await screenshot(jun, 'alerts-2-open');
  assert.equal(await jun.locator('#panel input[name=code]').count(), 0);
  await sendButton(jun.locator('#panel')).click();
  await jun.locator('h1 ~ .tag', { hasText: 'Acknowledged' }).waitFor();
  await screenshot(jun, 'alerts-3-acknowledged');
  const { name } = console.person('jun');
  await heard(`[LOCAL] ${name} is looking at it: Run failed: Bank file`);
  await writeFile(flag, '');
  await jun.goto('/alerts');
  await send(`${failed}?panel=rerun`, (form) => sendButton(form).click());
  await jun.locator('#alerts', { hasText: 'Bank file' }).waitFor({ state: 'detached', timeout: 90_000 });
  await heard('[LOCAL] Over: Run failed: Bank file');
  const ours = told.filter((text) => text.includes('Bank file'));
  assert.deepEqual(ours, ['[LOCAL] Run failed: Bank file', `[LOCAL] ${name} is looking at it: Run failed: Bank file`, '[LOCAL] Over: Run failed: Bank file']);
});

test('a job is silenced from its alert, every open page says so by itself, and the silence is ended early', async () => {
  const other = await jun.context().newPage();
  await other.goto('/batches');
  assert.equal(await other.locator('#silenced').innerText(), '');
  await jun.goto('/silences?panel=begin&what=job:bank-file');
  const form = jun.locator('#panel');
  assert.equal(await form.locator('select[name=what]').inputValue(), 'job:bank-file');
  assert.notEqual(await form.locator('input[name=until]').inputValue(), '', 'an end is proposed');
  await form.locator('textarea[name=reason]').fill('The bank works on its files today.');
  await form.locator('input[name=code]').fill(await console.code('jun'));
  await screenshot(jun, 'alerts-4-silence');
  await sendButton(form).click();
  await jun.locator('main table', { hasText: 'bank-file' }).waitFor();
  // Not touched, the other page learns of it.
  await other.locator('#silenced', { hasText: '1 silence in force' }).waitFor({ timeout: 90_000 });
  await screenshot(jun, 'alerts-5-silenced');
  await jun.locator('main a[href*="panel=end-"]').click();
  const end = jun.locator('#panel');
  await end.locator('textarea[name=reason]').fill('They are done already.');
  await end.locator('input[name=code]').fill(await console.code('jun'));
  await sendButton(end).click();
  await other.locator('#silenced', { hasText: 'in force' }).waitFor({ state: 'detached', timeout: 90_000 });
  await other.close();
});

for (const lang of ['en', 'ko']) {
  test(`the pages of alerts and messages are accessible (${lang})`, async () => {
    await speak(jun, lang);
    const found = [];
    for (const address of ['/alerts', '/alerts?show=all', '/alerts/1?panel=acknowledge', '/deliveries', '/deliveries?panel=test-ops', '/silences', '/silences?panel=begin', '/queues']) {
      await jun.goto(address);
      found.push(...(await look(jun, `${lang} ${address}`)));
    }
    report(found);
  });
}
