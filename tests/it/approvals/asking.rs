use crate::{
    approvals::support::{ask, last_refusal, request_of, ruled, state},
    kit::{REASON, addition, assert_sound, on_both, points},
};
use serde_json::json;

on_both! {
    fn what_is_asked_for_changes_nothing_and_is_in_the_log(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let asked = addition(&mina, 1, "50,000").set("code", &world.code("mina")).submit();
        let request = request_of(&asked);
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"));
        assert_eq!(world.number("select count(*) from point_entries where kind = 'adjusted'"), 0);
        let row = world.last_audit();
        assert_eq!(
            (row.action.as_str(), row.target.as_str(), row.outcome.as_str(), row.reason.as_str(), row.email.as_str()),
            ("points.adjust", "user/1", "requested", REASON, "mina@ingam.test"),
        );
        // What it would have come to is kept, in the log and with the request.
        assert_eq!((&row.before["points"], &row.after["points"]), (&json!("12450"), &json!("62450")));
        assert_eq!(world.number("select approval_id from audit order by seq desc limit 1"), request);
        let kept = world.database().value(&format!("select payload from approval_requests where id = {request}"));
        assert_eq!(kept, r#"{"user":1,"delta":50000,"reason_kind":"late_delivery"}"#);
        assert_eq!(world.number("select count(*) from outbox where topic = 'approvals.requested'"), 1);
        assert_eq!(world.number("select count(*) from outbox where topic = 'points.adjusted'"), 0);
        let page = asked.follow();
        assert_eq!(page.status, 200);
        assert!(page.text().contains("62,450") && page.text().contains(REASON), "{page}");
        assert!(page.find_form("form[action$='/approval']").is_none(), "she is not offered to approve it: {page}");
        assert!(mina.get("/users/1").says("main").contains("is waiting for approval"));
        assert_sound(world);
    }

    fn exactly_the_threshold_is_one_persons_affair(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let done = addition(&mina, 1, "10,000").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, points(world, 1)), (303, 22_450), "{done}");
        assert!(done.location().unwrap().starts_with("/users/1?sealed="));
        request_of(&addition(&mina, 1, "10,001").set("code", &world.code("mina")).submit());
        assert_eq!(points(world, 1), 22_450);
    }

    fn taking_away_is_measured_like_giving(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "10,001").set("direction", "deduct").set("code", &world.code("mina"));
        let request = request_of(&form.submit());
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"));
    }

    fn a_form_sent_twice_asks_once(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "50,000").set("code", &world.code("mina"));
        let (first, again) = (request_of(&form.submit()), request_of(&form.submit()));
        assert_eq!(first, again);
        assert_eq!(world.number("select count(*) from approval_requests"), 1);
    }

    fn what_could_not_be_made_cannot_be_asked_for_either(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let form = addition(&mina, 1, "20,000").set("direction", "deduct").set("code", &world.code("mina"));
        let refused = form.submit();
        assert_eq!(refused.status, 422, "{refused}");
        let wrong = addition(&mina, 1, "50,000").set("code", &world.wrong_code("mina")).submit();
        assert_eq!(wrong.status, 422, "{wrong}");
        assert_eq!(last_refusal(world).1, "code-wrong");
        assert_eq!(world.number("select count(*) from approval_requests"), 0);
    }

    fn the_panel_says_before_one_types_that_much_needs_another_person(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let page = mina.get("/users/1?panel=points");
        assert!(page.says("#panel").contains("has to approve above 10,000 P"), "{page}");
        assert_eq!(page.attributes("[data-points]", "data-limit"), ["10000"]);
        let preview = addition(&mina, 1, "50,000").to("/users/1/point-adjustments/preview").submit();
        assert!(preview.says("#go").contains("approval"), "{preview}");
    }

    fn a_request_can_be_withdrawn_by_its_requester_only(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let theirs = crate::approvals::support::bare(&hana, request, "withdrawal", &world.code("hana")).submit();
        assert_eq!(theirs.status, 403, "{theirs}");
        assert_eq!(last_refusal(world), ("approvals.withdraw".to_owned(), "approval-not-yours".to_owned()));
        let form = mina.get(&format!("/approvals/{request}?panel=withdraw")).form_to("/withdrawal");
        let done = form.set("reason", "The parcels came after all").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, state(world, request).as_str()), (303, "withdrawn"), "{done}");
        let late = crate::approvals::support::bare(&hana, request, "approval", &world.code("hana")).submit();
        assert_eq!((late.status, points(world, 1)), (409, 12_450), "{late}");
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-decided".to_owned()));
    }

    fn a_person_unrelated_to_a_request_does_not_see_it(outer) {
        let world = &ruled(outer.engine);
        let (mina, jun) = (world.signed_in("mina"), world.signed_in("jun"));
        let request = ask(world, &mina, 1, "50,000");
        assert_eq!(jun.get(&format!("/approvals/{request}")).status, 404);
        assert!(!jun.get("/approvals").text().contains("Mina"));
        for who in ["hana", "sora", "owner"] {
            assert_eq!(world.signed_in(who).get(&format!("/approvals/{request}")).status, 200, "{who}");
        }
        // The number in the navigation counts what one can decide.
        assert!(world.signed_in("hana").get("/").has(".nav a[href='/approvals'] .count"));
        assert!(!mina.get("/").has(".nav a[href='/approvals'] .count"));
    }

    fn the_check_says_whom_the_rules_would_wait_for_in_vain(outer) {
        let world = &ruled(outer.engine);
        let said = || String::from_utf8_lossy(&world.command(&["check"]).output().unwrap().stdout).into_owned();
        let line = |said: &str| said.lines().find(|line| line.contains("second person")).unwrap().to_owned();
        assert!(line(&said()).ends_with(" rules"), "{}", said());
        world.database().tamper("update staff set active = false where email = 'hana@ingam.test'").unwrap();
        assert!(line(&said()).contains("no account that can sign in has the role approver"), "{}", said());
    }

    fn changes_over_the_threshold_are_told_whatever_the_rules_say(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let told = "select count(*) from outbox where topic = 'changes.high-value'";
        addition(&mina, 1, "10,000").set("code", &world.code("mina")).submit();
        assert_eq!(world.number(told), 0);
        let request = ask(world, &mina, 1, "50,000");
        assert_eq!(world.number(told), 0, "nothing has happened yet");
        let hana = world.signed_in("hana");
        crate::approvals::support::approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!(world.number(told), 1);
        let body = world.database().value("select body from outbox where topic = 'changes.high-value'");
        assert!(body.contains("50000") && body.contains("user/1"), "{body}");
    }
}
