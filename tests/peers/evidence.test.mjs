// Checkpoints and receipts as implementations read them that share no code with this one: two of Sigstore's, and what every machine has.

import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startConsole } from '../browser/kit.mjs';
import { directory, python, ran, until } from './kit.mjs';
import { Visitor } from './visitor.mjs';

const require = createRequire(import.meta.url);
const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js');
const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js');

// What a private key of a log says of its public one, without our code: RFC 8410 says how the bytes are written.
function keyOf(text) {
  const [, name, id, bytes] = /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim());
  const seed = Buffer.from(bytes, 'base64').subarray(1);
  const privateKey = createPrivateKey({ key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { name, id, publicKey, vkey: `${name}+${id}+${Buffer.concat([Buffer.from([1]), point]).toString('base64')}` };
}

// The parts of a receipt.
function parts(receipt) {
  const [head, ...rest] = receipt.split('\n\n');
  const [header, index, ...hashes] = head.split('\n');
  assert.equal(header, 'c2sp.org/tlog-proof@v1');
  return { index: Number(/^index (\d+)$/.exec(index)[1]), hashes, checkpoint: rest.join('\n\n') };
}

// The readers: each throws, or says something else than yes, where a row is not in the log.
const READERS = {
  '@sigstore/verify 4.1.3': (key, receipt, body) => {
    const { index, hashes, checkpoint } = parts(receipt);
    const inclusionProof = { logIndex: String(index), hashes: hashes.map((hash) => Buffer.from(hash, 'base64')), checkpoint: { envelope: checkpoint } };
    const entry = { inclusionProof, canonicalizedBody: body };
    const log = { logID: Buffer.from(key.id, 'hex'), baseURL: key.name, publicKey: key.publicKey };
    verifyMerkleInclusion(entry, verifyCheckpoint(entry, [log]));
  },
  'sigstore 4.5.1': (key, receipt, body) => {
    const { index, hashes, checkpoint } = parts(receipt);
    const [, size, root] = checkpoint.split('\n');
    const script = `
import base64, json, sys
from types import SimpleNamespace as of
from sigstore._internal.merkle import verify_merkle_inclusion
said = json.load(sys.stdin)
raw = base64.b64decode
proof = of(log_index=said['index'], tree_size=int(said['size']), hashes=[raw(hash) for hash in said['hashes']], root_hash=raw(said['root']))
verify_merkle_inclusion(of(_inner=of(inclusion_proof=proof, canonicalized_body=raw(said['body']))))`;
    const input = JSON.stringify({ index, size, root, hashes, body: body.toString('base64') });
    const { status, said } = ran(python('sigstore==4.5.1'), ['-c', script], { input });
    assert.equal(status, 0, said);
  },
};

describe('evidence', () => {
  let console_, key, sora;

  before(async () => {
    console_ = await startConsole({ users: 20 });
    key = keyOf(await readFile(path.join(console_.data, 'log.key'), 'utf8'));
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
