//! `ingam audit verify` sees refunds that were typed into the database, and counts that were.

use crate::{
    kit::{Mode, World, on_both},
    orders::support::{paying, refund, settled},
};

/// Tampers, and sees what the program says of it.
fn assert_named(world: &World, sql: &str, words: &str) {
    world.database().tamper(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let ended = world.command(&["audit", "verify"]).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && said.contains(words), "{sql}: {said}");
}

/// Two refunds, one paid and one declined.
fn refunded(world: &World, provider: &crate::kit::Provider) {
    let mina = world.signed_in("mina");
    assert_eq!(refund(&mina, 1, &[(3, "1")]).set("code", &world.code("mina")).submit().status, 303);
    settled(world);
    provider.set(Mode::Decline);
    assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
    settled(world);
    let fits = world.command(&["audit", "verify"]).output().unwrap();
    assert!(fits.status.success(), "{}", String::from_utf8_lossy(&fits.stderr));
}

on_both! {
    fn an_amount_that_was_typed_in_is_named(world) {
        let (world, provider) = paying(world.engine);
        refunded(&world, &provider);
        assert_named(&world, "update payments set refunded = refunded + 1 where id = 10", "payment 10");
        assert_named(&world, "update payments set refunded = refunded - 1 where id = 10; update order_lines set refunded = 0 where order_id = 1 and n = 3", "line 3 of order 1");
    }

    fn a_refund_without_a_seal_is_named(world) {
        let (world, provider) = paying(world.engine);
        refunded(&world, &provider);
        assert_named(&world, "update refunds set amount = amount + 1 where order_id = 1", "refund 1 has no matching row");
    }

    fn a_refund_that_was_hidden_from_those_who_watch_for_it_is_named(world) {
        let (world, provider) = paying(world.engine);
        refunded(&world, &provider);
        for (sql, back, words) in [
            ("update orders set failed_refunds = 0 where id = 4", "update orders set failed_refunds = 1 where id = 4", "order 4"),
            ("update orders set open_refunds = 1 where id = 1", "update orders set open_refunds = 0 where id = 1", "order 1"),
            ("update orders set shipping_refunded = true where id = 1", "update orders set shipping_refunded = false where id = 1", "order 1"),
            ("update orders set points_returned = points_returned + 1 where id = 1", "update orders set points_returned = points_returned - 1 where id = 1", "order 1"),
            ("update orders set worth_returned = worth_returned - 1 where id = 1", "update orders set worth_returned = worth_returned + 1 where id = 1", "order 1"),
            ("update refunds set state = 'succeeded', released = false where order_id = 4; update order_lines set refunded = 1 where order_id = 4", "update refunds set state = 'failed', released = true where order_id = 4; update order_lines set refunded = 0 where order_id = 4", "refund 2"),
        ] {
            assert_named(&world, sql, words);
            world.database().tamper(back).unwrap();
        }
        let fits = world.command(&["audit", "verify"]).output().unwrap();
        assert!(fits.status.success(), "{}", String::from_utf8_lossy(&fits.stderr));
    }

    fn a_forged_answer_is_named(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Pend);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        let now = world.clock.now();
        assert_named(&world, &format!("update refund_payments set state = 'succeeded', settled_at = '{now}'"), "the log has no row for the answer of the provider");
        let rewritten = world.database().tamper("update refund_payments set state = 'requested', settled_at = null").unwrap_err();
        assert!(rewritten.contains("stays settled"), "{rewritten}");
    }

    fn what_was_done_to_an_order_is_not_rewritten(world) {
        let (world, provider) = paying(world.engine);
        refunded(&world, &provider);
        for sql in ["update order_events set staff_name = 'x'", "delete from order_events"] {
            let refused = world.database().tamper(sql).unwrap_err();
            assert!(refused.contains("append-only"), "{sql}: {refused}");
        }
    }
}
