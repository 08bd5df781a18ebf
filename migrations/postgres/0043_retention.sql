-- Access records that were kept as long as they had to be go: their columns, the customers whom they name, and the bytes of their leaves.
-- The hashes of the leaves stay, so that the tree is what it was.

-- The number of leaves, from the first one on, whose records are gone.
alter table access_head add column purged bigint not null default 0 check (purged >= 0);
-- Of each chain the place of the first record in the tree that is still there, and the hash of the one before it. Nothing where none is gone.
alter table access_sealed add column kept bigint;
alter table access_sealed add column kept_hash bytea check ((kept is null) = (kept_hash is null));

-- A leaf without bytes is one whose record is gone.
alter table access_leaves alter column body drop not null;

-- The one way: first the mark moves, and then what is in front of it may go. It moves only to a size of the tree that a row of the log has which
-- is a year older than the newest row of the log: what is in front of it is older than the shortest time that the law asks for.
create or replace function access_tree_grows() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'UPDATE' or new.id <> old.id or new.size < old.size or new.tied < old.tied or new.purged < old.purged or new.purged > new.size
     or (new.purged > old.purged and new.purged > coalesce((
           select (a.after ->> 'access_size')::bigint from audit a
            where a.action = 'access.seal' and a.outcome = 'applied'
              and a.seq <= (select o.seq from audit o
                             where o.at <= (select n.at from audit n order by n.seq desc limit 1) - interval '1 year'
                             order by o.at desc, o.seq desc limit 1)
            order by a.seq desc limit 1), 0)) then
    raise exception 'the tree of the access records is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

create or replace function access_seals_grow() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op <> 'UPDATE' or new.lane <> old.lane or new.starts <> old.starts or new.next < old.next
     or coalesce(new.kept, new.starts) < coalesce(old.kept, old.starts) or new.kept > new.next then
    raise exception 'the tree of the access records is append-only' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;

create function access_leaf_is_kept() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'UPDATE' and new.n = old.n and new.record_id = old.record_id and new.leaf = old.leaf and new.body is null
     and exists (select 1 from access_head h where h.id = 1 and h.purged > old.n) then
    return new;
  end if;
  raise exception 'access_leaves is append-only' using errcode = 'insufficient_privilege';
end $$;

create function access_record_is_kept() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'DELETE' and exists (
       select 1 from access_leaves l cross join access_head h where l.record_id = old.id and h.id = 1 and h.purged > l.n) then
    return old;
  end if;
  raise exception 'access_records is append-only' using errcode = 'insufficient_privilege';
end $$;

create function access_subject_is_kept() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if tg_op = 'DELETE' and exists (
       select 1 from access_leaves l cross join access_head h where l.record_id = old.record_id and h.id = 1 and h.purged > l.n) then
    return old;
  end if;
  raise exception 'access_subjects is append-only' using errcode = 'insufficient_privilege';
end $$;

drop trigger access_leaves_no_rewriting on access_leaves;
create trigger access_leaves_no_rewriting before update or delete on access_leaves
  for each row execute function access_leaf_is_kept();
drop trigger access_records_no_rewriting on access_records;
create trigger access_records_no_rewriting before update or delete on access_records
  for each row execute function access_record_is_kept();
drop trigger access_subjects_no_rewriting on access_subjects;
create trigger access_subjects_no_rewriting before update or delete on access_subjects
  for each row execute function access_subject_is_kept();
alter table access_leaves enable always trigger access_leaves_no_rewriting;
alter table access_records enable always trigger access_records_no_rewriting;
alter table access_subjects enable always trigger access_subjects_no_rewriting;

grant delete on access_records, access_subjects to ingam_app;
grant update (body) on access_leaves to ingam_app;
grant update (purged) on access_head to ingam_app;
grant update (kept, kept_hash) on access_sealed to ingam_app;
