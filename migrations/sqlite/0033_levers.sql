-- Kinds of change that a person closed for everybody until a time.
create table levers (
  id         integer primary key,
  kind       text not null check (kind <> ''),
  closed_at  text not null,
  until_at   text not null,
  reason     text not null,
  staff_name text not null,
  -- When a person opened it again, or another end took the place of this one.
  opened_at  text,
  opened_by  text,
  check (until_at > closed_at),
  check ((opened_at is null) = (opened_by is null))
) strict;
-- One at a time of a kind; one whose end has come is marked as opened before the next.
create unique index levers_closed on levers (kind) where opened_at is null;
