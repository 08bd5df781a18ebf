-- Time stamps of authorities on checkpoints (RFC 3161), verified before they came here. A copy of the response as it came.
create table timestamps (
  checkpoint_id bigint primary key references checkpoints (id),
  authority     text collate "C" not null check (authority <> ''),
  response      bytea not null check (length(response) > 0),
  -- As the authority says.
  stamped_at    timestamptz not null,
  at            timestamptz not null
);
create index timestamps_at on timestamps (at);

-- Authorities that could not be asked. One that stamps has no row.
create table timestamp_troubles (
  authority text collate "C" primary key check (authority <> ''),
  attempts  bigint not null,
  error     text not null,
  next_at   timestamptz not null,
  since     timestamptz not null
);

-- Since when a witness could not be asked.
alter table witnesses add column away_since timestamptz;

grant select, insert on timestamps to ingam_app;
grant select, insert, update, delete on timestamp_troubles to ingam_app;
