// Checkpoints in a bucket with Object Lock as real servers keep them, and what its administrator can do to them afterwards.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { binary, startConsole } from '../browser/kit.mjs';
import { ACCESS, REGION, SECRET, ask as askServer, versions as versionsThere } from './bucket.mjs';
import * as ceph from './ceph.mjs';
import { until } from './kit.mjs';
import * as seaweed from './seaweed.mjs';
import { Visitor } from './visitor.mjs';

const run = promisify(execFile);
const DAY = 86_400_000;
const bypass = { 'x-amz-bypass-governance-retention': 'true' };
const locked = (until) => ({ 'x-amz-object-lock-mode': 'COMPLIANCE', 'x-amz-object-lock-retain-until-date': until });
const seconds = (at) => new Date(at).toISOString().replace(/\.\d+/, '');
const end = ({ headers }) => headers.get('x-amz-object-lock-retain-until-date');

for (const peer of [seaweed, ceph]) {
  describe(`a bucket with Object Lock of ${peer.name}`, { skip: peer.skip }, () => {
    let dir, server, console_, vkey, settings, sora;

    const ask = (...asked) => askServer(server.endpoint, ...asked);
    const versions = (prefix) => versionsThere(server.endpoint, 'evidence', prefix);
    const url = (bucket, { days = 366, prefix = 'ingam' } = {}) => `s3://${bucket}/${prefix}?region=${REGION}&retain_days=${days}&endpoint=${server.endpoint}`;
    const command = async (args, env = {}) => {
      const { code = 0, stdout, stderr } = await run(binary, args, { env: { ...process.env, ...settings, ...env } }).catch((error) => error);
      return { status: code, said: `${stdout}${stderr}` };
    };
    const ship = (how, prefix, options) => command(['audit', 'ship', how], { INGAM_AUDIT_SHIP: url('evidence', { prefix, ...options }) });
    const compare = (prefix = 'ingam') => command(['audit', 'compare', url('evidence', { prefix }), '--vkey', vkey]);
    // The newest checkpoint that is there: its address and version.
    const newest = async (prefix = 'ingam') => (await versions(`${prefix}/checkpoint-`)).at(-1);

    before(async () => {
      dir = await mkdtemp(path.join(tmpdir(), 'ingam-bucket-'));
      server = await peer.startServer(dir);
      const locks = { 'x-amz-bucket-object-lock-enabled': 'true' };
      await until(async () => (await ask('PUT', '/evidence', { headers: locks })).status === 200, 30, () => server.said());
      assert.equal((await ask('PUT', '/plain')).status, 200);

      const key = path.join(dir, 'log.key');
      const made = spawnSync(binary, ['audit', 'keygen', '--name', 'audit.ingam.test/bucket', '--key', key], { encoding: 'utf8' });
      vkey = made.stdout.split('\n').find((line) => line.startsWith('audit.ingam.test/bucket+'));
      settings = { INGAM_AUDIT_KEY_FILE: key, INGAM_AUDIT_SHIP: url('evidence'), INGAM_AUDIT_SHIP_ACCESS_KEY: ACCESS, INGAM_AUDIT_SHIP_SECRET_KEY: SECRET };
      console_ = await startConsole({ users: 20, settings });
      const secret = (await readFile(path.join(console_.data, 'secret-key'), 'utf8')).trim();
      settings = { ...settings, DATABASE_URL: `sqlite://${path.join(console_.data, 'ingam.db')}`, INGAM_ALLOWED_NETWORKS: '127.0.0.0/8', INGAM_SECRET_KEY: secret };
      sora = await Visitor.signedIn(console_, 'sora');
    });
    after(async () => {
      await console_?.close();
      await server?.stop();
      await rm(dir, { recursive: true, force: true });
    });

    test('a checkpoint is locked there for as long as was asked, and the page says until when', async () => {
      const isLocked = async () => /Locked|잠김/.test((await sora.get('/audit/checkpoints')).body);
      await until(isLocked, 40, async () => `${(await sora.get('/audit/checkpoints')).body}\n${await server.said()}`);
      const { where, version } = await newest();
      const head = await ask('HEAD', where, { query: { versionId: version } });
      assert.equal(head.headers.get('x-amz-object-lock-mode'), 'COMPLIANCE');
      const days = (new Date(end(head)) - Date.now()) / DAY;
      assert.ok(days > 365.9 && days <= 366, `${days}`);
      const { body } = await ask('GET', where);
      assert.ok(body.startsWith('audit.ingam.test/bucket\n') && body.includes('\u2014 audit.ingam.test/bucket '), body);
      const fits = await compare();
      assert.equal(fits.status, 0, fits.said);
    });

    test('its administrator can neither delete it nor shorten the lock', async () => {
      const { where, version } = await newest();
      assert.equal((await ask('DELETE', where, { query: { versionId: version }, headers: bypass })).status, 403);
      const shorter = `<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>${new Date(Date.now() + 30 * DAY).toISOString()}</RetainUntilDate></Retention>`;
      const md5 = createHash('md5').update(shorter).digest('base64');
      const shortened = await ask('PUT', where, { query: { retention: '', versionId: version }, headers: { 'content-md5': md5 }, body: shorter });
      assert.equal(shortened.status, 403, shortened.body);
      const head = await ask('HEAD', where, { query: { versionId: version } });
      assert.ok(new Date(end(head)) - Date.now() > 365.9 * DAY, end(head));
    });

    test('what is put on top of it, and that it was removed, are findings; the oldest version is what counts', async () => {
      const { where } = await newest();
      const over = await ask('PUT', where, { body: 'another history' });
      assert.equal(over.status, 200, over.body);
      const later = await compare();
      assert.equal(later.status, 1, later.said);
      assert.match(later.said, /was put there again, with a later version[^]*fits the oldest versions/);
      assert.equal((await ask('DELETE', where)).status, 204);
      const removed = await compare();
      assert.equal(removed.status, 1, removed.said);
      assert.match(removed.said, /was removed on [^]*fits the oldest versions of [^]*is 2 findings/);
    });

    test('where something else is, nothing is put over it', async () => {
      const names = (await versions('ingam/checkpoint-')).map(({ where }) => where.replace('/evidence/ingam/', ''));
      for (const name of new Set(names)) assert.equal((await ask('PUT', `/evidence/taken/${name}`, { body: 'another history' })).status, 200);
      const shipped = await ship('--now', 'taken');
      assert.equal(shipped.status, 1, shipped.said);
      assert.match(shipped.said, /is there and holds something else than the checkpoint of this log; nothing was put over it/);
      const there = await versions('taken/checkpoint-');
      for (const name of new Set(names)) assert.equal(there.filter(({ where }) => where.endsWith(name)).length, 1, name);
    });

    test('a check proves that the server keeps a lock, and refuses a bucket without one', async () => {
      const good = await ship('--check', 'checked');
      assert.equal(good.status, 0, good.said);
      assert.match(good.said, /cannot be deleted before.*looked at all 0 versions/);
      // The command line of another tool, which knows of no lock.
      assert.equal((await ask('PUT', '/evidence/checked/exports/audit.tar', { body: 'a copy' })).status, 200);
      const unlocked = await ship('--check', 'checked');
      assert.equal(unlocked.status, 1, unlocked.said);
      assert.match(unlocked.said, /cannot be deleted before[^]*1 object is there without a lock.*"checked\/exports\/audit.tar"/);
      // What was put on top of a checkpoint above.
      const covered = await ship('--check');
      assert.equal(covered.status, 1, covered.said);
      assert.match(covered.said, /1 object is there without a lock.*"ingam\/checkpoint-/);
      const plain = await command(['audit', 'ship', '--check'], { INGAM_AUDIT_SHIP: url('plain') });
      assert.equal(plain.status, 1, plain.said);
      assert.match(plain.said, /has to be made with Object Lock/);
      const wrong = await command(['audit', 'ship', '--check'], { INGAM_AUDIT_SHIP_SECRET_KEY: 'another-secret' });
      assert.equal(wrong.status, 1, wrong.said);
      assert.match(wrong.said, /403/);
      assert.ok(!wrong.said.includes('another-secret'));
    });

    test('the longest lock that can be asked for is kept as it was asked, and a longer one is refused', async () => {
      const shipped = await ship('--now', 'long', { days: 10_950 });
      assert.equal(shipped.status, 0, shipped.said);
      const { where, version } = await newest('long');
      const days = (new Date(end(await ask('HEAD', where, { query: { versionId: version } }))) - Date.now()) / DAY;
      assert.ok(days > 10_949.9 && days <= 10_950, `${days}`);
      const longer = await ship('--check', 'long', { days: 10_951 });
      assert.notEqual(longer.status, 0);
      assert.match(longer.said, /retain_days= must be 1 to 10950/);
    });

    test('every object without a lock is named, also where a listing goes on and names are odd', async () => {
      const put = async (name, headers) => assert.equal((await ask('PUT', `/evidence/many/${encodeURIComponent(name)}`, { headers, body: 'a copy' })).status, 200, name);
      // The first page ends with the first odd one.
      const plain = Array.from({ length: 999 }, (_, n) => `0${String(n).padStart(3, '0')}`);
      const odd = ['1+plus', '2 blank', '3%2Bpercent', '4&<amp>', '5한글', '6"quote"'];
      const headers = locked(seconds(Date.now() + DAY));
      while (plain.length > 0) await Promise.all(plain.splice(0, 20).map((name) => put(name, headers)));
      for (const name of odd) await put(name);
      const { status, said } = await ship('--check', 'many');
      assert.equal(status, 1, said);
      assert.match(said, /looked at 1,000 of 1,005 versions there/);
      assert.match(said, /6 objects are there without a lock/);
      for (const name of odd) assert.ok(said.includes(JSON.stringify(`many/${name}`)), `${name}: ${said}`);
    });

    // Neither of the two says so when it is asked for the object.
    test('a checkpoint also goes where something was removed, and comparing reads it and tells of the removal', async () => {
      const name = (await newest()).where.replace('/evidence/ingam/', '');
      assert.equal((await ask('DELETE', `/evidence/removed/${name}`)).status, 204);
      const shipped = await ship('--now', 'removed');
      assert.equal(shipped.status, 0, shipped.said);
      const { status, said } = await compare('removed');
      assert.equal(status, 1, said);
      assert.match(said, /was removed on [^]*fits the oldest versions of [^]*is 1 findings/);
    });

    if (peer === ceph) onlyCeph(() => ({ server, ask, versions, command, ship, newest, url, vkey }));
  });
}

// What SeaweedFS does not show.
function onlyCeph(given) {
  test('it takes a name twice though it was asked not to, and writes dates with nanoseconds', { skip: !ceph.is16 && 'a later version' }, async () => {
    const { ask, versions } = given();
    const headers = { ...locked(seconds(Date.now() + DAY)), 'if-none-match': '*' };
    for (const body of ['first', 'second']) assert.equal((await ask('PUT', '/evidence/quirks/twice', { headers, body })).status, 200);
    assert.equal((await versions('quirks/twice')).length, 2);
    assert.match(end(await ask('HEAD', '/evidence/quirks/twice')), /:\d\d\.\d{9}Z$/);
  });

  test('it does not keep a lock until the next century as it was asked', { skip: !ceph.is16 && 'a later version' }, async () => {
    const { ask } = given();
    assert.equal((await ask('PUT', '/evidence/quirks/far', { headers: locked('2150-01-01T00:00:00Z'), body: 'far' })).status, 200);
    const head = await ask('HEAD', '/evidence/quirks/far');
    assert.match(end(head), /^2013-/);
    assert.equal((await ask('DELETE', '/evidence/quirks/far', { query: { versionId: head.headers.get('x-amz-version-id') } })).status, 204);
  });

  test('a copy has no lock though it was asked for, and the check names it', { skip: !ceph.is16 && 'a later version' }, async () => {
    const { ask, ship } = given();
    assert.equal((await ask('PUT', '/evidence/quirks/plain', { body: 'a report' })).status, 200);
    const headers = { ...locked(seconds(Date.now() + DAY)), 'x-amz-copy-source': '/evidence/quirks/plain' };
    const copied = await ask('PUT', '/evidence/copied/report', { headers });
    assert.equal(copied.status, 200, copied.body);
    assert.equal(end(await ask('HEAD', '/evidence/copied/report')), null);
    const { status, said } = await ship('--check', 'copied');
    assert.equal(status, 1, said);
    assert.match(said, /1 object is there without a lock.*"copied\/report"/);
  });

  test('the rights that the documents name are enough to ship and to compare', async () => {
    const { server, ask, command, newest, url, vkey } = given();
    const person = (name) => ({ INGAM_AUDIT_SHIP_ACCESS_KEY: `${name}key`, INGAM_AUDIT_SHIP_SECRET_KEY: `${name}secret0123456789` });
    const names = ['console', 'auditor'];
    for (const name of names) await server.addUser(name, ...Object.values(person(name)));
    const allow = (name, resource, ...actions) => ({
      Effect: 'Allow',
      Principal: { AWS: [`arn:aws:iam:::user/${name}`] },
      Action: actions.map((action) => `s3:${action}`),
      Resource: [`arn:aws:s3:::evidence${resource}`],
    });
    const policy = {
      Version: '2012-10-17',
      Statement: [
        allow('console', '/rights/*', 'PutObject', 'PutObjectRetention', 'GetObject', 'GetObjectVersion', 'GetObjectRetention'),
        allow('auditor', '/rights/*', 'GetObject', 'GetObjectVersion'),
        allow('auditor', '', 'ListBucketVersions'),
      ],
    };
    const allowed = await ask('PUT', '/evidence', { query: { policy: '' }, body: JSON.stringify(policy) });
    assert.equal(allowed.status, 204, allowed.body);
    const bucket = url('evidence', { prefix: 'rights' });
    for (const [how, says] of [['--now', / shipped, 0 waiting/], ['--check', /cannot be deleted before.*may not list versions \(403\)/]]) {
      const { status, said } = await command(['audit', 'ship', how], { ...person('console'), INGAM_AUDIT_SHIP: bucket });
      assert.equal(status, 0, said);
      assert.match(said, says);
    }
    const { where, version } = await newest('rights');
    assert.equal((await ask('DELETE', where, { query: { versionId: version }, headers: bypass })).status, 403);
    // What the console puts there is its own: those who own the bucket do not read it unless a policy says so.
    assert.equal((await ask('GET', where)).status, 403);
    const compare = ['audit', 'compare', bucket, '--vkey', vkey];
    const fits = await command(compare, person('auditor'));
    assert.equal(fits.status, 0, fits.said);
    const unlisted = await command(compare, person('console'));
    assert.equal(unlisted.status, 1, unlisted.said);
    assert.match(unlisted.said, /listing the versions was answered with 403/);
  });
}
