-- Files of rows of the log that a person asked for with a sealed change. The rows are never here: they are read while the file is sent.
create table exports (
  id         integer primary key,
  -- The row of the log that it was made with.
  change_id  text not null unique,
  staff_id   integer not null references staff (id),
  at         text not null,
  -- Until when the file may be taken.
  expires_at text not null,
  format     text not null check (format in ('jsonl', 'csv', 'ocsf')),
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
