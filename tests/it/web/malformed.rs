//! Posted bodies that are no form of the page: refused, and in the log without what was typed.

use crate::kit::{World, forms, on_both, wait_until};
use std::time::Duration;

const SECRET: &str = "hunter2-hunter2";

/// What the newest row says was malformed, and who posted what.
fn last(world: &World) -> (String, String, String) {
    let row = world.last_audit();
    assert_eq!((row.action.as_str(), row.outcome.as_str()), ("request.refused", "refused"));
    (row.refusal, row.target, row.email)
}

fn nothing_typed_is_in_the_log(world: &World) {
    let text =
        "refusal || target_id || reason || staff_name || user_agent || cast(after as text) || cast(before as text)";
    assert_eq!(world.number(&format!("select count(*) from audit where {text} like '%{SECRET}%'")), 0);
}

on_both! {
    fn every_malformed_form_is_in_the_log(world) {
        for (_, form) in forms(world) {
            let before = world.audit_size();
            let page = form.clone().duplicate("role", SECRET).submit();
            assert_eq!(page.status, 422, "{}: {page}", form.action());
            assert_eq!(world.audit_size() - before, 1, "{}", form.action());
            let (refusal, ..) = last(world);
            assert_eq!(refusal, "form-malformed fault=unknown-field fields=1", "{}", form.action());
        }
        nothing_typed_is_in_the_log(world);
    }

    fn the_row_names_person_route_and_fault_and_nothing_that_was_typed(world) {
        let mina = world.signed_in("mina");
        let form = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", "1");
        let at = "request/POST /users/{id}/point-adjustments";
        for (name, value, fault) in [
            ("approved_by", "1", "fault=unknown-field fields=1"),
            ("totp", SECRET, "fault=unknown-field fields=1"),
            (SECRET, "1", "fault=unknown-field fields=1"),
            ("amount", "999", "fault=repeated-field field=amount"),
            ("code", "123456", "fault=repeated-field field=code"),
        ] {
            let page = form.clone().duplicate(name, value).submit();
            assert_eq!(page.status, 422, "{name}: {page}");
            assert!(page.text().contains("written to the audit log"), "{page}");
            let expected = (format!("form-malformed {fault}"), at.to_owned(), "mina@ingam.test".to_owned());
            assert_eq!(last(world), expected, "{name}");
        }
        let csrf = form.value("csrf").unwrap();
        let post = |body: String| {
            mina.request("POST", form.action()).body("application/x-www-form-urlencoded", body).send()
        };
        assert_eq!(post(format!("csrf={csrf}&reason=%FF{SECRET}")).status, 422);
        assert_eq!(last(world).0, "form-malformed fault=not-text field=reason");
        assert_eq!(post(format!("csrf={csrf}&reason={}", "x".repeat(50_000))).status, 413);
        assert_eq!(last(world).0, "form-malformed fault=too-large");
        for (name, value) in [("seen", SECRET), ("key", "no key"), ("key", "")] {
            let forged = form.clone().set("reason", "Late delivery").forge(name, value).submit();
            assert_eq!(forged.status, 422, "{name}: {forged}");
            assert_eq!(last(world).0, "form-malformed fault=forged-value", "{name}");
        }
        nothing_typed_is_in_the_log(world);
        assert_eq!(world.number("select points from users where id = 1"), 12_450);
    }

    fn strangers_who_post_junk_are_recorded_and_counted(world) {
        let guest = world.browser();
        let form = guest.get("/login").form_with("password").set("email", "a@b.c").set("password", SECRET);
        for _ in 0..100 {
            assert_eq!(form.clone().duplicate("password", SECRET).submit().status, 422);
        }
        let rows = "select count(*) from audit where refusal like 'form-malformed%'";
        assert_eq!(world.number(rows), 61);
        world.clock.advance(Duration::from_mins(1));
        wait_until(|| world.number(rows) == 62);
        let row = world.last_audit();
        assert_eq!((row.after["refusals"].as_str(), row.refusal.as_str()), (Some("39"), "form-malformed"));
        nothing_typed_is_in_the_log(world);
    }
}
