-- A day of {rows} adjustments, made by member of staff {staff} for customer {user}: rows of the log and entries of the ledger,
-- without their bytes and hashes.
drop trigger audit_head_next;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {rows})
insert into audit (seq, at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after,
  reason, ip, ip_key, peer, user_agent, session, request_id, outcome, refusal, flags, body, leaf)
select h.size + n.i - 1, '{at}', 'day' || (h.size + n.i), 'staff', {staff}, 'Day', 'day@ingam.test', 'operator', 'points.adjust', 'user', '{user}',
  '{"points":"' || (n.i - 1) || '"}', '{"points":"' || n.i || '"}', 'One of many', '127.0.0.1',
  '00000000000000000000ffff7f000001', '127.0.0.1', '', '', 'day', 'applied', '', '', x'7b7d', zeroblob(32)
  from n, audit_head h order by n.i;
with recursive n (i) as (select 1 union all select i + 1 from n where i < {rows})
insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name, adjusted_sum)
select {user}, '{at}', 1, n.i, 'adjusted', 'other', 'day' || (h.size + n.i), 'Day', n.i from n, audit_head h order by n.i;
update users set points = {rows} where id = {user};
update audit_head set size = size + {rows}, frontier = zeroblob(32 * {hashes});
