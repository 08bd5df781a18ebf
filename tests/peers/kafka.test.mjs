// Topics as a real broker has them, and records as programs in other languages write and read them.
//
// The broker keeps nothing when it is killed, so what dies here is the console.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { freePort, until } from './kit.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
const binary = process.env.INGAM_BINARY ?? path.join(target, 'debug', 'ingam');
// Made by scripts/test from kafka-requirements.txt.
const bin = path.join(process.env.INGAM_KAFKA_PEERS ?? path.join(target, 'kafka-peers'), 'bin');
const script = fileURLToPath(new URL('kafka_peer.py', import.meta.url));
const skip = !existsSync(path.join(bin, 'noida-db')) && 'the broker and the writers are not here';

const EVENTS = 'dev-ingam.events';
const REPORTS = 'dev-shop.batch-reports';
const PARTITIONS = 6;
const rid = (n) => `0b5e8a9c-1111-4222-8333-${String(n).padStart(12, '0')}`;
const report = (what, n, more = {}) => ({ key: `job-${n % 5}`, value: JSON.stringify({ job: 'sync', report: what, rid: rid(n), ...more }) });

// A process that ends with the test, with those that it started.
function run(program, args, options = {}) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  const kill = (signal) => {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  let said = '';
  for (const from of [child.stdout, child.stderr]) from.setEncoding('utf8').on('data', (text) => (said += text));
  const ended = new Promise((resolve) => child.once('close', resolve));
  process.once('exit', () => kill('SIGKILL'));
  return {
    said: () => said,
    async end(signal = 'SIGTERM') {
      kill(signal);
      await Promise.race([ended, sleep(20_000, undefined, { ref: false })]);
      kill('SIGKILL');
      await ended;
    },
  };
}

describe('Kafka', { skip }, () => {
  let dir, data, port, broker, console_, env, config;

  const peer = (args, input) => {
    const { status, stdout, stderr } = spawnSync(path.join(bin, 'python'), [script, ...args], { input, encoding: 'utf8', timeout: 120_000 });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout.trim().split('\n').pop());
  };
  const at = () => `127.0.0.1:${port}`;
  const rows = (sql) => peer(['-', 'query', path.join(data, 'ingam.db'), sql]);
  const number = (sql) => rows(sql)[0][0];
  const write = (library, mode, records) => peer([at(), 'write', REPORTS, library, mode], JSON.stringify(records));
  const answers = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.end() && true));
      socket.once('error', () => resolve(false));
    });

  async function startBroker() {
    broker = run(path.join(bin, 'noida-db'), ['start', '--only', 'kafka', '--kafka-port', String(port), '--data-dir', path.join(dir, 'kafka')]);
    await until(answers, 30, () => broker.said());
  }

  async function serve() {
    console_ = run(binary, ['serve', '--config', config], { env, cwd: dir });
    await until(() => console_.said().includes('listening on'), 60, () => console_.said());
  }

  // Until each partition has been read to its end; those of a process that was killed are free after its lease.
  const isRead = () => {
    const end = peer([at(), 'ends', REPORTS]);
    return until(
      () => number('select coalesce(sum(next_offset), 0) from queue_offsets where partition >= 0 and error is null') === end,
      90,
      () => JSON.stringify(rows('select * from queue_offsets')) + console_.said().slice(-3000),
    );
  };
  const isWritten = () =>
    until(
      () => number("select (select count(*) from outbox where delivered_at is null) + (select count(*) from deliveries where state <> 'told')") === 0,
      120,
      () => JSON.stringify(rows('select state, count(*), max(error) from deliveries group by state')),
    );

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ingam-kafka-'));
    data = path.join(dir, 'data');
    port = await freePort();
    await startBroker();
    for (const topic of [EVENTS, REPORTS]) peer([at(), 'create', topic, String(PARTITIONS)]);
    // What a demo makes, with people and a log; then it is served with a configuration of its own.
    const demo = run(binary, ['demo', '--listen', '127.0.0.1:0', '--data', data, '--users', '50'], { cwd: dir });
    await until(() => demo.said().includes('listening on'), 120, () => demo.said());
    await demo.end();
    config = path.join(dir, 'ingam.toml');
    await writeFile(
      config,
      `[[channel]]\nname = "events"\nkind = "kafka"\nbrokers = ["${at()}"]\ntopic = "${EVENTS}"\ntls = false\n` +
        `[[consume]]\nchannel = "events"\ntopic = "${REPORTS}"\nas = "reports"\njobs = ["sync"]\n` +
        '[[job]]\nname = "sync"\ntitle = "Sync"\nowner = "warehouse"\nexternal = true\ntimeout_seconds = 600\n',
    );
    env = {
      ...process.env,
      INGAM_PROFILE: 'local',
      INGAM_LISTEN: '127.0.0.1:0',
      INGAM_PUBLIC_ORIGIN: 'http://127.0.0.1:8080',
      INGAM_ALLOWED_NETWORKS: '127.0.0.0/8',
      DATABASE_URL: `sqlite://${path.join(data, 'ingam.db')}`,
      INGAM_SECRET_KEY: (await readFile(path.join(data, 'secret-key'), 'utf8')).trim(),
    };
    await serve();
  });

  after(async () => {
    await console_?.end();
    await broker?.end();
    await rm(dir, { recursive: true, force: true });
  });

  test('a thousand events survive kill -9: each is there, and those of one thing are in order', async () => {
    await isWritten();
    // At any moment: handing on, writing, noting what was taken.
    for (let n = 0; n < 5; n += 1) {
      peer(['-', 'events', path.join(data, 'ingam.db'), '200']);
      await sleep(100 + 150 * n);
      await console_.end('SIGKILL');
      await serve();
    }
    await isWritten();
    const expected = new Set(rows("select id from outbox where topic = 'test'").map(([id]) => String(id)));
    assert.equal(expected.size, 1000);
    const records = peer([at(), 'read', EVENTS]).filter(({ value }) => value.event === 'test');
    const byKey = new Map();
    for (const { key, ids, value } of records) {
      assert.deepEqual(ids, [String(value.id)], 'the header is there once');
      const seen = byKey.get(key) ?? [];
      if (!seen.includes(value.id)) seen.push(value.id);
      byKey.set(key, seen);
      expected.delete(ids[0]);
    }
    assert.equal(expected.size, 0, `${expected.size} are missing`);
    for (const [key, seen] of byKey) assert.deepEqual(seen, [...seen].sort((a, b) => a - b), key);
    // Where a client of Java's kind puts the same keys.
    const wanted = peer(['-', 'partitions', String(PARTITIONS)], JSON.stringify([...byKey.keys()]));
    for (const { key, partition } of records) assert.equal(partition, wanted[key], key);
  });

  test('kafkajs reads what the console writes, and would put the same keys where they are', async () => {
    await isWritten();
    const wanted = peer([at(), 'read', EVENTS]).map(({ partition, key, ids, value }) => ({ partition, key, ids, value }));
    assert.ok(wanted.length >= 1000);
    const client = new kafkajs.Kafka({ clientId: 'peer', brokers: [at()], logLevel: kafkajs.logLevel.ERROR });
    const consumer = client.consumer({ groupId: 'dev-kafkajs' });
    const found = [];
    try {
      await consumer.connect();
      await consumer.subscribe({ topic: EVENTS, fromBeginning: true });
      await consumer.run({
        eachMessage: async ({ partition, message: { key, value, headers } }) => {
          found.push({ partition, key: key.toString(), ids: [headers['ingam-id'].toString()], value: JSON.parse(value.toString()) });
        },
      });
      await until(() => found.length >= wanted.length, 60, () => `${found.length} of ${wanted.length}`);
    } finally {
      await consumer.disconnect();
    }
    const sorted = (records) => records.map((record) => JSON.stringify(record)).sort();
    assert.deepEqual(sorted(found), sorted(wanted));
    const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({ partitionId, leader: 0 }));
    const place = kafkajs.Partitioners.DefaultPartitioner();
    for (const { partition, key } of found) assert.equal(partition, place({ topic: EVENTS, partitionMetadata, message: { key: Buffer.from(key) } }), key);
  });

  test('reports of three other languages are taken, committed ones only, with null headers and zstd', async () => {
    const cases = [
      ['kafka-python', 'plain', 1],
      ['kafka-python', 'committed', 3],
      ['kafka-python', 'aborted', 4],
      ['aiokafka', 'plain', 5],
      ['aiokafka', 'committed', 6],
      ['aiokafka', 'aborted', 7],
      ['confluent-kafka', 'plain', 8],
      ['confluent-kafka', 'null-header', 9],
      ['confluent-kafka', 'committed', 10],
      ['confluent-kafka', 'aborted', 11],
      ['kafka-python', 'plain', 12],
    ];
    for (const [library, mode, n] of cases) write(library, mode, [report('start', n), report('log', n, { log: `${library} ${mode}` }), report('success', n, { count: n })]);
    await isRead();
    const taken = rows("select rid, state, processed from batch_runs where job = 'sync' order by rid");
    const wanted = cases.filter(([, mode]) => mode !== 'aborted').map(([, , n]) => [rid(n), 'succeeded', n]);
    assert.deepEqual(taken, wanted);
    assert.deepEqual(rows('select why from queue_rejects'), []);
  });

  test('a record that is no report is set aside, and what follows it is taken', async () => {
    write('kafka-python', 'plain', [{ key: 'job-0', value: 'poison' }, { key: 'job-0', value: '{"job":"other","report":"success"}' }, { ...report('success', 20), key: 'job-0' }]);
    await isRead();
    assert.deepEqual(rows('select why from queue_rejects order by id'), [['not-json'], ['no-rid']]);
    assert.equal(number(`select count(*) from batch_runs where rid = '${rid(20)}' and state = 'succeeded'`), 1);
  });

  test('reports survive kill -9 in the middle: each ends its run once', async () => {
    const some = Array.from({ length: 200 }, (_, n) => 1000 + n);
    write('confluent-kafka', 'plain', some.flatMap((n) => [report('start', n), report('0', n, { log: 'one line' })]));
    const isEnding = () => number("select count(*) from batch_runs where rid like '%-000000001%' and state = 'succeeded'");
    for (let n = 0; n < 3; n += 1) {
      const ended = isEnding();
      if (ended === 200) break;
      await until(() => isEnding() > ended, 60, () => console_.said().slice(-2000));
      await console_.end('SIGKILL');
      await serve();
    }
    // The partitions of a process that was killed are free after its lease.
    await until(() => number("select count(*) from batch_runs where rid like '%-000000001%' and state = 'succeeded'") === 200, 120, () =>
      JSON.stringify(rows('select * from queue_offsets')) + console_.said().slice(-3000),
    );
    await isRead();
    const ends = rows("select r.rid, count(*) from batch_runs r join audit a on a.action = 'runs.finish' and a.target_id = cast(r.id as text) where r.rid like '%-000000001%' group by r.rid");
    assert.equal(ends.length, 200);
    assert.ok(ends.every(([, n]) => n === 1), JSON.stringify(ends.filter(([, n]) => n !== 1)));
    assert.equal(number("select count(*) from batch_log l join batch_runs r on r.id = l.run_id where r.rid like '%-000000001%'"), 200, 'no line came twice');
  });

  test('a broker that is stopped and started again is written to and read again', async () => {
    await isWritten();
    await broker.end();
    peer(['-', 'events', path.join(data, 'ingam.db'), '50']);
    await until(() => number("select count(*) from channels where name = 'events' and failing_since is not null") === 1, 120, () => console_.said().slice(-2000));
    assert.ok(number("select count(*) from queue_offsets where error is not null") > 0);
    await startBroker();
    await isWritten();
    await until(() => number('select count(*) from queue_offsets where error is not null') === 0, 120, () => JSON.stringify(rows('select * from queue_offsets')));
    write('kafka-python', 'plain', [report('success', 30)]);
    await until(() => number(`select count(*) from batch_runs where rid = '${rid(30)}' and state = 'succeeded'`) === 1, 60, () => JSON.stringify(rows('select * from queue_offsets')));
  });
});
