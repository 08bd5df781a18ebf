-- Former secret keys of this installation: when each was rotated, and the key derived from it under which recovery codes were hashed, encrypted
-- under the key in use. Recovery codes cannot be hashed again, because no one but their owner has them.

create table former_keys (
  -- As in installation.key_check.
  key_check text not null primary key check (length(key_check) = 64),
  began_at  text not null,
  -- Nothing where something may still be under it.
  ended_at  text check (ended_at >= began_at),
  lookup    blob not null check (length(lookup) = 60)
) strict, without rowid;
create unique index former_keys_unfinished on former_keys (ended_at is null) where ended_at is null;
