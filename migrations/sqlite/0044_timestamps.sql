-- Time stamps of authorities on checkpoints (RFC 3161), verified before they came here. A copy of the response as it came.
create table timestamps (
  checkpoint_id integer primary key references checkpoints (id),
  authority     text not null check (authority <> ''),
  response      blob not null check (length(response) > 0),
  -- As the authority says.
  stamped_at    text not null,
  at            text not null
) strict;
create index timestamps_at on timestamps (at);

-- Authorities that could not be asked. One that stamps has no row.
create table timestamp_troubles (
  authority text primary key check (authority <> ''),
  attempts  integer not null,
  error     text not null,
  next_at   text not null,
  since     text not null
) strict;

-- Since when a witness could not be asked.
alter table witnesses add column away_since text;
