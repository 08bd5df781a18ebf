//! An alert opens when something goes wrong, and ends when it is right again, whichever way that came.

use super::support::{ALL, alert, alerting, counted, fail, resolve_run};
use crate::{
    batches::support::{becomes, id_of, rerun_form, run},
    kit::{Sink, assert_sound, at_once, on_both, wait_until},
};
use std::time::Duration;

on_both! {
    fn a_failed_run_is_an_alert_everywhere_until_a_person_resolves_it(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        assert_eq!(counted(&jun.get("/")), "0");
        assert!(jun.get("/alerts").text().contains("Nothing is wrong"));
        let run = fail(&world, &jun);
        let home = jun.get("/");
        assert_eq!(counted(&home), "1", "{home}");
        assert!(home.says("section[aria-labelledby='alerts-title']").contains("Job bad"), "{home}");
        let list = jun.get("/alerts");
        assert!(list.says("tbody").contains("Job bad Run failed Open"), "{list}");
        // What a page asks for again.
        assert!(jun.get("/alerts/live").says("#alerts").contains("Job bad"));
        assert!(jun.get("/alerts/home").says("#alerts-home").contains("Job bad"));
        assert!(jun.get("/alerts/count").says(".count").contains('1'));
        let page = jun.get(&format!("/alerts/{}", alert(&world, "runs.failed")));
        assert!(page.has(&format!("a[href='/runs/{run}']")) && page.has("a[href='https://wiki.example.com/bad']"), "{page}");
        assert!(page.says("section[aria-labelledby='facts-title']").contains("Exit code 3"), "{page}");
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| world.number("select count(*) from alerts where resolved_at is null") == 0);
        assert_eq!(counted(&jun.get("/")), "0");
        assert!(jun.get("/alerts?show=all").says("tbody").contains("Job bad Run failed Over"));
        assert_sound(&world);
    }

    fn a_rerun_ends_the_alert_only_when_it_succeeds(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        let first = fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        // It fails again: the same alert goes on, and names the newer run.
        let again = rerun_form(&jun, first).set("code", &world.code("jun")).submit();
        let second = id_of(again.location().unwrap());
        becomes(&world, second, "failed");
        wait_until(|| world.number(&format!("select count(*) from alerts where id = {alert} and reference = '{second}' and resolved_at is null")) == 1);
        assert_eq!(world.number("select count(*) from alerts"), 1);
        assert_eq!(world.number(&format!("select n from alerts where id = {alert}")), 2);
        let page = jun.get(&format!("/alerts/{alert}"));
        assert!(page.says("section[aria-labelledby='events-title']").contains("Happened again ×2"), "{page}");
        // While it is being made again, it is not over.
        assert_eq!(resolve_run(&world, &jun, second).status, 303);
        wait_until(|| world.number(&format!("select count(*) from alerts where id = {alert} and resolved_at is not null")) == 1);
        // The next failure is another episode.
        fail(&world, &jun);
        assert_eq!(world.number("select count(*) from alerts"), 2);
    }

    fn acknowledging_takes_one_tap_and_is_a_row_of_the_log(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        // The form is open, the reason is there, and no code is asked for.
        let page = jun.get(&format!("/alerts/{alert}"));
        let form = page.form_to("/acknowledgement");
        assert!(!page.has("form.seal input[name=code]"), "{page}");
        let done = form.submit();
        assert_eq!(done.status, 303, "{done}");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str()), ("alerts.acknowledge", format!("alert/{alert}").as_str()));
        let shown = jun.get(&format!("/alerts/{alert}"));
        assert!(shown.says("h1 + .tag").contains("Acknowledged"), "{shown}");
        assert!(shown.says("section[aria-labelledby='events-title']").contains("I am looking at it."), "{shown}");
        // It waits for no person any more, and is still open.
        assert_eq!(counted(&jun.get("/")), "0");
        assert!(jun.get("/alerts").says("tbody").contains("Acknowledged"));
        // Once: the other person learns who was faster. A reader of the log does not act.
        let owner = world.signed_in("owner");
        let late = owner.get(&format!("/alerts/{alert}?panel=acknowledge"));
        assert!(late.text().contains("Another person has acknowledged"), "{late}");
        assert!(!world.signed_in("sora").get(&format!("/alerts/{alert}")).has("form.seal"));
        assert_sound(&world);
    }

    fn the_first_page_shows_a_failed_batch_once(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        fail(&world, &jun);
        let home = jun.get("/");
        assert!(home.says("section[aria-labelledby='alerts-title']").contains("Job bad"), "{home}");
        assert_eq!(home.all(".items a").iter().filter(|link| link.contains("Job bad")).count(), 1, "{home}");
        assert!(!home.has("section[aria-labelledby='runs-title']"), "{home}");
        // What no alert tells of stays in the other list: a run that is over, and took longer than usual.
        let good = run(&world, &jun, "jun", "good");
        becomes(&world, good, "succeeded");
        world.database().tamper(&format!("update batch_runs set is_slow = true where id = {good}")).unwrap();
        let runs = jun.get("/").says("section[aria-labelledby='runs-title']");
        assert!(runs.contains(&format!("Job good #{good}")) && !runs.contains("Job bad"), "{runs}");
    }

    fn of_two_people_who_acknowledge_at_once_one_does(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        fail(&world, &jun);
        let alert = alert(&world, "runs.failed");
        let form = |browser: &crate::kit::Browser| browser.get(&format!("/alerts/{alert}?panel=acknowledge")).form_to("/acknowledgement");
        let forms = [form(&jun), form(&owner)];
        let mut statuses = at_once(&forms, |form| form.submit().status);
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
        assert_eq!(world.number("select count(*) from alert_events where what = 'acknowledged'"), 1);
        assert_eq!(world.number("select count(*) from deliveries where what = 'acknowledged' and channel = 'ops'"), 1);
    }

    fn several_consoles_open_one_alert_and_tell_it_once(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| sink.serve_for(config, ALL)).unwrap()).collect();
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 1 && world.number("select count(*) from deliveries where state = 'waiting'") == 0);
        world.clock.advance(Duration::from_secs(2));
        std::thread::sleep(Duration::from_millis(1500));
        assert_eq!(world.number("select count(*) from alerts"), 1);
        for path in ["slack", "pagerduty", "hook"] {
            assert_eq!(sink.sent(path).len(), 1, "{path}");
        }
        drop(others);
    }

    fn what_was_wrong_before_alerts_were_there_is_one_when_the_console_starts(world) {
        crate::kit::sample_runs(world);
        wait_until(|| world.number("select count(*) from alerts where kind in ('runs.failed', 'runs.lost')") >= 2);
        // No channel is declared: pages show them all the same, and say that no channel knows.
        let jun = world.signed_in("jun");
        let page = jun.get(&format!("/alerts/{}", alert(world, "runs.failed")));
        assert!(page.says("section[aria-labelledby='told-title']").contains("No channel was told"), "{page}");
        assert!(jun.get("/deliveries").text().contains("No channel is declared"));
    }
}
