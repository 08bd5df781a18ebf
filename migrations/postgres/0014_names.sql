-- Names are found in one normal form, which the program makes (src/text/name.rs): no engine knows it. Rows of `users` are made by
-- others too, so triggers put down whose name came or changed, and the program works through that before a search and all the time.
drop trigger users_name_added on users;
drop trigger users_name_changed on users;
drop trigger users_name_removed on users;
drop function add_user_name_parts();
drop function replace_user_name_parts();

-- Every ending of every name in its normal form, so that any part of a name, also one Korean syllable, is the beginning of a row
-- here and a range of the index.
drop table user_name_parts;
create table user_name_parts (
  part    text collate "C" not null,
  user_id bigint not null,
  primary key (part, user_id)
);
-- Other ways to write it: words in another order, initial consonants, as pages mask it.
create table user_name_forms (
  form    text collate "C" not null,
  user_id bigint not null,
  primary key (form, user_id)
);

-- Whose name is not in these tables yet, or has another one there: the one before, of which they still have to be rid. A row for
-- each time, and not one for each customer, so that no writer waits for the program.
create table user_name_queue (
  n        bigint generated always as identity primary key,
  user_id  bigint not null,
  old_name text collate "C"
);
-- Once a statement, not once a row: a million sample customers come in statements of thousands.
create function queue_added_names() returns trigger language plpgsql as $$
begin
  insert into user_name_queue (user_id) select id from added;
  return null;
end $$;
create trigger users_name_added after insert on users referencing new table as added
  for each statement execute function queue_added_names();
create function queue_changed_name() returns trigger language plpgsql as $$
begin
  insert into user_name_queue (user_id, old_name) values (old.id, old.name);
  if tg_op = 'UPDATE' then
    insert into user_name_queue (user_id) values (new.id);
  end if;
  return null;
end $$;
create trigger users_name_changed after update of id, name on users
  for each row when (new.name is distinct from old.name or new.id <> old.id) execute function queue_changed_name();
create trigger users_name_removed after delete on users
  for each row execute function queue_changed_name();
insert into user_name_queue (user_id) select id from users order by id;

-- Tracking numbers with and without what people put between their digits, references in any case.
drop index orders_tracking;
create index orders_tracking on orders (upper(replace(replace(replace(tracking_number, '-', ''), ' ', ''), '.', '')))
  where tracking_number is not null;
create index payments_lower_reference on payments (lower(reference));

grant select, insert, delete on user_name_parts, user_name_forms, user_name_queue to ingam_app;
