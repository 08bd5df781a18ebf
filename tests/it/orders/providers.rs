//! What becomes of refunds when the payment provider declines, hesitates, hangs or is away.

use crate::{
    kit::{Mode, World, assert_sound, on_both, points, wait_until},
    orders::support::{cancellation, held, paying, paying_within, refund, settled, settled_in_time, state},
};
use std::time::Duration;

fn asked_about(world: &World) -> i64 {
    world.number("select coalesce(max(attempts), 0) from refund_payments")
}

on_both! {
    fn a_decline_frees_everything_and_the_refund_can_be_tried_again(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Decline);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 1, &[(3, "1")]).set("shipping", "yes").set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        let counts = || world.rows("select o.points_returned, o.points_claimed, o.failed_refunds, l.refunded, u.points
            from orders o join order_lines l on l.order_id = o.id and l.n = 3 join users u on u.id = o.user_id where o.id = 1 and not o.shipping_refunded");
        let row: Vec<_> = counts().remove(0).into_iter().map(Option::unwrap).collect();
        assert_eq!(row, ["0", "0", "1", "0", "12450"], "everything is as it was but for the failed refund");
        assert_eq!(held(&world, 10), 0);
        assert_sound(&world);

        let page = mina.get("/orders/1");
        let failed = page.attributes("a[href*='panel=retry']", "href");
        assert_eq!(failed.len(), 1, "{page}");
        provider.set(Mode::Pay);
        let form = mina.get(&failed[0]).form_to("/retry").set("reason", "The card works again");
        let done = form.clone().set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303, "{done}");
        settled(&world);
        assert_eq!((held(&world, 10), provider.paid("30918244")), (7543, 7543));
        let states = world.rows("select state, retry_of from refunds order by id");
        assert_eq!((states[0][0].as_deref(), states[1][0].as_deref()), (Some("failed"), Some("succeeded")));
        assert!(states[1][1].is_some());
        // Once is enough.
        let again = form.without("seen").forge("key", "another-key").set("code", &world.code("mina")).submit();
        assert_eq!((again.status, held(&world, 10)), (409, 7543), "{again}");
        assert!(!mina.get("/orders/1").has("a[href*='panel=retry']"));
        assert_sound(&world);
    }

    fn what_one_provider_was_asked_for_is_not_settled_by_another(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Pend);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        wait_until(|| asked_about(&world) == 1);
        // This one would say at once that it was paid.
        let _books = world.another(|config| config.payments = ingam::payments::Provider::Bookkeeping).unwrap();
        // An answer that arrives while the clock moves puts the next question off once more.
        wait_until(|| {
            world.clock.advance(Duration::from_secs(30));
            asked_about(&world) >= 5
        });
        assert_eq!(world.rows("select state, provider from refund_payments"), [[Some("requested".to_owned()), Some("webhook".to_owned())]]);
        provider.decide("failed");
        settled_in_time(&world);
        assert_eq!((held(&world, 40), provider.paid("30000040")), (0, 0));
        assert_sound(&world);
    }

    fn where_one_payment_is_declined_the_other_stays_paid_and_only_the_rest_is_tried_again(world) {
        let (world, provider) = paying(world.engine);
        provider.set_for("30918245", Mode::Decline);
        let mina = world.signed_in("mina");
        assert_eq!(cancellation(&mina, 1).set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        assert_eq!((state(&world, 1), held(&world, 10), held(&world, 11)), ("cancelled".to_owned(), 60_000, 0));
        let points_before = points(&world, 1);
        let page = mina.get("/orders/1");
        let retry = page.attributes("a[href*='panel=retry']", "href").remove(0);
        provider.set_for("30918245", Mode::Pay);
        let form = mina.get(&retry).form_to("/retry").set("reason", "The bank account was corrected");
        assert_eq!(form.set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        assert_eq!((held(&world, 10), held(&world, 11)), (60_000, 22_400));
        assert_eq!((provider.paid("30918244"), provider.paid("30918245")), (60_000, 22_400));
        assert_eq!(points(&world, 1), points_before, "points went back with the first");
        assert_sound(&world);
    }

    fn an_answer_that_never_comes_is_asked_about_and_the_money_is_not_sent_twice(world) {
        let (world, provider) = paying_within(world.engine, Duration::from_secs(2));
        for (mode, units) in [(Mode::PayAndHang, 1), (Mode::PayAndDrop, 2)] {
            provider.set(mode);
            let mina = world.signed_in("mina");
            let code = world.code("mina");
            assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &code).submit().status, 303);
            wait_until(|| provider.asked("refund.requested") == units);
            // It gave up waiting and asks later: nothing is settled, and what was reserved stays so.
            wait_until(|| world.number("select count(*) from refund_payments where state = 'requested' and attempts = 1") == 1);
            std::thread::sleep(Duration::from_millis(2500));
            assert_eq!(world.number("select count(*) from refunds where state = 'requested'"), 1);
            assert_eq!(held(&world, 40), 15_000 * i64::try_from(units).unwrap());
            settled_in_time(&world);
            assert_eq!(provider.asked("refund.requested"), units, "it was not sent again");
        }
        assert_eq!((provider.paid("30000040"), provider.most_under_one_key()), (30_000, 1));
        assert_sound(&world);
    }

    fn a_provider_that_is_away_is_asked_until_it_is_back(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Away);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        // An attempt that ends while the clock moves puts the next one off once more.
        wait_until(|| {
            world.clock.advance(Duration::from_secs(30));
            asked_about(&world) >= 4
        });
        assert_eq!(held(&world, 40), 15_000);
        provider.set(Mode::Pay);
        settled_in_time(&world);
        assert_eq!((provider.paid("30000040"), provider.most_under_one_key()), (15_000, 1));
        assert_sound(&world);
    }

    fn a_provider_that_hesitates_is_asked_what_it_decided(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Pend);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 4, &[(1, "1")]).set("code", &world.code("mina")).submit().status, 303);
        wait_until(|| provider.asked("refund.requested") == 1);
        let open = mina.get("/orders?needs=settling");
        assert!(open.says("main").contains("20260226-000021"), "{open}");
        provider.decide("failed");
        settled_in_time(&world);
        assert_eq!((held(&world, 40), provider.asked("refund.requested")), (0, 1));
        assert!(mina.get("/orders?needs=retrying").says("main").contains("20260226-000021"));
        assert_sound(&world);
    }

    fn points_that_were_spent_before_a_decline_are_not_given_a_second_time(world) {
        let (world, provider) = paying(world.engine);
        provider.set(Mode::Pend);
        let mina = world.signed_in("mina");
        assert_eq!(refund(&mina, 1, &[(1, "1"), (2, "1"), (3, "2")]).set("code", &world.code("mina")).submit().status, 303);
        wait_until(|| provider.asked("refund.requested") == 2);
        let back = world.number("select points_returned from orders where id = 1");
        // The customer spends all but a hundred points at once.
        let had = points(&world, 1);
        let spend = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("direction", "deduct")
            .set("amount", &(had - 100).to_string()).set("reason", "Spent in the shop");
        assert_eq!(spend.set("code", &world.code("mina")).submit().status, 303);
        provider.decide("failed");
        settled_in_time(&world);
        let claimed = 824 * (84_400 - back) / 82_400;
        let kept = world.number("select points_returned from orders where id = 1");
        assert_eq!((points(&world, 1), kept), (0, back - 100 - claimed), "what could not be withdrawn stays counted as returned");
        assert_sound(&world);
        // So the next refund gives only the rest.
        provider.set(Mode::Pay);
        assert_eq!(cancellation(&mina, 1).set("code", &world.code("mina")).submit().status, 303);
        settled(&world);
        assert_eq!(world.number("select points_returned from orders where id = 1"), 5000);
        assert_sound(&world);
    }
}
