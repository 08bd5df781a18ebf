//! What cannot be taken has one clear answer; what is hostile is shown as text; who only reads works on nothing.

use super::support::{form, lead, open, page, recovered, seal};
use crate::kit::{World, on_both};

fn count(world: &World, what: &str) -> i64 {
    world.number(&format!("select count(*) from incident_events where what = '{what}'"))
}

on_both! {
    fn each_bad_input_has_one_clear_answer(world) {
        let jun = world.signed_in("jun");
        let id = open(&jun, "Refunds are late");
        let mut wrong = Vec::new();
        let mut expect = |name: &str, page: crate::kit::Page, status: u16, words: &str| {
            let errors = page.all("form.seal .err");
            let is_said = errors.iter().any(|error| error.contains(words)) || page.says("[role=alert]").contains(words);
            if page.status != status || !is_said {
                wrong.push(format!("{name}: {} {errors:?} {}", page.status, page.says("[role=alert]")));
            }
        };
        let opening = |title: &str, severity: &str, impact: &str| {
            let form = jun.get("/incidents?panel=open").form_to("/incidents");
            form.forge("title", title).forge("severity", severity).set("impact", impact).submit()
        };
        expect("no title", opening("", "sev1", ""), 422, "Enter some text");
        expect("a title of two lines", opening("a\nb", "sev1", ""), 422, "a title is one line");
        expect("a long title", opening(&"a".repeat(121), "sev1", ""), 422, "at most 120 characters");
        expect("no severity", opening("Refunds are late", "", ""), 422, "Choose one of the options");
        expect("a severity that is none", opening("Refunds are late", "sev9", ""), 422, "Choose one of the options");
        expect("a long impact", opening("Refunds are late", "sev1", &"가".repeat(2_001)), 422, "at most 2,000 characters");
        let strange = jun.get("/incidents?panel=open").form_to("/incidents").set("title", "Late").set("severity", "sev3");
        expect("an alert that is not there", strange.clone().forge("alert", "99999").submit(), 422, "no such alert");
        expect("an alert that is no number", strange.forge("alert", "x").submit(), 422, "no such alert");
        let sora = world.number("select id from staff where email = 'sora@ingam.test'").to_string();
        let naming = |who: &str| form(&jun, id, "lead", &[]).forge("lead", who).submit();
        expect("a reader as lead", naming(&sora), 422, "does not work on incidents");
        expect("no person as lead", naming("x"), 422, "Choose one of the options");
        lead(&jun, id);
        let advancing = |fields: &[(&str, &str)]| form(&jun, id, "advance", fields).set("code", &world.code("jun")).submit();
        expect("no cause", advancing(&[("cause", " ")]), 422, "Enter some text");
        expect("a long cause", advancing(&[("cause", &"a".repeat(2_001))]), 422, "at most 2,000 characters");
        seal(world, &jun, id, "advance", &[("cause", "The bank sent an empty file")]);
        let recovering = |at: &str| form(&jun, id, "advance", &[("remedy", "Sent again")]).forge("recovered_at", at).set("code", &world.code("jun")).submit();
        expect("a recovery before the opening", recovering("2026-03-01T08:00"), 422, "before the incident was opened");
        expect("a recovery that is ahead", recovering("2026-03-30T08:00"), 422, "not in the future");
        expect("a recovery that is no time", recovering("soon"), 422, "not in the future");
        let acting = |name: &str, value: &str| {
            let form = form(&jun, id, "action", &[("text", "Ask the bank")]).forge(name, value);
            form.set("code", &world.code("jun")).submit()
        };
        expect("no action", acting("text", ""), 422, "Enter some text");
        expect("a reader as owner", acting("owner", &sora), 422, "does not work on incidents");
        for day in ["", "2026-02-01", "2029-01-01", "2026-02-31", "soon"] {
            expect(day, acting("due", day), 422, "from today on");
        }
        let same = form(&jun, id, "edit", &[]).set("code", &world.code("jun")).submit();
        expect("nothing altered", same, 422, "Nothing is altered");
        let early = jun.get(&format!("/incidents/{id}?panel=postmortem"));
        expect("a postmortem too early", early, 200, "");
        assert!(jun.get(&format!("/incidents/{id}?panel=postmortem")).text().contains("not over yet"));
        seal(world, &jun, id, "advance", &[("remedy", "It was sent again")]);
        let writing = |text: &str| form(&jun, id, "postmortem", &[]).forge("text", text).set("code", &world.code("jun")).submit();
        expect("an empty postmortem", writing(" "), 422, "Enter some text");
        expect("a long postmortem", writing(&"가".repeat(12_001)), 422, "at most 12,000 characters");
        let note = page(&jun, id).form_to("/notes").set("reason", "no").submit();
        assert_eq!(note.status, 422, "{note}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(jun.get("/incidents/99999").status, 404);
        assert_eq!(page(&jun, id).form_to("/notes").set("reason", "Called the bank").to("/incidents/99999/notes").submit().status, 404);
        assert_eq!(count(world, "action-added"), 0);
    }

    fn what_is_hostile_is_shown_as_text_in_every_field(world) {
        let jun = world.signed_in("jun");
        let nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>";
        let id = recovered(world, &jun, nasty);
        assert_eq!(page(&jun, id).form_to("/notes").set("reason", nasty).submit().status, 303);
        seal(world, &jun, id, "action", &[("text", nasty)]);
        let text = format!("# {nasty}\n\n{nasty}\n\n![x](https://evil.example/p.gif)\n\n[x](javascript:alert(1))\n\n<iframe src=//evil.example>");
        seal(world, &jun, id, "postmortem", &[("text", &text)]);
        for path in [format!("/incidents/{id}"), format!("/incidents/{id}?panel=postmortem"), "/incidents".to_owned(), "/".to_owned()] {
            let shown = jun.get(&path);
            assert_eq!(shown.status, 200);
            assert!(!shown.has("main script, main img, main iframe, [onerror], a[href^='javascript']"), "{path}: {shown}");
        }
        let shown = page(&jun, id);
        assert!(shown.says("#postmortem .prose").contains("<script>alert(1)</script>"), "{shown}");
        assert!(shown.has("#postmortem a[href='https://evil.example/p.gif']") && shown.has("#postmortem a[href='#']"), "{shown}");
        assert!(shown.header("content-security-policy").unwrap().contains("default-src 'none'"));
    }

    fn who_does_not_work_on_incidents_sees_them_and_alters_nothing(world) {
        let jun = world.signed_in("jun");
        let id = open(&jun, "Refunds are late");
        let paths = ["notes", "lead", "step", "reopening", "description", "actions", "postmortem"];
        for who in ["sora", "hana"] {
            let reader = world.signed_in(who);
            let shown = page(&reader, id);
            assert!(shown.says("h1").contains("Refunds are late"), "{shown}");
            assert!(!shown.has("form.seal") && !shown.has("#note") && !reader.get("/incidents").has("a[href='/incidents?panel=open']"));
            for path in paths {
                let form = page(&jun, id).form_to("/notes").to(&format!("/incidents/{id}/{path}"));
                let refused = reader.post(&format!("/incidents/{id}/{path}"), &[("csrf", form.value("csrf").unwrap())]);
                assert_eq!(refused.status, 403, "{who} {path}");
            }
        }
        assert_eq!(world.number("select count(*) from incident_events"), 1);
    }
}
