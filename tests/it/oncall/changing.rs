//! Making rotas, and changing how turns go.

use super::support::{make_rota, on_duty, rota_form, staff};
use crate::kit::{World, assert_sound, at_once, on_both};
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

on_both! {
    fn a_rota_names_who_is_on_duty_in_the_header_of_every_page(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        assert_eq!(jun.get("/").all(".duty").len(), 0, "there is no rota");
        make_rota(world, &jun, "first", &["jun", "mina"]);
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str()), ("rotas.define", "rota/first"));
        for path in ["/", "/alerts", "/oncall", "/oncall/first", "/batches"] {
            assert_eq!(jun.get(path).says(".duty"), "On duty, Rota first: Jun Park", "{path}");
        }
        let sora = world.signed_in("sora");
        assert_eq!(on_duty(&sora), "On duty, Rota first: Jun Park", "in every role");
        let list = sora.get("/oncall");
        let line = list.says("section[aria-labelledby='rotas-title'] tbody");
        assert!(line.starts_with("Rota first Jun Park") && line.contains("until") && line.ends_with("Jun Park → Mina Kang"), "{line}");
        world.clock.advance(7 * DAY);
        let jun = world.signed_in("jun");
        assert_eq!(on_duty(&jun), "On duty, Rota first: Mina Kang");
        assert_sound(world);
    }

    fn another_plan_leaves_what_was_and_begins_with_its_first_turn(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun", "mina"]);
        let page = jun.get("/oncall/first?panel=plan");
        let form = page.form_to("/plan").set("member-1", &staff(world, "hana")).set("member-2", "").set("starts_on", "2026-03-04");
        let done = form.set("unit", "day").set("reason", "Two have left").set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(on_duty(&jun), "On duty, Rota first: Jun Park", "the plan begins on Wednesday");
        let month = jun.get("/oncall/first?month=2026-03");
        let days: Vec<String> = (3..=5).map(|n| month.all(&format!(".month ol > li:nth-child({n}) .on")).join(" ")).collect();
        assert_eq!(days, ["Jun Park", "Jun Park 09:00 Hana Choi", "Hana Choi 09:00 Hana Choi"]);
        world.clock.advance(3 * DAY);
        let jun = world.signed_in("jun");
        assert_eq!(on_duty(&jun), "On duty, Rota first: Hana Choi");
        let month = jun.get("/oncall/first?month=2026-03");
        assert_eq!(month.says(".month ol > li:nth-child(3) .on"), "Jun Park", "what was stays");
    }

    fn two_people_who_change_a_rota_at_once_change_it_once(outer) {
        let world = &World::start(outer.engine);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        make_rota(world, &jun, "first", &["jun", "mina"]);
        let form = |who: &crate::kit::Browser, every: &str| {
            who.get("/oncall/first?panel=plan").form_to("/plan").set("every", every).set("reason", "Longer turns")
        };
        let forms = [
            form(&jun, "2").set("code", &world.code("jun")),
            form(&owner, "3").set("code", &world.code("owner")),
        ];
        let mut statuses: Vec<u16> = at_once(&forms, |form| form.submit().status);
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        assert_eq!(world.number("select count(*) from rota_plans"), 2);
        // Two rotas of one name are one as well.
        let forms = [
            rota_form(world, &jun, "second", &["jun"]).set("code", &world.code("jun")),
            rota_form(world, &owner, "second", &["mina"]).set("code", &world.code("owner")),
        ];
        let mut statuses: Vec<u16> = at_once(&forms, |form| form.submit().status);
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422]);
    }

    fn what_makes_no_rota_is_refused_at_its_field_and_nothing_is_lost(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun"]);
        let form = || rota_form(world, &jun, "second", &["jun"]);
        let cases = [
            (form().set("member-1", ""), "members"),
            (form().set("name", "first"), "name"),
            (form().set("name", "Second Line"), "name"),
            (form().set("name", "calendars"), "name"),
            (form().set("title", "\u{200b}"), "title"),
            (form().set("zone", "Asia/Soul"), "zone"),
            (form().set("handover", "24:00"), "handover"),
            (form().set("handover", "9 o'clock"), "handover"),
            (form().set("every", "0"), "every"),
            (form().set("every", "53"), "every"),
            (form().set("starts_on", "2026-02-30"), "starts_on"),
            (form().set("starts_on", "2036-03-02"), "starts_on"),
            (form().forge("unit", "month"), "unit"),
            // Reads only.
            (form().forge("member-1", &staff(world, "sora")), "members"),
            (form().forge("member-1", "999"), "members"),
        ];
        for (form, field) in cases {
            let page = form.set("code", &world.code("jun")).submit();
            assert_eq!(page.status, 422, "{field}: {page}");
            assert_eq!(page.all(&format!("#{field}-error")).len(), 1, "{field}: {page}");
            assert_eq!(page.says("#reason"), "Agreed in the team", "{field}");
        }
        assert_eq!(world.number("select count(*) from rotas"), 1);
    }

    fn a_handover_while_clocks_are_changed_is_asked_about_first(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        let form = rota_form(world, &jun, "first", &["jun"]).set("zone", "America/New_York").set("handover", "02:30");
        let page = form.set("code", &world.code("jun")).submit();
        assert_eq!(page.status, 422);
        assert!(page.text().contains("2026-03-08, 2027-03-14"), "{page}");
        let done = page.form_to("/oncall").set("clocks", "America/New_York 02:30").set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        // The box that was ticked for one time says nothing of another.
        let page = jun.get("/oncall/first?panel=plan").form_to("/plan").forge("clocks", "America/New_York 02:30");
        let page = page.set("handover", "01:30").set("reason", "Earlier").set("code", &world.code("jun")).submit();
        assert_eq!(page.status, 422, "{page}");
        // Seoul changes no clocks.
        make_rota(world, &jun, "second", &["jun"]);
    }

    fn a_person_who_has_left_is_a_gap_that_every_page_tells(outer) {
        let world = &World::start(outer.engine);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        make_rota(world, &jun, "first", &["mina", "jun"]);
        assert_eq!(on_duty(&jun), "On duty, Rota first: Mina Kang");
        let form = owner.get(&format!("/staff/{}?panel=status", staff(world, "mina"))).form_to("/status");
        assert_eq!(form.set("reason", "Left the company").set("code", &world.code("owner")).submit().status, 303);
        assert_eq!(on_duty(&jun), "On duty, Rota first: No person on duty");
        let page = jun.get("/oncall/first");
        assert!(page.says("[role=alert]").contains("No person is on duty now"), "{page}");
        assert!(jun.get("/oncall").text().contains("Mina Kang has no active account"));
        // Taking over is one tap and a code away.
        let take = page.attributes("a[href*='panel=override']", "href");
        let take = take.iter().find(|href| href.contains("until=")).unwrap();
        let form = jun.get(take).form_to("/overrides").set("reason", "Mina has left").set("code", &world.code("jun"));
        assert_eq!(form.submit().status, 303);
        assert_eq!(on_duty(&jun), "On duty, Rota first: Jun Park");
    }

    fn a_retired_rota_is_read_and_not_changed_and_names_no_person(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun"]);
        let form = jun.get("/oncall/first?panel=retire").form_to("/retirement").set("reason", "One rota is enough");
        let done = form.clone().set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(jun.get("/").all(".duty").len(), 0);
        let page = jun.get("/oncall/first");
        assert_eq!((page.status, page.all("a[href*='panel=']").len()), (200, 0), "{page}");
        assert!(page.text().contains("This rota is retired"));
        let again = form.set("code", &world.code("jun")).submit();
        assert_eq!(again.status, 303, "the same form is answered as before");
        // Its name stays taken: the log and the configuration know it.
        assert_eq!(rota_form(world, &jun, "first", &["jun"]).set("code", &world.code("jun")).submit().status, 422);
        assert_eq!(jun.get("/oncall/nothing").status, 404);
    }

    fn who_only_reads_or_operates_sees_rotas_and_changes_none(outer) {
        let world = &World::start(outer.engine);
        let jun = world.signed_in("jun");
        make_rota(world, &jun, "first", &["jun"]);
        for who in ["sora", "mina", "hana"] {
            let browser = world.signed_in(who);
            let page = browser.get("/oncall/first");
            assert_eq!((page.status, page.all("a[href*='panel=']").len()), (200, 0), "{who}: {page}");
            let form = jun.get("/oncall/first?panel=retire").form_to("/retirement").set("reason", "Not mine to end");
            let body = form.set("code", &world.code("jun"));
            let sent = browser.request("POST", "/oncall/first/retirement").form(body.fields()).send();
            assert_eq!(sent.status, 403, "{who}");
            // No address of another person is on these pages.
            for path in ["/oncall", "/oncall/first"] {
                let html = browser.get(path).text().replace(&format!("{who}@ingam.test"), "");
                assert!(!html.contains("@ingam.test"), "{who} {path}");
            }
        }
    }
}
