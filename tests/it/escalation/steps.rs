//! The steps of a policy, in order and each at its time.

use super::support::{STEPS, a_while, become_events, call_for, calling, events, minutes, page, rota, told};
use crate::{
    alerts::support::{all_answered, fail, resolve_run},
    kit::{Says, Sink, World, on_both, reached_at, wait_until},
};
use std::time::Instant;

/// Jun is the first and Mina the second; both are reached.
fn staffed(outer: &World, sink: &Sink) -> World {
    let world = calling(outer.engine, sink, STEPS);
    rota(world.database(), "first", "jun");
    rota(world.database(), "second", "mina");
    for who in ["jun", "mina"] {
        reached_at(&world, sink, &world.signed_in(who), who, who);
    }
    world
}

on_both! {
    fn each_step_calls_at_its_time_until_all_are_made(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| told(&sink, "jun") == ["opened"]);
        let facts = sink.bodies("jun").pop().unwrap()["data"]["facts"].clone();
        assert_eq!(facts["escalation"], "batches 1/3");
        become_events(&world, &["started", "called 0 jun"]);
        let shown = world.signed_in("hana").get(&page(&world));
        assert!(shown.says("main").contains("Next call at") && shown.says("main").contains("Mina Kang , on duty in second"), "{shown}");
        assert!(shown.text().contains("Jun Park") && shown.text().contains("batches, step 1"), "{shown}");
        a_while();
        assert_eq!(told(&sink, "mina").len(), 0, "it is not her turn");
        minutes(&world, 10);
        wait_until(|| told(&sink, "mina") == ["opened"]);
        assert_eq!(sink.sent("slack").len(), 0);
        minutes(&world, 20);
        wait_until(|| sink.sent("slack").len() == 1);
        become_events(&world, &["started", "called 0 jun", "called 1 mina", "called 2"]);
        // Once more, and then it is over.
        minutes(&world, 20);
        wait_until(|| told(&sink, "jun") == ["opened", "again"]);
        minutes(&world, 10);
        wait_until(|| told(&sink, "mina") == ["opened", "again"]);
        minutes(&world, 20);
        wait_until(|| sink.sent("slack").len() == 2);
        minutes(&world, 20);
        let round = ["called 0 jun", "called 1 mina", "called 2"];
        let all = [&["started"][..], &round, &round, &["ended steps"]].concat();
        become_events(&world, &all);
        minutes(&world, 200);
        a_while();
        become_events(&world, &all);
    }

    fn acknowledging_stops_it_and_who_was_called_is_told_how_it_goes_on(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        let jun = world.signed_in("jun");
        let run = fail(&world, &jun);
        wait_until(|| told(&sink, "jun") == ["opened"]);
        minutes(&world, 10);
        wait_until(|| told(&sink, "mina") == ["opened"]);
        let jun = world.signed_in("jun");
        assert_eq!(jun.get(&page(&world)).form_to("/acknowledgement").submit().status, 303);
        wait_until(|| told(&sink, "jun").len() == 2 && told(&sink, "mina").len() == 2);
        minutes(&world, 40);
        a_while();
        assert_eq!((sink.sent("slack").len(), events(&world).len()), (0, 3));
        let jun = world.signed_in("jun");
        assert!(!jun.get(&page(&world)).text().contains("Next call"));
        assert_eq!(resolve_run(&world, &jun, run).status, 303);
        for who in ["jun", "mina"] {
            wait_until(|| told(&sink, who) == ["opened", "acknowledged", "resolved"]);
        }
    }

    fn a_person_is_called_within_the_turn_in_which_the_alert_opens(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        let jun = world.signed_in("jun");
        crate::batches::support::run(&world, &jun, "jun", "bad");
        wait_until(|| world.number("select count(*) from batch_runs where state = 'failed'") == 1);
        let failed = Instant::now();
        wait_until(|| told(&sink, "jun") == ["opened"]);
        // Longer than a busy machine takes, and far shorter than what people are made to wait for.
        assert!(failed.elapsed().as_secs() < 30, "{:?}", failed.elapsed());
        // Written down with the alert's own messages: nothing waited for another turn.
        let rows = world.rows("select created_at from deliveries where alert is not null");
        assert_eq!(rows.len(), 2, "{rows:?}");
    }

    fn two_consoles_escalate_once(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| call_for(config, &sink, STEPS)).unwrap()).collect();
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| told(&sink, "jun") == ["opened"]);
        all_answered(&world);
        minutes(&world, 10);
        wait_until(|| told(&sink, "mina") == ["opened"]);
        all_answered(&world);
        minutes(&world, 20);
        wait_until(|| sink.sent("slack").len() == 1);
        a_while();
        become_events(&world, &["started", "called 0 jun", "called 1 mina", "called 2"]);
        assert_eq!((told(&sink, "jun").len(), told(&sink, "mina").len(), sink.sent("slack").len()), (1, 1, 1));
        drop(others);
    }

    fn what_reaches_no_person_is_not_waited_for(outer) {
        let sink = Sink::start();
        // The first has no rota behind it, and the second no way to reach its person.
        let steps = "steps = [{ after = 0, rota = \"first\" }, { after = 10, rota = \"second\" }, { after = 10, rota = \"third\" }]";
        let world = calling(outer.engine, &sink, steps);
        rota(world.database(), "second", "hana");
        rota(world.database(), "third", "mina");
        reached_at(&world, &sink, &world.signed_in("mina"), "mina", "mina");
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| told(&sink, "mina") == ["opened"]);
        become_events(&world, &["started", "unreachable 0 no-duty", "unreachable 1 hana no-way", "called 2 mina"]);
        let shown = jun.get(&page(&world)).text();
        assert!(shown.contains("no person is on duty") && shown.contains("has no proven way to be reached"), "{shown}");
    }

    fn a_person_whose_messages_are_refused_for_good_is_not_waited_for(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        sink.set("jun", Says::Status(404, "no_service"));
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| told(&sink, "mina") == ["opened"]);
        become_events(&world, &["started", "called 0 jun", "unreachable 0 jun refused", "called 1 mina"]);
    }

    fn trouble_that_may_pass_is_waited_for(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        sink.set("jun", Says::Status(503, "later"));
        let jun = world.signed_in("jun");
        fail(&world, &jun);
        wait_until(|| told(&sink, "jun").len() == 1);
        a_while();
        become_events(&world, &["started", "called 0 jun"]);
    }

    fn a_silence_holds_it_and_it_begins_when_that_ends(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        let jun = world.signed_in("jun");
        let form = jun.get("/silences?panel=begin").form_to("/silences").forge("what", "job:bad");
        let form = form.set("reason", "The bank is moving its files").set("code", &world.code("jun"));
        assert_eq!(form.submit().status, 303);
        fail(&world, &jun);
        a_while();
        assert_eq!((events(&world).len(), told(&sink, "jun").len()), (0, 0));
        let end = jun.get("/silences?panel=end-1").form_to("/end").set("reason", "The bank is done");
        assert_eq!(end.set("code", &world.code("jun")).submit().status, 303);
        wait_until(|| told(&sink, "jun") == ["opened"]);
    }

    fn a_warning_and_what_no_policy_takes_call_no_person(outer) {
        let sink = Sink::start();
        let world = staffed(outer, &sink);
        let no = if world.engine == crate::kit::Engine::Postgres { "false" } else { "0" };
        let now = world.clock.now();
        world.database().tamper(&format!(
            "insert into received_alerts (subject, source, fingerprint, starts_at, title, severity, labels, first_at, heard_at, stale_at, is_suppressed) values
               ('am:a1:x', 'am', 'a1', '{now}', 'HighLatency', 'warning', '{{}}', '{now}', '{now}', '{now}', {no})"
        )).unwrap();
        wait_until(|| sink.sent("hook").len() == 1);
        a_while();
        assert_eq!(world.number("select count(*) from escalation_events"), 0);
    }
}
