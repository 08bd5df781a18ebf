-- Checkpoints of the log that were signed: copies, so that pages can show them. The signer believes its own state alone.
create table checkpoints (
  id        integer primary key,
  origin    text not null check (origin <> ''),
  size      integer not null check (size >= 0),
  root      blob not null check (length(root) = 32),
  -- The signed note, as it is published.
  note      text not null,
  signed_at text not null,
  unique (origin, size)
) strict;

create index checkpoints_size on checkpoints (size);

-- What the signer found the last time it refused to sign, and since when it does.
create table signing (
  id    integer primary key check (id = 1),
  fault text,
  since text,
  check ((fault is null) = (since is null))
) strict;
insert into signing (id) values (1);

-- The roots of perfect subtrees of 256, 65,536 and 16,777,216 rows, so that a proof reads few leaves. They follow from the leaves.
create table audit_nodes (
  level integer not null check (level in (8, 16, 24, 32)),
  n     integer not null check (n >= 0),
  hash  blob not null check (length(hash) = 32),
  primary key (level, n)
) strict, without rowid;

create trigger checkpoints_update before update on checkpoints begin select raise(abort, 'checkpoints is append-only'); end;
create trigger checkpoints_delete before delete on checkpoints begin select raise(abort, 'checkpoints is append-only'); end;
