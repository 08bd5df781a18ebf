//! What cannot be taken back now, or by this person, or ever.

use crate::{
    kit::{addition, on_both, points},
    people::support::{id_of, make_owner, roles_form},
    reversal::support::{WHY, bare, form, given, link, page, taken_back, verified},
};

on_both! {
    fn what_was_changed_since_the_form_was_shown_is_shown_again_first(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let form = form(&mina, seq);
        given(world, &mina, "300");
        let stale = form.set("code", &world.code("mina")).submit();
        assert_eq!((stale.status, world.last_audit().refusal.as_str()), (409, "stale"), "{stale}");
        assert_eq!((points(world, 1), link(world, world.last_audit().seq)), (13_750, Some(seq)));
        // The balance is new, and what was typed is there; pressed again it is done.
        assert!(stale.says("#panel").contains("12,750"), "{stale}");
        let done = stale.form_to("/reversal").set("code", &world.code("mina")).submit();
        assert_eq!((done.status, points(world, 1)), (303, 12_750), "{done}");
    }

    fn a_balance_does_not_fall_below_zero_and_what_is_missing_is_said(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let open = form(&mina, seq);
        let spent = addition(&mina, 1, "13,000").set("direction", "deduct").set("code", &world.code("mina")).submit();
        assert_eq!(spent.status, 303, "{spent}");
        let shown = page(&mina, seq);
        assert!(shown.says("main").contains("550 P are missing") && shown.has("main a[href='/users/1?panel=points']"), "{shown}");
        assert!(shown.find_form("form[action$='/reversal']").is_none(), "{shown}");
        let refused = open.set("code", &world.code("mina")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (409, "reversal-short missing=550 balance=450"), "{refused}");
        assert_eq!((points(world, 1), link(world, world.last_audit().seq), refused.says("#reason").as_str()), (450, Some(seq), WHY));
        verified(world);
    }

    fn a_status_that_moved_on_is_not_taken_back_and_the_page_shows_what_came_after(world) {
        let mina = world.signed_in("mina");
        let status = |status: &str| {
            let done = mina.get("/users/1?panel=status").form_to("/status").set("reason", "Stolen card").set("code", &world.code("mina")).submit();
            assert_eq!(done.status, 303, "{done}");
            assert_eq!(world.last_audit().after["status"], status);
            world.last_audit().seq
        };
        let first = status("suspended");
        let open = form(&mina, first);
        let second = status("active");
        let shown = page(&mina, first);
        assert!(shown.says("main").contains("changed since") && shown.says("main").contains(&format!("#{second}")), "{shown}");
        assert!(shown.says("main").contains("now") && shown.has("main a[href='/users/1?panel=status']"), "{shown}");
        assert!(shown.find_form("form[action$='/reversal']").is_none(), "{shown}");
        let moved = open.set("code", &world.code("mina")).submit();
        assert_eq!((moved.status, world.last_audit().refusal.as_str()), (409, "reversal-moved"), "{moved}");
        assert!(moved.says("main").contains(&format!("#{second}")), "{moved}");
        assert_eq!(link(world, world.last_audit().seq), Some(first));
        // The later one is what it left, and is taken back.
        taken_back(world, &mina, "mina", second);
        assert_eq!(world.database().value("select status from users where id = 1"), "suspended");
        verified(world);
    }

    fn only_those_who_may_make_the_change_take_it_back(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let sora = world.signed_in("sora");
        let shown = page(&sora, seq);
        assert!(shown.status == 200 && shown.says("main").contains("Customer service"), "{shown}");
        assert!(shown.find_form("form[action$='/reversal']").is_none(), "{shown}");
        assert!(sora.get(&format!("/audit/{seq}")).has(&format!("a[href='/audit/{seq}/reversal']")));
        assert_eq!(bare(&sora, seq, &world.code("sora")).submit().status, 403);
        for who in ["jun", "hana"] {
            assert_eq!(page(&world.signed_in(who), seq).status, 403, "{who}");
        }
        // An owner reads the log, and adjusts no points.
        let owner = world.signed_in("owner");
        assert!(page(&owner, seq).find_form("form[action$='/reversal']").is_none());
        let refused = bare(&owner, seq, &world.code("owner")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (403, "role"), "{refused}");
        assert_eq!(points(world, 1), 13_450);
        // An operator does not get to see what was done to the staff.
        let done = roles_form(&owner, id_of(world, "jun"), &["auditor"]).set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let staff = world.last_audit().seq;
        assert_eq!((page(&mina, staff).status, bare(&mina, staff, &world.code("mina")).submit().status), (404, 404));
    }

    fn no_person_takes_back_what_was_done_to_themselves(world) {
        make_owner(world, "hana");
        let (owner, hana) = (world.signed_in("owner"), world.signed_in("hana"));
        let done = roles_form(&owner, id_of(world, "hana"), &["owner"]).set("code", &world.code("owner")).submit();
        assert_eq!(done.status, 303, "{done}");
        let seq = world.last_audit().seq;
        let refused = form(&hana, seq).set("code", &world.code("hana")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (409, "staff-own"), "{refused}");
        assert_eq!(link(world, world.last_audit().seq), Some(seq));
    }

    fn what_is_never_taken_back_says_why_and_what_to_do_instead(world) {
        let owner = world.signed_in("owner");
        // Signing in is a row of its own.
        let seq = world.last_audit().seq;
        assert_eq!(world.last_audit().action, "session.start");
        let shown = page(&owner, seq);
        assert!(shown.status == 200 && shown.says("main").contains("their own account page"), "{shown}");
        assert!(shown.find_form("form[action$='/reversal']").is_none(), "{shown}");
        let refused = bare(&owner, seq, &world.code("owner")).submit();
        assert_eq!((refused.status, world.last_audit().refusal.as_str()), (409, "reversal-kind"), "{refused}");
        assert!(refused.says("main").contains("their own account page"), "{refused}");
        assert_eq!(link(world, world.last_audit().seq), Some(seq));
        assert_eq!(page(&owner, 1_000_000).status, 404);
        assert_eq!(bare(&owner, 1_000_000, &world.code("owner")).submit().status, 404);
        verified(world);
    }

    fn it_wants_a_reason_a_code_and_a_form_of_this_console(world) {
        let mina = world.signed_in("mina");
        let seq = given(world, &mina, "1,000");
        let before = world.audit_size();
        let page = form(&mina, seq).set("reason", "no").set("code", &world.code("mina")).submit();
        assert!(page.status == 422 && page.has("#reason-error"), "{page}");
        assert_eq!(form(&mina, seq).submit().status, 422);
        assert_eq!(form(&mina, seq).set("code", &world.wrong_code("mina")).submit().status, 422);
        assert_eq!(link(world, world.last_audit().seq), Some(seq), "a wrong code is recorded with the row");
        assert_eq!(form(&mina, seq).forge("csrf", "x").set("code", &world.code("mina")).submit().status, 403);
        assert_eq!(bare(&mina, 0, "1").forge("csrf", "x").submit().status, 404, "the founding of the console is none of hers");
        assert!(world.audit_size() > before);
        assert_eq!(points(world, 1), 13_450);
    }
}
