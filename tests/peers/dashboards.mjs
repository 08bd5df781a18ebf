// What the files of deploy/ ask of Prometheus, and whether dashboards are put together as Grafana wants them.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { deploy } from './kit.mjs';

const PANELS = ['bargauge', 'stat', 'table', 'timeseries'];
const UNITS = ['s', 'reqps', 'short', 'bytes', 'percentunit', undefined];
const SOURCE = { type: 'prometheus', uid: 'ingam-prometheus' };

const text = (file) => readFileSync(new URL(file, deploy), 'utf8');

export const dashboards = readdirSync(new URL('grafana/dashboards/', deploy)).map((name) => ({
  name,
  ...JSON.parse(text(`grafana/dashboards/${name}`)),
}));

// Every question of a dashboard, with what Grafana would put in for its variables.
export function questions(job) {
  const filled = (expr) =>
    expr
      .replaceAll('$__rate_interval', '1m')
      .replaceAll('$__interval', '15s')
      .replaceAll('$__range', '1h')
      .replaceAll('$job', job)
      .replaceAll('$batch', '.*');
  return dashboards.flatMap(({ name, panels }) =>
    panels.flatMap(({ title, targets }) => targets.map(({ expr, refId }) => ({ of: `${name}: ${title} ${refId}`, expr: filled(expr) }))),
  );
}

// Those of the alerts that Grafana keeps itself.
export const grafanaAlerts = () =>
  [...text('grafana/provisioning/alerting/ingam.yml').matchAll(/^ +- uid: (.*)$|^ +expr: (.*)$/gm)]
    .map(([, uid, expr]) => ({ uid, expr }))
    .reduce((found, { uid, expr }) => (uid ? [...found, { of: uid }] : (Object.assign(found.at(-1), { expr }), found)), []);

// What a misspelt word would do unseen: Grafana leaves out what it does not know.
export function check() {
  const uids = new Set();
  assert.equal(dashboards.length, 3);
  for (const { name, uid, title, panels, templating } of dashboards) {
    assert.match(uid, /^[a-z-]{5,40}$/);
    assert.ok(title && !uids.has(uid), name);
    uids.add(uid);
    const ids = new Set(panels.map(({ id }) => id));
    assert.equal(ids.size, panels.length, `${name}: the numbers of panels differ`);
    for (const variable of templating.list) assert.deepEqual(variable.datasource, SOURCE, name);
    for (const { type, title, gridPos, datasource, targets, fieldConfig } of panels) {
      const of = `${name}: ${title}`;
      assert.ok(PANELS.includes(type), `${of}: ${type}`);
      assert.ok(UNITS.includes(fieldConfig.defaults.unit), `${of}: ${fieldConfig.defaults.unit}`);
      assert.deepEqual(datasource, SOURCE, of);
      assert.ok(gridPos.x + gridPos.w <= 24 && gridPos.h > 0, of);
      const refs = targets.map(({ refId }) => refId);
      assert.equal(new Set(refs).size, refs.length, of);
      for (const target of targets) {
        assert.deepEqual(target.datasource, SOURCE, of);
        assert.ok(target.expr, of);
      }
    }
    // No panel lies on another.
    for (const a of panels) {
      for (const b of panels) {
        const [p, q] = [a.gridPos, b.gridPos];
        const meet = p.x < q.x + q.w && q.x < p.x + p.w && p.y < q.y + q.h && q.y < p.y + p.h;
        assert.ok(a === b || !meet, `${name}: ${a.title} and ${b.title} lie on each other`);
      }
    }
  }
  const source = text('grafana/provisioning/datasources/ingam.yml');
  assert.ok(source.includes(`uid: ${SOURCE.uid}`));
  const alerts = text('grafana/provisioning/alerting/ingam.yml');
  assert.deepEqual(new Set(alerts.match(/datasourceUid: .*/g)), new Set([`datasourceUid: ${SOURCE.uid}`, 'datasourceUid: __expr__']));
  for (const [, value] of alerts.matchAll(/^ +(?:batch): (.*)$/gm)) assert.match(value, /\$\$labels/, 'in a label, a dollar sign is written twice');
  for (const [, value] of alerts.matchAll(/^ +summary: (.*)$/gm)) assert.doesNotMatch(value, /\$\$/, 'in an annotation it is not');
}
