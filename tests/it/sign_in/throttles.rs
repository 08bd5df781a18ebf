//! Guessing gets slower and slower: for an account, for an address, and never for good.

use crate::{
    kit::{Browser, World, on_both, submit_at_once, try_password, with_status},
    networks::support::{console, from},
};
use std::time::Duration;

const RIGHT: &str = "quiet river stones";

fn guess(browser: &Browser, email: &str) -> u16 {
    try_password(browser, email, "is it this one?").status
}

fn wait(world: &World, seconds: u64) {
    world.clock.advance(Duration::from_secs(seconds));
}

on_both! {
    fn five_wrong_passwords_for_an_account_and_one_waits(world) {
        let browser = world.browser();
        for n in 1..=5 {
            assert_eq!(guess(&browser, "mina@ingam.test"), 422, "guess {n}");
        }
        // The right one does not help now, from any address.
        let page = try_password(&world.browser(), "mina@ingam.test", RIGHT);
        assert_eq!(page.status, 429, "{page}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.outcome.as_str()), ("session.password", "refused"));
        assert!(row.refusal.starts_with("sign-in-throttled until="), "{}", row.refusal);
        // Others are not concerned.
        assert_eq!(try_password(&world.browser(), "sora@ingam.test", "no page left unread").status, 303);

        wait(world, 29);
        assert_eq!(try_password(&browser, "mina@ingam.test", RIGHT).status, 429);
        wait(world, 1);
        assert_eq!(guess(&browser, "mina@ingam.test"), 422);
        // The sixth mistake costs twice as much; asking while one waits costs nothing.
        wait(world, 59);
        assert_eq!(guess(&browser, "mina@ingam.test"), 429);
        wait(world, 1);
        assert_eq!(try_password(&browser, "mina@ingam.test", RIGHT).status, 303);
        // A right password forgives the account.
        for n in 1..=5 {
            assert_eq!(guess(&world.browser(), "mina@ingam.test"), 422, "guess {n}");
        }
    }

    fn an_unknown_account_is_slowed_down_like_a_known_one(world) {
        let browser = world.browser();
        let answers: Vec<_> = (0..7).map(|_| guess(&browser, "nobody@ingam.test")).collect();
        assert_eq!(answers, [422, 422, 422, 422, 422, 429, 429]);
    }

    fn an_hour_without_a_mistake_forgives(world) {
        let browser = world.browser();
        for _ in 0..4 {
            assert_eq!(guess(&browser, "mina@ingam.test"), 422);
        }
        wait(world, 3601);
        let answers: Vec<_> = (0..6).map(|_| guess(&browser, "mina@ingam.test")).collect();
        assert_eq!(answers, [422, 422, 422, 422, 422, 429]);
    }

    fn waiting_never_lasts_longer_than_a_quarter_of_an_hour(world) {
        let browser = world.browser();
        for n in 0..12 {
            assert_eq!(guess(&browser, "mina@ingam.test"), 422, "guess {n}");
            wait(world, 900);
        }
        assert_eq!(try_password(&browser, "mina@ingam.test", RIGHT).status, 303);
    }

    fn twenty_wrong_passwords_from_one_address_and_it_waits_for_every_account(world) {
        let server = console(world, "10.0.0.0/8");
        let from = |ip: &str| from(world, &server, ip);
        let guesser = from("10.1.1.1");
        for n in 1..=20 {
            assert_eq!(guess(&guesser, &format!("person{n}@ingam.test")), 422, "guess {n}");
        }
        assert_eq!(try_password(&guesser, "mina@ingam.test", RIGHT).status, 429);
        assert_eq!(
            try_password(&from("10.1.1.2"), "mina@ingam.test", RIGHT).status,
            303,
            "another address is not slowed down"
        );
        wait(world, 30);
        assert_eq!(try_password(&guesser, "mina@ingam.test", RIGHT).status, 303);
        // An own account that is right must not pay for guessing others.
        assert_eq!(guess(&guesser, "person21@ingam.test"), 422);
        assert_eq!(guess(&guesser, "person22@ingam.test"), 429);
    }

    fn parallel_guesses_are_counted_one_by_one(world) {
        let browsers: Vec<_> = (0..16).map(|_| world.browser()).collect();
        let forms: Vec<_> = browsers
            .iter()
            .map(|browser| {
                browser
                    .get("/login")
                    .form_with("password")
                    .set("email", "mina@ingam.test")
                    .set("password", "guess guess guess")
            })
            .collect();
        let answers: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> = forms.iter().map(|form| scope.spawn(|| form.submit().status)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(answers.iter().filter(|status| **status == 422).count(), 5, "{answers:?}");
        assert_eq!(answers.iter().filter(|status| **status == 429).count(), 11, "{answers:?}");
    }

    fn the_addresses_of_one_ipv6_network_wait_together(world) {
        let server = console(world, "2001:db8::/32");
        let from = |ip: &str| from(world, &server, ip);
        for n in 1..=20 {
            assert_eq!(guess(&from(&format!("2001:db8:7:7::{n:x}")), &format!("person{n}@ingam.test")), 422, "guess {n}");
        }
        assert_eq!(try_password(&from("2001:db8:7:7:ffff::1"), "mina@ingam.test", RIGHT).status, 429);
        assert_eq!(try_password(&from("2001:db8:7:8::1"), "mina@ingam.test", RIGHT).status, 303, "another network");
    }

    fn while_one_person_checks_passwords_without_end_others_sign_in(world) {
        let mina = world.signed_in("mina");
        let forms: Vec<_> = (0..80)
            .map(|_| {
                mina.get("/account?panel=password")
                    .form_to("/account/password")
                    .set("current", "not the right one")
                    .set("new", "seven boats going home")
                    .set("new_again", "seven boats going home")
            })
            .collect();
        let (answers, others) = std::thread::scope(|scope| {
            let guessing = scope.spawn(|| submit_at_once(&forms));
            let others: Vec<_> =
                (0..10).map(|_| try_password(&world.browser(), "sora@ingam.test", "no page left unread").status).collect();
            (guessing.join().unwrap(), others)
        });
        assert_eq!(others, [303; 10]);
        // Five are wrong; the others are told to wait before anything is hashed for them.
        assert_eq!((with_status(&answers, 422), with_status(&answers, 429)), (5, 75));
    }

    fn two_hundred_people_behind_one_address_sign_in_at_once(world) {
        let forms: Vec<_> = (0..200)
            .map(|_| {
                let login = world.browser().get("/login").form_with("password");
                login.set("email", "mina@ingam.test").set("password", RIGHT)
            })
            .collect();
        assert_eq!(with_status(&submit_at_once(&forms), 303), 200);
    }
}
