//! From the alert to the sealed postmortem, forward only.

use super::support::{entries, form, lead, open, page, recovered, seal, step};
use crate::{
    alerts::support::{ALL, alert, alerting, fail},
    batches::support::id_of,
    kit::{Sink, assert_sound, at_once, on_both},
};
use sha2::{Digest as _, Sha256};

on_both! {
    fn an_incident_goes_from_its_alert_to_its_sealed_postmortem(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        // Two taps: the form knows the alert.
        let link = format!("/incidents?panel=open&alert={alert}");
        assert!(jun.get(&format!("/alerts/{alert}")).has(&format!("a[href='{link}']")));
        let opened = jun.get(&link).form_to("/incidents").submit();
        assert_eq!(opened.status, 303, "{opened}");
        let id = id_of(opened.location().unwrap());
        let shown = opened.follow();
        assert!(shown.says("h1").contains("Job bad") && shown.text().contains("Incident opened"), "{shown}");
        assert!(jun.get(&format!("/alerts/{alert}")).has(&format!("a[href='/incidents/{id}']")));
        let again = jun.get(&link).form_to("/incidents").submit();
        assert_eq!(again.status, 409, "{again}");
        assert!(again.text().contains(&format!("INC-{id} is open for this alert already")), "{again}");
        // Everybody's first page and navigation tell of it.
        let home = world.signed_in("mina").get("/");
        assert!(home.says("section[aria-labelledby='incidents-title']").contains("Job bad"), "{home}");
        assert!(home.says(".nav > ul > li > a[href='/incidents']").contains('1'), "{home}");
        lead(&jun, id);
        assert_eq!(step(&world, id), "responding");
        assert!(page(&jun, id).says("#responding").contains("Jun Park"));
        seal(&world, &jun, id, "advance", &[("cause", "The bank sent an empty file")]);
        assert!(page(&jun, id).says("#identified").contains("The bank sent an empty file"));
        seal(&world, &jun, id, "advance", &[("remedy", "It was sent again, and the job made again")]);
        assert!(page(&jun, id).says("#recovered").contains("It was sent again"));
        // Nothing is closed without a postmortem.
        assert!(jun.get(&format!("/incidents/{id}?panel=advance")).text().contains("The postmortem comes first"));
        let written = form(&jun, id, "postmortem", &[]);
        let proposed = written.value("text").unwrap().to_owned();
        assert!(proposed.contains("The bank sent an empty file") && proposed.contains("Incident opened"), "{proposed}");
        let text = format!("# What happened\n\nThe bank sent an **empty** file.\n\n{}", "- and more\n".repeat(10));
        let rows = world.number("select size from audit_head");
        let preview = written.clone().set("text", &text).to(&format!("/incidents/{id}/postmortem/preview"));
        let preview = preview.request().htmx().send();
        assert!(preview.says("#shown strong") == "empty" && preview.has("#shown h3"), "{preview}");
        assert_eq!(world.number("select size from audit_head"), rows, "a preview is no change");
        seal(&world, &jun, id, "postmortem", &[("text", &text)]);
        let hash = hex::encode(Sha256::digest(text.trim().as_bytes()));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str()), ("incidents.seal-postmortem", format!("incident/{id}").as_str()));
        let noted = world.database().value("select cast(after as text) from audit order by seq desc limit 1");
        assert!(noted.contains(&hash), "{noted}");
        let shown = page(&jun, id);
        assert!(shown.says("#postmortem").contains(&hash) && shown.has("#postmortem .prose strong"), "{shown}");
        let nothing = form(&jun, id, "advance", &[]).set("code", &world.code("jun")).submit();
        assert_eq!(nothing.status, 422);
        assert!(nothing.text().contains("Add an action first, or enter why none is needed"), "{nothing}");
        seal(&world, &jun, id, "action", &[("text", "Ask for the file a day earlier")]);
        seal(&world, &jun, id, "advance", &[]);
        assert_eq!(step(&world, id), "closed");
        let all = ["opened", "responding", "identified", "recovered", "postmortem-sealed", "action-added", "closed"];
        assert_eq!(entries(&world, id, "change"), all);
        // A newer one may follow, and both stay.
        seal(&world, &jun, id, "postmortem", &[("text", "# What happened\n\nSomething else.")]);
        assert_eq!(world.number(&format!("select count(*) from postmortems where incident = {id}")), 2);
        assert!(page(&jun, id).says("#postmortem").contains("Something else."));
        assert!(!jun.get("/").has("section[aria-labelledby='incidents-title']"));
        assert_sound(&world);
    }

    fn steps_go_forward_one_at_a_time_and_back_only_by_reopening(world) {
        let jun = world.signed_in("jun");
        let id = open(&jun, "Refunds are late");
        assert!(jun.get(&format!("/incidents/{id}?panel=advance")).text().contains("A person has to lead first"));
        lead(&jun, id);
        // The form of one step is no form of another one.
        let skipping = form(&jun, id, "advance", &[]).forge("to", "recovered").forge("remedy", "Restarted");
        let skipping = skipping.forge("recovered_at", "2026-03-02T08:00").forge("cause", "None").set("code", &world.code("jun"));
        let skipped = skipping.submit();
        assert!([409, 422].contains(&skipped.status), "{skipped}");
        assert_eq!(step(world, id), "responding");
        let late = form(&jun, id, "advance", &[("cause", "The bank sent an empty file")]);
        seal(world, &jun, id, "advance", &[("cause", "The bank sent an empty file")]);
        let again = late.set("code", &world.code("jun")).submit();
        assert_eq!(again.status, 409, "{again}");
        assert!(jun.get(&format!("/incidents/{id}?panel=reopen")).text().contains("not over yet"));
        seal(world, &jun, id, "advance", &[("remedy", "It was sent again")]);
        seal(world, &jun, id, "reopen", &[]);
        assert_eq!(step(world, id), "responding");
        assert_eq!(entries(world, id, "change").last().unwrap(), "reopened");
        // What was known is there again, and all of it stays in the timeline.
        assert!(form(&jun, id, "advance", &[]).value("cause").unwrap().contains("empty file"));
        assert_sound(world);
    }

    fn of_two_people_who_take_a_step_at_once_one_does(world) {
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        let id = open(&jun, "Refunds are late");
        lead(&jun, id);
        let codes = [world.code("jun"), world.code("owner")];
        let fields = [("cause", "The bank sent an empty file")];
        let forms = [form(&jun, id, "advance", &fields).set("code", &codes[0]), form(&owner, id, "advance", &fields).set("code", &codes[1])];
        let mut statuses = at_once(&forms, |form| form.submit().status);
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        assert_eq!(entries(world, id, "change").iter().filter(|what| *what == "identified").count(), 1);
        assert_sound(world);
    }

    fn of_two_postmortems_that_are_written_at_once_the_second_is_told_and_not_lost(world) {
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        let id = recovered(world, &jun, "Refunds are late");
        let second = form(&owner, id, "postmortem", &[("text", "# The other one")]);
        seal(world, &jun, id, "postmortem", &[("text", "# The first one")]);
        let told = second.set("code", &world.code("owner")).submit();
        assert_eq!(told.status, 409, "{told}");
        assert_eq!(told.form_to("/postmortem").value("text").unwrap().trim(), "# The other one");
        assert_eq!(world.number("select count(*) from postmortems"), 1);
    }

    fn a_postmortem_that_comes_after_its_session_has_ended_is_in_its_form_again(world) {
        let jun = world.signed_in("jun");
        let id = recovered(world, &jun, "Refunds are late");
        let long = format!("# 무엇이 일어났나\n\n{}", "은행이 빈 파일을 보냈습니다. ".repeat(500));
        let late = form(&jun, id, "postmortem", &[("text", &long)]).set("code", &world.code("jun"));
        assert_eq!(jun.get("/").form_to("/logout").submit().status, 303);
        assert_eq!(late.submit().status, 303);
        let jun = world.signed_in("jun");
        let kept = jun.get(&format!("/incidents/{id}?panel=postmortem")).form_to("/postmortem");
        assert_eq!(kept.value("text").unwrap().replace("\r\n", "\n").trim(), long.trim());
        let done = kept.set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.number("select count(*) from postmortems"), 1);
    }
}
