-- What did not happen to a job, so that no run shows it.

create table batch_lapses (
  job        text not null references batch_jobs (name),
  kind       text not null check (kind in ('missed', 'skipped', 'refused', 'paused', 'never')),
  -- The first time and the last one since a person or a success resolved it.
  since      text not null,
  newest_at  text not null,
  n          integer not null check (n > 0),
  -- Why reports are refused.
  detail     text,
  resolved_at text,
  resolved_by text,
  primary key (job, kind),
  check ((resolved_at is null) = (resolved_by is null))
) strict, without rowid;
create index batch_lapses_open on batch_lapses (job) where resolved_at is null;

-- A run that should have begun needs a person too, until it begins.
drop index batch_runs_attention;
create index batch_runs_attention on batch_runs (id) where resolution is null
  and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low or (is_late and state = 'queued'));
