//! Sample orders are the same on both engines and hold everything that real ones must.

use crate::kit::{Engine, World, assert_sound, within};

fn seeded(engine: Engine) -> World {
    let world = World::start(engine);
    // The world's own few come first; samples begin after them.
    world.database().tamper("delete from order_lines; delete from payments; delete from orders").unwrap();
    let done = world
        .command(&["seed", "--users", "400", "--orders", "1500", "--reason", "Sample data for the tests"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).contains("1500 orders"), "{}", String::from_utf8_lossy(&done.stdout));
    world
}

#[test]
fn there_are_orders_in_all_states_with_split_payments_points_and_refunds() {
    let world = seeded(Engine::Sqlite);
    assert_sound(&world);
    for (what, sql) in [
        ("states", "select count(distinct state) = 6 from orders"),
        ("split payments", "select count(*) > 50 from (select order_id from payments group by order_id having count(*) = 2)"),
        ("points", "select count(*) > 100 from orders where points_used > 0"),
        ("points earned", "select count(*) > 100 from orders where points_earned > 0"),
        ("dollars", "select count(*) > 5 from orders where currency = 'USD'"),
        ("refunds that were paid", "select count(*) > 5 from refunds where state = 'succeeded'"),
        ("what waits to be shipped", "select count(*) > 3 from orders where state = 'paid'"),
        ("totals", "select count(*) = 0 from orders o where o.total <> o.shipping_fee +
            (select sum(l.quantity * l.unit_price) from order_lines l where l.order_id = o.id)"),
        ("what was captured", "select count(*) = 0 from orders o where o.paid_at is not null and o.total - o.points_worth <>
            coalesce((select sum(p.captured) from payments p where p.order_id = o.id), 0)"),
        ("the ledger's orders", "select count(*) = 0 from orders o where o.points_used > 0 and not exists
            (select 1 from point_entries p where p.memo = o.number and p.user_id = o.user_id and p.delta = -o.points_used)"),
        ("nothing after now", "select count(*) = 0 from orders where max(placed_at, coalesce(paid_at, ''), coalesce(preparing_at, ''),
            coalesce(shipped_at, ''), coalesce(delivered_at, ''), coalesce(cancelled_at, '')) > strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"),
        ("order of times", "select count(*) = 0 from orders where not (placed_at <= coalesce(paid_at, placed_at)
            and coalesce(paid_at, placed_at) <= coalesce(preparing_at, paid_at, placed_at)
            and coalesce(preparing_at, placed_at) <= coalesce(shipped_at, preparing_at, placed_at)
            and coalesce(shipped_at, placed_at) <= coalesce(delivered_at, shipped_at, placed_at))"),
    ] {
        assert_eq!(world.number(sql), 1, "{what}");
    }
}

#[test]
fn both_engines_make_the_same_orders() {
    within(Engine::Postgres, |_| {
        let (here, there) = (seeded(Engine::Sqlite), seeded(Engine::Postgres));
        assert_sound(&there);
        for sql in [
            "select id, number, user_id, state, currency, total, shipping_fee, points_used, points_earned, carrier, tracking_number
               from orders order by id",
            "select order_id, n, sku, title, variant, quantity, unit_price, refunded from order_lines order by order_id, n",
            "select id, order_id, method, label, reference, captured, refunded from payments order by id",
            "select order_id, state, amount, shipping, reason_kind from refunds order by order_id",
        ] {
            let (here, there) = (here.rows(sql), there.rows(sql));
            assert!(here == there, "{sql}\n{:?}", here.iter().zip(&there).find(|(one, other)| one != other));
        }
    });
}
