//! The invariants of every database.

use super::World;

/// Queries for rows that contradict others, each with its subject.
const ODD: [(&str, &str); 6] = [
    ("payments", "select p.id from payments p where p.refunded > p.captured or p.refunded <> coalesce(
        (select sum(r.amount) from refund_payments r where r.payment_id = p.id and r.state <> 'failed'), 0)"),
    ("lines", "select l.order_id, l.n from order_lines l where l.refunded > l.quantity or l.refunded <> coalesce(
        (select sum(u.quantity) from refund_lines u join refunds r on r.id = u.refund_id
          where u.order_id = l.order_id and u.n = l.n and r.state <> 'failed'), 0)
        and not exists (select 1 from refunds r where r.order_id = l.order_id and r.state = 'failed' and not r.released)"),
    ("orders", "select o.id from orders o where o.open_refunds <>
        (select count(*) from refunds r where r.order_id = o.id and r.state = 'requested')
        or o.failed_refunds <> (select count(*) from refunds r where r.order_id = o.id and r.state = 'failed'
             and r.dismissed_at is null and not exists (select 1 from refunds a where a.retry_of = r.id))
        or o.worth_returned <> coalesce((select sum(r.points_worth) from refunds r
                                          where r.order_id = o.id and not r.released), 0)"),
    ("shipping", "select order_id from refunds where shipping > 0 and not released group by order_id having count(*) > 1"),
    // Customer 1 begins with a balance that this world's ledger explains.
    ("points", "select u.id from users u
        where u.points <> coalesce((select sum(p.delta) from point_entries p where p.user_id = u.id), 0)"),
    ("runs", "select job from batch_runs where is_single and state in ('starting', 'running', 'cancelling', 'lost')
        group by job having count(*) > 1"),
];

/// Asserts that counts are what refunds hold, that points are the sum of their ledger, that every adjustment of points is in
/// the log, that no two runs of a job are open at once, and that the log is whole.
#[track_caller]
pub(crate) fn assert_sound(world: &World) {
    for (what, query) in ODD {
        let odd = world.rows(query);
        assert!(odd.is_empty(), "{what}: {odd:?}");
    }
    let adjusted = world.number("select count(*) from point_entries where kind = 'adjusted'");
    let logged = world.number("select count(*) from audit where action = 'points.adjust' and outcome = 'applied'");
    assert_eq!(adjusted, logged, "adjustments in the ledger and in the log");
    let gaps = world.number("select count(*) from audit where seq >= (select count(*) from audit)");
    assert_eq!(gaps, 0, "gaps in the log");
    let verified = world.command(&["audit", "verify"]).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr);
    // Last of all the staff is held against the log, where tests put people and roles into the database themselves.
    assert!(verified.status.success() || said.contains("the log and the members of staff differ"), "{said}");
}
