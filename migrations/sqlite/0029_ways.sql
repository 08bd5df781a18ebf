-- How people are reached: an address of a person in a channel that has none of its own.
create table ways (
  id         integer primary key,
  staff      integer not null references staff (id),
  channel    text not null check (channel <> ''),
  -- Encrypted; gone with the removal.
  address    blob,
  -- Enough of the address for its owner to tell it from another one.
  hint       text not null,
  -- From which the code of the test message follows, together with the secret key.
  salt       text not null,
  made_at    text not null,
  -- Until when the code can be given, and how often a wrong one was.
  code_until text not null,
  tries      integer not null default 0,
  proven_at  text,
  -- When its address was refused for good, and the answer.
  failed_at  text,
  error      text,
  removed_at text,
  check ((address is null) = (removed_at is not null))
) strict;
create index ways_staff on ways (staff, id) where removed_at is null;
create index ways_failed on ways (id) where failed_at is not null and removed_at is null;

-- What an address of a person in it must be, as JSON; null where the channel has a receiver of its own.
alter table channels add column addresses text;
