//! Any sequence of refunds, cancellations, shipments, declines and retries keeps every invariant, and the audit log alone
//! replays to the same figures.

use crate::{
    kit::{Mode, Operator, World, assert_sound, on_both, operators_here, wait_until},
    orders::support::{orders, paying},
};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// The next action of a person.
#[derive(Clone, Debug)]
enum Act {
    Units(i64, bool),
    Amount(i64),
    Cancel,
    Ship,
    Retry,
    /// What the provider does from now on.
    Provider(Mode),
    /// What it had left open is decided, and asked about.
    Decide(&'static str),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let mode = prop_oneof![Just(Mode::Pay), Just(Mode::Decline), Just(Mode::Pend)];
    let act = prop_oneof![
        4 => (1..4_i64, any::<bool>()).prop_map(|(units, shipping)| Act::Units(units, shipping)),
        2 => (1..6000_i64).prop_map(Act::Amount),
        1 => Just(Act::Cancel),
        1 => Just(Act::Ship),
        3 => Just(Act::Retry),
        3 => mode.prop_map(Act::Provider),
        2 => prop_oneof![Just("succeeded"), Just("failed")].prop_map(Act::Decide),
    ];
    prop::collection::vec(act, 4..14)
}

/// No session ends, however often the clock is moved.
fn stay(world: &World) {
    let now = world.clock.now();
    world.database().tamper(&format!("update sessions set created_at = '{now}', seen_at = '{now}'")).unwrap();
}

/// Posts a form that was put together by hand; says whether it was done.
fn post(world: &World, person: &Operator, path: &str, fields: &[(&str, &str)]) -> bool {
    world.clock.advance(Duration::from_secs(30));
    stay(world);
    let code = person.code(world.clock.now(), 0);
    let key = ingam::secret::token();
    let all = [
        fields,
        &[
            ("reason", "One of many steps"),
            ("code", code.as_str()),
            ("key", key.as_str()),
            ("csrf", person.csrf.as_str()),
        ],
    ]
    .concat();
    let answer = person.browser.post(path, &all);
    assert!([303, 409, 422].contains(&answer.status), "{path} {fields:?}: {answer}");
    answer.status == 303
}

fn act(world: &World, provider: &crate::kit::Provider, person: &Operator, order: i64, act: &Act) {
    match act {
        Act::Units(units, shipping) => {
            let units = units.to_string();
            let mut fields = vec![("units-1", units.as_str()), ("reason_kind", "damaged")];
            if *shipping {
                fields.push(("shipping", "yes"));
            }
            post(world, person, &format!("/orders/{order}/refunds"), &fields);
        }
        Act::Amount(amount) => {
            let amount = amount.to_string();
            let fields =
                [("amount", amount.as_str()), ("override_reason", "As it was agreed"), ("reason_kind", "goodwill")];
            post(world, person, &format!("/orders/{order}/refunds"), &fields);
        }
        Act::Cancel => drop(post(world, person, &format!("/orders/{order}/cancellation"), &[("reason_kind", "other")])),
        Act::Ship => {
            let fields = [("state", "shipped"), ("carrier", "cj"), ("tracking_number", "601234564471")];
            post(world, person, &format!("/orders/{order}/shipping"), &fields);
        }
        Act::Retry => {
            let failed = world
                .rows(&format!("select id from refunds where order_id = {order} and state = 'failed' order by id"));
            for row in failed {
                post(world, person, &format!("/orders/{order}/refunds/{}/retry", row[0].as_deref().unwrap()), &[]);
            }
        }
        Act::Provider(mode) => provider.set(*mode),
        Act::Decide(status) => {
            provider.decide(status);
            world.clock.advance(Duration::from_secs(620));
        }
    }
    // What is due has been asked about.
    let due =
        format!("select count(*) from refund_payments where state = 'requested' and ask_at <= '{}'", world.clock.now());
    wait_until(|| world.number(&due) == 0);
}

/// The figures that the log tells: the last value that was noted of each, and what moved of a customer's points.
fn replayed(world: &World, order: i64, from: i64) -> BTreeMap<String, String> {
    let mut figures = BTreeMap::new();
    for row in
        world.audit_from(from).iter().filter(|row| row.outcome == "applied" && row.target == format!("order/{order}"))
    {
        let (before, after) = (row.before.as_object().unwrap(), row.after.as_object().unwrap());
        for (field, value) in after {
            if matches!(
                field.as_str(),
                "amount"
                    | "refund"
                    | "reason_kind"
                    | "override_reason"
                    | "retry_of"
                    | "dismissed"
                    | "payment_id"
                    | "outcome"
                    | "failure"
                    | "refund_state"
                    | "points_shortfall"
                    | "carrier"
                    | "tracking_number"
            ) {
                continue;
            }
            // Each step goes on where the one before it ended.
            if let Some(known) = figures.get(field) {
                assert_eq!(known, &text(&before[field]), "{field} in row {}", row.seq);
            }
            figures.insert(field.clone(), text(value));
        }
    }
    figures
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The same figures as the tables hold them, where anything has moved.
fn stored(world: &World, order: i64) -> BTreeMap<String, String> {
    let row = &world.rows(&format!(
        "select o.state, o.points_returned, o.points_claimed, case when o.shipping_refunded then 'true' else 'false' end, l.refunded, p.refunded, u.points
           from orders o join order_lines l on l.order_id = o.id join payments p on p.order_id = o.id join users u on u.id = o.user_id where o.id = {order}"
    ))[0];
    let value = |at: usize| row[at].clone().unwrap();
    [
        ("state".to_owned(), value(0)),
        ("points_returned".to_owned(), value(1)),
        ("points_claimed".to_owned(), value(2)),
        ("shipping_refunded".to_owned(), value(3)),
        ("line.1".to_owned(), value(4)),
        (format!("payment.{}", order * 10), format!("KRW {}", value(5))),
        ("points".to_owned(), value(6)),
    ]
    .into()
}

on_both! {
    fn any_sequence_keeps_every_invariant_and_the_log_alone_replays_to_the_same_figures(world) {
        let (world, provider) = paying(world.engine);
        let person = &operators_here(&world, 1)[0];
        let mut runner = TestRunner::new(ProptestConfig { cases: 24, failure_persistence: None, max_shrink_iters: 0, ..ProptestConfig::default() });
        let order = std::cell::Cell::new(1000);
        runner.run(&acts(), |acts| {
            let id = order.get();
            order.set(id + 1);
            orders(&world, id, 1);
            // A tenth of it was paid with points, and it earned some, not all of which the customer still has.
            world.database().tamper(&format!(
                "update orders set points_used = 777, points_worth = 500, points_earned = 321, shipping_fee = 500, total = 10500 where id = {id}")).unwrap();
            provider.set(Mode::Pay);
            let from = world.audit_size();
            for step in &acts {
                act(&world, &provider, person, id, step);
                let odd = world.rows(&format!(
                    "select 1 from orders o join payments p on p.order_id = o.id join order_lines l on l.order_id = o.id where o.id = {id}
                       and (p.refunded > p.captured or l.refunded > l.quantity or o.points_returned > o.points_used
                            or o.points_claimed > o.points_earned or exists (select 1 from users u where u.points < 0))"));
                prop_assert!(odd.is_empty(), "after {step:?} of {acts:?}");
            }
            // With nothing open any more, what the provider paid is what is held.
            provider.decide("succeeded");
            world.clock.advance(Duration::from_secs(620));
            let open = format!("select count(*) from refunds where order_id = {id} and state = 'requested'");
            wait_until(|| {
                // An answer that arrived while the clock moved put the next question off by seconds.
                world.clock.advance(Duration::from_secs(1));
                world.number(&open) == 0
            });
            let stored = stored(&world, id);
            for (field, value) in replayed(&world, id, from) {
                prop_assert_eq!(stored.get(&field), Some(&value), "{} after {:?}", field, &acts);
            }
            let held = world.number(&format!("select refunded from payments where order_id = {id}"));
            prop_assert_eq!(provider.paid(&format!("card-{id}")), held);
            Ok(())
        }).unwrap();
        assert_sound(&world);
    }
}
