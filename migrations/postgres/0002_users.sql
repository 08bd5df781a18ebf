-- Customers, and the ledger of their points. A customer's id comes from the shop; the console makes none.

create table users (
  id           bigint primary key,
  email        text collate "C" not null unique check (email = lower(email) and email like '_%@_%'),
  phone        text collate "C" check (phone ~ '^[0-9]{5,15}$'),
  name         text collate "C" not null check (length(name) between 1 and 100),
  status       text collate "C" not null default 'active' check (status in ('active', 'suspended')),
  points       bigint not null default 0 check (points >= 0),
  version      bigint not null default 1,
  joined_at    timestamptz not null,
  last_seen_at timestamptz,
  email_domain text collate "C" not null generated always as (substr(email, strpos(email, '@') + 1)) stored,
  phone_last4  text collate "C" generated always as (right(phone, 4)) stored
);
create index users_email_domain on users (email_domain, id);
create index users_phone on users (phone, id);
create index users_phone_last4 on users (phone_last4, id);
create index users_joined on users (joined_at, id);
create index users_status on users (status, joined_at, id);

-- Every character a name can have a part begin at.
create table numbers (n bigint primary key);
insert into numbers select generate_series(1, 100);

-- Every ending of every name, so that any part of a name, also one Korean syllable, is the beginning of a row here and a
-- range of the index. Trigrams cannot do that: most parts of Korean names that people type are two syllables long.
-- Only A to Z are folded (that is what collation "C" means), on both engines alike.
create table user_name_parts (
  part    text collate "C" not null,
  user_id bigint not null,
  primary key (part, user_id)
);
-- Once a statement, not once a row: a million sample customers come in statements of thousands.
create function add_user_name_parts() returns trigger language plpgsql as $$
begin
  insert into user_name_parts (part, user_id)
  select substr(lower(added.name), n::integer), added.id from added
  join numbers on n <= length(added.name)
  where substr(added.name, n::integer, 1) <> ' '
  -- Neighbours in the index one after the other: a quarter less work for many at once.
  order by 1, 2;
  return null;
end $$;
create trigger users_name_added after insert on users referencing new table as added
  for each statement execute function add_user_name_parts();
-- Changes of a name come one at a time.
create function replace_user_name_parts() returns trigger language plpgsql as $$
begin
  delete from user_name_parts
  where user_id = old.id
    and part in (select substr(lower(old.name), n::integer) from numbers where n <= length(old.name));
  if tg_op = 'UPDATE' then
    insert into user_name_parts (part, user_id)
    select substr(lower(new.name), n::integer), new.id from numbers
    where n <= length(new.name) and substr(new.name, n::integer, 1) <> ' ';
  end if;
  return null;
end $$;
create trigger users_name_changed after update of name on users
  for each row when (new.name is distinct from old.name) execute function replace_user_name_parts();
create trigger users_name_removed after delete on users
  for each row execute function replace_user_name_parts();

create table point_entries (
  id         bigint generated always as identity primary key,
  user_id    bigint not null references users (id),
  at         timestamptz not null,
  delta      bigint not null check (delta <> 0),
  balance    bigint not null check (balance >= 0),
  kind       text collate "C" not null check (kind in ('earned', 'spent', 'expired', 'returned', 'adjusted')),
  memo       text,
  change_id  text collate "C",
  staff_name text,
  check ((kind = 'adjusted') = (change_id is not null))
);
create index point_entries_user on point_entries (user_id, id);
create index point_entries_adjusted on point_entries (id) where change_id is not null;
create unique index point_entries_change on point_entries (change_id) where change_id is not null;
create trigger point_entries_no_rewriting before update or delete on point_entries
  for each row execute function refuse_rewriting();
create trigger point_entries_no_truncate before truncate on point_entries
  for each statement execute function refuse_rewriting();
alter table point_entries enable always trigger point_entries_no_rewriting;
alter table point_entries enable always trigger point_entries_no_truncate;

-- What was searched for, so that no address of a page holds an e-mail or a phone number.
create table searches (
  id       text collate "C" primary key,
  staff_id bigint not null references staff (id),
  term     text not null,
  kind     text collate "C" not null,
  status   text collate "C" check (status in ('active', 'suspended')),
  at       timestamptz not null
);
create index searches_staff on searches (staff_id, at);
create index searches_at on searches (at);

grant select, insert, update (points, status, version) on users to ingam_app;
grant select on numbers to ingam_app;
grant select, insert, delete on user_name_parts, searches to ingam_app;
grant select, insert on point_entries to ingam_app;
