//! A job with a few runs, as it would be in a database: one that failed, one that runs, one that was slow, one that is
//! lost. One tick of it was missed, and so were some of a job without runs.

/// Nothing is queued, so no console starts any of it.
pub(crate) const RUNS: &str = r#"
insert into batch_jobs (name, title, owner, kind, version) values ('settle', 'Settlement', 'settlement', 'command', 1);
insert into batch_versions (job, n, definition, sha256, at) values ('settle', 1,
  '{"name":"settle","title":"Settlement","owner":"settlement","command":["/bin/true"],"overlap":"allow",
    "schedule":{"cron":"30 2 * * *"},"roles":["oncall"],"parameters":[
      {"name":"date","title":"Day","type":"date","default":"yesterday"},
      {"name":"campaign","title":"Campaign","type":"text","default":"autumn"}]}', $digest, '2026-02-01T00:00:00.000000Z');
insert into batch_runs (id, job, version, state, cause, is_single, params, queued_at, started_at, ended_at, duration_ms, exit_code,
                        processed, is_slow, baseline_ms, baseline_runs) values
  (1, 'settle', 1, 'failed', 'schedule', $false, '{"date":"2026-03-01","campaign":"autumn"}', '2026-03-01T17:30:00.000000Z',
   '2026-03-01T17:30:01.000000Z', '2026-03-01T17:31:01.000000Z', 60000, 1, 10, $false, null, 0),
  (2, 'settle', 1, 'running', 'manual', $false, '{"date":"2026-03-01","campaign":"autumn"}', '2026-03-01T17:30:00.000000Z',
   '2026-03-02T00:00:01.000000Z', null, null, null, 10, $false, null, 0),
  (3, 'settle', 1, 'succeeded', 'manual', $false, '{"date":"2026-03-01","campaign":"autumn"}', '2026-03-01T17:30:00.000000Z',
   '2026-03-01T17:30:01.000000Z', '2026-03-01T17:34:01.000000Z', 240000, 0, 10, $true, 60000, 5),
  (4, 'settle', 1, 'lost', 'manual', $false, '{"date":"2026-03-01","campaign":"autumn"}', '2026-03-01T17:30:00.000000Z',
   '2026-03-01T17:30:01.000000Z', null, null, null, null, $false, null, 0);
insert into batch_jobs (name, title, owner, kind, version) values ('silent', 'Silent', 'warehouse', 'external', 1);
insert into batch_versions (job, n, definition, sha256, at) values ('silent', 1,
  '{"name":"silent","title":"Silent","owner":"warehouse","external":true,"schedule":{"cron":"0 * * * *"},"roles":["oncall"]}', $digest,
  '2026-02-01T00:00:00.000000Z');
insert into batch_lapses (job, kind, since, newest_at, n) values
  ('settle', 'missed', '2026-02-28T17:30:00.000000Z', '2026-02-28T17:30:00.000000Z', 1),
  ('silent', 'missed', '2026-03-01T17:00:00.000000Z', '2026-03-01T23:00:00.000000Z', 7);
"#;

use super::{Engine, World};

/// Puts the job and its runs into the database of a world.
pub(crate) fn sample_runs(world: &World) {
    let (digest, yes, no) = match world.engine {
        Engine::Sqlite => ("zeroblob(32)", "1", "0"),
        Engine::Postgres => (r"decode(repeat('00', 32), 'hex')", "true", "false"),
    };
    let sql = RUNS.replace("$digest", digest).replace("$true", yes).replace("$false", no);
    world.database().tamper(&sql).unwrap();
    if world.engine == Engine::Postgres {
        world.database().tamper("alter table batch_runs alter column id restart with 100").unwrap();
    }
}
