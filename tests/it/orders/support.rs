//! What the tests of orders have in common.

use crate::kit::{Browser, Engine, Form, Provider, World, wait_until};
use std::{thread, time::Duration};

pub(crate) const REASON: &str = "Parcel damaged, photo in CS-20931";

/// How long a provider that answers may take: longer than a busy machine does, since an answer that comes later is asked for again only
/// when time passes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A world whose console asks a payment provider of the test's own.
pub(crate) fn paying(engine: Engine) -> (World, Provider) {
    paying_within(engine, PATIENCE)
}

/// The same where it gives up waiting for an answer after this time.
pub(crate) fn paying_within(engine: Engine, patience: Duration) -> (World, Provider) {
    let provider = Provider::start();
    let world = World::start_with(engine, |config| provider.serve_for(config, patience));
    (world, provider)
}

/// The form that refunds, with these units of lines, filled in but for the code.
pub(crate) fn refund(browser: &Browser, order: i64, units: &[(i64, &str)]) -> Form {
    let form = browser.get(&format!("/orders/{order}?panel=refund")).form_to("/refunds");
    let form = units.iter().fold(form, |form, (n, quantity)| form.set(&format!("units-{n}"), quantity));
    form.set("reason_kind", "damaged").set("reason", REASON)
}

/// The form that refunds an amount of its own.
pub(crate) fn refund_amount(browser: &Browser, order: i64, amount: &str) -> Form {
    refund(browser, order, &[]).set("amount", amount).set("override_reason", "Agreed on the telephone")
}

pub(crate) fn cancellation(browser: &Browser, order: i64) -> Form {
    let form = browser.get(&format!("/orders/{order}?panel=cancel")).form_to("/cancellation");
    form.set("reason_kind", "customer_request").set("reason", "Ordered twice by mistake")
}

pub(crate) fn shipping(browser: &Browser, order: i64, state: &str) -> Form {
    let form = browser.get(&format!("/orders/{order}?panel=shipping")).form_to("/shipping");
    form.set("state", state).set("reason", "Warehouse has confirmed it")
}

pub(crate) fn state(world: &World, order: i64) -> String {
    world.database().value(&format!("select state from orders where id = {order}"))
}

/// What refunds hold of a payment.
pub(crate) fn held(world: &World, payment: i64) -> i64 {
    world.number(&format!("select refunded from payments where id = {payment}"))
}

/// Waits until no refund is open.
pub(crate) fn settled(world: &World) {
    wait_until(|| world.number("select count(*) from refunds where state = 'requested'") == 0);
}

/// Lets time pass until no refund is open. An answer that arrives while the clock moves puts the next question off once more,
/// so moving it once is not enough. It moves only where no question is due, and so not for so long that people are signed out.
pub(crate) fn settled_in_time(world: &World) {
    wait_until(|| {
        if world.number("select count(*) from refunds where state = 'requested'") == 0 {
            return true;
        }
        let now = world.clock.now();
        let due = format!("select count(*) from refund_payments where state = 'requested' and ask_at <= '{now}'");
        if world.number(&due) == 0 {
            world.clock.advance(Duration::from_secs(10));
            thread::sleep(Duration::from_millis(100));
        }
        false
    });
}

/// `count` paid orders from `first` on, each of one thing for ₩10,000, paid by card: payment `first * 10` and so on.
pub(crate) fn orders(world: &World, first: i64, count: i64) {
    let values = |row: &dyn Fn(i64) -> String| (first..first + count).map(row).collect::<Vec<_>>().join(", ");
    let at = "2026-02-28T03:00:00.000000Z";
    let sql = format!(
        "insert into orders (id, number, user_id, state, currency, total, shipping_fee, placed_at, paid_at) values {};
         insert into order_lines (order_id, n, sku, title, quantity, unit_price) values {};
         insert into payments (id, order_id, method, label, reference, captured, captured_at) values {}",
        values(&|id| format!("({id}, '20260228-{id:06}', 2, 'paid', 'KRW', 10000, 0, '{at}', '{at}')")),
        values(&|id| format!("({id}, 1, 'X-1', 'Thing', 10, 1000)")),
        values(&|id| format!("({}, {id}, 'card', '···· 0000', 'card-{id}', 10000, '{at}')", id * 10)),
    );
    world.database().tamper(&sql).unwrap();
}
