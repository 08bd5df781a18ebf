-- What is wrong, and the messages about it.

-- One row for each thing that is wrong, from when it was noticed until it is right again: an episode.
create table alerts (
  id              integer primary key,
  kind            text not null,
  -- What is wrong: the job, the request, the channel. With the kind the key under which others know it; never empty.
  subject         text not null check (subject <> ''),
  title           text not null,
  severity        text not null check (severity in ('critical', 'warning')),
  opened_at       text not null,
  newest_at       text not null,
  -- How often it happened, and the newest run or request of it.
  n               integer not null check (n > 0),
  reference       text,
  -- What messages say of it: JSON.
  facts           text not null,
  -- Up to what it was told, and when.
  told_n          integer not null,
  told_at         text not null,
  acknowledged_at text,
  acknowledged_by integer,
  -- Since when it is right again; it is resolved when that has lasted.
  cleared_at      text,
  resolved_at     text,
  changed         integer not null default 0,
  check ((acknowledged_at is null) = (acknowledged_by is null))
) strict;
create unique index alerts_open on alerts (kind, subject) where resolved_at is null;
create index alerts_kind on alerts (kind, id);
create index alerts_subject on alerts (subject, id);

-- What happened to an alert, appended only.
create table alert_events (
  id         integer primary key,
  alert      integer not null references alerts (id),
  at         text not null,
  what       text not null check (what in ('opened', 'again', 'acknowledged', 'cleared', 'resolved')),
  n          integer,
  reference  text,
  staff_name text,
  reason     text
) strict;
create index alert_events_alert on alert_events (alert, id);

-- A message on its way to a channel.
create table deliveries (
  id            integer primary key,
  channel       text not null,
  -- What it is about; of one thing a channel gets the messages in order.
  thing         text not null check (thing <> ''),
  what          text not null check (what in ('opened', 'again', 'acknowledged', 'resolved', 'notice', 'point', 'event', 'test')),
  alert         integer references alerts (id),
  alert_event   integer references alert_events (id),
  -- The event of the outbox.
  event         integer,
  -- What it says, as JSON; each channel has its own form of it.
  message       text not null,
  state         text not null check (state in ('waiting', 'told', 'failed', 'dropped')),
  attempts      integer not null default 0,
  created_at    text not null,
  next_at       text not null,
  claimed_until text,
  told_at       text,
  -- The last answer that was not good, or why it was dropped.
  error         text,
  check ((state = 'told') = (told_at is not null))
) strict;
create unique index deliveries_alert on deliveries (alert_event, channel) where alert_event is not null;
create unique index deliveries_event on deliveries (event, channel, what) where event is not null;
create index deliveries_waiting on deliveries (channel, id) where state = 'waiting';
create index deliveries_thing on deliveries (channel, thing, id) where state = 'waiting';
create index deliveries_state on deliveries (state, id);
create index deliveries_created on deliveries (created_at);
create index deliveries_channel on deliveries (channel, id);
create index deliveries_of_alert on deliveries (alert, id) where alert is not null;

-- The channels that the configuration declares, and how they do.
create table channels (
  name          text primary key,
  kind          text not null,
  host          text not null,
  -- One that is declared no more keeps its history.
  is_declared   integer not null check (is_declared in (0, 1)),
  -- Attempts in a row that had no good answer.
  failures      integer not null default 0,
  failing_since text,
  error         text,
  -- When it last took a message.
  proven_at     text,
  -- The channel is left alone until then, because it asked for that.
  pause_until   text
) strict, without rowid;

create trigger alert_events_update before update on alert_events begin select raise(abort, 'alert_events is append-only'); end;
create trigger alert_events_delete before delete on alert_events begin select raise(abort, 'alert_events is append-only'); end;

-- An alert of overdue approvals asks for them.
create index approval_requests_overdue on approval_requests (id) where is_overdue and state = 'owed';
