//! The timeline fills itself: completely, each entry once, and no slower with thousands of them.

use super::support::{REASON, entries, form, open, page};
use crate::{
    alerts::support::{ALL, alert, alerting, fail, resolve_run},
    batches::support::{becomes, id_of, rerun_form},
    kit::{Browser, Sink, World, on_both, wait_until},
};
use std::time::{Duration, Instant};

/// Opens an incident from the newest alert.
fn from_alert(world: &World, jun: &Browser) -> i64 {
    let alert = alert(world, "runs.failed");
    id_of(jun.get(&format!("/incidents?panel=open&alert={alert}")).form_to("/incidents").submit().location().unwrap())
}

/// The milliseconds that the page takes.
fn takes(jun: &Browser, id: i64) -> f64 {
    let begun = Instant::now();
    assert_eq!(page(jun, id).status, 200);
    begun.elapsed().as_secs_f64() * 1000.0
}

on_both! {
    fn a_timeline_is_complete_and_has_each_entry_once_though_several_consoles_collect(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| sink.serve_for(config, ALL)).unwrap()).collect();
        let jun = world.signed_in("jun");
        // What happened before it was opened belongs to it too.
        let first = fail(&world, &jun);
        jun.get(&format!("/alerts/{}", alert(&world, "runs.failed"))).form_to("/acknowledgement").submit();
        world.clock.advance(Duration::from_secs(1));
        let id = from_alert(&world, &jun);
        let again = rerun_form(&jun, first).set("code", &world.code("jun")).submit();
        let second = id_of(again.location().unwrap());
        becomes(&world, second, "failed");
        wait_until(|| entries(&world, id, "alert") == ["alert-opened", "alert-acknowledged", "alert-again"]);
        assert_eq!(resolve_run(&world, &jun, second).status, 303);
        wait_until(|| world.number("select count(*) from alerts where resolved_at is null") == 0);
        let told = || world.number("select count(*) from deliveries where told_at is not null and alert is not null");
        wait_until(|| world.number("select count(*) from deliveries where state = 'waiting'") == 0);
        wait_until(|| i64::try_from(entries(&world, id, "told").len()).unwrap() == told());
        wait_until(|| entries(&world, id, "alert").last().is_some_and(|what| what == "alert-resolved"));
        wait_until(|| entries(&world, id, "run-asked") == ["run-rerun"] && entries(&world, id, "run") == ["run-failed"]);
        std::thread::sleep(Duration::from_millis(1500));
        let twice = "select count(*) from (select 1 from incident_events group by incident, source, source_id having count(*) > 1) t";
        assert_eq!(world.number(twice), 0);
        let shown = page(&jun, id).says("#timeline");
        for part in ["Alert opened", "Told that the alert is open, over · ops", "Alert acknowledged · Jun Park", "Rerun asked for · Jun Park", "Run failed", "Alert over"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(page(&jun, id).has(&format!("#timeline a[href='/runs/{second}']")));
        drop(others);
    }

    fn a_timeline_names_channels_and_the_people_behind_ways_and_no_address(world) {
        let jun = world.signed_in("jun");
        let now = world.clock.now();
        world.database().tamper(&format!(
            "insert into ways (id, staff, channel, hint, salt, made_at, code_until, removed_at)
               select 3, id, 'mail', '…', 's', '{now}', '{now}', '{now}' from staff where email = 'hana@ingam.test';
             insert into alerts (id, kind, subject, title, severity, opened_at, newest_at, n, facts, told_n, told_at, resolved_at)
               values (77, 'runs.failed', 'x', 'X', 'critical', '{now}', '{now}', 1, '{{}}', 1, '{now}', '{now}');
             insert into deliveries (channel, recipient, thing, what, alert, message, state, created_at, next_at, told_at) values
               ('mail', 'night@ingam.test', 'a', 'opened', 77, '{{}}', 'told', '{now}', '{now}', '{now}'),
               ('mail', 'way/3', 'b', 'opened', 77, '{{}}', 'told', '{now}', '{now}', '{now}'),
               ('mail', 'away@ingam.test', 'c', 'opened', 77, '{{}}', 'failed', '{now}', '{now}', null)"
        )).unwrap();
        let opened = jun.get("/incidents?panel=open&alert=77").form_to("/incidents").submit();
        let id = id_of(opened.location().unwrap());
        wait_until(|| entries(world, id, "told").len() == 2 && entries(world, id, "not-told").len() == 1);
        let shown = page(&jun, id);
        for part in ["Could not be told over · mail", "over · mail · Hana Choi"] {
            assert!(shown.says("#timeline").contains(part), "{part}: {shown}");
        }
        for address in ["night@", "away@", "way/3"] {
            assert!(!shown.text().contains(address), "{address}: {shown}");
        }
    }

    fn a_note_is_one_tap_and_seen_at_once(world) {
        let jun = world.signed_in("jun");
        let id = open(&jun, "Refunds are late");
        let noted = page(&jun, id).form_to("/notes").set("reason", "Called the bank, they look for it").submit();
        assert_eq!(noted.location(), Some(format!("/incidents/{id}#timeline").as_str()), "{noted}");
        let shown = page(&jun, id);
        assert!(shown.says("#timeline").contains("Note · Jun Park · Called the bank, they look for it"), "{shown}");
        assert_eq!(world.last_audit().action, "incidents.note");
        // It makes no open form stale.
        assert!(jun.get(&format!("/incidents/{id}/timeline")).text().contains("Called the bank"));
        let edit = form(&jun, id, "edit", &[("impact", "Refunds come a day late")]);
        page(&jun, id).form_to("/notes").set("reason", REASON).submit();
        assert_eq!(edit.set("code", &world.code("jun")).submit().status, 303);
    }

    fn a_page_with_thousands_of_entries_is_about_as_fast_as_one_with_fifty(world) {
        let jun = world.signed_in("jun");
        let (few, many) = (open(&jun, "Few"), open(&jun, "Many"));
        for (id, n) in [(few, 50), (many, 5_000)] {
            let rows: Vec<String> = (0..n).map(|n| {
                let at = world.clock.now().plus(chrono::TimeDelta::seconds(n));
                format!("({id}, '{at}', '{at}', 'alert-again', '×{n}', 'test', '{n}', '/alerts/1')")
            }).collect();
            for rows in rows.chunks(500) {
                let columns = "incident, at, recorded_at, what, text, source, source_id, link";
                world.database().tamper(&format!("insert into incident_events ({columns}) values {}", rows.join(", "))).unwrap();
            }
        }
        // Each entry is on one of the windows.
        let mut shown = page(&jun, many);
        let mut entries = shown.all("#timeline li").len();
        while let [next] = shown.attributes("#timeline a[rel=next]", "href").as_slice() {
            shown = jun.get(next);
            entries += shown.all("#timeline li").len();
        }
        assert_eq!(entries, 5_001);
        // At best, in turns: other tests that begin meanwhile slow both down.
        let (mut with_few, mut with_many) = (f64::MAX, f64::MAX);
        for turn in 1..=100 {
            with_few = with_few.min(takes(&jun, few));
            with_many = with_many.min(takes(&jun, many));
            if turn >= 15 && with_many <= with_few * 2.0 {
                break;
            }
        }
        assert!(with_many <= with_few * 2.0, "{with_few} ms and {with_many} ms");
    }
}
