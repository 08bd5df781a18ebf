-- What did not happen to a job, so that no run shows it.

create table batch_lapses (
  job        text collate "C" not null references batch_jobs (name),
  kind       text collate "C" not null check (kind in ('missed', 'skipped', 'refused', 'paused', 'never')),
  -- The first time and the last one since a person or a success resolved it.
  since      timestamptz not null,
  newest_at  timestamptz not null,
  n          bigint not null check (n > 0),
  -- Why reports are refused.
  detail     text collate "C",
  resolved_at timestamptz,
  resolved_by text collate "C",
  primary key (job, kind),
  check ((resolved_at is null) = (resolved_by is null))
);
create index batch_lapses_open on batch_lapses (job) where resolved_at is null;
grant select, insert, update, delete on batch_lapses to ingam_app;

-- A run that should have begun needs a person too, until it begins.
drop index batch_runs_attention;
create index batch_runs_attention on batch_runs (id) where resolution is null
  and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low or (is_late and state = 'queued'));
