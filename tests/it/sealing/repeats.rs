//! The same form twice, and a form that is out of date.

use crate::{
    approvals::support::ruled,
    kit::{addition, assert_sound, on_both, operators_here, points, submit_at_once},
    sealing::support::{applied, entries},
};

on_both! {
    fn a_form_that_is_sent_twice_acts_once_and_answers_the_same(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5").set("code", &world.code("mina"));
        let (first, second) = (form.submit(), form.submit());
        assert_eq!((first.status, second.status), (303, 303), "{second}");
        assert_eq!(first.location(), second.location());
        assert_eq!((points(world, 2), entries(world), applied(world)), (5, 1, 1));
        // Later too, when the code is long over.
        world.clock.advance(std::time::Duration::from_mins(10));
        assert_eq!(form.submit().location(), first.location());
        assert_eq!((points(world, 2), entries(world)), (5, 1));
    }

    fn a_form_that_is_sent_twenty_times_at_once_acts_once(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5").set("code", &world.code("mina"));
        let answers = submit_at_once(&vec![form; 20]);
        for answer in &answers {
            assert_eq!((answer.status, answer.location()), (303, answers[0].location()), "{answer}");
        }
        assert_eq!((points(world, 2), entries(world)), (5, 1));
        assert_sound(world);
    }

    fn the_key_of_a_form_is_good_for_no_other_change(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5");
        assert_eq!(form.clone().set("code", &world.code("mina")).submit().status, 303);
        let other_amount = form.clone().set("amount", "6").without("seen").set("code", &world.code("mina")).submit();
        assert_eq!(other_amount.status, 409, "{other_amount}");
        let key = form.value("key").unwrap();
        let other_target = addition(&mina, 3, "5").forge("key", key).set("code", &world.code("mina")).submit();
        assert_eq!(other_target.status, 409, "{other_target}");
        let other_kind = mina
            .get("/users/3?panel=status")
            .form_to("/status")
            .set("reason", "Chargeback fraud")
            .forge("key", key)
            .set("code", &world.code("mina"))
            .submit();
        assert_eq!(other_kind.status, 409, "{other_kind}");
        assert_eq!(world.last_audit().refusal, "key-reused");
        assert_eq!((points(world, 2), points(world, 3), entries(world)), (5, 500, 1));
        // The key still identifies the first change.
        assert_eq!(form.set("code", "000000").submit().status, 303);
        assert_eq!(entries(world), 1);
    }

    fn a_form_that_was_used_comes_back_with_a_fresh_key_and_says_what_it_did(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5");
        let done = form.clone().set("code", &world.code("mina")).submit();
        assert_eq!(done.status, 303);
        // Back, another amount, a new code.
        let code = world.code("mina");
        let page = form.clone().set("amount", "6").set("reason", "And one more").set("code", &code).submit();
        assert_eq!((page.status, points(world, 2)), (409, 5), "{page}");
        let says = page.says("#panel");
        assert!(says.contains("this form was already used"), "{says}");
        assert_eq!(page.attributes("#panel .note a[href*=sealed]", "href"), [done.location().unwrap()]);
        let again = page.form_to("/point-adjustments");
        assert_eq!((again.value("amount"), again.value("reason")), (Some("6"), Some("And one more")));
        assert_ne!(again.value("key"), form.value("key"));
        // The code was not used up, and what this form itself changed is not held against it.
        assert_eq!(again.set("code", &code).submit().status, 303);
        assert_eq!((points(world, 2), entries(world)), (11, 2));
    }

    fn a_form_that_was_used_is_still_held_against_what_others_changed(world) {
        let (mina, other) = (world.signed_in("mina"), &operators_here(world, 1)[0]);
        let form = addition(&mina, 2, "5");
        assert_eq!(form.clone().set("code", &world.code("mina")).submit().status, 303);
        let theirs = addition(&other.browser, 2, "1").set("code", &other.code(world.clock.now(), 0)).submit();
        assert_eq!(theirs.status, 303, "{theirs}");
        let page = form.set("amount", "6").set("code", &world.code("mina")).submit();
        let again = page.form_to("/point-adjustments").set("code", &world.code("mina")).submit();
        assert_eq!((again.status, world.last_audit().refusal.as_str()), (409, "stale"), "{again}");
    }

    fn a_request_that_was_made_with_a_form_is_led_to_from_it(world) {
        let world = &ruled(world.engine);
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "20000");
        let asked = form.clone().set("code", &world.code("mina")).submit();
        let request = asked.location().unwrap().to_owned();
        assert!(request.starts_with("/approvals/"), "{asked}");
        let page = form.set("amount", "6").set("code", &world.code("mina")).submit();
        assert_eq!(page.attributes("#panel .note a[href^='/approvals/']", "href"), [request], "{page}");
    }

    fn own_preferences_are_set_with_a_form_that_was_used_too(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/").form("form.themes");
        for theme in ["dark", "light"] {
            assert_eq!(form.clone().forge("theme", theme).submit().status, 303);
            assert_eq!(world.database().value("select theme from staff where email = 'mina@ingam.test'"), theme);
        }
    }

    fn the_same_key_in_the_hands_of_two_people_is_two_keys(world) {
        let people = operators_here(world, 2);
        for person in &people {
            let form = addition(&person.browser, 2, "5").forge("key", "the-same");
            assert_eq!(form.set("code", &person.code(world.clock.now(), 0)).submit().status, 303);
        }
        assert_eq!((points(world, 2), entries(world)), (10, 2));
    }

    fn a_refused_form_can_be_corrected_and_sent_again(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5");
        let refused = form.set("code", &world.wrong_code("mina")).submit();
        assert_eq!(refused.status, 422);
        let again = refused.form_to("/point-adjustments");
        assert_eq!(again.value("amount"), Some("5"), "it comes back as typed");
        assert_eq!(again.set("code", &world.code("mina")).submit().status, 303);
        assert_eq!((points(world, 2), entries(world)), (5, 1));
    }

    fn what_is_no_key_is_refused(world) {
        let mina = world.signed_in("mina");
        let form = addition(&mina, 2, "5").set("code", &world.code("mina"));
        for key in ["", "a b", "a'b", "키", &"k".repeat(65)] {
            assert_eq!(form.clone().forge("key", key).submit().status, 422, "{key:?}");
        }
        assert_eq!(form.clone().without("key").submit().status, 422);
        for seen in ["x", "1.5", "99999999999999999999"] {
            assert_eq!(form.clone().forge("seen", seen).submit().status, 422, "{seen:?}");
        }
        assert_eq!((points(world, 2), entries(world)), (0, 0));
    }

    fn a_form_that_is_out_of_date_comes_back_with_the_fresh_value_and_its_code_is_good(world) {
        let mina = world.signed_in("mina");
        let other = &operators_here(world, 1)[0];
        let form = addition(&mina, 1, "50").set("reason", "Second of two, CS-2");
        let first = addition(&other.browser, 1, "1000").set("code", &other.code(world.clock.now(), 0)).submit();
        assert_eq!(first.status, 303, "{first}");
        let code = world.code("mina");
        let stale = form.set("code", &code).submit();
        assert_eq!((stale.status, points(world, 1)), (409, 13_450), "{stale}");
        assert!(stale.says("#panel").contains("13,450"), "{stale}");
        assert!(stale.says("#panel").contains("Operator 1000"), "who changed it: {stale}");
        assert_eq!((world.last_audit().refusal.as_str(), world.last_audit().outcome.as_str()), ("stale", "refused"));
        let again = stale.form_to("/point-adjustments");
        assert_eq!(again.value("reason"), Some("Second of two, CS-2"), "it comes back as typed");
        assert_eq!(again.value("code"), Some(""), "without the code");
        let done = again.set("code", &code).submit();
        assert_eq!((done.status, points(world, 1)), (303, 13_500), "{done}");
        assert_eq!(done.follow().status, 200);
    }
}
