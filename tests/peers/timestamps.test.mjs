// Time stamps of an authority that openssl plays, as openssl and rfc3161-client read what the console kept.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startConsole } from '../browser/kit.mjs';
import { directory, python, ran, until } from './kit.mjs';
import { Visitor } from './visitor.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const binary = process.env.INGAM_BINARY ?? path.join(path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target'), 'debug', 'ingam');

// A root, a certificate between, and the one that signs: the answers hold the last, or the last two.
const AUTHORITIES = {
  'RSA, with a certificate between and fractions of a second': { key: ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'], digest: 'sha512', between: true, digits: 3 },
  'P-256, with its certificate alone': { key: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], digest: 'sha256', between: false, digits: 0 },
};

const openssl = (cwd, ...args) => {
  const { status, said } = ran('openssl', args, { cwd });
  assert.equal(status, 0, said);
};

function certificate(dir, name, issuer, { key, extensions }) {
  openssl(dir, 'genpkey', '-algorithm', ...key, '-out', `${name}.key`);
  openssl(dir, 'req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name} of a test`, '-out', `${name}.csr`, '-config', 'ts.cnf');
  const by = issuer ? ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'] : ['-signkey', `${name}.key`];
  openssl(dir, 'x509', '-req', '-in', `${name}.csr`, ...by, '-days', '30', '-sha256', '-extfile', 'ts.cnf', '-extensions', extensions, '-out', `${name}.pem`);
}

async function authority(t, dir, { key, digest, between, digits }) {
  await writeFile(path.join(dir, 'ts.cnf'), `
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[stamps]
serial = ${dir}/serial
signer_cert = ${dir}/tsa.pem
signer_key = ${dir}/tsa.key
signer_digest = ${digest}
${between ? `certs = ${dir}/between.pem` : ''}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
clock_precision_digits = ${digits}
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
`);
  await writeFile(path.join(dir, 'serial'), '01\n');
  certificate(dir, 'root', undefined, { key, extensions: 'ca' });
  if (between) certificate(dir, 'between', 'root', { key, extensions: 'ca' });
  certificate(dir, 'tsa', between ? 'between' : 'root', { key, extensions: 'tsa' });
  let said = '';
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk)).on('end', async () => {
      assert.equal(request.headers['content-type'], 'application/timestamp-query');
      await writeFile(path.join(dir, 'query.tsq'), Buffer.concat(chunks));
      const made = spawnSync('openssl', ['ts', '-reply', '-config', 'ts.cnf', '-section', 'stamps', '-queryfile', 'query.tsq', '-out', 'reply.tsr'], { cwd: dir, encoding: 'utf8' });
      said += `${made.stdout}${made.stderr}`;
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
      response.end(await readFile(path.join(dir, 'reply.tsr')).catch(() => ''));
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}/`, said: () => said };
}

describe('time stamps', () => {
  for (const [name, kind] of Object.entries(AUTHORITIES)) {
    test(`openssl and rfc3161-client verify what was kept of an authority: ${name}`, async (t) => {
      const dir = await directory(t);
      const tsa = await authority(t, dir, kind);
      const key = path.join(dir, 'log.key');
      const made = ran(binary, ['audit', 'keygen', '--name', 'audit.ingam.test/stamps', '--key', key]);
      const vkey = made.said.split('\n').find((line) => line.startsWith('audit.ingam.test/stamps+'));
      const roots = path.join(dir, 'root.pem');
      const settings = { INGAM_AUDIT_KEY_FILE: key, INGAM_AUDIT_TIMESTAMPS: tsa.url, INGAM_AUDIT_TIMESTAMP_CERTIFICATES: roots };
      const console_ = await startConsole({ users: 20, settings });
      t.after(() => console_.close());
      const sora = await Visitor.signedIn(console_, 'sora');
      const link = () => sora.get('/audit/checkpoints').then(({ body }) => /href="(\/audit\/checkpoints\/\d+)\/timestamp"/.exec(body)?.[1]);
      const why = async () => `${tsa.said()}\n${/class="note[^]*?<\/div>/.exec((await sora.get('/audit/checkpoints')).body)?.[0]}`;
      const checkpoint = await until(link, 60, why);
      const stamped = (await sora.get(`${checkpoint}/stamped`)).body;
      await writeFile(path.join(dir, 'stamped'), stamped);
      await writeFile(path.join(dir, 'stamped.tsr'), await sora.take(`${checkpoint}/timestamp`));
      const verify = (data) => ran('openssl', ['ts', '-verify', '-data', data, '-in', 'stamped.tsr', '-CAfile', 'root.pem'], { cwd: dir });
      const fits = verify('stamped');
      assert.equal(fits.status, 0, fits.said);
      await writeFile(path.join(dir, 'other'), stamped.replace('\n', ' \n'));
      assert.notEqual(verify('other').status, 0);
      if (!kind.between) {
        // It reads a token with one certificate only.
        const script = `
import sys
from cryptography.x509 import load_pem_x509_certificate as load
from rfc3161_client import VerifierBuilder, decode_timestamp_response as decode
roots, response, data = (open(name, "rb").read() for name in sys.argv[1:])
VerifierBuilder().add_root_certificate(load(roots)).build().verify_message(decode(response), data)
`;
        const read = (data) => ran(python('rfc3161-client==1.0.9'), ['-c', script, 'root.pem', 'stamped.tsr', data], { cwd: dir });
        const accepted = read('stamped');
        assert.equal(accepted.status, 0, accepted.said);
        assert.notEqual(read('other').status, 0);
      }

      // The commands that the text in a bundle prints.
      const exported = await console_.command('audit', 'export', '--purpose', 'audit', '--reason', 'A test of time stamps', '--out', dir);
      assert.equal(exported.status, 0, exported.said);
      const bundle = /Wrote (\S+\.tar):/.exec(exported.said)[1];
      assert.equal(ran('tar', ['-xf', bundle], { cwd: dir }).status, 0);
      const unpacked = bundle.replace(/\.tar$/, '');
      const readme = await readFile(path.join(unpacked, 'README.txt'), 'utf8');
      const commands = readme.split('\n').filter((line) => /^ {2}(ingam audit verify .* CA$|openssl ts)/.test(line));
      assert.equal(commands.length, 3, readme);
      const env = { ...process.env, PATH: `${path.dirname(binary)}:${process.env.PATH}` };
      for (const command of commands) {
        const line = command.trim().replace("'KEY'", `'${vkey}'`).replace(/ CA$/, ` ${roots}`);
        const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: unpacked, env, encoding: 'utf8' });
        assert.equal(status, 0, `${line}\n${stdout}${stderr}`);
        if (line.startsWith('ingam')) assert.match(stdout, /was there at 20\d\d-/);
      }
    });
  }
});
