-- Rotas: who is on duty, and when.

create table rotas (
  id            integer primary key,
  -- As addresses and the configuration call it.
  name          text not null unique,
  title         text not null,
  made_at       text not null,
  retired_at    text,
  -- Counts the changes of it, its plans and its overrides, and says when the newest was.
  changed       integer not null default 0,
  changed_at    text not null,
  -- Up to which change of duty its people were told that it comes, and that it is there.
  announced_at  text not null,
  told_at       text not null
) strict;

-- How members take turns from a time on. A rota that is edited gets another plan, so what was stays known: at any time the newest of
-- the plans that have begun holds.
create table rota_plans (
  id        integer primary key,
  rota      integer not null references rotas (id),
  from_at   text not null,
  zone      text not null,
  -- On the clock of the zone: 09:00.
  handover  text not null check (length(handover) = 5),
  unit      text not null check (unit in ('day', 'week')),
  every     integer not null check (every between 1 and 52),
  -- The day of the first member's first turn: 2026-11-30.
  starts_on text not null check (length(starts_on) = 10),
  -- Their ids in the order of their turns, with a blank between them.
  members   text not null check (members <> '')
) strict;
create index rota_plans_rota on rota_plans (rota, id);

-- Who is on duty instead for a time. Of two that overlap the later one holds.
create table rota_overrides (
  id         integer primary key,
  rota       integer not null references rotas (id),
  from_at    text not null,
  until_at   text not null,
  staff      integer not null references staff (id),
  made_at    text not null,
  staff_name text not null,
  reason     text not null,
  removed_at text,
  removed_by text,
  check (until_at > from_at),
  check ((removed_at is null) = (removed_by is null))
) strict;
create index rota_overrides_rota on rota_overrides (rota, until_at) where removed_at is null;

-- The address at which calendar programs read the shifts of a person; only its hash is kept.
create table calendars (
  id         integer primary key,
  staff      integer not null references staff (id),
  hash       text not null unique,
  made_at    text not null,
  revoked_at text
) strict;
create unique index calendars_staff on calendars (staff) where revoked_at is null;
