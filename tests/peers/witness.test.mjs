// A witness that others wrote (PyPI `aics-witness`), and what it makes of a log whose owner rewrites it: with the key of the log, and
// with a signer that was made to forget what it signed.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { binary, startConsole } from '../browser/kit.mjs';
import { freePort, ran, start, until } from './kit.mjs';
import { Visitor } from './visitor.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
// Made by scripts/test from witness-requirements.txt.
const folder = process.env.INGAM_WITNESS_PEER ?? path.join(path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), 'witness-peer');
const program = (name) => path.join(folder, 'bin', name);
const skip = !existsSync(program('aics-witness')) && 'the witness is not here';

const [LOG, NAME] = ['audit.ingam.test/witnessed', 'witness.ingam.test/w1'];
const REFUSES = /A witness refuses the history of this log/;

describe('a witness', { skip }, () => {
  let dir, port, witness, key, vkey, witnessKey, console_, sora;
  const file = (name) => path.join(dir, name);
  const state = () => `${key}.state`;
  const database = () => path.join(console_.data, 'ingam.db');

  const asked = (...args) => {
    const { status, said } = ran(program('aics-witness'), [...args, '--config', file('witness.json')]);
    assert.equal(status, 0, said);
    return said;
  };
  const serving = () => start(program('aics-witness'), ['serve', '--config', file('witness.json')], `http://127.0.0.1:${port}/healthz`);

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ingam-witness-'));
    port = await freePort();
    const made = asked('init', '--name', NAME, '--listen', `127.0.0.1:${port}`, '--prefix', '/w1');
    witnessKey = made.match(/^.*(witness\.ingam\.test\/w1\+[0-9a-f]{8}\+\S+)/m)[1];
    key = file('log.key');
    const { said } = ran(binary, ['audit', 'keygen', '--name', LOG, '--key', key]);
    vkey = said.split('\n').find((line) => line.startsWith(`${LOG}+`));
    // A signer that has signed nothing: what a person with the key can go back to.
    await copyFile(state(), file('first.state'));
    asked('add-log', '--origin', LOG, '--vkey', vkey);
    witness = await serving();
    const settings = { INGAM_AUDIT_KEY_FILE: key, INGAM_AUDIT_WITNESSES: `http://127.0.0.1:${port}/w1/ ${witnessKey}` };
    console_ = await startConsole({ users: 20, settings });
    sora = await Visitor.signedIn(console_, 'sora');
  });
  after(async () => {
    await console_?.close();
    await witness?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const told = async (...args) => {
    const { status, said } = await console_.command(...args);
    assert.equal(status, 0, said);
    return said;
  };
  // A row of the log with this reason, for which no code is needed.
  const write = (reason) => told('audit', 'export', '--format', 'csv', '--purpose', 'audit', '--reason', reason, '--out', file(`${reason.replaceAll(' ', '-')}.csv`));
  const signedNow = async () => Number((await told('audit', 'sign')).match(/^audit\.ingam\.test\/witnessed\n(\d+)\n/m)[1]);
  const newest = async () => (await sora.get('/log/checkpoint')).body;
  const sizeOf = (note) => Number(note.split('\n')[1]);
  const why = async () => `${witness.said()}\n${(await sora.get('/audit/checkpoints')).body}`;
  // The newest checkpoint of so many rows or more, once the witness has signed it.
  const cosigned = (size) =>
    until(async () => {
      const note = await newest();
      return sizeOf(note) >= size && note.includes(`\u2014 ${NAME} `) && note;
    }, 60, why);
  const status = () => JSON.parse(asked('status', '--json')).logs[0];
  const evidence = () => JSON.parse(asked('evidence', '--origin', LOG));

  async function isLoud(words) {
    await until(async () => /role="alert"[^]*?A witness refuses/.test((await sora.get('/audit/checkpoints')).body), 60, why);
    for (const where of ['/audit', '/audit/checkpoints']) {
      const { body } = await sora.get(where);
      assert.match(body, REFUSES, where);
      assert.match(body, words, where);
    }
    await until(async () => (await sora.get('/')).body.includes('A witness refuses the audit log'), 20, 'no alert on the first page');
    assert.match((await sora.get('/alerts')).body, /A witness refuses the audit log/);
    assert.match((await sora.get('/readyz')).body, /^ok\n[^]*a witness refuses the history of the audit log/);
  }

  test('it signs each checkpoint, which aics-tlog verifies, and receipts have its signature', async () => {
    await cosigned(1);
    await write('Late delivery, ticket 5');
    const size = await signedNow();
    const note = await cosigned(size);
    assert.equal(status().size, sizeOf(note));
    await writeFile(file('checkpoint.txt'), note);
    const verify = (witness, from = 'checkpoint.txt') =>
      ran(program('aics-tlog'), ['verify-checkpoint', '--note', file(from), '--origin', LOG, '--log-key', vkey, '--witness-key', witness, '--quorum', '1', '--max-age', '600']);
    const fits = verify(witnessKey);
    assert.equal(fits.status, 0, fits.said);
    assert.match(fits.said, /"ok": true/);
    assert.ok(fits.said.includes(NAME), fits.said);
    await writeFile(file('altered.txt'), note.replace(`\n${sizeOf(note)}\n`, `\n${sizeOf(note) + 1}\n`));
    assert.notEqual(verify(witnessKey, 'altered.txt').status, 0);

    // What the witness hands out of it is the same checkpoint.
    const monitored = await fetch(`http://127.0.0.1:${port}/w1/${status().origin_hash}/checkpoint`);
    assert.equal((await monitored.text()).split('\n\n')[0], note.split('\n\n')[0]);

    const seq = size - 1;
    await writeFile(file(`row-${seq}.tlog-proof`), (await sora.get(`/audit/${seq}/receipt`)).body);
    await writeFile(file(`row-${seq}.json`), await sora.take(`/audit/${seq}/entry`));
    const receipt = ran(binary, ['audit', 'verify', file(`row-${seq}.tlog-proof`), '--vkey', vkey, '--witness', witnessKey]);
    assert.equal(receipt.status, 0, receipt.said);
    assert.ok(/<tbody[^]*?<\/tr>/.exec((await sora.get('/audit/checkpoints')).body)[0].includes(NAME), 'the page names it');
    assert.deepEqual(evidence(), []);
  });

  test('it goes on after it was started again', async () => {
    const before = status().size;
    await witness.stop();
    witness = await serving();
    await write('Late delivery, ticket 6');
    await cosigned(await signedNow());
    assert.ok(status().size > before);
    assert.equal((await sora.get('/readyz')).body, 'ok\n');
  });

  test('it refuses an older copy of the database, and goes on with the right one', async () => {
    await told('backup', file('older.backup'));
    for (const ticket of ['7', '7 once more']) await write(`Late delivery, ticket ${ticket}`);
    await cosigned(await signedNow());
    const right = status();
    const aside = { [database()]: file('right.db'), [state()]: file('right.state') };
    await console_.restart(async () => {
      for (const [from, to] of Object.entries(aside)) await rename(from, to);
      await copyFile(file('older.backup'), database());
      await copyFile(file('first.state'), state());
    });
    // One that has not grown since is what the witness has signed of it. This one grows, by less than the right one did.
    await write('Late delivery, another ticket');
    assert.ok((await signedNow()) < right.size);
    await isLoud(/rows were cut off, or an older copy is in its place/);
    assert.deepEqual(status(), right, 'it has signed nothing of it');
    await console_.restart(async () => {
      for (const [from, to] of Object.entries(aside)) await rename(to, from);
    });
    await write('Late delivery, ticket 8');
    await cosigned(await signedNow());
    assert.equal((await sora.get('/readyz')).body, 'ok\n');
  });

  test('it refuses a log that was rewritten with its tree, which everybody is told, and keeps what it was asked', async () => {
    const right = status();
    const [reason, other] = ['Late delivery, ticket 5', 'As agreed with the CEO'];
    const script = fileURLToPath(new URL('rewrite_log.py', import.meta.url));
    const rewritten = ran(program('python'), [script, database(), reason, other]);
    assert.equal(rewritten.status, 0, rewritten.said);
    assert.match((await sora.get(`/audit/${rewritten.said.trim()}`)).body, new RegExp(other));
    // The database fits itself, and the signer signs it.
    await told('audit', 'verify');
    await copyFile(file('first.state'), state());
    await write('Late delivery, ticket 9');
    const size = await signedNow();
    assert.ok(size > right.size);
    await isLoud(/rows were rewritten, or another log has the same name/);
    assert.ok(!(await newest()).includes(`\u2014 ${NAME} `), 'it is not signed by the witness');

    const kept = evidence();
    assert.equal(kept.length, 1, JSON.stringify(kept));
    assert.equal(kept[0].witness_size, right.size);
    assert.equal(kept[0].old_size, right.size);
    const note = kept[0].request.slice(kept[0].request.indexOf('\n\n') + 2);
    assert.equal(note.split('\n\n')[0], (await newest()).split('\n\n')[0], 'the checkpoint of the second history, as the log has signed it');
    assert.equal(status().root, right.root);
    // What was kept elsewhere tells the same.
    const compared = await console_.command('audit', 'compare', file('checkpoint.txt'), '--vkey', vkey);
    assert.equal(compared.status, 1, compared.said);
    assert.match(compared.said, /are not those that were signed/);
    assert.ok((await readFile(file('checkpoint.txt'), 'utf8')).includes(NAME));
  });
});
