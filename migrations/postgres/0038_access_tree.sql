-- The tree of the access records (RFC 6962), apart from that of the log. Records become leaves some seconds after they were made, many
-- at a time, so that who looks at data waits for no tree. The size of the tree is sealed in the log from time to time.

-- Each leaf: a record with the customers whom it names, as the bytes that are hashed.
create table access_leaves (
  n         bigint primary key check (n >= 0),
  record_id bigint not null unique,
  body      bytea not null check (length(body) > 0),
  leaf      bytea not null check (length(leaf) = 32)
);

-- The right edge of the tree, and the size of it that the log has, and since when.
create table access_head (
  id       bigint primary key check (id = 1),
  size     bigint not null,
  frontier bytea not null,
  root     bytea not null check (length(root) = 32),
  tied     bigint not null default 0 check (tied >= 0 and tied <= size),
  tied_at  timestamptz
);
insert into access_head (id, size, frontier, root)
values (1, 0, '', '\xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');

-- Of each chain of records the place of the first one that is in the tree, and of the next one that becomes a leaf. Records in front of the
-- first are from before the tree.
create table access_sealed (
  lane    bigint primary key check (lane between 0 and 15),
  starts  bigint not null check (starts >= 0),
  next    bigint not null check (next >= starts)
);
insert into access_sealed (lane, starts, next) select lane, size, size from access_heads where lane >= 0;

create trigger access_leaves_no_rewriting before update or delete on access_leaves
  for each row execute function refuse_rewriting();
create trigger access_leaves_no_truncate before truncate on access_leaves
  for each statement execute function refuse_rewriting();

create function access_tree_grows() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'UPDATE' or new.id <> old.id or new.size < old.size or new.tied < old.tied then
    raise exception 'the tree of the access records is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger access_head_next before insert or update or delete on access_head
  for each row execute function access_tree_grows();
create trigger access_head_no_truncate before truncate on access_head
  for each statement execute function refuse_rewriting();

create function access_seals_grow() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'UPDATE' or new.lane <> old.lane or new.starts <> old.starts or new.next < old.next then
    raise exception 'the tree of the access records is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger access_sealed_next before insert or update or delete on access_sealed
  for each row execute function access_seals_grow();
create trigger access_sealed_no_truncate before truncate on access_sealed
  for each statement execute function refuse_rewriting();

alter table access_leaves enable always trigger access_leaves_no_rewriting;
alter table access_leaves enable always trigger access_leaves_no_truncate;
alter table access_head enable always trigger access_head_next;
alter table access_head enable always trigger access_head_no_truncate;
alter table access_sealed enable always trigger access_sealed_next;
alter table access_sealed enable always trigger access_sealed_no_truncate;

grant select, insert on access_leaves to ingam_app;
grant select, update (size, frontier, root, tied, tied_at) on access_head to ingam_app;
grant select, update (next) on access_sealed to ingam_app;
