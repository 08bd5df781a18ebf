//! A reversal waits where such a change would, and where the change that it takes back waited.

use crate::{
    approvals::support::{approval, ask, last_refusal, points_rule, request_of, ruled, state, under},
    kit::{on_both, points},
    reversal::support::{WHY, form, given, link, page, verified},
};

on_both! {
    fn what_needed_a_second_person_needs_one_to_be_taken_back_and_the_link_is_kept(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        let seq = world.last_audit().seq;
        let shown = page(&mina, seq);
        assert!(shown.says("#panel").contains("taking it back does too"), "{shown}");
        let asked = form(&mina, seq).set("code", &world.code("mina")).submit();
        let back = request_of(&asked);
        let row = world.last_audit();
        assert_eq!((row.outcome.as_str(), link(world, row.seq), points(world, 1)), ("requested", Some(seq), 62_450));
        assert!(page(&mina, seq).has(&format!("main a[href='/approvals/{back}']")), "the page says that it waits");
        let done = approval(&hana, back).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, points(world, 1), state(world, back).as_str()), (303, 12_450, "approved"), "{done}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.email.as_str(), row.reason.as_str(), link(world, row.seq)), ("points.adjust", "mina@ingam.test", WHY, Some(seq)));
        verified(world);
    }

    fn a_small_change_that_was_approved_needs_approval_again(outer) {
        // Her own account as a customer: it waited although it was small.
        let world = &ruled(outer.engine);
        world.database().tamper("update users set email = 'mina@ingam.test' where id = 1").unwrap();
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "10");
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        let seq = world.last_audit().seq;
        // It is hers no more, so that no rule but that of the reversal holds it up.
        world.database().tamper("update users set email = 'another@shop.test' where id = 1").unwrap();
        let back = request_of(&form(&mina, seq).set("code", &world.code("mina")).submit());
        assert_eq!(world.database().value(&format!("select rule from approval_requests where id = {back}")), "marked");
        let shown = hana.get(&format!("/approvals/{back}"));
        assert!(shown.text().contains("takes back needed approval"), "{shown}");
        assert_eq!(approval(&hana, back).set("code", &world.code("hana")).submit().status, 303);
        assert_eq!((points(world, 1), link(world, world.last_audit().seq)), (12_450, Some(seq)));
    }

    fn what_is_taken_back_counts_towards_the_sum_of_a_day(outer) {
        for (daily, waits) in [(15_000, 1), (18_000, 0)] {
            let world = &under(outer.engine, vec![points_rule(10_000, Some(daily), 1)]);
            let mina = world.signed_in("mina");
            let seq = given(world, &mina, "9,000");
            // Nine thousand given and nine thousand taken are eighteen thousand of one day.
            let asked = form(&mina, seq).set("code", &world.code("mina")).submit();
            assert_eq!(asked.status, 303, "{asked}");
            assert_eq!(world.number("select count(*) from approval_requests where reversal_of is not null"), waits, "{daily}");
            assert_eq!(link(world, world.last_audit().seq), Some(seq));
        }
    }

    fn of_two_requests_to_take_a_row_back_the_second_is_void(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        let seq = world.last_audit().seq;
        let first = request_of(&form(&mina, seq).set("code", &world.code("mina")).submit());
        let second = request_of(&form(&mina, seq).set("code", &world.code("mina")).submit());
        let late = approval(&hana, second);
        assert_eq!(approval(&hana, first).set("code", &world.code("hana")).submit().status, 303);
        let refused = late.set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, last_refusal(world).1.as_str()), (409, "approval-obsolete"), "{refused}");
        assert_eq!((state(world, second).as_str(), points(world, 1)), ("obsolete", 12_450));
        verified(world);
    }

    fn a_request_cannot_be_given_another_row_to_take_back(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let refused = world.database().tamper(&format!("update approval_requests set reversal_of = 0 where id = {request}"));
        assert!(refused.unwrap_err().contains("a request stays what it was"));
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
    }
}
