-- Incidents: what went wrong, what was done, and what is done so that it does not happen again.

create table incidents (
  id           integer primary key,
  title        text not null check (title <> ''),
  severity     text not null check (severity in ('sev1', 'sev2', 'sev3')),
  step         text not null check (step in ('detected', 'responding', 'identified', 'recovered', 'closed')),
  opened_at    text not null,
  opened_by    integer not null,
  opened_name  text not null,
  -- The alert that it was opened from.
  alert        integer references alerts (id),
  lead         integer,
  -- What customers notice.
  impact       text not null default '',
  cause        text,
  -- What ended it.
  remedy       text,
  recovered_at text,
  closed_at    text,
  -- Why nothing is left to be done, where no action is.
  no_actions   text,
  -- Whether its timeline still fills itself.
  collects     integer not null default 1 check (collects in (0, 1)),
  changed      integer not null default 0,
  check ((step = 'closed') = (closed_at is not null)),
  check (step not in ('recovered', 'closed') or recovered_at is not null),
  check (step = 'detected' or lead is not null)
) strict;
create unique index incidents_alert_open on incidents (alert) where step <> 'closed';
create index incidents_alert on incidents (alert, id);
create index incidents_open on incidents (id) where step <> 'closed';
create index incidents_closed on incidents (id) where step = 'closed';
create index incidents_collecting on incidents (id) where collects;

-- What happened, appended only. `at` is when it happened, `recorded_at` when it was written down.
create table incident_events (
  id          integer primary key,
  incident    integer not null references incidents (id),
  at          text not null,
  recorded_at text not null,
  what        text not null check (what <> ''),
  staff       integer,
  staff_name  text,
  text        text not null default '',
  -- Where it comes from: of each thing there is one entry.
  source      text not null,
  source_id   text not null,
  -- The page of it.
  link        text
) strict;
create unique index incident_events_source on incident_events (incident, source, source_id);
create index incident_events_at on incident_events (incident, at, id);

-- What is to be done so that it does not happen again.
create table incident_actions (
  id          integer primary key,
  incident    integer not null references incidents (id),
  text        text not null check (text <> ''),
  owner       integer not null,
  -- The day until which it is to be done.
  due         text not null check (due glob '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  done_at     text,
  reminded_at text
) strict;
create index incident_actions_incident on incident_actions (incident, id);
create index incident_actions_owner on incident_actions (owner, due, id) where done_at is null;
create index incident_actions_due on incident_actions (due) where done_at is null;

-- Postmortems as they were sealed, appended only: the newest one of an incident holds.
create table postmortems (
  id         integer primary key,
  incident   integer not null references incidents (id),
  text       text not null,
  -- SHA-256 of the text, in the row of the log too.
  hash       text not null,
  sealed_at  text not null,
  staff_name text not null,
  change_id  text not null unique
) strict;
create index postmortems_incident on postmortems (incident, id);

-- Rows of the log whose reason names an incident, as INC-12 does.
create table incident_mentions (
  incident integer not null,
  seq      integer not null,
  primary key (incident, seq)
) strict;

create trigger incident_events_update before update on incident_events begin select raise(abort, 'incident_events is append-only'); end;
create trigger incident_events_delete before delete on incident_events begin select raise(abort, 'incident_events is append-only'); end;
create trigger postmortems_update before update on postmortems begin select raise(abort, 'postmortems is append-only'); end;
create trigger postmortems_delete before delete on postmortems begin select raise(abort, 'postmortems is append-only'); end;

-- How long it takes until alerts are acknowledged and over is asked by the time they were opened.
create index alerts_opened on alerts (opened_at);
create index alert_events_acknowledged on alert_events (alert, at) where what = 'acknowledged';
-- What ended since an incident was opened.
create index batch_runs_ended on batch_runs (job, ended_at) where ended_at is not null;
create index batch_runs_asked on batch_runs (job, queued_at) where staff_name is not null;
