-- Where checkpoints are besides this database: one row for each checkpoint and target. A copy for pages and alerts: the evidence is there.
create table shipments (
  id            integer primary key,
  checkpoint_id integer not null references checkpoints (id),
  -- The directory or the bucket, as it is configured, without what is secret.
  target        text not null check (target <> ''),
  -- The name that it has there, once it is there.
  object        text,
  version_id    text,
  bytes         integer check (bytes > 0),
  sha256        blob check (length(sha256) = 32),
  state         text not null check (state in ('waiting', 'refused', 'shipped', 'locked')),
  created_at    text not null,
  -- From then on it is an alert that it is not there.
  late_at       text not null,
  next_at       text,
  -- While an attempt is under way.
  claimed_until text,
  attempts      integer not null default 0,
  tried_at      text,
  error         text,
  -- As it was read back.
  retain_until  text,
  unique (target, checkpoint_id),
  check ((state in ('waiting', 'refused')) = (next_at is not null)),
  check ((state in ('shipped', 'locked')) = (object is not null and bytes is not null and sha256 is not null)),
  check ((state = 'locked') = (retain_until is not null))
) strict;

create index shipments_checkpoint on shipments (checkpoint_id);
create index shipments_open on shipments (target, next_at) where next_at is not null;

-- Signatures of witnesses on checkpoints: lines of the note, verified before they came here.
create table cosignatures (
  checkpoint_id integer not null references checkpoints (id),
  witness       text not null check (witness <> ''),
  line          text not null check (line <> ''),
  at            text not null,
  primary key (checkpoint_id, witness)
) strict;
create index cosignatures_witness on cosignatures (witness, checkpoint_id);

-- Witnesses that could not be asked, or that refuse what the log says of itself. A witness that signs has no row.
create table witnesses (
  name     text primary key check (name <> ''),
  attempts integer not null,
  error    text,
  next_at  text not null,
  refusal  text,
  since    text,
  check ((refusal is null) = (since is null))
) strict;
