use crate::{
    approvals::support::{VERDICT, approval, ask, bare, last_refusal, rejection, ruled, state},
    kit::{REASON, assert_sound, on_both, points},
};
use serde_json::json;

on_both! {
    fn what_another_person_approves_is_made_once_and_both_are_in_the_log(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let page = hana.get(&format!("/approvals/{request}"));
        assert!(page.text().contains(REASON) && page.text().contains("62,450") && page.text().contains("Mina Kang"), "{page}");
        let before = world.audit_size();
        let done = approval(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, points(world, 1), state(world, request).as_str()), (303, 62_450, "approved"), "{done}");
        let rows = world.audit_from(before);
        let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.outcome.as_str(), row.email.as_str(), row.reason.as_str())).collect();
        assert_eq!(told, [
            ("approvals.approve", "applied", "hana@ingam.test", VERDICT),
            ("points.adjust", "applied", "mina@ingam.test", REASON),
        ]);
        assert_eq!((&rows[1].before["points"], &rows[1].after["points"]), (&json!("12450"), &json!("62450")));
        let linked = world.number(&format!("select count(*) from audit where approval_id = {request}"));
        assert_eq!(linked, 3, "asking, approving, changing");
        // One cannot tell from whose hands it came without both names.
        assert_eq!(world.database().value("select staff_name from point_entries where kind = 'adjusted'"), "Mina Kang");
        let shown = done.follow();
        assert!(shown.text().contains("Hana Choi") && shown.text().contains("Mina Kang"), "{shown}");
        assert_sound(world);
    }

    fn an_approval_wants_a_code_and_a_reason_of_its_own(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let form = approval(&hana, request);
        assert_eq!(form.submit().status, 422);
        let spent = world.code("mina");
        assert_eq!(form.clone().set("code", &spent).submit().status, 422, "Mina's code is not Hana's");
        let short = approval(&hana, request).set("reason", "ok").set("code", &world.code("hana")).submit();
        assert_eq!(short.status, 422, "{short}");
        assert!(short.has("#reason-error"));
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"));
    }

    fn no_one_approves_their_own_request_however_they_post_it(outer) {
        let world = &ruled(outer.engine);
        // She has the role to approve as well.
        world.database().tamper("update staff set roles = 'approver operator' where email = 'mina@ingam.test'").unwrap();
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        assert!(mina.get(&format!("/approvals/{request}?panel=approve")).find_form("form[action$='/approval']").is_none());
        for noun in ["approval", "rejection"] {
            let refused = bare(&mina, request, noun, &world.code("mina")).submit();
            assert_eq!(refused.status, 403, "{refused}");
            assert_eq!(last_refusal(world).1, "approval-own");
        }
        assert_eq!((points(world, 1), state(world, request).as_str()), (12_450, "waiting"));
    }

    fn a_person_without_the_role_decides_nothing(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        for (who, status) in [("sora", 403), ("owner", 403), ("jun", 404)] {
            let browser = world.signed_in(who);
            let refused = bare(&browser, request, "approval", &world.code(who)).submit();
            assert_eq!(refused.status, status, "{who}: {refused}");
        }
        assert_eq!(last_refusal(world), ("approvals.approve".to_owned(), "approval-role".to_owned()));
        let nobody = world.browser();
        let csrf = nobody.get("/login").form_with("password").value("csrf").unwrap().to_owned();
        assert_eq!(nobody.post(&format!("/approvals/{request}/approval"), &[("csrf", &csrf)]).location(), Some("/login"));
        assert_eq!(points(world, 1), 12_450);
    }

    fn what_is_rejected_changes_nothing_and_says_why(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let done = rejection(&hana, request).set("code", &world.code("hana")).submit();
        assert_eq!((done.status, state(world, request).as_str(), points(world, 1)), (303, "rejected", 12_450), "{done}");
        assert!(mina.get(&format!("/approvals/{request}")).text().contains(VERDICT));
        let again = bare(&hana, request, "approval", &world.code("hana")).submit();
        assert_eq!((again.status, points(world, 1)), (409, 12_450), "{again}");
    }

    fn a_form_sent_twice_approves_once(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        let form = approval(&hana, request).set("code", &world.code("hana"));
        assert_eq!((form.submit().status, form.submit().status), (303, 303));
        assert_eq!(points(world, 1), 62_450);
        assert_sound(world);
    }

    fn a_request_and_its_votes_cannot_be_rewritten(outer) {
        let world = &ruled(outer.engine);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let request = ask(world, &mina, 1, "50,000");
        for sql in ["payload = '{}'", "staff_id = 2", "seen = 99", "reason = 'another'", "role = 'operator'"] {
            let rewritten = world.database().tamper(&format!("update approval_requests set {sql} where id = {request}"));
            assert!(rewritten.is_err(), "{sql}");
        }
        approval(&hana, request).set("code", &world.code("hana")).submit();
        for sql in [
            format!("update approval_requests set state = 'waiting', decided_at = null where id = {request}"),
            "update approval_votes set verdict = 'rejected'".to_owned(),
            "delete from approval_votes".to_owned(),
        ] {
            assert!(world.database().tamper(&sql).is_err(), "{sql}");
        }
    }

    fn a_person_whose_authenticator_is_locked_is_not_named_among_those_who_can_decide(outer) {
        let world = &ruled(outer.engine);
        let mina = world.signed_in("mina");
        let request = ask(world, &mina, 1, "50,000");
        let page = || mina.get(&format!("/approvals/{request}")).says("main");
        assert!(page().contains("Hana Choi") && !page().contains("No member of staff can decide"), "{}", page());
        let lock = |locked| {
            world.database().tamper(&format!(
                "update authenticators set locked = {locked} where staff_id = (select id from staff where email = 'hana@ingam.test')"
            )).unwrap();
        };
        lock("true");
        assert!(!page().contains("Hana Choi") && page().contains("No member of staff can decide"), "{}", page());
        lock("false");
        assert!(page().contains("Hana Choi"), "{}", page());
    }
}
