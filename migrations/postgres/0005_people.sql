-- From where people may come, and what waits for a second person.

-- Where this one may come from, besides what holds for everybody: networks with a space between them; none is no limit.
alter table staff add column networks text collate "C" not null default '';
create index staff_owners on staff (id) where active and roles like '%owner%';

-- The networks that open the console, beside those of the environment.
create table networks (
  id         bigint generated always as identity primary key,
  net        text collate "C" not null unique,
  note       text not null check (length(note) <= 200),
  expires_at timestamptz,
  added_at   timestamptz not null,
  added_by   text not null,
  version    bigint not null default 1
);

-- Changes that wait for somebody else, or that were urgent and still owe their approval.
create table approval_requests (
  id          bigint generated always as identity primary key,
  at          timestamptz not null,
  state       text collate "C" not null check (state in (
                'waiting', 'owed', 'approved', 'rejected', 'withdrawn', 'expired', 'obsolete')),
  -- The change: what it is, its exact text, and the version of the target it was made out for.
  kind        text collate "C" not null,
  payload     text not null,
  target_kind text collate "C" not null,
  target_id   text collate "C" not null,
  seen        bigint,
  -- What it would have altered when it was asked for.
  before      jsonb not null,
  after       jsonb not null,
  -- Who asked, from where and why.
  staff_id    bigint not null references staff (id),
  staff_name  text not null,
  ip          text not null,
  peer        text not null,
  user_agent  text not null,
  session     text not null,
  reason      text not null,
  -- The row of the log in which it was asked for.
  change_id   text collate "C" not null unique,
  -- Which rule held it up, beyond which amount, and who decides.
  rule        text collate "C" not null check (rule in ('always', 'over', 'daily', 'own', 'marked')),
  beyond      text,
  role        text collate "C" not null,
  needs       bigint not null check (needs between 1 and 9),
  expires_at  timestamptz not null,
  decided_at  timestamptz,
  is_overdue  boolean not null default false,
  version     bigint not null default 1,
  check ((state in ('waiting', 'owed')) = (decided_at is null))
);
create index approval_requests_state on approval_requests (state, id);
create index approval_requests_open on approval_requests (id) where state in ('waiting', 'owed');
create index approval_requests_due on approval_requests (expires_at) where state in ('waiting', 'owed');
create index approval_requests_staff on approval_requests (staff_id, id);
create index approval_requests_target on approval_requests (target_kind, target_id, id);

-- What was asked for stays as it was asked for, and what is decided stays decided.
create function refuse_another_request() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
begin
  if (new.id, new.at, new.kind, new.payload, new.target_kind, new.target_id, new.before, new.after, new.staff_id, new.staff_name,
      new.ip, new.peer, new.user_agent, new.session, new.reason, new.change_id, new.rule, new.role)
     <> (old.id, old.at, old.kind, old.payload, old.target_kind, old.target_id, old.before, old.after, old.staff_id, old.staff_name,
      old.ip, old.peer, old.user_agent, old.session, old.reason, old.change_id, old.rule, old.role)
     or (new.seen, new.beyond) is distinct from (old.seen, old.beyond)
     or (old.decided_at is not null and (new.state <> old.state or new.decided_at is distinct from old.decided_at)) then
    raise exception 'a request stays what it was, and what is decided stays decided' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger approval_requests_kept before update on approval_requests
  for each row execute function refuse_another_request();
alter table approval_requests enable always trigger approval_requests_kept;

-- Who decided what. Nobody fills two seats.
create table approval_votes (
  request_id bigint not null references approval_requests (id),
  staff_id   bigint not null references staff (id),
  staff_name text not null,
  at         timestamptz not null,
  verdict    text collate "C" not null check (verdict in ('approved', 'rejected')),
  reason     text not null,
  change_id  text collate "C" not null,
  primary key (request_id, staff_id)
);
create trigger approval_votes_no_rewriting before update or delete on approval_votes
  for each row execute function refuse_rewriting();
create trigger approval_votes_no_truncate before truncate on approval_votes
  for each statement execute function refuse_rewriting();
alter table approval_votes enable always trigger approval_votes_no_rewriting;
alter table approval_votes enable always trigger approval_votes_no_truncate;

grant select, insert, update, delete on networks to ingam_app;
grant select, insert, update on approval_requests to ingam_app;
grant select, insert on approval_votes to ingam_app;
