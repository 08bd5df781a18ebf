// What a real Alertmanager posts to the console, and what becomes of it.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startConsole } from '../browser/kit.mjs';
import { freePort, start, until } from './kit.mjs';

const TOKEN = '4be1d0c97f3a52e86b1d7c0f9a25e3b8d6f40c17a9e2b583';

describe('Alertmanager', () => {
  let dir, console_, alertmanager, api, proxy, metrics, refuse = 0;
  const posted = [];

  // Tells the Alertmanager what Prometheus would.
  async function fire(alertname, more = {}, labels = {}) {
    const alert = { labels: { alertname, severity: 'critical', ...labels }, annotations: { summary: `${alertname} is wrong` }, ...more };
    const answer = await fetch(`${api}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([alert]) });
    assert.equal(answer.status, 200, await answer.text());
  }
  const ended = () => ({ endsAt: new Date().toISOString() });
  const statuses = (alertname) =>
    posted.flatMap(({ body, status }) => body.alerts.filter(({ labels }) => labels.alertname === alertname).map((alert) => `${alert.status} ${status}`));
  // How many received alerts are open, as the console measures them.
  async function open() {
    const text = await (await fetch(`${metrics}/metrics`)).text();
    return Number(/^ingam_open_alerts\{kind="received\.firing"\} (\d+)/m.exec(text)?.[1]);
  }
  const seen = () => JSON.stringify(posted.map(({ body, status }) => [status, body.status, body.truncatedAlerts, ...body.alerts.map(({ labels, status, startsAt }) => `${labels.alertname} ${status} ${startsAt}`)]));
  const becomes = (n, why) => until(async () => (await open()) === n, 20, async () => `${why}: ${await open()} are open after ${seen()}`);

  before(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'ingam-peers-'));
    const address = `127.0.0.1:${await freePort()}`;
    metrics = `http://${address}`;
    api = `http://127.0.0.1:${await freePort()}`;
    console_ = await startConsole({
      users: 20,
      settings: { INGAM_METRICS_LISTEN: address, INGAM_RECEIVE: TOKEN },
      jobs: `
[[receive]]
name = "am"
kind = "alertmanager"
token = "$INGAM_RECEIVE"
url = "${api}"
`,
    });
    // Notes what passes, and refuses as a console does whose database is busy.
    proxy = createServer(async (asked, answer) => {
      let body = '';
      for await (const part of asked.setEncoding('utf8')) body += part;
      let status = 503;
      if (refuse > 0) refuse -= 1;
      else ({ status } = await fetch(`${console_.origin}${asked.url}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: asked.headers.authorization }, body, redirect: 'manual' }));
      posted.push({ body: JSON.parse(body), status });
      answer.writeHead(status, status === 503 ? { 'retry-after': '1' } : {}).end();
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const config = path.join(dir, 'alertmanager.yml');
    await writeFile(
      config,
      `
route:
  receiver: ingam
  group_by: [group]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - matchers: ['group = cut']
      receiver: cut
receivers:
  - name: ingam
    webhook_configs: [&hook { url: 'http://127.0.0.1:${proxy.address().port}/receive/am', http_config: { authorization: { credentials: '${TOKEN}' } } }]
  - name: cut
    webhook_configs: [{ url: 'http://127.0.0.1:${proxy.address().port}/receive/am', max_alerts: 1, http_config: { authorization: { credentials: '${TOKEN}' } } }]
`.replace('&hook ', ''),
    );
    alertmanager = await start(
      'prometheus-alertmanager',
      [`--config.file=${config}`, `--storage.path=${dir}/data`, `--web.listen-address=${new URL(api).host}`, '--cluster.listen-address='],
      `${api}/-/ready`,
    );
  });
  after(async () => {
    await alertmanager?.stop();
    proxy?.close();
    await console_?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test('opens an alert here and ends it, each alert of a group by itself', async () => {
    await fire('One', {}, { group: 'a' });
    await fire('Two', {}, { group: 'a' });
    await becomes(2, 'both are open');
    await fire('One', ended(), { group: 'a' });
    await becomes(1, 'one is over');
    assert.ok(posted.some(({ body }) => body.status === 'firing' && new Set(body.alerts.map(({ status }) => status)).size === 2), 'no group was partly over');
    await fire('Two', ended(), { group: 'a' });
    await becomes(0, 'both are over');
    assert.ok(posted.every(({ status }) => status === 200), JSON.stringify(posted.map(({ status }) => status)));
  });

  test('is told again what was refused with 503', async () => {
    refuse = 1;
    await fire('Refused', {}, { group: 'b' });
    await becomes(1, 'it was told again');
    assert.deepEqual(statuses('Refused').slice(0, 2), ['firing 503', 'firing 200']);
    refuse = 1;
    await fire('Refused', ended(), { group: 'b' });
    await becomes(0, 'its end was told again');
  });

  test('concludes nothing of what a group was cut short by', async () => {
    await fire('Cut', {}, { group: 'cut', instance: '1' });
    await becomes(1, 'the first is open');
    await fire('Cut', {}, { group: 'cut', instance: '2' });
    await fire('Cut', ended(), { group: 'cut', instance: '1' });
    await until(() => posted.some(({ body }) => body.truncatedAlerts > 0), 20, 'no group was cut short');
    await sleep(2500);
    // Whichever it named: at least the one that is open there is not taken for over because of the status of its group.
    const named = new Map();
    for (const { body } of posted) for (const { fingerprint, status, labels } of body.alerts) if (labels.group === 'cut') named.set(fingerprint, status);
    await becomes([...named.values()].filter((status) => status === 'firing').length, 'each has its own status');
    await fire('Cut', ended(), { group: 'cut', instance: '2' });
    await until(async () => [0, 1].includes(await open()), 20, 'it is over');
  });

  test('never tells of one that ends under a silence there, which stays open here', async () => {
    const left = await open();
    await fire('Silenced', {}, { group: 'c' });
    await becomes(left + 1, 'it is open');
    const silence = {
      matchers: [{ name: 'alertname', value: 'Silenced', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 600_000).toISOString(), createdBy: 'test', comment: 'test',
    };
    const made = await fetch(`${api}/api/v2/silences`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(silence) });
    assert.equal(made.status, 200);
    await fire('Silenced', ended(), { group: 'c' });
    await sleep(5000);
    assert.deepEqual(statuses('Silenced'), ['firing 200']);
    assert.equal(await open(), left + 1, 'it is neither over nor gone');
  });
});
