-- From where people may come, and what waits for a second person.

-- Where this one may come from, besides what holds for everybody: networks with a space between them; none is no limit.
alter table staff add column networks text not null default '';
create index staff_owners on staff (id) where active and roles like '%owner%';

-- The networks that open the console, beside those of the environment.
create table networks (
  id         integer primary key,
  net        text not null unique,
  note       text not null check (length(note) <= 200),
  expires_at text,
  added_at   text not null,
  added_by   text not null,
  version    integer not null default 1
) strict;

-- Changes that wait for somebody else, or that were urgent and still owe their approval.
create table approval_requests (
  id          integer primary key,
  at          text not null,
  state       text not null check (state in (
                'waiting', 'owed', 'approved', 'rejected', 'withdrawn', 'expired', 'obsolete')),
  -- The change: what it is, its exact text, and the version of the target it was made out for.
  kind        text not null,
  payload     text not null,
  target_kind text not null,
  target_id   text not null,
  seen        integer,
  -- What it would have altered when it was asked for.
  before      text not null,
  after       text not null,
  -- Who asked, from where and why.
  staff_id    integer not null references staff (id),
  staff_name  text not null,
  ip          text not null,
  peer        text not null,
  user_agent  text not null,
  session     text not null,
  reason      text not null,
  -- The row of the log in which it was asked for.
  change_id   text not null unique,
  -- Which rule held it up, beyond which amount, and who decides.
  rule        text not null check (rule in ('always', 'over', 'daily', 'own', 'marked')),
  beyond      text,
  role        text not null,
  needs       integer not null check (needs between 1 and 9),
  expires_at  text not null,
  decided_at  text,
  is_overdue  integer not null default 0 check (is_overdue in (0, 1)),
  version     integer not null default 1,
  check ((state in ('waiting', 'owed')) = (decided_at is null))
) strict;
create index approval_requests_state on approval_requests (state, id);
create index approval_requests_open on approval_requests (id) where state in ('waiting', 'owed');
create index approval_requests_due on approval_requests (expires_at) where state in ('waiting', 'owed');
create index approval_requests_staff on approval_requests (staff_id, id);
create index approval_requests_target on approval_requests (target_kind, target_id, id);

-- What was asked for stays as it was asked for, and what is decided stays decided.
create trigger approval_requests_kept before update on approval_requests
when (new.id, new.at, new.kind, new.payload, new.target_kind, new.target_id, new.before, new.after, new.staff_id, new.staff_name,
      new.ip, new.peer, new.user_agent, new.session, new.reason, new.change_id, new.rule, new.role)
     <> (old.id, old.at, old.kind, old.payload, old.target_kind, old.target_id, old.before, old.after, old.staff_id, old.staff_name,
      old.ip, old.peer, old.user_agent, old.session, old.reason, old.change_id, old.rule, old.role)
  or new.seen is not old.seen or new.beyond is not old.beyond
  or (old.decided_at is not null and (new.state <> old.state or new.decided_at is not old.decided_at))
begin select raise(abort, 'a request stays what it was, and what is decided stays decided'); end;
create trigger approval_requests_no_delete before delete on approval_requests
begin select raise(abort, 'a request stays'); end;
create trigger approval_requests_no_replace before insert on approval_requests
when exists (select 1 from approval_requests where id = new.id or change_id = new.change_id)
begin select raise(abort, 'a request stays what it was'); end;

-- Who decided what. Nobody fills two seats.
create table approval_votes (
  request_id integer not null references approval_requests (id),
  staff_id   integer not null references staff (id),
  staff_name text not null,
  at         text not null,
  verdict    text not null check (verdict in ('approved', 'rejected')),
  reason     text not null,
  change_id  text not null,
  primary key (request_id, staff_id)
) strict, without rowid;
create trigger approval_votes_no_update before update on approval_votes
begin select raise(abort, 'approval_votes is append-only'); end;
create trigger approval_votes_no_delete before delete on approval_votes
begin select raise(abort, 'approval_votes is append-only'); end;
create trigger approval_votes_no_replace before insert on approval_votes
when exists (select 1 from approval_votes where request_id = new.request_id and staff_id = new.staff_id)
begin select raise(abort, 'approval_votes is append-only'); end;
