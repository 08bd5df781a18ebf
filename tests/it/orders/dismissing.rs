//! Refunds that failed: each waits for a person until it is tried again or set aside, and no other action hides it.

use crate::{
    kit::{Browser, Mode, World, assert_sound, on_both, wait_until},
    orders::support::{held, paying, refund, settled, settled_in_time},
};

fn failed(world: &World, order: i64) -> i64 {
    world.number(&format!("select failed_refunds from orders where id = {order}"))
}

fn links(mina: &Browser, order: i64, panel: &str) -> Vec<String> {
    mina.get(&format!("/orders/{order}")).attributes(&format!("a[href*='panel={panel}']"), "href")
}

fn is_listed(mina: &Browser) -> bool {
    mina.get("/orders?needs=retrying").says("main").contains("20260226-000021")
}

on_both! {
    fn a_failed_refund_waits_until_it_is_tried_again_or_set_aside_whatever_becomes_of_others(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Decline);
        let mina = world.signed_in("mina");
        for _ in 0..2 {
            assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
            settled(&world);
        }
        assert_eq!((failed(&world, 4), links(&mina, 4, "retry").len(), links(&mina, 4, "dismiss").len()), (2, 2, 2));
        provider.set(Mode::Pay);
        let retry = links(&mina, 4, "retry").remove(0);
        let done = mina.get(&retry).form_to("/retry").set("reason", "The card works again").set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        settled(&world);
        assert_eq!((failed(&world, 4), links(&mina, 4, "retry").len()), (1, 1));
        assert!(is_listed(&mina));
        assert_sound(&world);

        let form = mina.get(&links(&mina, 4, "dismiss")[0]).form_to("/dismissal").set("reason", "Refunded as the second one");
        let done = form.clone().set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        let page = mina.get(done.location().unwrap());
        assert!(page.has("#panel"), "{page}");
        assert_eq!((failed(&world, 4), held(&world, 40), provider.paid("30000040")), (0, 15_000, 15_000));
        assert!(!is_listed(&mina) && links(&mina, 4, "retry").is_empty() && links(&mina, 4, "dismiss").is_empty());
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str(), &row.after["dismissed"]), ("refunds.dismiss", "order/4", &true.into()));
        // It stays failed, and done with.
        let again = form.without("seen").forge("key", "another-key").set("code", &world.code("mina")).submit();
        assert_eq!((again.status, failed(&world, 4)), (409, 0), "{again}");
        let retried = mina.get(&retry);
        assert!(!retried.has("form[action$='/retry']"), "{retried}");
        assert_sound(&world);
    }

    fn what_the_shop_failed_to_refund_can_be_set_aside_but_only_the_shop_sends_it_again(world) {
        let (world, provider) = paying(world.engine);
        let at = "2026-02-28T03:00:00.000000Z";
        world.database().tamper(&format!(
            "insert into refunds (id, order_id, at, state, amount, reason_kind, settled_at, released) values (77, 4, '{at}', 'failed', 15000, 'other', '{at}', true);
             insert into refund_payments (refund_id, payment_id, order_id, amount, state, settled_at) values (77, 40, 4, 15000, 'failed', '{at}');
             update orders set failed_refunds = 1 where id = 4")).unwrap();
        let mina = world.signed_in("mina");
        assert!(links(&mina, 4, "retry").is_empty());
        let form = refund(&mina, 4, &[(1, "1")]).to("/orders/4/refunds/77/retry").without("units-1").without("reason_kind")
            .without("amount").without("override_reason").without("shipping");
        let refused = form.set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, held(&world, 40)), (409, 0), "{refused}");
        let form = mina.get(&links(&mina, 4, "dismiss")[0]).form_to("/dismissal").set("reason", "Paid from the till");
        let done = form.set("code", &world.code("mina")).submit();
        assert_eq!((done.status, failed(&world, 4), provider.paid("30000040")), (303, 0, 0), "{done}");
        assert_sound(&world);
    }

    fn no_won_is_lost_to_rounding_when_a_refund_in_the_middle_fails_and_is_made_again(world) {
        let (world, provider) = paying(world.engine);
        let at = "2026-02-28T03:00:00.000000Z";
        // Four things at ₩1,001, half of it paid with points: each comes to ₩500 or ₩501.
        world.database().tamper(&format!(
            "insert into orders (id, number, user_id, state, currency, total, shipping_fee, points_used, points_worth, placed_at, paid_at)
               values (2000, '20260228-002000', 2, 'paid', 'KRW', 4004, 0, 2002, 2002, '{at}', '{at}');
             insert into order_lines (order_id, n, sku, title, quantity, unit_price)
               values (2000, 1, 'a', 'A', 1, 1001), (2000, 2, 'b', 'B', 1, 1001), (2000, 3, 'c', 'C', 1, 1001), (2000, 4, 'd', 'D', 1, 1001);
             insert into payments (id, order_id, method, label, reference, captured, captured_at)
               values (20000, 2000, 'card', '···· 2000', 'card-2000', 2002, '{at}')")).unwrap();
        let mina = world.signed_in("mina");
        let make = |line| {
            let done = refund(&mina, 2000, &[(line, "1")]).set("code", &world.code("mina")).submit();
            assert_eq!(done.status, 303, "{line}: {done}");
        };
        make(1);
        settled(&world);
        provider.set(Mode::Pend);
        make(2);
        wait_until(|| provider.asked("refund.requested") == 2);
        provider.set(Mode::Pay);
        make(3);
        wait_until(|| world.number("select count(*) from refunds where state = 'succeeded'") == 2);
        provider.decide("failed");
        settled_in_time(&world);
        make(4);
        settled(&world);
        let retry = links(&mina, 2000, "retry").remove(0);
        let done = mina.get(&retry).form_to("/retry").set("reason", "The card works again").set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        settled(&world);
        assert_eq!((held(&world, 20_000), provider.paid("card-2000")), (2002, 2002));
        let returned = world.rows("select points_returned, worth_returned from orders where id = 2000").remove(0);
        assert_eq!(returned, [Some("2002".to_owned()), Some("2002".to_owned())]);
        assert_sound(&world);
    }
}
