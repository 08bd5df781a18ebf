// Receipts as two implementations of Sigstore's read them.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { createRequire } from 'node:module';
import { python, ran } from './kit.mjs';

const require = createRequire(import.meta.url);
const { verifyMerkleInclusion } = require('@sigstore/verify/dist/tlog/merkle.js');
const { verifyCheckpoint } = require('@sigstore/verify/dist/tlog/checkpoint.js');

// A public key of a log, without our code: RFC 8410 says how the bytes are written.
export function keyOf(text) {
  const [, name, id, bytes] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim());
  const point = Buffer.from(bytes, 'base64').subarray(1);
  const publicKey = createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), point]), format: 'der', type: 'spki' });
  return { name, id, publicKey, vkey: text.trim() };
}

// The parts of a receipt.
function parts(receipt) {
  const [head, ...rest] = receipt.split('\n\n');
  const [header, index, ...hashes] = head.split('\n');
  assert.equal(header, 'c2sp.org/tlog-proof@v1');
  return { index: Number(/^index (\d+)$/.exec(index)[1]), hashes, checkpoint: rest.join('\n\n') };
}

// The readers: each throws, or says something else than yes, where a row is not in the log.
export const READERS = {
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
