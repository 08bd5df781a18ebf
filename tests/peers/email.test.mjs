// Mails as a real mail server takes them and Python's own parser reads them: encrypted, with a login, and refused where they are not.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startConsole } from '../browser/kit.mjs';
import { directory, freePort, python, start, until } from './kit.mjs';

const script = fileURLToPath(new URL('smtp.py', import.meta.url));
let interpreter;
before(() => (interpreter = python('aiosmtpd==1.4.6')));

// A certificate for localhost, and the authority that signed it.
function certificates(dir) {
  const openssl = (...args) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=Test authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'request.pem');
  execFileSync('sh', ['-c', 'printf "subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE\\n" >extensions'], { cwd: dir });
  openssl('x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'extensions', '-out', 'certificate.pem');
}

async function serve(t, port, ...args) {
  const mails = [];
  const child = spawn(interpreter, [script, String(port), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let rest = '';
  let isReady = false;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === 'ready') isReady = true;
      else mails.push(JSON.parse(line));
    }
  });
  await until(() => isReady, 20);
  return { mails, stop: () => child.kill('SIGKILL') && once(child, 'close') };
}

// A console whose channel is this one, and what a test of it says.
async function consoleFor(t, dir, channel, variables = {}, more = '') {
  const port = await freePort();
  const settings = { INGAM_LISTEN: `127.0.0.1:${port}`, INGAM_PUBLIC_ORIGIN: `http://127.0.0.1:${port}`, ...variables };
  const jobs = `${more}[[channel]]\nname = "mail"\nkind = "email"\nfrom = "인감 콘솔 <ingam@example.com>"\n${channel}\n[[route]]\nkinds = ["*"]\nto = ["mail"]\n`;
  const console_ = await startConsole({ users: 20, jobs, settings });
  t.after(() => console_.close());
  return console_;
}

// What a test of the channel from the host says.
async function tested(console_, expected) {
  const { status, said } = await console_.command('notify', 'test', 'mail', '--reason', 'Does it arrive?');
  assert.equal(status, expected, said);
  return said;
}

test('a mail goes encrypted and with a login to a server that asks for both, and is read as it was written', async (t) => {
  const dir = await directory(t);
  certificates(dir);
  const port = await freePort();
  const server = await serve(t, port, '--tls', path.join(dir, 'certificate.pem'), path.join(dir, 'key.pem'), '--login', 'ingam:s3cret');
  const channel = `smtp = "smtp+starttls://localhost:${port}"\nlogin = "$MAIL_LOGIN"\nto = ["ops@회사.한국", "oncall@example.com"]\nca = "${dir}/ca.pem"`;
  const console_ = await consoleFor(t, dir, channel, { MAIL_LOGIN: 'ingam:s3cret' });
  assert.match(await tested(console_, 0), /^taken /);
  await until(() => server.mails.length === 2, 20, () => JSON.stringify(server.mails));
  const [first, second] = server.mails;
  assert.deepEqual([first.to, second.to], [['ops@xn--vf4b131b.xn--3e0b707e'], ['oncall@example.com']]);
  for (const { encrypted, headers, text } of server.mails) {
    assert.ok(encrypted, 'it was sent in clear');
    assert.match(headers.subject, /^\[LOCAL\] mail 채널 시험 \(/);
    assert.equal(headers.from, '인감 콘솔 <ingam@example.com>');
    assert.match(headers['message-id'], /^<ingam\.local\.message\.\d+@127\.0\.0\.1>$/);
    assert.match(text, /\/deliveries\r?\n/);
  }
});

test('a server without encryption and one that refuses the login get nothing, and a person is told why', async (t) => {
  const dir = await directory(t);
  certificates(dir);
  const port = await freePort();
  const login = { MAIL_LOGIN: 'ingam:wr0ng' };
  const channel = `smtp = "smtp+starttls://localhost:${port}"\nlogin = "$MAIL_LOGIN"\nto = ["oncall@example.com"]\nca = "${dir}/ca.pem"`;
  const console_ = await consoleFor(t, dir, channel, login);
  const plain = await serve(t, port);
  assert.match(await tested(console_, 1), /not taken: SMTP: STARTTLS is not supported/);
  assert.equal(plain.mails.length, 0);
  await plain.stop();
  const strict = await serve(t, port, '--tls', path.join(dir, 'certificate.pem'), path.join(dir, 'key.pem'), '--login', 'ingam:s3cret');
  const said = await tested(console_, 1);
  assert.match(said, /not taken: SMTP 535: 5\.7\.8/);
  assert.ok(!said.includes('wr0ng'), said);
  assert.equal(strict.mails.length, 0);
});

test('a certificate of an unknown authority is not trusted', async (t) => {
  const dir = await directory(t);
  certificates(dir);
  const port = await freePort();
  const server = await serve(t, port, '--tls', path.join(dir, 'certificate.pem'), path.join(dir, 'key.pem'));
  const console_ = await consoleFor(t, dir, `smtp = "smtp+starttls://localhost:${port}"\nto = ["oncall@example.com"]`);
  assert.match(await tested(console_, 1), /not taken: /);
  assert.equal(server.mails.length, 0);
});

test('MailDev takes an alert and its end over TLS from the first byte, as two mails of one thread', async (t) => {
  const dir = await directory(t);
  certificates(dir);
  const [port, pages] = [await freePort(), await freePort()];
  const program = fileURLToPath(new URL('node_modules/maildev/bin/maildev', import.meta.url));
  const secured = ['--incoming-secure', '--incoming-cert', path.join(dir, 'certificate.pem'), '--incoming-key', path.join(dir, 'key.pem')];
  const listens = ['--ip', '127.0.0.1', '--smtp', String(port), '--web', String(pages), '--mail-directory', path.join(dir, 'mails')];
  const login = ['--incoming-user', 'ingam', '--incoming-pass', 's3cret'];
  const maildev = await start(process.execPath, [program, ...listens, ...secured, ...login], `http://127.0.0.1:${pages}/healthz`);
  t.after(() => maildev.stop());
  const channel = `smtp = "smtps://localhost:${port}"\nlogin = "$MAIL_LOGIN"\nto = ["oncall@회사.한국"]\nca = "${dir}/ca.pem"`;
  const token = '9f1c2e7ab04d5583c6e1f7a2900b4c6d';
  const receive = `[[receive]]\nname = "grafana"\nkind = "grafana"\ntoken = "${token}"\nnetworks = ["127.0.0.1"]\n`;
  const console_ = await consoleFor(t, dir, channel, { MAIL_LOGIN: 'ingam:s3cret' }, receive);
  // The data of a demo has alerts of its own.
  const mails = async () => (await (await fetch(`http://127.0.0.1:${pages}/email`)).json()).filter(({ subject }) => subject.includes('결제 지연'));
  const told = async (status, number) => {
    const alert = { status, fingerprint: 'a1', startsAt: '2026-03-01T00:00:00Z', labels: { alertname: '결제 지연', severity: 'critical' }, annotations: { summary: '승인이 3초를 넘습니다' } };
    const answer = await fetch(`${console_.origin}/receive/grafana`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ status, alerts: [alert] }),
    });
    assert.equal(answer.status, 200, await answer.text());
    await until(async () => (await mails()).length === number, 30, async () => JSON.stringify(await mails()) + maildev.said());
  };
  await told('firing', 1);
  await told('resolved', 2);
  const [opened, over] = await mails();
  assert.match(opened.subject, /^\[LOCAL\] .*결제 지연$/);
  assert.match(over.subject, /결제 지연$/);
  for (const { from, text, envelope } of [opened, over]) {
    assert.equal(from[0].name, '인감 콘솔');
    // It came as xn--…, which MailDev's server shows as people write it.
    assert.equal(envelope.to[0].address, 'oncall@회사.한국');
    assert.match(text, /\/alerts\/\d+/);
  }
  assert.match(opened.text, /승인이 3초를 넘습니다/);
  assert.equal(over.headers['in-reply-to'], opened.headers['message-id']);
});
