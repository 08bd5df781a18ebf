// The console as a real Prometheus sees it, with the rules and dashboards of deploy/.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { binary, startConsole } from '../browser/kit.mjs';
import { check, grafanaAlerts, questions } from './dashboards.mjs';
import { deploy, freePort, isThere, ran, start, until } from './kit.mjs';

const TOKEN = '9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8';
const rules = fileURLToPath(new URL('prometheus/ingam.rules.yml', deploy));
// The jobs of the demo, as `ingam demo` itself declares them.
const jobs = readFileSync(new URL('../../src/demo/jobs/jobs.toml', import.meta.url), 'utf8').replaceAll('"PROGRAM"', JSON.stringify(binary));

describe('the files of deploy/', () => {
  test('promtool finds nothing to say about the rules, and they tell what they must when they must', () => {
    const linted = ran('promtool', ['check', 'rules', '--lint=all', '--lint-fatal', rules]);
    assert.equal(linted.status, 0, linted.said);
    const tested = ran('promtool', ['test', 'rules', 'ingam.rules.test.yml'], { cwd: new URL('prometheus/', deploy) });
    assert.equal(tested.status, 0, tested.said);
  });

  test('vmalert takes the same rules', { skip: !isThere('vmalert', '-version') && 'vmalert is not here' }, () => {
    const { status, said } = ran('vmalert', [`-rule=${rules}`, '-dryRun']);
    assert.equal(status, 0, said);
  });

  test('amtool takes the example of Alertmanager', () => {
    const { status, said } = ran('amtool', ['check-config', fileURLToPath(new URL('alertmanager/alertmanager.yml', deploy))]);
    assert.equal(status, 0, said);
  });

  test('dashboards are put together as Grafana wants them', check);
});

describe('Prometheus', () => {
  let dir, console_, metrics, prometheus, config, url, proxy, page;

  // Answers a query, or says why not.
  async function query(expr, more = '') {
    const asked = await fetch(`${url}/api/v1/query${more}?${new URLSearchParams({ query: expr })}`);
    const { status, data, error } = await asked.json();
    assert.equal(status, 'success', `${expr}: ${error}`);
    return data.result;
  }
  const number = async (expr) => Number((await query(expr))[0]?.value[1]);
  const run = () => start('prometheus', [`--config.file=${config}`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=${new URL(url).host}`], `${url}/-/ready`);
  const scraped = (accept) => fetch(`${metrics}/metrics`, { headers: { authorization: `Bearer ${TOKEN}`, accept } });

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ingam-peers-'));
    const address = `127.0.0.1:${await freePort()}`;
    metrics = `http://${address}`;
    console_ = await startConsole({
      users: 50,
      jobs,
      settings: { INGAM_METRICS_LISTEN: address, INGAM_METRICS_TOKEN: TOKEN, INGAM_BATCH_PROGRAMS: binary },
    });
    // Prometheus 2.42 asks for OpenMetrics by itself: one that does not, by way of a proxy that asks for the other form.
    proxy = createServer(async (asked, answer) => {
      const { authorization } = asked.headers;
      const got = await fetch(`${metrics}/metrics`, { headers: { authorization, accept: 'text/plain;version=0.0.4' } }).catch(() => undefined);
      answer.writeHead(got?.status ?? 502, { 'content-type': got?.headers.get('content-type') ?? 'text/plain' });
      answer.end(await got?.text());
    });
    // What stands in front of a console and sends all to a page.
    page = createServer((asked, answer) => {
      if (asked.url === '/metrics') answer.writeHead(303, { location: '/login' });
      else answer.writeHead(200, { 'content-type': 'text/html' });
      answer.end();
    });
    for (const server of [proxy, page]) await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const token = path.join(dir, 'token');
    await writeFile(token, TOKEN);
    // The file of deploy/, only faster, and with the other targets beside the console.
    const told = readFileSync(new URL('prometheus/prometheus.yml', deploy), 'utf8');
    config = path.join(dir, 'prometheus.yml');
    const job = (name, port) => `
  - job_name: ${name}
    static_configs:
      - targets: ['127.0.0.1:${port}']
    authorization:
      credentials_file: ${token}
`;
    await writeFile(
      config,
      told.replace(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 1s')
        .replace('ingam.rules.yml', rules)
        .replace("'alertmanager:9093'", `'127.0.0.1:${await freePort()}'`)
        .replace('ingam:9464', address)
        .replace('/run/secrets/ingam-metrics-token', token) +
        job('text', proxy.address().port) +
        job('page', page.address().port),
    );
    url = `http://127.0.0.1:${await freePort()}`;
    prometheus = await run();
  });
  after(async () => {
    await prometheus?.stop();
    for (const server of [proxy, page]) server?.close();
    await console_?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test('takes the configuration as it is, but for intervals and addresses', () => {
    const { status, said } = ran('promtool', ['check', 'config', config]);
    assert.equal(status, 0, said);
  });

  test('promtool has nothing to say about what the console serves', async () => {
    const answer = await scraped('text/plain');
    assert.match(answer.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    const { status, said } = ran('promtool', ['check', 'metrics'], { input: await answer.text() });
    assert.equal(`${status}${said}`, '0');
  });

  test('reads both forms alike', async () => {
    for (const job of ['ingam', 'text']) {
      await until(async () => (await number(`up{job="${job}"}`)) === 1, 15, async () => `${job} is down: ${await (await fetch(`${url}/api/v1/targets`)).text()}`);
    }
    assert.match((await scraped('application/openmetrics-text')).headers.get('content-type'), /^application\/openmetrics-text; version=1\.0\.0/);
    const names = async (job) => (await query(`count by (__name__) ({job="${job}",__name__=~"ingam_.*|process_.*"})`)).map(({ metric }) => metric.__name__).sort();
    // A route is there once it was asked for, and the bound of a bucket is written otherwise.
    await until(async () => String(await names('ingam')) === String(await names('text')), 10);
    assert.ok((await names('ingam')).includes('ingam_batch_runs_total'));
    const title = await query('ingam_batch_info{job="ingam",job_name="warehouse-sync"}');
    assert.equal(title[0].metric.title, 'Warehouse stock sync');
    assert.equal(title[0].metric.exported_job, undefined, 'no label of ours is in the way of Prometheus');
  });

  test('takes a redirect to a page for a target that is up, and the rule sees through that', async () => {
    await until(async () => (await number('up{job="page"}')) === 1, 10);
    assert.equal(await number('scrape_samples_scraped{job="page"}'), 0);
    assert.equal((await query('up{job="page"} == 1 and scrape_samples_scraped{job="page"} == 0')).length, 1);
  });

  test('sees a batch fail within two scrapes, in both forms', async () => {
    const failed = (job) => number(`ingam_batch_runs_total{job="${job}",job_name="warehouse-sync",outcome="failed"}`);
    const token = (await console_.run('batch', 'token', 'warehouse-sync')).trim();
    assert.match(token, /^[\w-]{20,}$/);
    const before_ = { ingam: await failed('ingam'), text: await failed('text') };
    assert.ok(before_.ingam >= 0 && before_.ingam === before_.text);
    const report = async (what, body) => {
      const reported = await fetch(`${console_.origin}/ping/${token}/warehouse-sync${what}`, { method: 'POST', body });
      assert.equal(reported.status, 200, await reported.text());
    };
    await report('/start');
    await sleep(500);
    await report('', 'count=41');
    await report('/fail', 'no connection');
    const began = Date.now();
    for (const job of ['ingam', 'text']) {
      await until(async () => (await failed(job)) === before_[job] + 1, 15);
      assert.ok((await number(`ingam_batch_unresolved_failures{job="${job}",job_name="warehouse-sync"}`)) >= 1);
      assert.ok((await number(`ingam_batch_last_failure_timestamp_seconds{job="${job}",job_name="warehouse-sync"}`)) > Date.now() / 1000 - 60);
    }
    // The console keeps its figures for five seconds, and is asked every second here.
    assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`);
    await until(async () => (await query('ALERTS{alertname="IngamBatchFailed",alertstate="firing",job="ingam",job_name="warehouse-sync"}')).length === 1, 10);
  });

  test('sees that requests take over three seconds, in both forms', async () => {
    const { hostname, port } = new URL(console_.origin);
    // A form that comes slowly: the answer waits for it.
    const slowly = (wait) =>
      new Promise((resolve, reject) => {
        const body = 'email=nobody%40ingam.test&password=x';
        const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length, origin: console_.origin };
        const asked = request({ hostname, port, path: '/login', method: 'POST', headers }, (answer) => answer.resume().once('end', resolve));
        asked.once('error', reject);
        asked.flushHeaders();
        setTimeout(() => asked.end(body), wait);
      });
    await slowly(0);
    // So that the series is there before it grows.
    await sleep(2_500);
    await Promise.all(Array.from({ length: 12 }, () => slowly(3_300)));
    for (const [job, bound] of [['ingam', '3.0'], ['text', '3']]) {
      const of = `job="${job}",route="/login"`;
      const slow = `histogram_quantile(0.95, sum by (le) (rate(ingam_http_request_duration_seconds_bucket{${of}}[1m]))) > 3`;
      await until(async () => (await query(slow)).length === 1, 15);
      const share = `1 - sum(rate(ingam_http_request_duration_seconds_bucket{${of},le=~"3|3\\\\.0"}[1m])) / sum(rate(ingam_http_request_duration_seconds_count{${of}}[1m]))`;
      assert.ok((await number(share)) > 0.05, await number(share));
      assert.equal((await query(`ingam_http_request_duration_seconds_bucket{${of},le="${bound}"}`)).length, 1, `the bound is ${bound} there`);
      assert.equal((await query(`{__name__="ingam_http_request_duration_seconds_bucket",${of}}`)).length, 14);
    }
  });

  test('has an answer to each question of the dashboards, with rows, in both forms', async () => {
    // A page that fails, and one that is refused: what is shown only where there is something.
    const empty = new Set(['console.json: Errors by route A', 'changes.json: Signing in A']);
    for (const job of ['ingam', 'text']) {
      for (const { of, expr } of questions(job)) {
        const rows = await until(async () => {
          const rows = await query(expr);
          return rows.length || empty.has(of) ? rows : undefined;
        }, 5, () => `${of} has no rows: ${expr}`);
        for (const { value } of rows) assert.ok(!empty.has(of) || value, of);
      }
    }
  });

  test('evaluates each rule and each alert of Grafana without an error', async () => {
    const { data } = await (await fetch(`${url}/api/v1/rules`)).json();
    const all = data.groups.flatMap(({ rules }) => rules);
    assert.ok(all.length >= 11);
    for (const { name, health, lastError } of all) assert.equal(health, 'ok', `${name}: ${lastError}`);
    const alerts = grafanaAlerts();
    assert.equal(alerts.length, 5);
    for (const { of, expr } of alerts) {
      assert.ok(expr, of);
      await query(expr);
    }
    assert.ok((await query(alerts.find(({ of }) => of === 'ingam-batch-failed').expr)).length > 0);
  });

  test('goes on telling of a failed batch when the console is killed, and after it was restarted itself', async () => {
    const firing = async () => (await query('ALERTS{alertname="IngamBatchFailed",alertstate="firing",job="ingam",job_name="warehouse-sync"}')).length === 1;
    assert.ok(await firing());
    console_.kill();
    await until(async () => (await number('up{job="ingam"}')) === 0, 15);
    assert.equal((await query('ingam_batch_unresolved_failures{job="ingam"}')).length, 0, 'the series has gone with the console');
    await until(async () => (await query('ALERTS{alertname="IngamGone"}')).length === 1, 10);
    for (let second = 0; second < 5; second += 1) {
      assert.ok(await firing());
      await sleep(1_000);
    }
    await prometheus.stop();
    prometheus = await run();
    await until(firing, 15, () => 'the alert was forgotten');
  });
});
