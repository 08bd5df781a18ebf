// The list of what a release is made of. It is written with CycloneDX's Python library; here their JavaScript library validates
// it, and cargo says what must be in it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = (program, args, env = {}) =>
  execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, ...env } });
const sbom = (args = [], env) => run('scripts/sbom', args, env);

const text = sbom();
const list = JSON.parse(text);
const named = (name) => list.components.filter((component) => component.name === name);
const host = /^host: (.*)$/m.exec(run('rustc', ['-vV']))[1];
// "name version" of every crate but our own that cargo reaches by these edges.
const crates = (edges) => {
  const printed = run('cargo', ['tree', '--locked', '--target', host, '--edges', edges, '--prefix', 'none', '--format', '{p}']);
  const found = printed.matchAll(/^(\S+) v(\S+)(?! \(\/)/gm);
  return new Set([...found].map(([, name, version]) => `${name} ${version}`).filter((crate) => !crate.startsWith('ingam ')));
};

test('the list fits the schema of CycloneDX 1.6', async () => {
  const wrong = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  assert.equal(wrong, null);
  const spoilt = text.replace('"type": "library"', '"type": "librarie"');
  assert.notEqual(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(spoilt), null);
});

test('the list names the crates of the program and of its build, with checksums and licences, and none of the tests', () => {
  const ours = list.components.filter(({ purl }) => purl.startsWith('pkg:cargo/'));
  const listed = new Set(ours.map(({ name, version }) => `${name} ${version}`));
  assert.deepEqual([...listed].sort(), [...crates('normal,build')].sort());
  assert.equal(named('scraper').length, 0);
  for (const crate of ours) {
    assert.match(crate.hashes[0].content, /^[0-9a-f]{64}$/, crate.name);
    assert.ok(crate.licenses.length > 0, crate.name);
  }
  // What only builds the program is not in it.
  const compiledIn = ours.filter(({ scope }) => scope === 'required').map(({ name, version }) => `${name} ${version}`);
  assert.deepEqual(compiledIn.sort(), [...crates('normal,no-proc-macro')].sort());
});

test('the list names what is embedded beside crates', () => {
  const htmx = named('htmx')[0];
  const sum = createHash('sha256').update(readFileSync(`${root}static/vendor/htmx-${htmx.version}.min.js`)).digest('hex');
  assert.equal(htmx.hashes[0].content, sum);
  assert.equal(htmx.purl, `pkg:npm/htmx.org@${htmx.version}`);
  for (const name of ['Lucide', 'SQLite', 'Rust standard library']) assert.equal(named(name).length, 1, name);
});

test('everything in the list is reached from the program', () => {
  const below = new Map(list.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
  const reached = new Set();
  const ahead = [list.metadata.component['bom-ref']];
  while (ahead.length) {
    const ref = ahead.pop();
    if (reached.has(ref)) continue;
    reached.add(ref);
    assert.ok(below.has(ref), ref);
    ahead.push(...below.get(ref));
  }
  assert.deepEqual(list.components.map((component) => component['bom-ref']).filter((ref) => !reached.has(ref)), []);
});

test('the same commit gives the same bytes, and a program its checksum', () => {
  assert.equal(sbom(), text);
  const dated = JSON.parse(sbom(['--program', 'Cargo.toml'], { SOURCE_DATE_EPOCH: '1700000000' }));
  assert.equal(dated.metadata.timestamp, '2023-11-14T22:13:20+00:00');
  const sum = createHash('sha256').update(readFileSync(`${root}Cargo.toml`)).digest('hex');
  assert.equal(dated.metadata.component.hashes[0].content, sum);
  assert.notEqual(dated.serialNumber, list.serialNumber);
});
