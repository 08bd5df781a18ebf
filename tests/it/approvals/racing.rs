use crate::{
    approvals::support::{ask, bare_of, ruled, state},
    kit::{approvers, assert_sound, on_both, points, submit_at_once, with_status},
};

on_both! {
    fn of_ten_who_approve_at_once_one_does(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        let people = approvers(world, 10);
        let now = world.clock.now();
        let forms: Vec<_> = people.iter().map(|person| bare_of(person, request, "approval", &person.code(now, 0))).collect();
        let answers = submit_at_once(&forms);
        assert_eq!((with_status(&answers, 303), with_status(&answers, 409)), (1, 9), "{answers:?}");
        assert_eq!((points(world, 1), state(world, request).as_str()), (62_450, "approved"));
        assert_eq!(world.number("select count(*) from approval_votes"), 1);
        let refused = world.number("select count(*) from audit where action = 'approvals.approve' and refusal = 'approval-decided'");
        assert_eq!(refused, 9);
        assert_sound(world);
    }

    fn approving_rejecting_and_withdrawing_at_once_end_one_way(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let people = approvers(world, 2);
        for round in 0..5 {
            let before = points(world, 2);
            let request = ask(world, &mina, 2, "20,000");
            world.clock.advance(std::time::Duration::from_mins(1));
            let now = world.clock.now();
            let forms = [
                bare_of(&people[0], request, "approval", &people[0].code(now, 0)),
                bare_of(&people[1], request, "rejection", &people[1].code(now, 0)),
                crate::approvals::support::bare(&mina, request, "withdrawal", &world.code("mina")),
            ];
            let answers = submit_at_once(&forms);
            assert_eq!((with_status(&answers, 303), with_status(&answers, 409)), (1, 2), "round {round}: {answers:?}");
            let moved = points(world, 2) - before;
            assert_eq!(moved, if state(world, request) == "approved" { 20_000 } else { 0 }, "round {round}");
        }
        assert_sound(world);
    }

    fn two_who_approve_each_others_requests_at_once_both_do(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let people = approvers(world, 2);
        let ids: Vec<_> = people.iter().map(|person| person.id.to_string()).collect();
        world.database().tamper(&format!("update staff set roles = 'approver operator' where id in ({})", ids.join(", "))).unwrap();
        drop(mina);
        for round in 0..5 {
            let asked: Vec<i64> = people.iter().enumerate().map(|(n, person)| {
                world.clock.advance(std::time::Duration::from_mins(1));
                let user = i64::try_from(n).unwrap() + 1;
                let form = crate::kit::addition(&person.browser, user, "20,000");
                crate::approvals::support::request_of(&form.set("code", &person.code(world.clock.now(), 0)).submit())
            }).collect();
            world.clock.advance(std::time::Duration::from_mins(1));
            let now = world.clock.now();
            let forms = [
                bare_of(&people[0], asked[1], "approval", &people[0].code(now, 0)),
                bare_of(&people[1], asked[0], "approval", &people[1].code(now, 0)),
            ];
            let answers = submit_at_once(&forms);
            assert_eq!(with_status(&answers, 303), 2, "round {round}: {answers:?}");
        }
        assert_eq!((points(world, 1), points(world, 2)), (112_450, 100_000));
        assert_sound(world);
    }
}
