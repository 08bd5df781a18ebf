// Checkpoints in a bucket with Object Lock as a real server keeps them, and what its administrator can do to them afterwards. The
// requests of the administrator are signed here, by code that the console does not share.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startConsole } from '../browser/kit.mjs';
import { freePort, start, until } from './kit.mjs';
import { Visitor } from './visitor.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
const binary = process.env.INGAM_BINARY ?? path.join(target, 'debug', 'ingam');
// Made by scripts/test from bucket-requirements.txt.
const weed = path.join(process.env.INGAM_BUCKET_PEER ?? path.join(target, 'bucket-peer'), 'bin', 'weed');
const skip = !existsSync(weed) && 'the server is not here';

const REGION = 'kr-test-1';
const [ACCESS, SECRET] = ['ingamkey', 'ingamsecret0123456789'];
const sha256 = (data) => createHash('sha256').update(data).digest('hex');
const mac = (key, text) => createHmac('sha256', key).update(text).digest();

// A request of the administrator (Signature Version 4).
async function ask(endpoint, method, where, { query = {}, headers = {}, body = '' } = {}) {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const sent = { ...headers, host: new URL(endpoint).host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time };
  const names = Object.keys(sent).sort();
  const asked = Object.keys(query).sort().map((name) => `${name}=${encodeURIComponent(query[name])}`).join('&');
  const canonical = [method, where, asked, names.map((name) => `${name}:${sent[name]}\n`).join(''), names.join(';'), sha256(body)].join('\n');
  const key = scope.split('/').reduce((key, part) => mac(key, part), `AWS4${SECRET}`);
  const signature = mac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${ACCESS}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const { host, ...rest } = sent;
  const answer = await fetch(`${endpoint}${where}${asked && `?${asked}`}`, { method, headers: { ...rest, authorization }, body: body || undefined });
  return { status: answer.status, headers: answer.headers, body: await answer.text() };
}

describe('a bucket with Object Lock', { skip }, () => {
  let dir, server, endpoint, console_, vkey, settings, sora;

  const url = (bucket, { days = 366, prefix = 'ingam' } = {}) => `s3://${bucket}/${prefix}?region=${REGION}&retain_days=${days}&endpoint=${endpoint}`;
  const command = (args, env = {}) => {
    const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8', env: { ...process.env, ...settings, ...env } });
    return { status, said: `${stdout}${stderr}` };
  };

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ingam-bucket-'));
    const identity = { name: 'admin', credentials: [{ accessKey: ACCESS, secretKey: SECRET }], actions: ['Admin', 'Read', 'Write', 'List'] };
    await writeFile(path.join(dir, 's3.json'), JSON.stringify({ identities: [identity] }));
    const ports = [];
    for (const name of ['master', 'volume', 'filer', 's3']) ports.push(`-${name}.port=${await freePort()}`, `-${name}.port.grpc=${await freePort()}`);
    endpoint = `http://127.0.0.1:${ports.find((port) => port.startsWith('-s3.port=')).split('=')[1]}`;
    const args = ['server', `-dir=${dir}`, '-ip=127.0.0.1', '-filer', '-s3', '-s3.port.iceberg=0', '-s3.port.lance=0', `-s3.config=${path.join(dir, 's3.json')}`, '-volume.max=4', ...ports];
    server = await start(weed, args, `${endpoint}/healthz`);
    const locks = { 'x-amz-bucket-object-lock-enabled': 'true' };
    await until(async () => (await ask(endpoint, 'PUT', '/evidence', { headers: locks })).status === 200, 30, () => server.said());
    assert.equal((await ask(endpoint, 'PUT', '/plain')).status, 200);

    const key = path.join(dir, 'log.key');
    const made = spawnSync(binary, ['audit', 'keygen', '--name', 'audit.ingam.test/bucket', '--key', key], { encoding: 'utf8' });
    vkey = made.stdout.split('\n').find((line) => line.startsWith('audit.ingam.test/bucket+'));
    settings = { INGAM_AUDIT_KEY_FILE: key, INGAM_AUDIT_SHIP: url('evidence'), INGAM_AUDIT_SHIP_ACCESS_KEY: ACCESS, INGAM_AUDIT_SHIP_SECRET_KEY: SECRET };
    console_ = await startConsole({ users: 20, settings });
    settings = { ...settings, DATABASE_URL: `sqlite://${path.join(console_.data, 'ingam.db')}`, INGAM_ALLOWED_NETWORKS: '127.0.0.0/8' };
    sora = await Visitor.signedIn(console_, 'sora');
  });
  after(async () => {
    await console_?.close();
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  // The newest checkpoint that is there: its address and version.
  async function newest() {
    const { body } = await ask(endpoint, 'GET', '/evidence', { query: { versions: '', prefix: 'ingam/checkpoint-' } });
    const found = [...body.matchAll(/<Version>.*?<Key>(.*?)<\/Key>.*?<VersionId>(.*?)<\/VersionId>/gs)].map(([, name, version]) => ({ where: `/evidence/${name}`, version }));
    return found.sort((a, b) => (a.where < b.where ? -1 : 1)).at(-1);
  }
  const compare = () => command(['audit', 'compare', url('evidence'), '--vkey', vkey]);

  test('a checkpoint is locked there for as long as was asked, and the page says until when', async () => {
    const locked = async () => /Locked|잠김/.test((await sora.get('/audit/checkpoints')).body);
    await until(locked, 40, async () => `${(await sora.get('/audit/checkpoints')).body}\n${server.said()}`);
    const { where, version } = await newest();
    const head = await ask(endpoint, 'HEAD', where, { query: { versionId: version } });
    assert.equal(head.headers.get('x-amz-object-lock-mode'), 'COMPLIANCE');
    const days = (new Date(head.headers.get('x-amz-object-lock-retain-until-date')) - Date.now()) / 86_400_000;
    assert.ok(days > 365.9 && days <= 366, `${days}`);
    const { body } = await ask(endpoint, 'GET', where);
    assert.ok(body.startsWith('audit.ingam.test/bucket\n') && body.includes('\u2014 audit.ingam.test/bucket '), body);
    const fits = compare();
    assert.equal(fits.status, 0, fits.said);
  });

  test('its administrator can neither delete it nor shorten the lock', async () => {
    const { where, version } = await newest();
    const bypass = { 'x-amz-bypass-governance-retention': 'true' };
    assert.equal((await ask(endpoint, 'DELETE', where, { query: { versionId: version }, headers: bypass })).status, 403);
    const shorter = '<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2026-12-31T00:00:00Z</RetainUntilDate></Retention>';
    const md5 = createHash('md5').update(shorter).digest('base64');
    const shortened = await ask(endpoint, 'PUT', where, { query: { retention: '', versionId: version }, headers: { 'content-md5': md5 }, body: shorter });
    assert.equal(shortened.status, 403, shortened.body);
  });

  test('what is put on top of it, and that it was removed, are findings; the oldest version is what counts', async () => {
    const { where } = await newest();
    const over = await ask(endpoint, 'PUT', where, { body: 'another history' });
    assert.equal(over.status, 200, over.body);
    const later = compare();
    assert.equal(later.status, 1, later.said);
    assert.match(later.said, /was put there again, with a later version[^]*fits the oldest versions/);
    assert.equal((await ask(endpoint, 'DELETE', where)).status, 204);
    const removed = compare();
    assert.equal(removed.status, 1, removed.said);
    assert.match(removed.said, /was removed on [^]*fits the oldest versions of [^]*is 2 findings/);
  });

  test('a check proves that the server keeps a lock, and refuses a bucket without one', async () => {
    const check = () => command(['audit', 'ship', '--check'], { INGAM_AUDIT_SHIP: url('evidence', { prefix: 'checked' }) });
    const good = check();
    assert.equal(good.status, 0, good.said);
    assert.match(good.said, /cannot be deleted before.*looked at all 0 versions/);
    // The command line of another tool, which knows of no lock.
    assert.equal((await ask(endpoint, 'PUT', '/evidence/checked/exports/audit.tar', { body: 'a copy' })).status, 200);
    const unlocked = check();
    assert.equal(unlocked.status, 1, unlocked.said);
    assert.match(unlocked.said, /cannot be deleted before[^]*1 object is there without a lock.*"checked\/exports\/audit.tar"/);
    // What was put on top of a checkpoint above.
    const covered = command(['audit', 'ship', '--check']);
    assert.equal(covered.status, 1, covered.said);
    assert.match(covered.said, /1 object is there without a lock.*"ingam\/checkpoint-/);
    const plain = command(['audit', 'ship', '--check'], { INGAM_AUDIT_SHIP: url('plain') });
    assert.equal(plain.status, 1, plain.said);
    assert.match(plain.said, /has to be made with Object Lock/);
    const wrong = command(['audit', 'ship', '--check'], { INGAM_AUDIT_SHIP_SECRET_KEY: 'another-secret' });
    assert.equal(wrong.status, 1, wrong.said);
    assert.match(wrong.said, /403/);
    assert.ok(!wrong.said.includes('another-secret'));
  });
});
