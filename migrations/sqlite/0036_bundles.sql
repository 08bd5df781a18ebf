-- Bundles: rows with all that proves them, as a fourth format; and files that are written on the host. SQLite alters neither a check nor
-- a column, so the table is made again.
create table exports_with_bundles (
  id         integer primary key,
  -- The row of the log that it was made with.
  change_id  text not null unique,
  -- The person who takes the file; nothing where it was written on the host.
  staff_id   integer references staff (id),
  at         text not null,
  -- Until when the file may be taken.
  expires_at text not null,
  format     text not null check (format in ('jsonl', 'csv', 'ocsf', 'bundle')),
  purpose    text not null,
  -- The filters of the list, as in its address; empty for every row between the two.
  filter     text not null,
  first_seq  integer not null check (first_seq >= 0),
  end_seq    integer not null check (end_seq >= first_seq),
  row_count  integer not null check (row_count >= 0),
  person_count integer not null check (person_count >= 0),
  state      text not null default 'ready' check (state in ('ready', 'sending', 'finished')),
  -- How often the sending began. The newest one alone may end it.
  attempts   integer not null default 0 check (attempts >= 0),
  -- The rows that are sent, and until when it is believed that more will be.
  sent       integer not null default 0 check (sent >= 0),
  lease_until text,
  finished_at text,
  bytes      integer,
  sha256     text,
  check ((state = 'sending') = (lease_until is not null)),
  check ((state = 'finished') = (finished_at is not null)),
  check ((finished_at is null) = (bytes is null)),
  check ((finished_at is null) = (sha256 is null))
) strict;

insert into exports_with_bundles select * from exports;
drop table exports;
alter table exports_with_bundles rename to exports;

-- The bundles that may wait for a checkpoint.
create index exports_bundles on exports (end_seq) where format = 'bundle' and state = 'ready';
