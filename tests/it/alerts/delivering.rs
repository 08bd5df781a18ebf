//! Messages arrive at least once and in order, and what does not arrive is seen.

use super::support::{ALL, alert, alerting, fail, resolve_run};
use crate::kit::{Says, Sink, assert_sound, on_both, wait_until};
use std::time::Duration;

const HOOK: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]";

on_both! {
    fn a_receiver_that_was_away_is_told_later_and_in_order(world) {
        let sink = Sink::start();
        sink.set("hook", Says::Status(503, "busy"));
        let world = alerting(world.engine, &sink, HOOK);
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        wait_until(|| world.number("select count(*) from deliveries where attempts = 1 and error = 'HTTP 503: busy' and state = 'waiting'") == 1);
        let alert = alert(&world, "runs.failed");
        jun.get(&format!("/alerts/{alert}")).form_to("/acknowledgement").submit();
        sink.set("hook", Says::Ok);
        // The acknowledgement does not overtake the opening.
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(sink.sent("hook").len(), 1);
        world.clock.advance(Duration::from_secs(13));
        wait_until(|| sink.sent("hook").len() == 3);
        let types: Vec<_> = sink.bodies("hook").iter().map(|body| body["type"].as_str().unwrap().to_owned()).collect();
        assert_eq!(types, ["alert.opened", "alert.opened", "alert.acknowledged"]);
        // It is the same message, which a receiver knows by its id.
        assert_eq!(sink.sent("hook")[0].headers["webhook-id"], sink.sent("hook")[1].headers["webhook-id"]);
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        wait_until(|| sink.sent("hook").len() == 4);
    }

    fn a_receiver_that_hangs_delays_no_other(world) {
        let sink = Sink::start();
        sink.set("hook", Says::Hang);
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.sent("slack").len() == 1 && sink.sent("pagerduty").len() == 1);
        let in_hand = "select count(*) from deliveries where channel = 'hook' and attempts <= 1 and error is null and state = 'waiting'";
        assert_eq!(world.number(in_hand), 1, "they waited for the one that hangs");
    }

    fn a_receiver_that_asks_for_time_gets_it_for_all_messages(world) {
        let sink = Sink::start();
        sink.set("slack", Says::RetryAfter(60));
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.sent("slack").len() == 1 && world.number("select count(*) from channels where pause_until is not null") == 1);
        sink.set("slack", Says::Ok);
        let test = jun.get("/deliveries?panel=test-ops").form_to("/tests").set("reason", "Does it work?").set("code", &world.code("jun")).submit();
        assert_eq!(test.status, 303, "{test}");
        std::thread::sleep(Duration::from_millis(800));
        assert_eq!(sink.sent("slack").len(), 1, "it asked for time");
        world.clock.advance(Duration::from_secs(61));
        wait_until(|| sink.sent("slack").len() == 3);
    }

    fn a_channel_that_fails_is_told_by_the_others_and_recovers(world) {
        let sink = Sink::start();
        sink.set("slack", Says::Status(404, "no_service"));
        let world = alerting(world.engine, &sink, ALL);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| sink.bodies("hook").iter().any(|body| body["data"]["kind"] == "notify.channel-failing"));
        wait_until(|| sink.bodies("pagerduty").iter().any(|body| body["dedup_key"] == "ingam:local:notify.channel-failing:ops"));
        let page = jun.get("/deliveries");
        let shown = page.says("section[aria-labelledby='channels-title']");
        assert!(shown.contains("ops Slack") && shown.contains("Fails") && shown.contains("HTTP 404: no_service"), "{page}");
        // Not through itself.
        assert_eq!(world.number("select count(*) from deliveries d join alerts a on a.id = d.alert where a.kind = 'notify.channel-failing' and d.channel = 'ops'"), 0);
        // Mended: what waited arrives, and the alert is over when it has stayed so.
        sink.set("slack", Says::Ok);
        world.clock.advance(Duration::from_secs(13));
        wait_until(|| world.number("select count(*) from channels where name = 'ops' and failing_since is null and proven_at is not null") == 1);
        wait_until(|| world.number("select count(*) from alerts where kind = 'notify.channel-failing' and cleared_at is not null") == 1);
        world.clock.advance(Duration::from_mins(10));
        wait_until(|| world.number("select count(*) from alerts where kind = 'notify.channel-failing' and resolved_at is not null") == 1);
    }

    fn a_message_that_is_refused_is_shown_and_sent_again_or_given_up_under_seal(world) {
        let sink = Sink::start();
        sink.set("hook", Says::Status(422, "what is this"));
        let world = alerting(world.engine, &sink, HOOK);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| world.number("select count(*) from deliveries where state = 'failed'") == 1);
        let page = jun.get("/deliveries?show=failed");
        assert!(page.says("section[aria-labelledby='messages-title'] tbody").contains("HTTP 422: what is this"), "{page}");
        let again = page.attributes("a[href*='panel=again-']", "href").remove(0);
        sink.set("hook", Says::Ok);
        let form = jun.get(&again).form_to("/repetition").set("reason", "The receiver was mended");
        assert_eq!(form.clone().set("code", &world.wrong_code("jun")).submit().status, 422);
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        wait_until(|| world.number("select count(*) from deliveries where state = 'told' and channel = 'hook'") == 1);
        assert_eq!(world.last_audit().action, "deliveries.send-again");
        // What was taken is sent no second time.
        let settled = jun.get(&again);
        assert!(settled.text().contains("This message was taken"), "{settled}");
        sink.set("hook", Says::Status(503, ""));
        jun.get(&format!("/alerts/{}", alert(&world, "runs.failed"))).form_to("/acknowledgement").submit();
        wait_until(|| world.number("select count(*) from deliveries where state = 'waiting' and attempts > 0 and claimed_until is null") == 1);
        let give_up = jun.get("/deliveries?show=waiting").attributes("a[href*='panel=give-up-']", "href").remove(0);
        let form = jun.get(&give_up).form_to("/abandonment").set("reason", "They know by telephone").set("code", &world.code("jun"));
        assert_eq!(form.submit().status, 303);
        assert_eq!(world.number("select count(*) from deliveries where state = 'dropped' and error = 'given-up'"), 1);
        assert_sound(&world);
    }

    fn what_was_never_tried_is_dropped_when_it_is_over_and_what_may_have_arrived_is_ended(world) {
        let sink = Sink::start();
        sink.set("hook", Says::HangUp);
        let world = alerting(world.engine, &sink, HOOK);
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        let form = jun.get(&format!("/runs/{run}?panel=resolve")).form_to("/resolution");
        // A fresh code moves the clock, on which it is tried again: nothing is in hand when it has come to rest.
        let form = form.set("reason", "The file was late, and is there now").set("code", &world.code("jun"));
        let rests = format!("select count(*) from deliveries where state = 'waiting' and error is not null and claimed_until is null and next_at > '{}'", world.clock.now());
        wait_until(|| world.number(&rests) == 1);
        sink.set("hook", Says::Ok);
        assert_eq!(form.submit().status, 303);
        // The opening got there, though no answer came back: its end is told.
        wait_until(|| sink.bodies("hook").iter().any(|body| body["type"] == "alert.resolved"));
        assert_eq!(world.number("select count(*) from deliveries where what = 'opened' and state = 'dropped' and error = 'resolved'"), 1);
    }
}
