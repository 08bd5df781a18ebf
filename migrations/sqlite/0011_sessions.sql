-- A recovery code begins a session that is good for replacing the authenticator and for nothing else. SQLite cannot alter a
-- check, so the table is made again with its rows and indexes; nothing refers to it, and it has no triggers.
create table sessions_new (
  id         text primary key,
  staff_id   integer not null references staff (id),
  stage      text not null check (stage in ('password', 'recovery', 'signed')),
  created_at text not null,
  seen_at    text not null,
  ip         text not null,
  user_agent text not null
) strict, without rowid;
insert into sessions_new (id, staff_id, stage, created_at, seen_at, ip, user_agent)
select s.id, s.staff_id,
       case when s.stage = 'signed'
             and exists (select 1 from audit a
                          where a.target_kind = 'staff' and a.target_id = cast(s.staff_id as text) and a.outcome = 'applied'
                            and a.action = 'session.start-with-recovery-code' and a.after ->> 'session' = substr(s.id, 1, 16))
            then 'recovery' else s.stage end,
       s.created_at, s.seen_at, s.ip, s.user_agent
  from sessions s;
drop table sessions;
alter table sessions_new rename to sessions;
create index sessions_staff on sessions (staff_id);
create index sessions_created on sessions (created_at);
