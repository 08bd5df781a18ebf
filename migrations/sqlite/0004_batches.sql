-- Batches: what runs, when, what came of it, and what somebody decided about it.

-- Points may expire through the console, as a change of the system. SQLite cannot alter a check, so the table is made anew.
create table point_entries_new (
  id         integer primary key,
  user_id    integer not null references users (id),
  at         text not null,
  delta      integer not null check (delta <> 0),
  balance    integer not null check (balance >= 0),
  kind       text not null check (kind in ('earned', 'spent', 'expired', 'returned', 'adjusted', 'reclaimed')),
  memo       text,
  change_id  text,
  staff_name text,
  check (case when change_id is null then kind <> 'adjusted' else kind in ('adjusted', 'returned', 'reclaimed', 'expired') end)
) strict;
insert into point_entries_new (id, user_id, at, delta, balance, kind, memo, change_id, staff_name)
select id, user_id, at, delta, balance, kind, memo, change_id, staff_name from point_entries order by id;
drop table point_entries;
alter table point_entries_new rename to point_entries;
create index point_entries_user on point_entries (user_id, id);
create index point_entries_adjusted on point_entries (id) where change_id is not null;
create unique index point_entries_change on point_entries (change_id, kind) where change_id is not null;
create trigger point_entries_no_update before update on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
create trigger point_entries_no_delete before delete on point_entries
begin select raise(abort, 'point_entries is append-only'); end;
-- INSERT OR REPLACE deletes the row in its way without firing the trigger above unless recursive_triggers is on.
create trigger point_entries_no_replace before insert on point_entries
when exists (select 1 from point_entries where id = new.id)
  or exists (select 1 from point_entries where change_id = new.change_id and kind = new.kind)
begin select raise(abort, 'point_entries is append-only'); end;

-- A job as its newest definition has it. Definitions are reviewed as code and come from the configuration file.
create table batch_jobs (
  name          text primary key check (length(name) <= 64 and name glob '[a-z0-9]*' and name not glob '*[^a-z0-9_-]*'),
  title         text not null,
  owner         text not null,
  kind          text not null check (kind in ('command', 'http', 'external')),
  version       integer not null,
  -- No definition names it any more: it is kept for its runs.
  is_retired    integer not null default 0 check (is_retired in (0, 1)),
  -- When its schedule is due next; whoever moves it on makes the run.
  next_at       text,
  paused_until  text,
  -- Runs that started before this do not say what is normal.
  baseline_from text,
  changed       integer not null default 1
) strict;
create index batch_jobs_due on batch_jobs (next_at) where next_at is not null;

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
  cause         text not null check (cause in ('schedule', 'manual', 'rerun', 'report')),
  -- Whether no second run of the job may be under way.
  is_single     integer not null check (is_single in (0, 1)),
  -- By which reports from elsewhere name it.
  rid           text,
  scheduled_for text,
  params        text not null,
  -- Who asked for it, and in which change.
  staff_name    text,
  change_id     text,
  rerun_of      integer references batch_runs (id),
  -- The first of its line of reruns.
  root_id       integer references batch_runs (id),
  attempt       integer not null default 1 check (attempt > 0),
  -- Who runs it, under which claim, until when they are believed to be alive: by the clock of the database.
  runner        text,
  fence         integer not null default 0,
  lease_until   text,
  pid           integer,
  pid_started   integer,
  -- Where it runs elsewhere: when it is given up for want of a report.
  deadline_at   text,
  queued_at     text not null,
  started_at    text,
  ended_at      text,
  duration_ms   integer check (duration_ms >= 0),
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
  -- The lines of its log that are missing in the middle.
  gap_from      integer,
  gap_until     integer,
  gap_bytes     integer not null default 0,
  -- The number of the line that comes next.
  next_line     integer not null default 0,
  resolution    text check (resolution in ('rerun', 'accepted', 'false_alarm')),
  resolved_by   text,
  resolved_at   text,
  changed       integer not null default 1,
  foreign key (job, version) references batch_versions (job, n),
  check ((state in ('succeeded', 'failed', 'timed_out', 'cancelled', 'skipped')) = (ended_at is not null)),
  check ((resolution is null) = (resolved_at is null)),
  check ((cause = 'rerun') = (rerun_of is not null)),
  check ((rerun_of is null) = (root_id is null))
) strict;
-- A tick makes one run, whoever ticks.
create unique index batch_runs_tick on batch_runs (job, scheduled_for) where scheduled_for is not null;
-- One run of a job at a time; a lost one holds its place until somebody says what became of it.
create unique index batch_runs_flight on batch_runs (job)
  where is_single and state in ('starting', 'running', 'cancelling', 'lost');
-- A run is rerun once; what is rerun after that is the rerun.
create unique index batch_runs_rerun on batch_runs (rerun_of) where rerun_of is not null;
create unique index batch_runs_rid on batch_runs (job, rid) where rid is not null;
create index batch_runs_job on batch_runs (job, id);
create index batch_runs_state on batch_runs (state, id);
create index batch_runs_job_state on batch_runs (job, state, id);
create index batch_runs_root on batch_runs (root_id, id) where root_id is not null;
create index batch_runs_queued on batch_runs (id) where state = 'queued';
-- What is open is little, however much has ended: of one job, and of all.
create index batch_runs_under_way on batch_runs (id) where state in ('queued', 'starting', 'running', 'cancelling', 'lost');
create index batch_runs_open on batch_runs (job, id) where state in ('queued', 'starting', 'running', 'cancelling', 'lost');
create index batch_runs_normal on batch_runs (job, id) where state = 'succeeded' and rerun_of is null;
create index batch_runs_attention on batch_runs (id) where resolution is null
  and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low);

-- What has ended has ended.
create trigger batch_runs_ended before update on batch_runs
when old.ended_at is not null and (new.state <> old.state or new.ended_at is not old.ended_at)
begin select raise(abort, 'a run that has ended stays as it ended'); end;

-- The beginning and the end of what a run wrote, many lines in a row: [[time, stream, text], …] from number n up to until.
create table batch_log (
  run_id integer not null references batch_runs (id),
  n      integer not null check (n >= 0),
  until  integer not null,
  lines  text not null,
  primary key (run_id, n),
  check (until > n)
) strict;

-- What happened to jobs and runs that somebody should be able to read later.
create table batch_events (
  id         integer primary key,
  job        text not null references batch_jobs (name),
  run_id     integer references batch_runs (id),
  at         text not null,
  kind       text not null check (kind in (
               'defined', 'retired', 'paused', 'resumed', 'new-normal', 'missed',
               'requested', 'cancel-requested', 'cancelled', 'slow', 'late', 'low',
               'succeeded', 'failed', 'timed_out', 'lost', 'late-report', 'rerun', 'accepted', 'false_alarm', 'dead', 'finished')),
  detail     text,
  staff_name text not null,
  change_id  text not null
) strict;
create index batch_events_job on batch_events (job, id);
create index batch_events_run on batch_events (run_id, id) where run_id is not null;
create trigger batch_events_no_update before update on batch_events
begin select raise(abort, 'batch_events is append-only'); end;
create trigger batch_events_no_delete before delete on batch_events
begin select raise(abort, 'batch_events is append-only'); end;
create trigger batch_events_no_replace before insert on batch_events
when exists (select 1 from batch_events where id = new.id)
begin select raise(abort, 'batch_events is append-only'); end;

-- What the shop took and gave back in a day of Seoul, as the daily settlement works it out.
create table settlements (
  day      text not null check (day glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  currency text not null check (currency in ('KRW', 'USD', 'EUR', 'JPY')),
  orders   integer not null check (orders >= 0),
  captured integer not null check (captured >= 0),
  refunded integer not null check (refunded >= 0),
  at       text not null,
  primary key (day, currency)
) strict;
create index payments_captured on payments (captured_at);
