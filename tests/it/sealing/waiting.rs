//! Wrong codes: three in a row make one wait, ten lock the factor.

use crate::kit::{Browser, Person, World, addition, on_both, points, totp};
use std::time::Duration;

/// Lets time pass without letting the session of `browser` run out.
fn pass(world: &World, browser: &Browser, seconds: u64) {
    let mut left = seconds;
    while left > 0 {
        let part = left.min(600);
        world.clock.advance(Duration::from_secs(part));
        assert_eq!(browser.get("/users/2").status, 200);
        left -= part;
    }
}

/// Posts with a wrong code: the answer's status, and why.
fn miss(world: &World, mina: &Browser) -> (u16, String) {
    let answer = addition(mina, 2, "5").set("code", &world.wrong_code("mina")).submit();
    (answer.status, world.last_audit().refusal)
}

/// Posts with the code that her authenticator shows now: time does not move for it.
fn hit(world: &World, mina: &Browser) -> (u16, String) {
    let code = totp(&Person::called("mina").secret, world.clock.now().unix() / 30);
    let answer = addition(mina, 2, "5").set("code", &code).submit();
    (answer.status, world.last_audit().refusal)
}

const WRONG: (u16, &str) = (422, "code-wrong");
const WAITS: (u16, &str) = (429, "code-waiting");
const LOCKED: (u16, &str) = (429, "code-locked");

fn is(found: &(u16, String), wanted: (u16, &str)) {
    assert_eq!((found.0, found.1.as_str()), wanted);
}

on_both! {
    fn after_three_wrong_codes_the_right_one_has_to_wait_half_a_minute(world) {
        let mina = world.signed_in("mina");
        pass(world, &mina, 60);
        for _ in 0..3 {
            is(&miss(world, &mina), WRONG);
        }
        is(&hit(world, &mina), WAITS);
        assert_eq!(points(world, 2), 0);
        pass(world, &mina, 29);
        is(&hit(world, &mina), WAITS);
        pass(world, &mina, 1);
        is(&hit(world, &mina), (303, ""));
        // A right one restarts the count.
        for _ in 0..2 {
            is(&miss(world, &mina), WRONG);
        }
        pass(world, &mina, 30);
        is(&hit(world, &mina), (303, ""));
        assert_eq!(points(world, 2), 10);
    }

    fn the_wait_doubles_and_the_tenth_wrong_code_locks_for_good(world) {
        let mina = world.signed_in("mina");
        for _ in 0..3 {
            is(&miss(world, &mina), WRONG);
        }
        for wait in [30, 60, 120, 240, 480, 900, 900] {
            pass(world, &mina, wait - 1);
            is(&miss(world, &mina), WAITS);
            pass(world, &mina, 1);
            is(&miss(world, &mina), WRONG);
        }
        is(&hit(world, &mina), LOCKED);
        pass(world, &mina, 3600);
        is(&hit(world, &mina), LOCKED);
        assert_eq!(points(world, 2), 0);
        // Nothing of it is kept in the memory of one process.
        let restarted = world.second_process();
        is(&hit(world, &mina.at(restarted.address)), LOCKED);
        // The factor is locked, and with it signing in.
        let elsewhere = world.browser();
        let answer = elsewhere.give_password("mina").form_with("code").set("code", &world.code("mina")).submit();
        assert_eq!(answer.status, 429, "{answer}");
        assert_eq!(world.last_audit().refusal, "code-locked");
        // It is hers alone.
        assert_eq!(world.signed_in("hana").get("/users/2").status, 200);
    }

    fn wrong_codes_of_signing_in_and_of_changing_count_together(world) {
        let mina = world.signed_in("mina");
        pass(world, &mina, 60);
        is(&miss(world, &mina), WRONG);
        is(&miss(world, &mina), WRONG);
        let elsewhere = world.browser();
        let answer = elsewhere.give_password("mina").form_with("code").set("code", &world.wrong_code("mina")).submit();
        assert_eq!(answer.status, 422, "{answer}");
        is(&hit(world, &mina), WAITS);
        assert_eq!(points(world, 2), 0);
    }
}
