-- Who is called about an alert, step by step, until a person acknowledges it.
create table escalations (
  alert        integer primary key references alerts (id),
  policy       text not null,
  -- Counted from 0, as is the next step of it.
  round        integer not null,
  next_step    integer not null,
  -- When that is done; nothing where the escalation has ended.
  next_at      text,
  -- Whom it calls: rota:first, channel:ops.
  next_target  text,
  -- The newest call, whose messages may all be refused yet.
  newest_call  integer,
  -- Whether a step of this round reached a person.
  is_reached   integer not null check (is_reached in (0, 1)),
  -- Since when no step of a whole round reaches a person.
  unreached_at text,
  changed      integer not null default 0
) strict;
create index escalations_unreached on escalations (alert) where unreached_at is not null;

-- What happened in an escalation, and what people noted on an alert, appended only.
create table escalation_events (
  id         integer primary key,
  alert      integer not null references alerts (id),
  at         text not null,
  what       text not null check (what in ('started', 'called', 'unreachable', 'noted', 'returned', 'ended')),
  policy     text,
  round      integer,
  step       integer,
  target     text,
  -- The person who was called, or who did it.
  staff      integer,
  staff_name text,
  -- Why a person was not reached or an escalation ended, or what a person noted.
  detail     text
) strict;
create index escalation_events_alert on escalation_events (alert, id);
create index escalation_events_what on escalation_events (what);
create trigger escalation_events_update before update on escalation_events begin select raise(abort, 'escalation_events is append-only'); end;
create trigger escalation_events_delete before delete on escalation_events begin select raise(abort, 'escalation_events is append-only'); end;

-- The call that a message is of.
alter table deliveries add column called_by integer;
create index deliveries_called_by on deliveries (called_by) where called_by is not null;

-- What people did about a job.
create index batch_events_by_people on batch_events (job, id)
  where kind in ('requested', 'cancel-requested', 'rerun', 'paused', 'resumed', 'new-normal', 'accepted', 'false_alarm', 'dead', 'finished');
