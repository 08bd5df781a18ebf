// Runs as a real InfluxDB and a real VictoriaMetrics read them.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { binary, startConsole } from '../browser/kit.mjs';
import { directory, freePort, isThere, start, until } from './kit.mjs';

// Every minute one that succeeds and one that fails, whose names a reader of lines could trip over.
const jobs = (channels) => `
${channels}
[[job]]
name = "good"
title = "Good"
owner = "peers"
schedule = { cron = "* * * * *", zone = "Asia/Seoul" }
command = ["/bin/sh", "-c", "echo '::count processed=12'"]
[[job]]
name = "bad"
title = "Bad"
owner = "peers"
schedule = { cron = "* * * * *", zone = "Asia/Seoul" }
command = ["/bin/sh", "-c", "exit 3"]
`;

async function consoleFor(t, channels) {
  const port = await freePort();
  const settings = { INGAM_LISTEN: `127.0.0.1:${port}`, INGAM_PUBLIC_ORIGIN: `http://127.0.0.1:${port}`, INGAM_BATCH_PROGRAMS: `/bin/sh:${binary}` };
  const console_ = await startConsole({ users: 20, jobs: jobs(channels), settings });
  t.after(() => console_.close());
}

test('InfluxDB 1.6 keeps one point for each run, in the time in which it ended', { skip: !isThere('influxd', 'version') && 'influxd is not here' }, async (t) => {
  const dir = await directory(t);
  const [port, rpc] = [await freePort(), await freePort()];
  const config = path.join(dir, 'influxdb.conf');
  await writeFile(config, `
reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
dir = "${dir}/meta"
[data]
dir = "${dir}/data"
wal-dir = "${dir}/wal"
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
`);
  const url = `http://127.0.0.1:${port}`;
  const influx = await start('influxd', ['-config', config], `${url}/ping`);
  t.after(() => influx.stop());
  const ask = async (q) => {
    const answer = await fetch(`${url}/query?${new URLSearchParams({ db: 'app', q })}`, { method: q.startsWith('create') ? 'POST' : 'GET' });
    const { results, error } = await answer.json();
    assert.ok(!error && !results[0].error, `${q}: ${error ?? results[0].error}`);
    return results[0].series ?? [];
  };
  await ask('create database app');
  await consoleFor(t, `[[channel]]\nname = "points"\nkind = "influxdb"\nurl = "${url}"\ndatabase = "app"`);

  // The demo's own jobs are measured too.
  const series = await until(async () => {
    const found = await ask('select run, duration_ms, processed, exit_code from batch_run group by job_name, outcome, environment');
    const of = (job) => found.find(({ tags }) => tags.job_name === job);
    return of('good') && of('bad');
  }, 90);
  assert.deepEqual(series.tags, { environment: 'local', job_name: 'bad', outcome: 'failed' });
  assert.equal(series.values[0][series.columns.indexOf('exit_code')], 3);
  // The panels of the practice: success and failure per batch, mean duration per batch, the latest failures.
  for (const query of [
    `select count(run) from batch_run where time > now() - 1d group by job_name, outcome`,
    `select mean(duration_ms) from batch_run where time > now() - 1d group by job_name`,
    `select run, exit_code from batch_run where outcome = 'failed' order by time desc limit 10`,
  ]) {
    assert.notEqual((await ask(query)).length, 0, query);
  }
  const [good] = await ask(`select processed from batch_run where job_name = 'good'`);
  assert.equal(good.values[0][1], 12);
});

test('VictoriaMetrics reads the same lines', { skip: !isThere('victoria-metrics', '-version') && 'VictoriaMetrics is not here' }, async (t) => {
  const dir = await directory(t);
  const url = `http://127.0.0.1:${await freePort()}`;
  const victoria = await start('victoria-metrics', [`-storageDataPath=${dir}`, `-httpListenAddr=${new URL(url).host}`], `${url}/health`);
  t.after(() => victoria.stop());
  await consoleFor(t, `[[channel]]\nname = "points"\nkind = "influxdb"\nurl = "${url}"\ndatabase = "app"`);
  const found = await until(async () => {
    const asked = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: 'last_over_time(batch_run_duration_ms[1h])' })}`);
    const { data } = await asked.json();
    const jobs = data.result.map(({ metric }) => metric.job_name);
    return jobs.includes('good') && jobs.includes('bad') && jobs;
  }, 120);
  assert.ok(found);
  // It answers 204 to everything; what it could not read is counted.
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^vm_rows_invalid_total\{type="influx"\} 0$/m);
});
