//! What is to be done after an incident is reminded of until it is done.

use super::support::{form, page, recovered, seal};
use crate::{
    alerts::support::{ALL, alerting, all_answered},
    kit::{Sink, World, on_both, wait_until},
};
use std::time::Duration;

fn reminded(sink: &Sink) -> usize {
    sink.bodies("hook").iter().filter(|body| body["data"]["kind"] == "incidents.action-due").count()
}

fn a_while() {
    std::thread::sleep(Duration::from_millis(1500));
}

/// Moves the clock to this time of a day of March in Seoul.
fn go_to(world: &World, time: &str) {
    let at = chrono::DateTime::parse_from_rfc3339(&format!("2026-03-{time}:00+09:00")).unwrap();
    world.clock.set(ingam::clock::Instant::from_unix(at.timestamp()).unwrap());
}

on_both! {
    fn an_action_is_reminded_of_once_a_day_from_its_day_on_until_it_is_done(world) {
        let sink = Sink::start();
        let world = alerting(world.engine, &sink, ALL);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| sink.serve_for(config, ALL)).unwrap()).collect();
        let jun = world.signed_in("jun");
        let id = recovered(&world, &jun, "Refunds are late");
        seal(&world, &jun, id, "action", &[("text", "Ask for the file a day earlier"), ("due", "2026-03-05")]);
        let home = jun.get("/").says("section[aria-labelledby='actions-title']");
        assert!(home.contains("Ask for the file a day earlier") && !home.contains("It is due"), "{home}");
        assert!(!world.signed_in("mina").get("/").has("section[aria-labelledby='actions-title']"));
        for (time, expected) in [("04T18:00", 0), ("05T08:59", 0), ("05T09:01", 1), ("05T18:00", 1), ("06T10:00", 2)] {
            go_to(&world, time);
            if expected > reminded(&sink) {
                wait_until(|| reminded(&sink) == expected);
            }
            all_answered(&world);
            a_while();
            assert_eq!(reminded(&sink), expected, "{time}");
        }
        let told = sink.bodies("hook").into_iter().find(|body| body["data"]["kind"] == "incidents.action-due").unwrap();
        let text = told["data"]["text"].as_str().unwrap();
        assert!(text.contains(&format!("INC-{id}: Ask for the file a day earlier")), "{told}");
        let jun = world.signed_in("jun");
        assert!(jun.get("/").says("section[aria-labelledby='actions-title']").contains("It is due"));
        let action = world.number("select id from incident_actions");
        seal(&world, &jun, id, &format!("done-{action}"), &[]);
        let again = form_again(&world, &jun, id, action);
        assert!(again.contains("done already"), "{again}");
        assert!(page(&jun, id).says("#closed").contains("Done"));
        go_to(&world, "07T10:00");
        a_while();
        assert_eq!(reminded(&sink), 2);
        drop(others);
    }

    fn two_people_finish_an_action_once(world) {
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        let id = recovered(world, &jun, "Refunds are late");
        seal(world, &jun, id, "action", &[("text", "Ask for the file a day earlier")]);
        let panel = format!("done-{}", world.number("select id from incident_actions"));
        let codes = [world.code("jun"), world.code("owner")];
        let forms = [form(&jun, id, &panel, &[]).set("code", &codes[0]), form(&owner, id, &panel, &[]).set("code", &codes[1])];
        let mut statuses = crate::kit::at_once(&forms, |form| form.submit().status);
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409]);
    }
}

fn form_again(_: &World, jun: &crate::kit::Browser, id: i64, action: i64) -> String {
    jun.get(&format!("/incidents/{id}?panel=done-{action}")).text()
}
