-- What staff wrote down about a customer. The text is here and not in the log: it may hold personal data.
create table user_notes (
  id         bigint generated always as identity primary key,
  user_id    bigint not null references users (id),
  at         timestamptz not null,
  text       text not null check (length(text) between 1 and 2000),
  staff_name text not null,
  change_id  text collate "C" not null unique
);
create index user_notes_user on user_notes (user_id, id);
create trigger user_notes_no_rewriting before update or delete on user_notes
  for each row execute function refuse_rewriting();
create trigger user_notes_no_truncate before truncate on user_notes
  for each statement execute function refuse_rewriting();
alter table user_notes enable always trigger user_notes_no_rewriting;
alter table user_notes enable always trigger user_notes_no_truncate;

grant select, insert on user_notes to ingam_app;
