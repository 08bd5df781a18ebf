-- A day of {rows} adjustments, made by member of staff {staff} for customer {user}: rows of the log and entries of the ledger,
-- without their bytes and hashes.
alter table audit disable trigger all;
alter table audit_head disable trigger all;
insert into audit (seq, at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind, target_id, before, after,
  reason, ip, ip_key, peer, user_agent, session, request_id, outcome, refusal, flags, body, leaf)
select h.size + n.i - 1, '{at}', 'day' || (h.size + n.i), 'staff', {staff}, 'Day', 'day@ingam.test', 'operator', 'points.adjust', 'user', '{user}',
  json_build_object('points', (n.i - 1)::text), json_build_object('points', n.i::text), 'One of many', '127.0.0.1',
  '00000000000000000000ffff7f000001', '127.0.0.1', '', '', 'day', 'applied', '', '', '\x7b7d', decode(repeat('00', 32), 'hex')
  from generate_series(1, {rows}) n (i), audit_head h order by n.i;
insert into point_entries (user_id, at, delta, balance, kind, memo, change_id, staff_name, adjusted_sum)
select {user}, '{at}', 1, n.i, 'adjusted', 'other', 'day' || (h.size + n.i), 'Day', n.i
  from generate_series(1, {rows}) n (i), audit_head h order by n.i;
update users set points = {rows} where id = {user};
update audit_head set size = size + {rows}, frontier = decode(repeat('00', 32 * {hashes}), 'hex');
