// The checks of dependencies can fail: each is given something that it must refuse, beside what it must not.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'ingam-supply-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// The locked versions of a crate that has one.
const locked = (name) => new RegExp(`name = "${name}"\nversion = "(.*)"`).exec(readFileSync(`${root}Cargo.lock`, 'utf8'))[1];

function run(program, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, said: stdout + stderr };
}

let databases = 0;

// The snapshot with one more advisory: about `name`, patched in these versions.
function withAdvisory({ name, patched, informational, withdrawn }) {
  const database = path.join(folder, `advisories-${databases++}`);
  cpSync(`${root}supply/advisories`, database, { recursive: true });
  mkdirSync(path.join(database, 'crates', name), { recursive: true });
  writeFileSync(
    path.join(database, 'crates', name, 'RUSTSEC-2099-0001.md'),
    `\`\`\`toml
[advisory]
id = "RUSTSEC-2099-0001"
package = "${name}"
date = "2099-01-01"
${informational ? `informational = "${informational}"` : ''}
${withdrawn ? `withdrawn = "${withdrawn}"` : ''}

[versions]
patched = [${patched.map((version) => `"${version}"`)}]
\`\`\`

# A planted fault

It is here to be found.
`,
  );
  return database;
}

const check = (advisory) => run('scripts/advisories', [], { INGAM_ADVISORIES: withAdvisory(advisory) });

test('no locked crate has an advisory in the snapshot', () => {
  const { status, said } = run('scripts/advisories', []);
  assert.equal(status, 0, said);
});

test('an advisory about a locked crate fails the check and is named', () => {
  const { status, said } = check({ name: 'ring', patched: ['>= 99.0.0'] });
  assert.equal(status, 1, said);
  for (const word of ['RUSTSEC-2099-0001', 'ring', locked('ring'), 'A planted fault', '>=99.0.0', 'update it, or replace it']) {
    assert.ok(said.includes(word), `${word}\n${said}`);
  }
});

test('an advisory whose patch is locked, or that was withdrawn, does not fail it', () => {
  for (const advisory of [
    { name: 'ring', patched: [`>= ${locked('ring')}`] },
    { name: 'ring', patched: [], withdrawn: '2099-01-02' },
  ]) {
    const { status, said } = check(advisory);
    assert.equal(status, 0, said);
  }
});

test('an unsound and an abandoned crate fail it too, also one that only tests use', () => {
  for (const advisory of [
    { name: 'anyhow', patched: ['>= 99.0.0'], informational: 'unsound' },
    { name: 'scraper', patched: [], informational: 'unmaintained' },
  ]) {
    const { status, said } = check(advisory);
    assert.equal(status, 1, said);
    assert.ok(said.includes(advisory.name) && said.includes(advisory.informational), said);
  }
});

// Its makers took tracing 0.1.42 back.
test('a crate that was yanked is named and fails nothing, so that a commit does not fail by getting older', () => {
  const lock = path.join(folder, 'Cargo.lock');
  const text = readFileSync(`${root}Cargo.lock`, 'utf8');
  writeFileSync(lock, text.replace(`name = "tracing"\nversion = "${locked('tracing')}"`, 'name = "tracing"\nversion = "0.1.42"'));
  const { status, said } = run('scripts/advisories', ['check', lock]);
  assert.equal(status, 0, said);
  assert.match(said, /0\.1\.42\s+Warning:\s+yanked/);
});

const deny = (config, ...checks) => {
  const file = path.join(folder, 'deny.toml');
  writeFileSync(file, config);
  const tools = run('scripts/tools', []).said.trim();
  return run('cargo', ['deny', '--color', 'never', '--locked', '--config', file, 'check', '-D', 'warnings', ...checks], {
    PATH: `${tools}:${process.env.PATH}`,
  });
};

test('a crate, a licence and a source that deny.toml does not allow are refused', () => {
  const config = readFileSync(`${root}deny.toml`, 'utf8');
  assert.equal(deny(config, 'bans', 'licenses', 'sources').status, 0);

  const banned = deny(config.replace('crate = "openssl"', 'crate = "rustls"'), 'bans');
  assert.equal(banned.status, 2, banned.said);
  assert.match(banned.said, /rustls.*banned/);

  const licence = deny(config.replace('  "Zlib",\n', ''), 'licenses');
  assert.equal(licence.status, 4, licence.said);
  assert.match(licence.said, /Zlib/);

  const source = deny(`${config}\nallow-registry = []\n`, 'sources');
  assert.equal(source.status, 8, source.said);
});
