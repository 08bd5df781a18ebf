// Files of the log as programs read them that people open them with: LibreOffice, DuckDB, jq, and the schema of OCSF.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startConsole } from '../browser/kit.mjs';
import { directory, python, ran, until } from './kit.mjs';
import { READERS, keyOf } from './receipts.mjs';
import { Visitor } from './visitor.mjs';

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

describe('exports', () => {
  let console_, sora, origin;
  // Two who take turns, since a code is good for one change.
  const takers = [];

  before(async () => {
    // A month of sample work: changes of every kind, with reasons in Korean.
    console_ = await startConsole({ users: 60 });
    sora = await Visitor.signedIn(console_, 'sora');
    takers.push(['sora', sora], ['owner', await Visitor.signedIn(console_, 'owner')]);
    // The demo signs its log a few seconds after its start.
    const checkpoint = await until(async () => {
      const { status, body } = await sora.get('/log/checkpoint');
      return status === 200 && body;
    }, 60, 'the demo never signed its log');
    origin = checkpoint.split('\n')[0];
  });
  after(() => console_?.close());

  // Takes a file of what was done to customers and orders, as bytes.
  async function take(format, query = '') {
    const [who, person] = takers[0];
    takers.reverse();
    const code = await console_.code(who);
    const filled = { format, purpose: 'audit', reason: '2026년 하반기 정기 점검', code };
    const { status, location } = await person.send(`/audit/exports?panel=export${query}`, '/audit/exports', filled);
    assert.equal(status, 303);
    const page = location.split('?')[0];
    // A bundle is offered when its newest rows are signed, which takes some seconds.
    await until(async () => (await person.get(page)).body.includes(`href="${page}/file"`), 60, `${page} was never ready`);
    const bytes = await person.take(`${page}/file`);
    const { body } = await person.get(page);
    assert.ok(body.includes(createHash('sha256').update(bytes).digest('hex')), `${page} has another hash`);
    return bytes;
  }

  test('a spreadsheet and a database read each cell as the text that it is', { timeout: 600_000 }, async (t) => {
    const dir = await directory(t);
    const [csv, jsonl, ocsf] = ['csv', 'jsonl', 'ocsf'].map((end) => path.join(dir, `audit.${end}`));
    const range = `&outcome=applied`;
    const files = [await take('csv', range), await take('jsonl', range), await take('ocsf', range)];
    // Each file has the rows of the one before and those that making it appended: all are held against the first.
    const rows = files[0].toString().trimEnd().split('\r\n').length - 1;
    const first = (bytes) => bytes.toString().split('\n').slice(0, rows).map((line) => `${line}\n`).join('');
    await writeFile(csv, files[0]);
    await writeFile(jsonl, first(files[1]));
    await writeFile(ocsf, first(files[2]));
    assert.ok(rows > 100, `the sample has only ${rows} rows`);

    await t.test('LibreOffice and DuckDB', () => {
      const { status, said } = ran(python('duckdb==2.0.1'), [script('check_csv.py'), csv, jsonl]);
      assert.equal(status, 0, said);
    });
    await t.test('the schema of OCSF 1.8.0', () => {
      const { status, said } = ran(python('ocsf-json-schema==1.2.0', 'jsonschema==4.26.0'), [script('check_ocsf.py'), ocsf, jsonl, origin]);
      assert.equal(status, 0, said);
    });
    await t.test('jq counts the lines and keeps the digits', () => {
      const { status, said } = ran('jq', ['-r', '.seq', jsonl]);
      assert.equal(status, 0, said);
      const numbers = said.trimEnd().split('\n');
      assert.equal(numbers.length, rows);
      assert.ok(numbers.every((seq) => /^\d+$/.test(seq)), said.slice(0, 200));
    });
    await t.test('DuckDB reads JSON Lines with the types that docs/exports.md names', () => {
      const statement = `
import duckdb, sys
rows = duckdb.sql(f"""select count(*), min(seq), max("at") from read_json('{sys.argv[1]}', columns =
  {{seq: 'BIGINT', "at": 'TIMESTAMPTZ', action: 'VARCHAR', before: 'JSON', after: 'JSON', reason: 'VARCHAR'}})""").fetchall()
print(rows[0][0])`;
      const { status, said } = ran(python('duckdb==2.0.1', 'pytz==2026.6'), ['-c', statement, jsonl]);
      assert.equal(status, 0, said);
      assert.equal(Number(said.trim().split('\n').at(-1)), rows);
    });
  });

  test('a bundle is verified with what it prints, and by programs that share no code with the console', { timeout: 300_000 }, async (t) => {
    const dir = await directory(t);
    const key = (await readFile(path.join(console_.data, 'log.vkey'), 'utf8')).trim();
    for (const [query, kind] of [['', 'whole'], ['&from=2026-01-01', 'range'], ['&action=points.adjust', 'selection']]) {
      const file = path.join(dir, `audit-${kind}.tar`);
      const bytes = await take('bundle', query);
      await writeFile(file, bytes);
      assert.equal(ran('tar', ['-xf', file], { cwd: dir }).status, 0);
      const [name] = ran('tar', ['-tf', file]).said.split('/');
      const bundle = path.join(dir, name);
      const readme = await readFile(path.join(bundle, 'README.txt'), 'utf8');
      // Each printed command, as it is printed.
      const printed = (begins) => readme.split('\n').find((line) => line.startsWith(`  ${begins}`)).trim().split(/ {2,}/)[0].replace('KEY', key);
      const verify = () => ran('sh', ['-c', printed('python3 verify.py')], { cwd: bundle });
      const verified = verify();
      assert.equal(verified.status, 0, verified.said);
      const ours = await console_.command('audit', 'verify', bundle, '--vkey', key);
      assert.equal(ours.status, 0, ours.said);
      const numbers = ran('sh', ['-c', printed('jq -r .seq')], { cwd: bundle }).said.trimEnd().split('\n');
      const manifest = JSON.parse(await readFile(path.join(bundle, 'manifest.json'), 'utf8'));
      assert.deepEqual([manifest.kind, manifest.rows.count], [kind, numbers.length]);
      assert.ok(readme.includes(`sha256sum ${name}.tar`));

      // The program in it notices a byte of a row, of the tree and of the checkpoint.
      for (const one of kind === 'selection' ? ['audit.jsonl', 'checkpoint', `receipts/${numbers[0]}.tlog-proof`] : ['audit.jsonl', 'checkpoint', await someTile(bundle)]) {
        const place = path.join(bundle, one);
        const whole = await readFile(place);
        const altered = Buffer.from(whole);
        altered[Math.floor(whole.length / 2)] ^= 1;
        await writeFile(place, altered);
        assert.notEqual(verify().status, 0, `${kind}: ${one}`);
        await writeFile(place, whole);
      }
      if (kind === 'selection') await receiptsBySigstore(key, bundle, numbers);
    }
  });

  // A tile of hashes of the rows.
  async function someTile(bundle) {
    const [some] = await readdir(path.join(bundle, 'log/tile/0'));
    if (!some.endsWith('.p')) return `log/tile/0/${some}`;
    return `log/tile/0/${some}/${(await readdir(path.join(bundle, 'log/tile/0', some)))[0]}`;
  }

  async function receiptsBySigstore(key, bundle, numbers) {
    const verify = READERS['@sigstore/verify 4.1.3'];
    const lines = (await readFile(path.join(bundle, 'audit.jsonl'), 'utf8')).trimEnd().split('\n');
    for (const [at, seq] of numbers.entries()) {
      const receipt = await readFile(path.join(bundle, 'receipts', `${seq}.tlog-proof`), 'utf8');
      verify(keyOf(key), receipt, Buffer.from(lines[at]));
      assert.throws(() => verify(keyOf(key), receipt, Buffer.from(lines[(at + 1) % lines.length])), `row ${seq}`);
    }
  }
});
