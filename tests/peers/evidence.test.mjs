// Checkpoints and receipts as implementations read them that share no code with this one: two of Sigstore's, and what every machine has.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startConsole } from '../browser/kit.mjs';
import { directory, ran, until } from './kit.mjs';
import { READERS, keyOf } from './receipts.mjs';
import { Visitor } from './visitor.mjs';

describe('evidence', () => {
  let console_, key, sora;

  before(async () => {
    console_ = await startConsole({ users: 20 });
    key = keyOf(await readFile(path.join(console_.data, 'log.vkey'), 'utf8'));
    sora = await Visitor.signedIn(console_, 'sora');
    await until(async () => (await sora.get('/log/checkpoint')).status === 200, 60, 'the demo never signed its log');
  });
  after(() => console_?.close());

  test('openssl verifies the signature of a checkpoint, and no other text', async (t) => {
    const dir = await directory(t);
    const note = (await sora.get('/log/checkpoint')).body;
    const [text, signatures] = [note.slice(0, note.lastIndexOf('\n\n') + 1), note.slice(note.lastIndexOf('\n\n') + 2)];
    const [, name, signed] = /^\u2014 (\S+) (\S+)\n$/.exec(signatures);
    assert.equal(name, key.name);
    const file = (end) => path.join(dir, end);
    await writeFile(file('key.pem'), key.publicKey.export({ format: 'pem', type: 'spki' }));
    await writeFile(file('signature'), Buffer.from(signed, 'base64').subarray(4));
    const verify = async (what) => {
      await writeFile(file('text'), what);
      return ran('openssl', ['pkeyutl', '-verify', '-pubin', '-inkey', file('key.pem'), '-rawin', '-in', file('text'), '-sigfile', file('signature')]).status;
    };
    assert.equal(await verify(text), 0);
    assert.notEqual(await verify(text.replace(/\n(\d+)\n/, '\n1$1\n')), 0);
  });

  for (const [reader, verify] of Object.entries(READERS)) {
    test(`${reader} accepts receipts of rows, and refuses other rows, other places and other checkpoints`, async () => {
      const size = Number((await sora.get('/log/checkpoint')).body.split('\n')[1]);
      const rows = [0, 1, Math.floor(size / 2), size - 1];
      const found = [];
      for (const seq of rows) {
        const receipt = (await sora.get(`/audit/${seq}/receipt`)).body;
        const body = Buffer.from((await sora.get(`/audit/${seq}/entry`)).body, 'utf8');
        found.push({ receipt, body });
      }
      for (const { receipt, body } of found) verify(key, receipt, body);
      const [first, second] = found;
      assert.throws(() => verify(key, first.receipt, second.body), 'another row');
      assert.throws(() => verify(key, first.receipt.replace('index 0', 'index 1'), first.body), 'another place');
      const root = first.receipt.split('\n\n')[1].split('\n')[2];
      const other = createHash('sha256').update('another').digest('base64');
      assert.throws(() => verify(key, first.receipt.replace(root, other), first.body), 'another checkpoint');
    });
  }

  test('what the command writes is what the pages hand out, and the command verifies it without a database', async (t) => {
    const dir = await directory(t);
    const { body: page } = await sora.get('/audit/1/receipt');
    await console_.run('audit', 'prove', '1', '--dir', dir);
    const receipt = await readFile(path.join(dir, 'row-1.tlog-proof'), 'utf8');
    const body = await readFile(path.join(dir, 'row-1.json'));
    assert.equal(receipt, page);
    const { status, said } = await console_.command('audit', 'verify', dir, '--vkey', key.vkey);
    assert.equal(status, 0, said);
    const leaf = createHash('sha256').update(Buffer.concat([Buffer.from([0]), body])).digest('hex');
    assert.ok((await sora.get('/audit/1')).body.includes(leaf), 'the page has the hash of the row');
  });
});
