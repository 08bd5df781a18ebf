// A batch fails at night. The person on duty is told and does not answer; the second one is told, acknowledges on a telephone, opens an
// incident, pauses the job and runs it again; the alert ends, the postmortem is sealed, and each of the two was told exactly that.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { look, report } from './inspect.mjs';
import { openBrowser, openWindow, screenshot, sendButton, signIn, speak, startConsole } from './kit.mjs';
import { freePort } from './nginx.mjs';

const flag = path.join(tmpdir(), `ingam-bank-file-again-${process.pid}`);
const told = { jun: [], owner: [] };
let console, browser, jun, owner, sink;
before(async () => {
  sink = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      told[request.url.slice(1)].push(JSON.parse(body).data.text);
      response.end('ok');
    });
  });
  await new Promise((resolve) => sink.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${sink.address().port}`;
  const jobs = `
[[channel]]
name = "duty"
kind = "webhook"
people = true
hosts = ["${host}"]
secret = "$INGAM_DUTY_SECRET"
lang = "en"
[[escalation]]
name = "batches"
kinds = ["runs.failed"]
steps = [{ after = 0, rota = "first" }, { after = 1, rota = "second" }]
repeat = 0
[[job]]
name = "bank-file"
title = "Bank file"
owner = "settlement"
roles = ["oncall", "owner"]
schedule = { cron = "30 3 * * *", zone = "Asia/Seoul", catch_up = "none" }
command = ["/bin/sh", "-c", "test -e ${flag}"]
`;
  const port = await freePort();
  const settings = {
    INGAM_LISTEN: `127.0.0.1:${port}`,
    INGAM_PUBLIC_ORIGIN: `http://127.0.0.1:${port}`,
    INGAM_BATCH_PROGRAMS: '/bin/sh',
    INGAM_DUTY_SECRET: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  };
  console = await startConsole({ jobs, settings });
  browser = await openBrowser();
  jun = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(jun, console, 'jun');
  owner = await (await openWindow(browser, console, { width: 390 })).newPage();
  await signIn(owner, console, 'owner');
});
after(async () => {
  await browser?.close();
  await console?.close();
  sink?.close();
  await rm(flag, { force: true });
});

// Fills in the panel of an address and sends it with a code, where it costs one.
async function seal(page, who, address, fields = {}) {
  await page.goto(address);
  const form = page.locator('#panel');
  for (const [name, value] of Object.entries(fields)) {
    const field = form.locator(`[name="${name}"]`);
    if (await field.evaluate((element) => element.localName === 'select')) await field.selectOption(value);
    else await field.fill(value);
  }
  const reason = form.locator('textarea[name=reason]');
  if ((await reason.count()) && !(await reason.inputValue())) await reason.fill('As agreed in the team.');
  const code = form.locator('input[name=code]');
  if (await code.count()) await code.fill(await console.code(who));
  await screenshot(page, `oncall-${address.replaceAll(/[^a-z0-9]+/gi, '-')}`);
  const posted = page.waitForResponse((response) => response.request().method() === 'POST');
  await sendButton(form).click();
  const response = await posted;
  assert.ok(response.status() < 400, `${address}: ${response.status()} ${await page.locator('main').innerText()}`);
}
const heard = async (who, text) => {
  for (let turn = 0; turn < 900 && !told[who].includes(text); turn += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(told[who].includes(text), `${text} is not among ${JSON.stringify(told[who])}`);
};

// A way of a person that is proven by the code of its message.
async function reach(page, who) {
  await seal(page, who, '/account/ways?panel=add', { channel: 'duty', address: `http://127.0.0.1:${sink.address().port}/${who}` });
  for (let turn = 0; turn < 900 && !told[who].length; turn += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  const code = /Code (\d{6})/.exec(told[who].pop())[1];
  const prove = await page.locator('main a[href*="panel=prove-"]').first().getAttribute('href');
  await seal(page, who, prove, { way_code: code });
}

// Puts a person on duty from now on for a day.
async function onDuty(page, who, rota) {
  const until = new Date(Date.now() + 33 * 3_600_000).toISOString().slice(0, 16);
  await seal(page, who, `/oncall/${rota}?panel=override`, { until });
}

test('two people can be reached, and are on duty', async () => {
  await reach(jun, 'jun');
  await reach(owner, 'owner');
  await onDuty(jun, 'jun', 'first');
  await onDuty(owner, 'owner', 'second');
  await heard('jun', '[LOCAL] You are on duty now: 1차 당직');
  await heard('owner', '[LOCAL] You are on duty now: 2차 당직');
  assert.match(await jun.locator('.duty').innerText(), new RegExp(console.person('jun').name));
  [told.jun.length, told.owner.length] = [0, 0];
});

test('who does not answer is followed by the second one, who sees it through to the sealed postmortem', async () => {
  await seal(jun, 'jun', '/batches/bank-file?panel=run');
  await jun.waitForURL((url) => /\/runs\/\d+$/.test(url.pathname));
  const failed = new URL(jun.url()).pathname;
  await heard('jun', '[LOCAL] Run failed: Bank file');
  assert.deepEqual(told.owner, [], 'it is not the turn of the second line');
  await heard('owner', '[LOCAL] Run failed: Bank file');
  // On the telephone: the alert, one tap, an incident.
  await owner.goto('/');
  await owner.locator('#alerts-home li', { hasText: 'Bank file' }).locator('a').first().click();
  await owner.locator('#panel').waitFor();
  const alert = new URL(owner.url()).pathname;
  await sendButton(owner.locator('#panel')).click();
  await owner.locator('h1 ~ .tag', { hasText: 'Acknowledged' }).waitFor();
  const { name } = console.person('owner');
  await heard('jun', `[LOCAL] ${name} is looking at it: Run failed: Bank file`);
  await seal(owner, 'owner', `/incidents?panel=open&alert=${alert.split('/').pop()}`, { severity: 'sev2' });
  await owner.waitForURL((url) => /\/incidents\/\d+/.test(url.pathname));
  const incident = new URL(owner.url()).pathname;
  await seal(owner, 'owner', `${incident}?panel=lead`);
  // A part is stopped; the reason names the incident, so that it is in its timeline.
  await seal(owner, 'owner', '/batches/bank-file?panel=pause', { reason: `INC-${incident.split('/').pop()}: the bank sends its file later` });
  await seal(owner, 'owner', `${incident}?panel=advance`, { cause: 'The bank sent its file late.' });
  await writeFile(flag, '');
  await seal(owner, 'owner', `${failed}?panel=rerun`);
  await heard('jun', '[LOCAL] Over: Run failed: Bank file');
  await heard('owner', '[LOCAL] Over: Run failed: Bank file');
  await seal(owner, 'owner', `${incident}?panel=advance`, { remedy: 'It was run again when the file was there.' });
  await seal(owner, 'owner', `${incident}?panel=action`, { text: 'Ask the bank for an earlier hour' });
  await seal(owner, 'owner', `${incident}?panel=postmortem`);
  await seal(owner, 'owner', `${incident}?panel=advance`);
  await owner.goto(incident);
  await screenshot(owner, 'oncall-closed');
  const page = await owner.locator('main').innerText();
  for (const said of ['Closed', 'Postmortem sealed', 'Called', 'Alert over', 'Rerun asked for']) assert.ok(page.includes(said), `${said}: ${page}`);
  const opened = '[LOCAL] Run failed: Bank file';
  const ends = [`[LOCAL] ${name} is looking at it: Run failed: Bank file`, '[LOCAL] Over: Run failed: Bank file'];
  assert.deepEqual(told, { jun: [opened, ...ends], owner: [opened, ...ends] });
});

for (const lang of ['en', 'ko']) {
  test(`the pages of on-call and incidents are accessible (${lang})`, async () => {
    await speak(owner, lang);
    const found = [];
    for (const address of ['/oncall', '/oncall?panel=create', '/oncall?panel=calendar', '/oncall/first', '/oncall/first?panel=override', '/oncall/first?panel=swap', '/oncall/first?panel=plan', '/account/ways', '/account/ways?panel=add', '/incidents', '/incidents?panel=open', '/incidents/1', '/incidents/1?panel=postmortem', '/incidents/times']) {
      await owner.goto(address);
      found.push(...(await look(owner, `${lang} ${address}`)));
    }
    report(found);
  });
}
