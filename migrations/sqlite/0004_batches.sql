-- Batches: what runs, when, what came of it, and what somebody decided about it.

-- A job as its newest definition has it. Definitions are reviewed as code and come from the configuration file.
create table batch_jobs (
  name          text primary key check (length(name) between 1 and 64 and name not glob '*[^a-z0-9_-]*' and name glob '[a-z0-9]*'),
  title         text not null,
  owner         text not null,
  version       integer not null,
  -- No definition names it any more: it is kept for its runs.
  is_retired    integer not null default 0 check (is_retired in (0, 1)),
  next_at       text,
  paused_until  text,
  -- Runs before this do not say what is normal.
  baseline_from text,
  changed       integer not null default 1
) strict;

-- Every definition there ever was; each run names the one it used.
create table batch_versions (
  job        text not null references batch_jobs (name),
  n          integer not null check (n > 0),
  definition text not null,
  sha256     blob not null check (length(sha256) = 32),
  at         text not null,
  primary key (job, n)
) strict;
create unique index batch_versions_sha256 on batch_versions (job, sha256);

create table batch_runs (
  id            integer primary key,
  job           text not null,
  version       integer not null,
  state         text not null check (state in (
                  'queued', 'starting', 'running', 'cancelling',
                  'succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'skipped')),
  cause         text not null check (cause in ('schedule', 'manual', 'rerun')),
  -- Whether no second run of the job may be under way.
  is_single     integer not null check (is_single in (0, 1)),
  scheduled_for text,
  params        text not null,
  staff_name    text,
  change_id     text,
  rerun_of      integer references batch_runs (id),
  attempt       integer not null default 1,
  -- Who runs it, under which claim, until when they are believed to be alive: by the clock of the database.
  runner        text,
  fence         integer not null default 0,
  lease_until   text,
  pid           integer,
  pid_started   integer,
  queued_at     text not null,
  started_at    text,
  ended_at      text,
  -- In thousandths.
  progress      integer check (progress between 0 and 1000),
  processed     integer check (processed >= 0),
  failed        integer check (failed >= 0),
  skipped       integer check (skipped >= 0),
  exit_code     integer,
  failure       text,
  -- What was normal when it started, in milliseconds and things, out of how many runs.
  baseline_ms    integer,
  baseline_count integer,
  baseline_runs  integer not null default 0,
  is_slow       integer not null default 0 check (is_slow in (0, 1)),
  is_low        integer not null default 0 check (is_low in (0, 1)),
  is_late       integer not null default 0 check (is_late in (0, 1)),
  wants_cancel  integer not null default 0 check (wants_cancel in (0, 1)),
  dropped_lines integer not null default 0,
  dropped_bytes integer not null default 0,
  resolution    text check (resolution in ('rerun', 'accepted', 'false_alarm', 'dead')),
  resolved_by   text,
  resolved_at   text,
  changed       integer not null default 1,
  foreign key (job, version) references batch_versions (job, n),
  check ((state in ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped')) = (ended_at is not null)),
  check ((resolution is null) = (resolved_at is null)),
  check ((cause = 'rerun') = (rerun_of is not null))
) strict;
-- A tick makes one run, whoever ticks.
create unique index batch_runs_tick on batch_runs (job, scheduled_for) where scheduled_for is not null;
-- A lost run holds its place until somebody says that it is dead.
create unique index batch_runs_flight on batch_runs (job) where is_single and state in ('starting', 'running', 'cancelling', 'lost');
-- Two people rerun a failure once.
create unique index batch_runs_rerun on batch_runs (rerun_of)
  where rerun_of is not null and state in ('queued', 'starting', 'running', 'cancelling', 'lost');
create index batch_runs_job on batch_runs (job, id);
create index batch_runs_queued on batch_runs (id) where state = 'queued';
create index batch_runs_leased on batch_runs (lease_until) where state in ('starting', 'running', 'cancelling');
create index batch_runs_attention on batch_runs (id) where state in ('failed', 'timed_out', 'lost') and resolution is null;

-- The beginning and the end of what a run wrote; the lines between are counted on the run.
create table batch_log (
  run_id integer not null references batch_runs (id),
  n      integer not null check (n > 0),
  at     text not null,
  stream text not null check (stream in ('out', 'err')),
  text   text not null,
  primary key (run_id, n)
) strict;

create table batch_events (
  id        integer primary key,
  run_id    integer not null references batch_runs (id),
  at        text not null,
  kind      text not null,
  detail    text,
  who       text not null,
  change_id text
) strict;
create index batch_events_run on batch_events (run_id, id);
create trigger batch_events_no_update before update on batch_events
begin select raise(abort, 'batch_events is append-only'); end;
create trigger batch_events_no_delete before delete on batch_events
begin select raise(abort, 'batch_events is append-only'); end;
create trigger batch_events_no_replace before insert on batch_events
when exists (select 1 from batch_events where id = new.id)
begin select raise(abort, 'batch_events is append-only'); end;
