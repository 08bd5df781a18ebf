-- For a time nothing is told of a kind of alert, of a job, or over a channel.
create table silences (
  id         integer primary key,
  -- What is not told: alerts of a kind, alerts of a job, or what goes over a channel; and the name of it.
  scope      text not null check (scope in ('kind', 'job', 'channel')),
  name       text not null check (name <> ''),
  begun_at   text not null,
  until_at   text not null,
  reason     text not null,
  staff_name text not null,
  -- When a person ended it early.
  ended_at   text,
  ended_by   text,
  -- When its end was told of what was open still.
  settled_at text,
  check (until_at > begun_at),
  check ((ended_at is null) = (ended_by is null))
) strict;
create index silences_scope on silences (scope, name, until_at);
create index silences_unsettled on silences (until_at) where settled_at is null;

-- Which channels were told that an alert was opened.
create index deliveries_openings on deliveries (alert, channel) where what = 'opened';
