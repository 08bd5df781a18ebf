-- Alerts of other systems, as they told them.

-- An episode: an alert of a sender from when it began. It stays for 30 days after its end, so that it opens once however late it is told.
create table received_alerts (
  -- By which its alert here is known: the sender, the fingerprint and when it began.
  subject       text collate "C" primary key,
  source        text collate "C" not null,
  fingerprint   text collate "C" not null,
  starts_at     timestamptz not null,
  title         text not null,
  severity      text collate "C" not null check (severity in ('critical', 'warning')),
  -- Names and values: JSON.
  labels        text not null,
  url           text,
  summary       text,
  first_at      timestamptz not null,
  -- When anything was told of it last, and until when that is good.
  heard_at      timestamptz not null,
  stale_at      timestamptz not null,
  is_suppressed boolean not null,
  resolved_at   timestamptz,
  -- The person who ended one of which nothing was heard any more. It opens again when it is told again.
  ended_by      text,
  check (ended_by is null or resolved_at is not null)
);
create index received_alerts_firing on received_alerts (source, fingerprint, starts_at) where resolved_at is null;
create index received_alerts_known on received_alerts (source, fingerprint, starts_at);
create index received_alerts_over on received_alerts (resolved_at) where resolved_at is not null;

-- When a sender was asked last what is open.
create table received_polls (
  source   text collate "C" primary key,
  asked_at timestamptz not null
);

grant select, insert, update, delete on received_alerts to ingam_app;
grant select, insert, update on received_polls to ingam_app;
