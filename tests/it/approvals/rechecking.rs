use crate::{
    approvals::support::{approval, ask, bare, last_refusal, ruled, state, usual},
    kit::{addition, assert_sound, on_both, points},
};

on_both! {
    fn a_target_that_changed_makes_the_request_void(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let form = approval(&hana, request);
        addition(&mina, 1, "100").set("code", &world.code("mina")).submit();
        let page = hana.get(&format!("/approvals/{request}"));
        assert!(page.says("main").contains("was changed after the request"), "{page}");
        let refused = form.set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1)), (409, 12_550), "{refused}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-obsolete".to_owned()));
        assert_eq!(state(world, request), "obsolete");
        let again = bare(&hana, request, "approval", &world.code("hana")).submit();
        assert_eq!((again.status, points(world, 1)), (409, 12_550), "{again}");
        assert_sound(world);
    }

    fn a_role_that_the_requester_lost_holds_it_up(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        world.database().tamper("update staff set roles = 'auditor' where email = 'mina@ingam.test'").unwrap();
        let refused = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1)), (409, 12_450), "{refused}");
        assert_eq!(last_refusal(world).1, "approval-requester");
        world.database().tamper("update staff set roles = 'operator', active = false where email = 'mina@ingam.test'").unwrap();
        let refused = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, points(world, 1)), (409, 12_450), "{refused}");
        world.database().tamper("update staff set active = true where email = 'mina@ingam.test'").unwrap();
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, points(world, 1)), (303, 62_450), "{done}");
    }

    fn a_role_that_the_approver_lost_between_form_and_post_counts(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let form = approval(&hana, request).set("code", &world.code("hana"));
        world.database().tamper("update staff set roles = 'auditor' where email = 'hana@ingam.test'").unwrap();
        let refused = form.submit();
        assert_eq!((refused.status, points(world, 1)), (403, 12_450), "{refused}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-role".to_owned()));
        world.database().tamper("update staff set active = false where email = 'hana@ingam.test'").unwrap();
        assert_eq!(form.submit().location(), Some("/login?notice=ended"));
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"));
    }

    fn a_network_that_was_taken_from_the_requester_holds_it_up(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let form = approval(&hana, request).set("code", &world.code("hana"));
        // What a request remembers of where it came from cannot be rewritten, so the rule for it goes.
        world.database().tamper(&match world.engine {
            crate::kit::Engine::Sqlite => "drop trigger approval_requests_kept; update approval_requests set ip = '10.9.9.9'".to_owned(),
            crate::kit::Engine::Postgres => "alter table approval_requests disable trigger approval_requests_kept; update approval_requests set ip = '10.9.9.9'".to_owned(),
        }).unwrap();
        let refused = form.submit();
        assert_eq!((refused.status, points(world, 1)), (409, 12_450), "{refused}");
        assert_eq!(last_refusal(world).1, "approval-network");
        assert_eq!(state(world, request), "waiting");
    }

    fn what_this_console_no_longer_knows_is_void(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        for (n, sql) in ["payload = '{\"user\":1}'", "payload = 'not even JSON'", "kind = 'points.teleport'"].iter().enumerate() {
            let user = i64::try_from(n).unwrap() + 1;
            let request = ask(world, &mina, user, "50,000");
            let form = approval(&hana, request).set("code", &world.code("hana"));
            let off = match world.engine {
                crate::kit::Engine::Sqlite => "drop trigger if exists approval_requests_kept",
                crate::kit::Engine::Postgres => "alter table approval_requests disable trigger approval_requests_kept",
            };
            world.database().tamper(&format!("{off}; update approval_requests set {sql} where id = {request}")).unwrap();
            assert_eq!(hana.get(&format!("/approvals/{request}")).status, 200, "{sql}");
            assert_eq!(hana.get("/approvals").status, 200, "{sql}");
            let refused = form.submit();
            assert_eq!((refused.status, state(world, request).as_str()), (409, "obsolete"), "{sql}: {refused}");
            assert_eq!(last_refusal(world).1, "approval-obsolete");
        }
    }

    fn a_second_process_sees_the_decision_of_the_first(outer) {
        let world = &ruled(outer.engine);
        let second = world.another(usual).unwrap();
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let there = hana.fork().at(second.address);
        let form = approval(&there, request).set("code", &world.code("hana"));
        assert_eq!(approval(&hana, request).set("code", &world.code("hana")).submit().status, 303);
        let late = form.submit();
        assert_eq!((late.status, points(world, 1)), (409, 62_450), "{late}");
        assert_sound(world);
    }
}
