use crate::{
    approvals::support::{approval, ask, bare, last_refusal, ruled, state},
    kit::{World, assert_sound, on_both, points, wait_until},
};
use std::{thread, time::Duration};

fn becomes(world: &World, request: i64, wanted: &str) {
    wait_until(|| state(world, request) == wanted);
}

on_both! {
    fn a_request_that_ran_out_is_worth_nothing(outer) {
        let world = &ruled(outer.engine);
        let (mina, _) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        world.clock.advance(Duration::from_hours(24));
        // After a day everybody signs in again.
        let hana = world.signed_in("hana");
        let refused = bare(&hana, request, "approval", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1)), (409, 12_450), "{refused}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-expired".to_owned()));
        becomes(world, request, "expired");
        assert_eq!(world.number("select count(*) from outbox where topic = 'approvals.expired'"), 1, "it is told even if another process came too late");
        assert_sound(world);
    }

    fn a_request_expires_without_an_attempt_to_decide(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        world.clock.advance(Duration::from_secs(24 * 3600 - 1));
        thread::sleep(Duration::from_millis(1200));
        assert_eq!(state(world, request), "waiting");
        world.clock.advance(Duration::from_secs(1));
        becomes(world, request, "expired");
        let row = world.audit().into_iter().find(|row| row.action == "approvals.expire").unwrap();
        assert_eq!((row.outcome.as_str(), row.email.as_str()), ("applied", ""));
        assert_eq!(world.number("select count(*) from outbox where topic = 'approvals.expired'"), 1);
    }

    fn a_second_before_it_runs_out_it_can_be_approved(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        world.clock.advance(Duration::from_mins(24 * 60 - 2));
        let hana = world.signed_in("hana");
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, points(world, 1)), (303, 62_450), "{done}");
    }
}
