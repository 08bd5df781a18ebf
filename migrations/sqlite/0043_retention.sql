-- Access records that were kept as long as they had to be go: their columns, the customers whom they name, and the bytes of their leaves.
-- The hashes of the leaves stay, so that the tree is what it was.

-- The number of leaves, from the first one on, whose records are gone.
alter table access_head add column purged integer not null default 0 check (purged >= 0);
-- Of each chain the place of the first record in the tree that is still there, and the hash of the one before it. Nothing where none is gone.
alter table access_sealed add column kept integer;
alter table access_sealed add column kept_hash blob check ((kept is null) = (kept_hash is null));

-- A leaf without bytes is one whose record is gone.
create table access_leaves_new (
  n         integer primary key check (n >= 0),
  record_id integer not null unique,
  body      blob check (length(body) > 0),
  leaf      blob not null check (length(leaf) = 32)
) strict;
insert into access_leaves_new (n, record_id, body, leaf) select n, record_id, body, leaf from access_leaves;
drop table access_leaves;
alter table access_leaves_new rename to access_leaves;
create trigger access_leaves_delete before delete on access_leaves begin select raise(abort, 'access_leaves is append-only'); end;
create trigger access_leaves_next before insert on access_leaves
when new.n is not (select coalesce(max(n) + 1, 0) from access_leaves)
  or exists (select 1 from access_leaves where record_id = new.record_id)
begin select raise(abort, 'access_leaves is append-only'); end;

-- The one way: first the mark moves, and then what is in front of it may go. It moves only to a size of the tree that a row of the log has which
-- is a year older than the newest row of the log: what is in front of it is older than the shortest time that the law asks for.
drop trigger access_head_next;
create trigger access_head_next before update on access_head
when new.id is not 1 or new.size < old.size or new.tied < old.tied or new.purged < old.purged or new.purged > new.size
  or (new.purged > old.purged and new.purged > coalesce((
        select cast(json_extract(after, '$.access_size') as integer) from audit
         where action = 'access.seal' and outcome = 'applied'
           and seq <= (select seq from audit
                        where at <= strftime('%Y-%m-%dT%H:%M:%fZ', (select at from audit order by seq desc limit 1), '-1 year')
                        order by at desc, seq desc limit 1)
         order by seq desc limit 1), 0))
begin select raise(abort, 'access_head is append-only'); end;
create trigger access_leaves_update before update on access_leaves
when new.n is not old.n or new.record_id is not old.record_id or new.leaf is not old.leaf or new.body is not null
  or not exists (select 1 from access_head where id = 1 and purged > old.n)
begin select raise(abort, 'access_leaves is append-only'); end;
drop trigger access_records_no_delete;
create trigger access_records_no_delete before delete on access_records
when not exists (select 1 from access_leaves l cross join access_head h where l.record_id = old.id and h.id = 1 and h.purged > l.n)
begin select raise(abort, 'access records are append-only'); end;
drop trigger access_subjects_delete;
create trigger access_subjects_delete before delete on access_subjects
when not exists (select 1 from access_leaves l cross join access_head h where l.record_id = old.record_id and h.id = 1 and h.purged > l.n)
begin select raise(abort, 'access_subjects is append-only'); end;
drop trigger access_sealed_next;
create trigger access_sealed_next before update on access_sealed
when new.lane is not old.lane or new.starts is not old.starts or new.next < old.next
  or coalesce(new.kept, new.starts) < coalesce(old.kept, old.starts) or new.kept > new.next
begin select raise(abort, 'access_sealed is append-only'); end;
