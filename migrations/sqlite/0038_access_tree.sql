-- The tree of the access records (RFC 6962), apart from that of the log. Records become leaves some seconds after they were made, many
-- at a time, so that who looks at data waits for no tree. The size of the tree is sealed in the log from time to time.

-- Each leaf: a record with the customers whom it names, as the bytes that are hashed.
create table access_leaves (
  n         integer primary key check (n >= 0),
  record_id integer not null unique,
  body      blob not null check (length(body) > 0),
  leaf      blob not null check (length(leaf) = 32)
) strict;

-- The right edge of the tree, and the size of it that the log has, and since when.
create table access_head (
  id       integer primary key check (id = 1),
  size     integer not null,
  frontier blob not null,
  root     blob not null check (length(root) = 32),
  tied     integer not null default 0 check (tied >= 0 and tied <= size),
  tied_at  text
) strict;
insert into access_head (id, size, frontier, root)
values (1, 0, x'', x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

-- Of each chain of records the place of the first one that is in the tree, and of the next one that becomes a leaf. Records in front of the
-- first are from before the tree.
create table access_sealed (
  lane    integer primary key check (lane between 0 and 15),
  starts  integer not null check (starts >= 0),
  next    integer not null check (next >= starts)
) strict;
insert into access_sealed (lane, starts, next) select lane, size, size from access_heads where lane >= 0;

create trigger access_leaves_update before update on access_leaves begin select raise(abort, 'access_leaves is append-only'); end;
create trigger access_leaves_delete before delete on access_leaves begin select raise(abort, 'access_leaves is append-only'); end;
create trigger access_leaves_next before insert on access_leaves
when new.n is not (select coalesce(max(n) + 1, 0) from access_leaves)
  or exists (select 1 from access_leaves where record_id = new.record_id)
begin select raise(abort, 'access_leaves is append-only'); end;
create trigger access_head_delete before delete on access_head begin select raise(abort, 'access_head is append-only'); end;
create trigger access_head_insert before insert on access_head begin select raise(abort, 'access_head is append-only'); end;
create trigger access_head_next before update on access_head
when new.id is not 1 or new.size < old.size or new.tied < old.tied
begin select raise(abort, 'access_head is append-only'); end;
create trigger access_sealed_delete before delete on access_sealed begin select raise(abort, 'access_sealed is append-only'); end;
create trigger access_sealed_insert before insert on access_sealed begin select raise(abort, 'access_sealed is append-only'); end;
create trigger access_sealed_next before update on access_sealed
when new.lane is not old.lane or new.starts is not old.starts or new.next < old.next
begin select raise(abort, 'access_sealed is append-only'); end;
