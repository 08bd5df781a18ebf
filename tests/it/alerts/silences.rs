//! Silences: what is not told, and what is told when they end.

use super::support::{ALL, alert, alerting, fail, resolve_run};
use crate::kit::{Browser, Form, Page, Sink, World, assert_sound, at_once, on_both, wait_until};
use chrono::TimeDelta;
use std::time::Duration;

const HOOK: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]";

/// A time from now as a browser's field has it, in the zone of the console.
fn ahead(world: &World, delta: TimeDelta) -> String {
    let seoul = world.clock.now().plus(delta).plus(TimeDelta::hours(9));
    seoul.utc().format("%Y-%m-%dT%H:%M").to_string()
}

/// The form that begins a silence.
fn form(who: &Browser, what: &str) -> Form {
    let page = who.get("/silences?panel=begin");
    page.form_to("/silences").forge("what", what).set("reason", "The bank is moving its files tonight")
}

/// Begins a silence that ends after this time.
fn silence(world: &World, jun: &Browser, what: &str, lasts: TimeDelta) -> Page {
    let code = world.code("jun");
    let done = form(jun, what).set("until", &ahead(world, lasts)).set("code", &code).submit();
    assert_eq!(done.status, 303, "{done}");
    done
}

fn end(world: &World, jun: &Browser) -> Page {
    let id = world.number("select max(id) from silences");
    let form = jun.get(&format!("/silences?panel=end-{id}")).form_to("/end").set("reason", "They are done already");
    form.set("code", &world.code("jun")).submit()
}

fn types(sink: &Sink) -> Vec<String> {
    sink.bodies("hook").iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect()
}

/// A moment in which nothing may be told.
fn a_while() {
    std::thread::sleep(Duration::from_millis(1300));
}

fn unsettled(world: &World) -> i64 {
    world.number("select count(*) from silences where settled_at is null")
}

on_both! {
    fn an_alert_that_ends_under_a_silence_is_told_as_over_and_the_next_one_at_once(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, HOOK);
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 1);
        silence(&world, &jun, "job:bad", TimeDelta::minutes(30));
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| types(&sink) == ["alert.opened", "alert.resolved"]);
        assert_eq!(end(&world, &jun).status, 303);
        wait_until(|| unsettled(&world) == 0);
        a_while();
        assert_eq!(sink.sent("hook").len(), 2, "nothing is open");
        fail(&world, &jun);
        wait_until(|| types(&sink).len() == 3);
        assert_eq!(types(&sink)[2], "alert.opened");
        assert!(sink.bodies("hook")[2]["data"]["facts"]["silenced_until"].is_null());
        assert_sound(&world);
    }

    fn what_opens_under_a_silence_is_shown_and_told_at_its_end_once_by_several_consoles(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, HOOK);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| sink.serve_for(config, HOOK)).unwrap()).collect();
        let jun = world.signed_in("jun");
        silence(&world, &jun, "kind:runs.failed", TimeDelta::minutes(9));
        fail(&world, &jun);
        a_while();
        assert_eq!(world.number("select count(*) from deliveries"), 0);
        let list = jun.get("/alerts");
        assert!(list.says("tbody").contains("Job bad Run failed Open Silenced until"), "{list}");
        assert!(jun.get("/").says("section[aria-labelledby='alerts-title']").contains("Silenced until"));
        let page = jun.get(&format!("/alerts/{}", alert(&world, "runs.failed")));
        assert!(page.text().contains("No channel is told of this alert until") && page.text().contains("The bank is moving its files tonight"), "{page}");
        world.clock.advance(Duration::from_mins(10));
        wait_until(|| sink.sent("hook").len() == 1 && unsettled(&world) == 0);
        a_while();
        let told = sink.bodies("hook");
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!((&told[0]["type"], &told[0]["data"]["count"]), (&"alert.opened".into(), &1.into()));
        assert!(told[0]["data"]["facts"]["silenced_until"].is_string(), "{told:?}");
        assert!(!jun.get("/alerts").says("tbody").contains("Silenced"));
        drop(others);
    }

    fn what_was_told_before_a_silence_and_is_open_at_its_end_is_told_as_still_open(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 1 && sink.sent("slack").len() == 1);
        silence(&world, &jun, "job:bad", TimeDelta::minutes(9));
        fail(&world, &jun);
        world.clock.advance(Duration::from_mins(6));
        a_while();
        assert_eq!(sink.sent("hook").len(), 1, "that it goes on is not told under a silence");
        world.clock.advance(Duration::from_mins(4));
        wait_until(|| sink.sent("hook").len() == 2 && sink.sent("slack").len() == 2);
        a_while();
        assert_eq!(types(&sink), ["alert.opened", "alert.again"]);
        let told = &sink.bodies("hook")[1]["data"];
        assert_eq!((&told["count"], &told["text"]), (&2.into(), &"[LOCAL] 음소거가 끝났고 아직 열려 있음: 배치 실행 실패: Job bad".into()));
        assert_eq!(sink.bodies("slack")[1]["text"], "[LOCAL] Still open, its silence is over: Run failed: Job bad");
        // To PagerDuty it is the same incident.
        wait_until(|| sink.sent("pagerduty").len() == 2);
        assert_eq!(sink.bodies("pagerduty")[1]["dedup_key"], "ingam:local:runs.failed:bad");
    }

    fn of_what_begins_and_ends_under_a_silence_nothing_is_told(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        silence(&world, &jun, "job:bad", TimeDelta::minutes(30));
        let run = fail(&world, &jun);
        jun.get(&format!("/alerts/{}", alert(&world, "runs.failed"))).form_to("/acknowledgement").submit();
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| world.number("select count(*) from alerts where resolved_at is null") == 0);
        assert_eq!(end(&world, &jun).status, 303);
        wait_until(|| unsettled(&world) == 0);
        a_while();
        assert_eq!(world.number("select count(*) from deliveries"), 0);
    }

    fn a_silence_that_is_ended_early_is_over_at_once(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, HOOK);
        let jun = world.signed_in("jun");
        silence(&world, &jun, "kind:runs.failed", TimeDelta::hours(24));
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.target.as_str()), ("silences.begin", "silence/kind:runs.failed"));
        // A person acknowledges what only pages show; both are told then.
        fail(&world, &jun);
        jun.get(&format!("/alerts/{}", alert(&world, "runs.failed"))).form_to("/acknowledgement").submit();
        let done = end(&world, &jun);
        assert_eq!(done.status, 303, "{done}");
        assert_eq!(world.last_audit().action, "silences.end");
        wait_until(|| types(&sink) == ["alert.opened", "alert.acknowledged"]);
        let page = jun.get("/silences");
        assert!(page.says("section[aria-labelledby='active-title']").contains("Nothing is silenced"), "{page}");
        let over = page.says("section[aria-labelledby='over-title']");
        assert!(over.contains("Run failed") && over.contains("by Jun Park"), "{page}");
        // It ends once.
        assert!(jun.get("/silences?panel=end-1").text().contains("This silence is over already"));
        assert_sound(&world);
    }

    fn a_silence_has_an_end_within_seven_days_and_something_to_silence(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        let refused = |what: &str, until: &str, says: &str| {
            let code = world.code("jun");
            let page = form(&jun, what).set("until", until).set("code", &code).submit();
            assert_eq!(page.status, 422, "{page}");
            assert!(page.text().contains(says), "{page}");
        };
        refused("job:bad", &ahead(&world, TimeDelta::days(8)), "A silence lasts 7 days at most");
        refused("job:bad", &ahead(&world, TimeDelta::minutes(-5)), "Enter a time in the future");
        refused("job:bad", "", "Enter a time in the future");
        refused("job:bad", "tomorrow", "Enter a time in the future");
        refused("job:nothing", &ahead(&world, TimeDelta::days(1)), "There is no such kind of alert, job or channel");
        refused("channel:nowhere", &ahead(&world, TimeDelta::days(1)), "There is no such kind of alert, job or channel");
        refused("runs.failed", &ahead(&world, TimeDelta::days(1)), "");
        refused("", &ahead(&world, TimeDelta::days(1)), "");
        assert_eq!(world.number("select count(*) from silences"), 0);
        wait_until(|| world.number("select count(*) from channels") == 3);
        // A day is proposed, and what the address names is chosen.
        let page = jun.get("/silences?panel=begin&what=channel%3Aops");
        assert!(page.has("option[value='channel:ops'][selected]"), "{page}");
        assert_eq!(page.attributes("#until", "value"), [ahead(&world, TimeDelta::hours(24))]);
        // Those who only read the log see silences, and begin none.
        let sora = world.signed_in("sora").get("/silences?panel=begin");
        assert!(!sora.has("form.seal"), "{sora}");
    }

    fn of_two_people_who_begin_or_end_the_same_silence_at_once_one_does(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        let codes = [world.code("jun"), world.code("owner")];
        let both = |forms: [Form; 2]| {
            let mut statuses = at_once(&forms, |form| form.clone().submit().status);
            statuses.sort_unstable();
            assert_eq!(statuses, [303, 409]);
        };
        let until = ahead(&world, TimeDelta::hours(2));
        both([form(&jun, "job:bad").set("until", &until).set("code", &codes[0]), form(&owner, "job:bad").set("until", &until).set("code", &codes[1])]);
        assert_eq!(world.number("select count(*) from silences"), 1);
        // One that lasts longer is begun beside it.
        silence(&world, &jun, "job:bad", TimeDelta::hours(3));
        let id = world.number("select max(id) from silences");
        let end = |who: &Browser| who.get(&format!("/silences?panel=end-{id}")).form_to("/end").set("reason", "They are done already");
        let codes = [world.code("jun"), world.code("owner")];
        both([end(&jun).set("code", &codes[0]), end(&owner).set("code", &codes[1])]);
        assert_eq!(world.number("select count(*) from audit where action = 'silences.end' and outcome = 'applied'"), 1);
    }

    fn over_a_silenced_channel_nothing_goes_but_a_test_and_what_ended_is_told_afterwards(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        let before = fail(&world, &jun);
        wait_until(|| sink.sent("slack").len() == 1 && sink.sent("hook").len() == 1);
        silence(&world, &jun, "channel:ops", TimeDelta::minutes(30));
        assert_eq!(resolve_run(&world, &jun, before).status, 303);
        wait_until(|| types(&sink) == ["alert.opened", "alert.resolved"]);
        let under = fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 3);
        assert!(!jun.get("/alerts").says("tbody").contains("Silenced"), "others are told of it");
        let test = jun.get("/deliveries?panel=test-ops").form_to("/tests").set("reason", "Does it work?").set("code", &world.code("jun")).submit();
        assert_eq!(test.status, 303, "{test}");
        wait_until(|| sink.sent("slack").len() == 2);
        assert_eq!(sink.bodies("slack")[1]["text"], "[LOCAL] Test of channel ops by Jun Park");
        assert_eq!(end(&world, &jun).status, 303);
        // What was over meanwhile, and what is open.
        wait_until(|| sink.sent("slack").len() == 4);
        let mut heads: Vec<_> = sink.bodies("slack")[2..].iter().map(|body| body["text"].as_str().unwrap().to_owned()).collect();
        heads.sort_unstable();
        assert_eq!(heads, ["[LOCAL] Over: Run failed: Job bad", "[LOCAL] Run failed: Job bad"]);
        assert_eq!(resolve_run(&world, &jun, under).status, 303);
        wait_until(|| sink.sent("slack").len() == 5);
    }

    fn a_channel_that_is_declared_later_is_told_of_what_is_open(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, HOOK);
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        wait_until(|| sink.sent("hook").len() == 1);
        let later = world.another(|config| sink.serve_for(config, ALL)).unwrap();
        wait_until(|| sink.sent("slack").len() == 1 && sink.sent("pagerduty").len() == 1);
        a_while();
        assert_eq!((sink.sent("slack").len(), sink.sent("hook").len()), (1, 1));
        assert_eq!(sink.bodies("slack")[0]["text"], "[LOCAL] Run failed: Job bad");
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| sink.sent("slack").len() == 2);
        drop(later);
    }

    fn every_page_says_that_silences_are_in_force_until_they_are_over(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        assert_eq!(jun.get("/batches").says("#silenced"), "");
        silence(&world, &jun, "job:bad", TimeDelta::minutes(9));
        silence(&world, &jun, "kind:runs.lost", TimeDelta::hours(5));
        // Also for those who can do nothing about it.
        let sora = world.signed_in("sora");
        for (who, page) in [(&jun, "/"), (&jun, "/batches"), (&sora, "/audit"), (&sora, "/account")] {
            let page = who.get(page);
            assert!(page.says("#silenced").starts_with("2 silences in force Next end"), "{page}");
            assert!(page.has("#silenced a[href='/silences']"));
        }
        // What a page asks for again brings it along.
        let count = jun.get("/alerts/count");
        assert!(count.has("#silenced[hx-swap-oob]") && count.says("#silenced").starts_with("2 silences"), "{count}");
        world.clock.advance(Duration::from_mins(10));
        assert!(jun.get("/alerts/count").says("#silenced").starts_with("1 silence in force"));
    }
}
