-- What was deployed, as a pipeline reported it or a person on the host recorded it.
create table deployments (
  id          integer primary key,
  service     text not null check (service <> ''),
  environment text not null,
  version     text not null check (version <> ''),
  -- When it was deployed, and when the console heard of it.
  at          text not null,
  recorded_at text not null,
  by_name     text not null,
  source      text not null check (source in ('token', 'host')),
  url         text,
  notes       text not null
) strict;
create unique index deployments_once on deployments (service, environment, version, at);
create index deployments_at on deployments (at, id);
create index deployments_service on deployments (service, at, id);

-- The configuration files that consoles began with, by a fingerprint; each follows another one.
create table configurations (
  id       integer primary key,
  previous integer not null,
  hash     text not null,
  seen_at  text not null,
  -- The version of the console.
  program  text not null
) strict;
create unique index configurations_next on configurations (previous);
create index configurations_seen on configurations (seen_at, id);

create index batch_versions_at on batch_versions (at);
