-- What people had typed into forms that they sent after their session had ended.

create table drafts (
  staff_id bigint not null references staff (id),
  -- The path that the form posts to.
  form     text collate "C" not null,
  at       timestamptz not null,
  -- Names and values of its fields, encrypted for this person and form.
  sealed   bytea not null check (length(sealed) <= 65536),
  primary key (staff_id, form)
);
create index drafts_at on drafts (at);
grant select, insert, update, delete on drafts to ingam_app;
