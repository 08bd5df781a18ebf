//! Asking for a file: who may, for what, and when a second person must agree.

use crate::{
    approvals::support::{approval, rule, state, under},
    evidence::support::{grow_by, recompute},
    kit::{Browser, Form, World, on_both},
};
use ingam::gate::{Amount, When};

/// The form for the rows that a query of the log finds, filled in.
pub(crate) fn form(sora: &Browser, query: &str) -> Form {
    sora.get(&format!("/audit/exports?panel=export{query}"))
        .form_to("/audit/exports")
        .set("purpose", "audit")
        .set("reason", "For the inspection of November")
}

/// Asks for a file; the path of its page.
pub(crate) fn ask(world: &World, sora: &Browser, format: &str, query: &str) -> String {
    ask_for(world, form(sora, query).set("format", format))
}

/// Seals a form that is filled in.
pub(crate) fn ask_for(world: &World, form: Form) -> String {
    let made = form.set("code", &world.code("sora")).submit();
    assert_eq!(made.status, 303, "{made}");
    let (path, _) = made.location().unwrap().split_once('?').unwrap();
    path.to_owned()
}

on_both! {
    fn asking_for_a_file_is_sealed_with_its_purpose_and_what_it_holds(world) {
        let mina = world.signed_in("mina");
        mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", "10").set("reason", "Late delivery").set("code", &world.code("mina")).submit();
        let sora = world.signed_in("sora");
        // From the list of the log, with its filters.
        let list = sora.get("/audit?action=points.adjust&from=2026-03-01");
        let link = list.attributes("main .head a", "href").into_iter().find(|href| href.contains("panel=export")).unwrap();
        assert!(link.contains("action=points.adjust") && link.contains("from=2026-03-01"), "{link}");
        let before = world.audit_size();
        let page = sora.get(&link);
        // Scripts ask how much it is.
        let counted = page.attributes("dd [hx-get]", "hx-get").remove(0);
        assert_eq!(sora.get(&counted).says("span"), "1 row · 1 customer", "{counted}");
        let made = page.form_to("/audit/exports").set("format", "csv").set("purpose", "authority").set("reason", "Letter 2026-118 of the commission").set("code", &world.code("sora")).submit();
        assert_eq!(made.status, 303, "{made}");
        assert_eq!(made.location(), Some(format!("/audit/exports/1?sealed={before}").as_str()));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.reason.as_str(), row.outcome.as_str()), ("exports.create", "Letter 2026-118 of the commission", "applied"));
        for (field, value) in [("export_format", "csv"), ("export_purpose", "authority"), ("export_filter", "action=points.adjust&from=2026-03-01"), ("rows", "1"), ("persons", "1")] {
            assert_eq!(row.after[field], value, "{field}: {}", row.after);
        }
        let shown = made.follow();
        assert!(shown.says("main").contains("1 customer") && shown.says("main").contains("not that nothing is missing"), "{shown}");
        // It had no number when it was asked for; the log leads to it all the same.
        assert!(sora.get("/audit").has("tbody a[href='/audit/exports/1']"));
        assert_eq!(world.rows("select topic from outbox where topic = 'exports.created'").len(), 1);
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn days_that_were_asked_for_are_noted_and_the_list_shows_the_rows_of_the_file_and_no_others(world) {
        let mina = world.signed_in("mina");
        let adjust = |reason: &str| {
            let adjusted = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", "10").set("reason", reason).set("code", &world.code("mina")).submit();
            assert_eq!(adjusted.status, 303, "{adjusted}");
        };
        adjust("Late delivery");
        let sora = world.signed_in("sora");
        let days = ask(world, &sora, "jsonl", "&from=2026-03-02&to=2026-03-02");
        assert_eq!(world.last_audit().after["export_filter"], "from=2026-03-02&to=2026-03-02");
        let both = ask(world, &sora, "csv", "&from=2026-03-02&to=2026-03-02&action=points.adjust");
        let typed = ask(world, &sora, "csv", "&rows=0-3");
        assert_eq!(world.last_audit().after.get("export_filter"), None);
        // Later rows of the same day are not in the files.
        adjust("Late delivery, again");
        for (number, (path, shown)) in (1..).zip([(days, "2026-03-02"), (both, "points.adjust"), (typed, "#0 – #3")]) {
            let page = sora.get(&path);
            assert!(page.says("section[aria-labelledby=holds]").contains(shown), "{path}: {page}");
            let link = page.attributes("section[aria-labelledby=holds] dd a", "href").remove(0);
            let rows = world.number(&format!("select row_count from exports where id = {number}"));
            let list = sora.get(&link);
            assert_eq!(list.attributes("main tbody tr a.seq", "href").len(), usize::try_from(rows).unwrap(), "{link}: {list}");
            assert!(!list.text().contains("Late delivery, again"), "{link}");
            // The file holds what was counted.
            let file = sora.get(&format!("{path}/file")).text();
            assert_eq!(file.lines().count(), usize::try_from(rows).unwrap() + usize::from(number > 1), "{file}");
        }
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
    }

    fn what_makes_no_sense_comes_back_as_it_was_filled_in(world) {
        let sora = world.signed_in("sora");
        let code = world.code("sora");
        for (name, value) in [("format", "xls"), ("purpose", "fun"), ("purpose", ""),  ("end", "x"), ("end", "-4")] {
            let page = form(&sora, "").forge(name, value).set("code", &code).submit();
            assert_eq!(page.status, 422, "{name}={value}: {page}");
            assert_eq!(page.form_to("/audit/exports").value("reason"), Some("For the inspection of November"), "{page}");
        }
        for query in ["&action=points.adjust", "&target=user/424242", "&target=nobody@ingam.test", "&text=%E2%80%AE", "&from=yesterday", "&action=no.such"] {
            let page = form(&sora, query).set("code", &code).submit();
            assert_eq!(page.status, 422, "{query}: {page}");
            assert!(page.has("#filter-error"), "{query}: {page}");
            let counted = sora.get(&page.attributes("dd [hx-get]", "hx-get").remove(0));
            assert_eq!((counted.status, counted.says("span").contains(" · ")), (200, false), "{query}: {counted}");
            assert!(!page.text().contains('\u{202e}'), "{query}");
        }
        assert_eq!(world.number("select count(*) from exports"), 0);
        // The rows are those that were there when the form was opened: sent twice, it is one export.
        let form = form(&sora, "").set("code", &world.code("sora"));
        let (one, two) = (form.submit(), form.submit());
        assert_eq!((one.status, one.location()), (303, two.location()), "{two}");
        assert_eq!(world.number("select count(*) from exports"), 1);
    }

    fn only_auditors_and_owners_take_the_log_out(world) {
        for who in ["mina", "hana", "jun"] {
            let person = world.signed_in(who);
            assert_eq!(person.get("/audit/exports").status, 403, "{who}");
            assert_eq!(person.get("/audit/exports/1/file").status, 403, "{who}");
        }
    }

    fn a_file_about_many_customers_waits_for_a_second_person(outer) {
        let world = World::start(outer.engine);
        grow_by(&world, 1_001, |seq| (seq + 1, format!("{{\"n\":{seq}}}")));
        let sora = world.signed_in("sora");
        let asked = form(&sora, "&outcome=applied").set("code", &world.code("sora")).submit();
        assert_eq!(asked.status, 303, "{asked}");
        assert!(asked.location().unwrap().starts_with("/approvals/"), "{asked}");
        assert_eq!((world.number("select count(*) from exports"), state(&world, 1)), (0, "waiting".to_owned()));
        // For one customer no second person is asked.
        ask(&world, &sora, "jsonl", "&outcome=applied&target=user/100");
        recompute(&world);
        let hana = world.signed_in("hana");
        // The number that it would get is no difference from what was asked.
        let page = hana.get("/approvals/1");
        assert!(page.status == 200 && !page.text().contains("different from when requested"), "{page}");
        assert_eq!(approval(&hana, 1).set("code", &world.code("hana")).submit().status, 303);
        assert_eq!(world.number("select count(*) from exports where person_count > 1000"), 1);
        let export = world.number("select id from exports where person_count > 1000");
        // It belongs to the person who asked, who is led to it from the request.
        let link = format!("#panel a[href='/audit/exports/{export}']");
        assert!(sora.get("/").has("main a[href='/approvals/1']"));
        let done = sora.get("/approvals/1");
        assert!(done.has(&link) && done.says("#panel").contains(&format!("Export {export}")), "{done}");
        assert!(sora.get(&format!("/audit/exports/{export}")).has("a[href$='/file']"));
        // An approver may not open it.
        assert!(!hana.get("/approvals/1").has(&link));
        assert_eq!(sora.get(&format!("/audit/exports/{export}/file")).status, 200);
    }

    fn a_rule_sets_how_many_customers_are_many(outer) {
        let world = under(outer.engine, vec![rule(&["exports.create"], When::Beyond { quantity: "persons".to_owned(), over: vec![Amount { n: 1, currency: None }], daily: Vec::new() })]);
        let mina = world.signed_in("mina");
        for user in [1, 2] {
            let adjusted = mina.get(&format!("/users/{user}?panel=points")).form_to("/point-adjustments").set("amount", "10").set("reason", "Late delivery").set("code", &world.code("mina")).submit();
            assert_eq!(adjusted.status, 303, "{adjusted}");
        }
        let sora = world.signed_in("sora");
        ask(&world, &sora, "csv", "&target=user/1");
        let both = form(&sora, "&action=points.adjust").set("code", &world.code("sora")).submit();
        assert!(both.location().unwrap().starts_with("/approvals/"), "{both}");
    }
}
