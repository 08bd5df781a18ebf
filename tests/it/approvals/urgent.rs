use crate::{
    approvals::support::{approval, bare, last_refusal, points_rule, rejection, request_of, state, under},
    kit::{World, addition, assert_sound, on_both, points, wait_until},
};
use chrono::TimeDelta;
use ingam::gate::Policy;
use std::{thread, time::Duration};

fn hurried() -> Policy {
    Policy { urgent: Some(TimeDelta::hours(4)), ..points_rule(10_000, None, 1) }
}

fn give_at_once(world: &World, mina: &crate::kit::Browser) -> i64 {
    let done = addition(mina, 1, "50,000").set("urgent", "yes").set("code", &world.code("mina")).submit();
    assert!(done.location().unwrap().starts_with("/users/1?sealed="), "{done}");
    world.number("select max(id) from approval_requests")
}

on_both! {
    fn what_is_urgent_is_done_flagged_and_owed(outer) {
        let world = &under(outer.engine, vec![hurried()]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = give_at_once(world, &mina);
        assert_eq!((points(world, 1), state(world, request).as_str()), (62_450, "owed"));
        assert_eq!(world.database().value("select flags from audit where action = 'points.adjust'"), "urgent");
        let own = bare(&mina, request, "approval", &world.code("mina")).submit();
        assert_eq!((own.status, last_refusal(world).1.as_str()), (403, "approval-own"), "{own}");
        let back = bare(&mina, request, "withdrawal", &world.code("mina")).submit();
        assert_eq!((back.status, last_refusal(world).1.as_str()), (409, "approval-owed"), "{back}");
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, points(world, 1), state(world, request).as_str()), (303, 62_450, "approved"), "{done}");
        assert_sound(world);
    }

    fn a_rule_without_an_urgent_way_waits_whatever_the_form_says(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 1)]);
        let mina = world.signed_in("mina");
        assert!(!mina.get("/users/1?panel=points").has("#urgent"));
        let form = addition(&mina, 1, "50,000").forge("urgent", "yes").set("code", &world.code("mina"));
        let request = request_of(&form.submit());
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"));
    }

    fn an_approval_that_is_not_given_in_time_is_overdue_and_told_once(outer) {
        let world = &under(outer.engine, vec![hurried()]);
        let mina = world.signed_in("mina");
        let request = give_at_once(world, &mina);
        world.clock.advance(Duration::from_hours(4));
        let overdue = "select count(*) from outbox where topic = 'approvals.overdue'";
        wait_until(|| world.number(overdue) > 0);
        thread::sleep(Duration::from_millis(1200));
        assert_eq!(world.number(overdue), 1);
        assert_eq!(state(world, request), "owed", "it does not go away");
        let hana = world.signed_in("hana");
        assert!(hana.get("/").says("main").contains("Overdue"));
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
    }

    fn what_was_urgent_counts_toward_the_day_until_it_is_approved(outer) {
        let rule = Policy { urgent: Some(TimeDelta::hours(4)), ..points_rule(10_000, Some(55_000), 1) };
        let world = &under(outer.engine, vec![rule]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = give_at_once(world, &mina);
        request_of(&addition(&mina, 2, "9,000").set("code", &world.code("mina")).submit());
        assert_eq!(points(world, 2), 0);
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        let done = addition(&mina, 2, "9,000").set("code", &world.code("mina")).submit();
        assert!(done.location().unwrap().starts_with("/users/2?sealed="), "{done}");
        assert_sound(world);
    }

    fn an_objection_leaves_it_done_and_is_told(outer) {
        let world = &under(outer.engine, vec![hurried()]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = give_at_once(world, &mina);
        let done = rejection(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, points(world, 1), state(world, request).as_str()), (303, 62_450, "rejected"), "{done}");
        assert_eq!(world.number("select count(*) from outbox where topic = 'approvals.objected'"), 1);
    }
}
