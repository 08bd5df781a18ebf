//! How long a session lives, and everything that ends it.

use crate::kit::{World, is_in, on_both};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

const MINUTE: u64 = 60;

fn wait(world: &World, seconds: u64) {
    world.clock.advance(Duration::from_secs(seconds));
}

fn seen_at(world: &World) -> String {
    world.database().value("select seen_at from sessions where stage = 'signed'")
}

on_both! {
    fn a_session_ends_after_a_quarter_of_an_hour_of_nothing(world) {
        let mina = world.signed_in("mina");
        wait(world, 15 * MINUTE - 1);
        assert!(is_in(&mina));
        wait(world, 15 * MINUTE - 1);
        assert!(is_in(&mina), "looking at a page keeps it alive");
        wait(world, 15 * MINUTE);
        assert!(!is_in(&mina));
        wait(world, 1);
        assert!(!is_in(&mina));
    }

    fn a_session_ends_after_eight_hours_whatever_one_does(world) {
        let mina = world.signed_in("mina");
        let hours = 8 * 60 * MINUTE;
        for _ in 0..hours / (10 * MINUTE) - 1 {
            wait(world, 10 * MINUTE);
            assert!(is_in(&mina));
        }
        wait(world, 10 * MINUTE - 1);
        assert!(is_in(&mina));
        wait(world, 1);
        assert!(!is_in(&mina));
    }

    fn a_session_is_touched_at_most_once_a_minute(world) {
        let mina = world.signed_in("mina");
        let first = seen_at(world);
        wait(world, 59);
        assert!(is_in(&mina));
        assert_eq!(seen_at(world), first);
        wait(world, 1);
        assert!(is_in(&mina));
        let second = seen_at(world);
        assert!(second > first, "{second}");
        // An address that does not exist is no sign of life.
        wait(world, 2 * MINUTE);
        mina.get("/nowhere");
        assert_eq!(seen_at(world), second);
    }

    fn a_stepped_back_clock_ends_no_session_and_prolongs_none(world) {
        let mina = world.signed_in("mina");
        let now = world.clock.now();
        wait(world, 10 * MINUTE);
        assert!(is_in(&mina));
        let seen = seen_at(world);
        world.clock.set(now);
        assert!(is_in(&mina));
        assert_eq!(seen_at(world), seen, "a touch never goes back");
    }

    fn signing_out_ends_the_session_everywhere(world) {
        let mina = world.signed_in("mina");
        let thief = mina.fork();
        let page = mina.get("/").form_to("/logout").submit();
        assert_eq!((page.status, page.location()), (303, Some("/login?notice=signed-out")));
        assert!(page.header("clear-site-data").is_some());
        assert!(!mina.cookies().contains_key("ingam-session"), "{:?}", mina.cookies());
        assert!(!is_in(&thief));
        assert_eq!(world.number("select count(*) from sessions"), 0);
        let row = world.last_audit();
        assert_eq!(
            (row.action.as_str(), row.outcome.as_str(), row.email.as_str()),
            ("session.end", "applied", "mina@ingam.test")
        );
    }

    fn requests_in_flight_do_not_bring_a_signed_out_session_back(world) {
        let mina = world.signed_in("mina");
        let out = mina.get("/").form_to("/logout");
        // Each of them is due to note that the person is there.
        wait(world, 2 * MINUTE);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..20 {
                let browser = mina.fork();
                scope.spawn(|| {
                    let browser = browser;
                    while !done.load(Ordering::SeqCst) {
                        let page = browser.get("/account");
                        assert!(matches!(page.status, 200 | 303), "{page}");
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(50));
            let page = out.submit();
            done.store(true, Ordering::SeqCst);
            assert_eq!(page.status, 303, "{page}");
        });
        assert_eq!(world.number("select count(*) from sessions"), 0);
        assert!(!is_in(&mina));
    }

    fn signing_out_twice_at_once_is_signing_out(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/").form_to("/logout");
        let answers: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| form.submit())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for page in answers {
            assert_eq!(page.status, 303, "{page}");
            assert!(page.location().unwrap().starts_with("/login"), "{page}");
        }
    }

    fn a_disabled_person_is_out_at_once(world) {
        let mina = world.signed_in("mina");
        let form = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "1")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        world.database().tamper("update staff set active = false where email = 'mina@ingam.test'").unwrap();
        assert!(!is_in(&mina));
        let page = form.submit();
        assert_eq!((page.status, page.location()), (303, Some("/login?notice=ended")));
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        // Half way in is no way in either.
        let jun = world.browser();
        let code = jun.give_password("jun").form_with("code");
        world.database().tamper("update staff set active = false where email = 'jun@ingam.test'").unwrap();
        assert_eq!(code.set("code", &world.code("jun")).submit().status, 303);
        assert!(!is_in(&jun));
    }

    fn a_role_taken_away_between_form_and_sending_is_gone(world) {
        let mina = world.signed_in("mina");
        let form = mina
            .get("/users/1?panel=points")
            .form_to("/point-adjustments")
            .set("amount", "1")
            .set("reason", "Late delivery")
            .set("code", &world.code("mina"));
        world.database().tamper("update staff set roles = 'auditor' where email = 'mina@ingam.test'").unwrap();
        let page = form.submit();
        assert_eq!(page.status, 403, "{page}");
        let row = world.last_audit();
        assert_eq!(
            (row.outcome.as_str(), row.refusal.as_str(), row.email.as_str()),
            ("refused", "role", "mina@ingam.test")
        );
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
        assert_eq!((mina.get("/users").status, mina.get("/audit").status), (403, 200));
        // Whose last role is taken away may still look after their own account, and nothing else.
        world.database().tamper("update staff set roles = '' where email = 'mina@ingam.test'").unwrap();
        assert_eq!((mina.get("/audit").status, mina.get("/account").status), (403, 200));
    }

    fn sessions_that_are_over_are_swept_away(world) {
        let mina = world.signed_in("mina");
        world.database().tamper("update sessions set created_at = '2026-01-01T00:00:00.000000Z'").unwrap();
        assert!(!is_in(&mina));
    }

    fn several_sessions_of_one_person_live_side_by_side(world) {
        let (one, two) = (world.signed_in("mina"), world.signed_in("mina"));
        assert!(is_in(&one) && is_in(&two));
        one.get("/").form_to("/logout").submit();
        assert!(!is_in(&one) && is_in(&two));
    }

    fn signing_in_works_on_every_process_and_so_does_signing_out(world) {
        let other = world.second_process();
        let mina = world.signed_in("mina");
        let there = mina.at(other.address);
        assert!(is_in(&there));
        there.get("/").form_to("/logout").submit();
        assert!(!is_in(&mina));
    }

    fn the_page_that_was_wanted_comes_after_signing_in(world) {
        let sora = world.browser();
        assert_eq!(sora.get("/audit?outcome=refused").location(), Some("/login"));
        let code = sora.give_password("sora").form_with("code").set("code", &world.code("sora"));
        assert_eq!(code.submit().location(), Some("/audit?outcome=refused"));
        assert!(!sora.cookies().contains_key("ingam-wanted"), "once");
        // A cookie from another site leads nowhere else.
        for planted in
            ["https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "evil", "", "/%0d%0aX-A:b\r"]
        {
            let jun = world.browser();
            jun.set_cookie("ingam-wanted", planted.trim_end_matches('\r'));
            let code = jun.give_password("jun").form_with("code").set("code", &world.code("jun"));
            let to = code.submit().location().unwrap().to_owned();
            assert!(to == "/" || to == "/%0d%0aX-A:b", "{planted} leads to {to}");
        }
    }
}
