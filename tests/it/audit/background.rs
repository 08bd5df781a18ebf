//! The log is verified in the background, and its page says when that last ended and how.

use crate::kit::{World, on_both, wait_until};
use chrono::TimeDelta;
use ingam::audit::background::Verifying;
use std::time::Duration;

const UNFIT: &str = "the log and the customers differ: the status of customer 3";

on_both! {
    fn the_page_of_the_log_says_how_the_last_verification_ended(outer) {
        let world = &World::start_with(outer.engine, |config| {
            config.verifying = Some(Verifying { every: TimeDelta::days(1), look: Duration::from_millis(100) });
        });
        let mina = world.signed_in("mina");
        let suspended = mina.get("/users/3?panel=status").form_to("/status").set("reason", "Asked for it herself");
        assert_eq!(suspended.set("code", &world.code("mina")).submit().status, 303);
        wait_until(|| world.number("select count(*) from verification where finished_at is not null") == 1);
        let page = world.signed_in("sora").get("/audit");
        assert!(page.text().contains("The log fits the tables"), "{page}");
        assert_eq!(world.number("select count(*) from audit where action = 'audit.report-unfit'"), 0);

        world.database().tamper("update users set status = 'active' where id = 3").unwrap();
        for day in 1..=2 {
            world.clock.advance(Duration::from_hours(25));
            let done = format!("select count(*) from verification where finding is not null and finished_at >= '{}'", world.clock.now());
            wait_until(|| world.number(&done) == 1);
            let page = world.signed_in("sora").get("/audit");
            assert!(page.text().contains("The log does not fit") && page.text().contains(UNFIT), "{page}");
            // A finding that lasts is reported once.
            assert_eq!(world.number("select count(*) from audit where action = 'audit.report-unfit'"), 1, "day {day}");
            assert_eq!(world.number("select count(*) from outbox where topic = 'audit.unfit'"), 1, "day {day}");
        }
        world.database().tamper("update users set status = 'suspended' where id = 3").unwrap();
        world.clock.advance(Duration::from_hours(25));
        wait_until(|| world.number("select count(*) from verification where finding is null") == 1);
        assert!(world.signed_in("sora").get("/audit").text().contains("The log fits the tables"));
    }

    fn of_two_processes_one_verifies(outer) {
        let verifying = Some(Verifying { every: TimeDelta::days(1), look: Duration::from_millis(50) });
        let world = World::start_with(outer.engine, |config| config.verifying = verifying);
        let second = world.another(|config| config.verifying = verifying).unwrap();
        wait_until(|| world.number("select count(*) from verification where finished_at is not null and claimed_by is null") == 1);
        drop(second);
    }
}
