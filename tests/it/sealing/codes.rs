//! A one-time code works once, for its person, in its time.

use crate::{
    kit::{Person, addition, on_both, operators_here, points, totp},
    sealing::support::{deduction, entries, refused},
};
use std::time::Duration;

const STEP: Duration = Duration::from_secs(30);

on_both! {
    fn the_code_that_signed_in_changes_nothing_afterwards(world) {
        let mina = world.signed_in("mina");
        let used = totp(&Person::called("mina").secret, world.clock.now().unix() / 30);
        let answer = addition(&mina, 1, "5").set("code", &used).submit();
        assert_eq!((answer.status, points(world, 1)), (422, 12_450), "{answer}");
        let row = world.last_audit();
        assert_eq!((row.outcome.as_str(), row.refusal.as_str()), ("refused", "code-reused"));
        assert_eq!((row.email.as_str(), row.target.as_str()), ("mina@ingam.test", "user/1"));
    }

    fn the_code_of_a_change_neither_changes_again_nor_signs_in(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        assert_eq!(addition(&mina, 1, "5").set("code", &code).submit().status, 303);
        let answer = addition(&mina, 2, "5").set("code", &code).submit();
        assert_eq!((answer.status, points(world, 2)), (422, 0), "{answer}");
        let another = world.browser();
        let answer = another.give_password("mina").form_with("code").set("code", &code).submit();
        assert_eq!(answer.status, 422, "{answer}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.refusal.as_str()), ("session.start", "code-reused"));
        assert_eq!(another.get("/").status, 303, "not signed in");
    }

    fn this_step_and_the_one_before_are_accepted_and_no_other(world) {
        let person = &operators_here(world, 1)[0];
        world.clock.advance(10 * STEP);
        let now = world.clock.now();
        for (back, status, refusal) in [
            (-1, 422, "code-ahead"),
            (-2, 422, "code-wrong"),
            (2, 422, "code-wrong"),
            (1, 303, ""),
            (1, 422, "code-reused"),
            (0, 303, ""),
            (0, 422, "code-reused"),
            (1, 422, "code-reused"),
        ] {
            let answer = addition(&person.browser, 2, "1").set("code", &person.code(now, back)).submit();
            assert_eq!(answer.status, status, "{back} steps back: {answer}");
            assert_eq!(world.last_audit().refusal, refusal, "{back} steps back");
        }
        assert_eq!((points(world, 2), entries(world)), (2, 2));
    }

    fn a_code_of_a_phone_that_is_ahead_is_named_as_such_and_is_no_guess(world) {
        let person = &operators_here(world, 1)[0];
        for _ in 0..12 {
            let answer = addition(&person.browser, 2, "1").set("code", &person.code(world.clock.now(), -1)).submit();
            assert_eq!((answer.status, world.last_audit().refusal.as_str()), (422, "code-ahead"), "{answer}");
            assert!(answer.says("#code-error").contains("clock of your phone is ahead"), "{answer}");
        }
        let (failures, locked) = (world.number("select max(failures) from authenticators"), "select count(*) from authenticators where locked");
        assert_eq!((failures, world.number(locked)), (0, 0));
        assert_eq!(addition(&person.browser, 2, "1").set("code", &person.code(world.clock.now(), 0)).submit().status, 303);
    }

    fn a_code_is_taken_as_it_is_copied_and_as_a_korean_keyboard_types_it(world) {
        let person = &operators_here(world, 1)[0];
        let full_width = |code: &str| -> String {
            code.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap()).collect()
        };
        let ways: [&dyn Fn(&str) -> String; 5] = [
            &|code| format!("{} {}", &code[..3], &code[3..]),
            &|code| format!(" {}-{}\r\n", &code[..3], &code[3..]),
            &|code| format!("{}\u{a0}{}\u{200b}", &code[..3], &code[3..]),
            &|code| format!("{} {} {}", &code[..2], &code[2..4], &code[4..]),
            &full_width,
        ];
        for (n, way) in ways.iter().enumerate() {
            world.clock.advance(STEP);
            let typed = way(&person.code(world.clock.now(), 0));
            let answer = addition(&person.browser, 2, "1").set("code", &typed).submit();
            assert_eq!((answer.status, points(world, 2)), (303, i64::try_from(n).unwrap() + 1), "{typed:?}: {answer}");
        }
        world.clock.advance(STEP);
        for typed in ["12345", "1234567", "12a456", "٠١٢٣٤٥"] {
            let answer = addition(&person.browser, 2, "1").set("code", typed).submit();
            assert_eq!(world.last_audit().refusal, "code-malformed", "{typed}: {answer}");
        }
    }

    fn once_this_step_was_used_the_one_before_is_over(world) {
        let person = &operators_here(world, 1)[0];
        let now = world.clock.now();
        assert_eq!(addition(&person.browser, 2, "1").set("code", &person.code(now, 0)).submit().status, 303);
        let answer = addition(&person.browser, 2, "1").set("code", &person.code(now, 1)).submit();
        assert_eq!((answer.status, points(world, 2)), (422, 1), "{answer}");
        assert_eq!(world.last_audit().refusal, "code-reused");
    }

    fn a_clock_that_is_set_back_brings_no_code_back(world) {
        let mina = world.signed_in("mina");
        world.clock.advance(10 * STEP);
        let then = world.clock.now();
        let secret = Person::called("mina").secret;
        let code = |back: i64| totp(&secret, then.unix() / 30 - back);
        assert_eq!(addition(&mina, 2, "1").set("code", &code(0)).submit().status, 303);
        world.clock.set(world.clock.after(chrono::TimeDelta::minutes(-2)));
        for back in 4..=5 {
            let answer = addition(&mina, 2, "1").set("code", &code(back)).submit();
            assert_eq!((answer.status, points(world, 2)), (422, 1), "{answer}");
            assert_eq!(world.last_audit().refusal, "code-reused");
        }
        let backwards = "select count(*) from audit a join audit b on b.seq = a.seq + 1 where b.at < a.at";
        assert_eq!(world.number(backwards), 0, "the log's time runs backwards");
        world.clock.set(then);
        world.clock.advance(STEP);
        assert_eq!(addition(&mina, 2, "1").set("code", &code(-1)).submit().status, 303);
    }

    fn the_code_of_another_person_is_wrong_and_stays_theirs(world) {
        let people = operators_here(world, 2);
        let code = people[0].code(world.clock.now(), 0);
        let answer = addition(&people[1].browser, 2, "5").set("code", &code).submit();
        assert_eq!((answer.status, points(world, 2)), (422, 0), "{answer}");
        let row = world.last_audit();
        assert_eq!((row.refusal.as_str(), row.email.as_str()), ("code-wrong", "operator1001@ingam.test"));
        let failures = |id| world.number(&format!("select failures from authenticators where staff_id = {id}"));
        assert_eq!((failures(people[0].id), failures(people[1].id)), (0, 1));
        assert_eq!(addition(&people[0].browser, 2, "5").set("code", &code).submit().status, 303);
    }

    fn what_is_not_six_digits_is_refused_and_not_counted(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let right = addition(&mina, 2, "5").set("code", &code);
        for odd in ["", &code[..5], &format!("{code}0"), &format!("{code}원"), "-12345", "1e5000"] {
            let answer = right.clone().forge("code", odd).submit();
            assert_eq!(answer.status, 422, "{odd:?}: {answer}");
            assert_eq!(world.last_audit().refusal, "code-malformed", "{odd:?}");
        }
        assert_eq!(right.clone().without("code").submit().status, 422);
        for form in [right.clone().duplicate("code", &code), right.clone().without("code").forge("totp", &code)] {
            assert_eq!(form.submit().status, 422);
        }
        let elsewhere = right.clone().without("code").request();
        let fields = right.clone().without("code").fields().to_vec();
        assert_eq!(elsewhere.send().status, 422);
        let in_address = mina.request("POST", &format!("/users/2/point-adjustments?code={code}")).form(&fields).send();
        assert_eq!((in_address.status, points(world, 2)), (422, 0));
        assert_eq!(world.number("select sum(failures) from authenticators"), 0);
        assert_eq!((right.submit().status, points(world, 2)), (303, 5), "none of these cost the code");
    }

    fn a_mistake_that_can_be_seen_without_the_code_does_not_cost_it(world) {
        let mina = world.signed_in("mina");
        let code = world.code("mina");
        let stale = addition(&mina, 3, "5").set("code", &code);
        world.database().tamper("update users set version = version + 1 where id = 3").unwrap();
        assert_eq!(stale.submit().status, 409);
        assert_eq!(world.last_audit().refusal, "stale");
        let mistakes = [
            deduction(&mina, 3, "501"),
            addition(&mina, 3, "5").set("reason", "hm"),
            addition(&mina, 3, "5").set("reason", ""),
            addition(&mina, 3, "0"),
            addition(&mina, 3, "five"),
            addition(&mina, 3, "5").forge("direction", "sideways"),
            addition(&mina, 3, "5").forge("reason_kind", "whim"),
        ];
        for form in mistakes {
            let answer = form.set("code", &code).submit();
            assert_eq!((answer.status, points(world, 3)), (422, 500), "{answer}");
            assert_eq!(answer.form_to("/point-adjustments").value("code"), Some(""), "the code does not come back");
        }
        let done = addition(&mina, 3, "5").set("code", &code).submit();
        assert_eq!((done.status, points(world, 3)), (303, 505), "{done}");
    }

    fn every_refusal_is_in_the_log_with_who_what_and_why(world) {
        let mina = world.signed_in("mina");
        let from = world.audit_size();
        assert_eq!(addition(&mina, 1, "5").set("code", &world.wrong_code("mina")).submit().status, 422);
        assert_eq!(deduction(&mina, 3, "501").set("code", "123456").submit().status, 422);
        world.database().tamper("update staff set roles = 'auditor' where email = 'mina@ingam.test'").unwrap();
        assert_eq!(mina.post("/users/1/point-adjustments", &[]).status, 403);
        let rows: Vec<_> = world
            .audit_from(from)
            .into_iter()
            .map(|row| format!("{} {} {} {} {}", row.email, row.action, row.target, row.outcome, row.refusal))
            .collect();
        assert_eq!(rows, [
            "mina@ingam.test points.adjust user/1 refused code-wrong",
            "mina@ingam.test points.adjust user/3 refused points-more-than-balance balance=500",
            "mina@ingam.test request.refused request/POST /users/{id}/point-adjustments refused role",
        ]);
        assert_eq!(refused(world, "code-wrong"), 1);
    }
}
