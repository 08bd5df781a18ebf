use crate::{
    approvals::support::{approval, ask, bare, bare_of, last_refusal, points_rule, rejection, rules, state, under},
    kit::{approvers, assert_sound, on_both, points},
};
use ingam::gate::{Policy, Role};

on_both! {
    fn where_two_are_wanted_no_person_fills_both_seats(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 2)]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let other = approvers(world, 1).remove(0);
        let request = ask(world, &mina, 1, "50,000");
        let first = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((first.status, points(world, 1), state(world, request).as_str()), (303, 12_450, "waiting"), "{first}");
        let again = bare(&hana, request, "approval", &world.code("hana")).submit();
        assert_eq!((again.status, points(world, 1)), (409, 12_450), "{again}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-seat".to_owned()));
        let second = bare_of(&other, request, "approval", &other.code(world.clock.now(), 0)).submit();
        assert_eq!((second.status, points(world, 1), state(world, request).as_str()), (303, 62_450, "approved"), "{second}");
        assert_eq!(world.number("select count(*) from audit where action = 'approvals.approve' and outcome = 'applied'"), 2);
        assert_sound(world);
    }

    fn a_seat_is_empty_again_when_its_approver_may_not_any_more(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 2)]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let [second, third]: [_; 2] = approvers(world, 2).try_into().unwrap();
        let request = ask(world, &mina, 1, "50,000");
        approval(&hana, request).set("code", &world.code("hana")).submit();
        world.database().tamper("update staff set active = false where email = 'hana@ingam.test'").unwrap();
        let code = second.code(world.clock.now(), 0);
        assert_eq!(bare_of(&second, request, "approval", &code).submit().status, 303);
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"), "one of the two is gone");
        let code = third.code(world.clock.now(), 0);
        assert_eq!(bare_of(&third, request, "approval", &code).submit().status, 303);
        assert_eq!((points(world, 1), state(world, request).as_str()), (62_450, "approved"));
        assert_sound(world);
    }

    fn one_no_is_enough(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 2)]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let other = approvers(world, 1).remove(0);
        let request = ask(world, &mina, 1, "50,000");
        rejection(&hana, request).set("code", &world.code("hana")).submit();
        let late = bare_of(&other, request, "approval", &other.code(world.clock.now(), 0)).submit();
        assert_eq!((late.status, points(world, 1), state(world, request).as_str()), (409, 12_450, "rejected"), "{late}");
    }

    fn a_page_that_does_not_show_the_first_approval_does_not_decide(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 3)]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let other = approvers(world, 1).remove(0);
        let request = ask(world, &mina, 1, "50,000");
        let form = approval(&other.browser, request);
        approval(&hana, request).set("code", &world.code("hana")).submit();
        let stale = form.set("code", &other.code(world.clock.now(), 0)).submit();
        assert_eq!(stale.status, 409, "{stale}");
        assert_eq!(last_refusal(world).1, "stale");
        assert!(stale.text().contains("Hana Choi"), "{stale}");
    }

    fn rules_that_became_stricter_want_their_people(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 1)]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let other = approvers(world, 1).remove(0);
        let request = ask(world, &mina, 1, "50,000");
        let stricter = world.another(|config| config.policies = rules(vec![points_rule(10_000, None, 2)])).unwrap();
        let there = hana.fork().at(stricter.address);
        let refused = approval(&there, request).set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1)), (409, 12_450), "{refused}");
        assert_eq!(last_refusal(world).1, "approval-more n=2");
        assert_eq!(approval(&there, request).set("code", &world.code("hana")).submit().status, 303);
        assert_eq!(points(world, 1), 12_450);
        let form = bare_of(&other, request, "approval", &other.code(world.clock.now(), 0));
        assert_eq!(form.submit().status, 303);
        assert_eq!(points(world, 1), 62_450);
        assert_sound(world);
    }

    fn rules_that_want_another_role_by_now_want_that_role(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, None, 1)]);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let owners_only = Policy { role: Role::Owner, ..points_rule(10_000, None, 1) };
        let stricter = world.another(|config| config.policies = rules(vec![owners_only])).unwrap();
        let there = hana.fork().at(stricter.address);
        let refused = approval(&there, request).set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1), state(world, request).as_str()), (403, 12_450, "waiting"), "{refused}");
        assert_eq!(last_refusal(world).1, "approval-role");
        world.database().tamper("update staff set roles = 'approver owner' where email = 'hana@ingam.test'").unwrap();
        assert_eq!(approval(&there, request).set("code", &world.code("hana")).submit().status, 303);
        assert_eq!((points(world, 1), state(world, request).as_str()), (62_450, "approved"));
    }
}
