//! What people are told of their duty, and what is told where there is a gap.

use super::support::{ahead, make_rota, on_duty, put_on_duty, staff};
use crate::{
    alerts::support::all_answered,
    kit::{Sink, World, at_once, on_both, reached_at, wait_until},
};
use chrono::TimeDelta;
use std::{thread::sleep, time::Duration};

const ROUTE: &str = "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]\n";

fn reaching(outer: &World, sink: &Sink) -> World {
    World::start_with(outer.engine, |config| sink.serve_for(config, &(sink.people() + ROUTE)))
}

/// What a person was told of their duty.
fn told(sink: &Sink, path: &str) -> Vec<String> {
    let bodies = sink.bodies(path);
    let texts = bodies.iter().filter_map(|body| body["data"]["text"].as_str());
    texts.filter(|text| text.contains("on duty")).map(str::to_owned).collect()
}

/// A moment in which nothing may be told.
fn a_while() {
    sleep(Duration::from_millis(1300));
}

on_both! {
    fn a_person_is_told_an_hour_before_their_shift_and_when_it_begins_once_by_several_consoles(outer) {
        let sink = Sink::start();
        let world = reaching(outer, &sink);
        let others: Vec<_> = (0..2).map(|_| world.another(|config| sink.serve_for(config, &(sink.people() + ROUTE))).unwrap()).collect();
        for who in ["jun", "mina"] {
            reached_at(&world, &sink, &world.signed_in(who), who, who);
        }
        let jun = world.signed_in("jun");
        make_rota(&world, &jun, "first", &["jun", "mina"]);
        wait_until(|| told(&sink, "jun") == ["[LOCAL] You are on duty now: Rota first"]);
        all_answered(&world);
        // The handover is on Monday at nine; the world is some minutes after that now.
        world.clock.advance(Duration::from_mins(7 * 24 * 60 - 90));
        a_while();
        assert_eq!(told(&sink, "mina"), [""; 0]);
        world.clock.advance(Duration::from_mins(50));
        wait_until(|| told(&sink, "mina") == ["[LOCAL] You are on duty soon: Rota first"]);
        all_answered(&world);
        world.clock.advance(Duration::from_hours(1));
        wait_until(|| told(&sink, "mina").len() == 2);
        all_answered(&world);
        a_while();
        assert_eq!(told(&sink, "mina")[1], "[LOCAL] You are on duty now: Rota first");
        assert_eq!(told(&sink, "jun").len(), 1);
        // A person that a colleague puts on duty is told at once.
        let jun = world.signed_in("jun");
        assert_eq!(put_on_duty(&world, &jun, "first", "jun", "", &ahead(&world, TimeDelta::hours(6))).status, 303);
        wait_until(|| told(&sink, "jun").len() == 2);
        a_while();
        assert_eq!((told(&sink, "jun").len(), told(&sink, "mina").len()), (2, 2));
        drop(others);
    }

    fn a_gap_is_an_alert_from_its_beginning_to_its_end(outer) {
        let sink = Sink::start();
        let world = reaching(outer, &sink);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        make_rota(&world, &jun, "first", &["mina", "jun"]);
        let form = owner.get(&format!("/staff/{}?panel=status", staff(&world, "mina"))).form_to("/status");
        assert_eq!(form.set("reason", "Left the company").set("code", &world.code("owner")).submit().status, 303);
        wait_until(|| sink.sent("hook").len() == 1);
        let told = &sink.bodies("hook")[0];
        assert_eq!((&told["type"], &told["data"]["title"]), (&"alert.opened".into(), &"Rota first".into()));
        a_while();
        assert_eq!(sink.sent("hook").len(), 1, "a gap that goes on is no news");
        assert_eq!(put_on_duty(&world, &jun, "first", "hana", "", &ahead(&world, TimeDelta::hours(6))).status, 303);
        wait_until(|| sink.sent("hook").len() == 2);
        assert_eq!(sink.bodies("hook")[1]["type"], "alert.resolved");
        assert_eq!(on_duty(&jun), "On duty, Rota first: Hana Choi");
    }

    fn who_has_a_turn_and_cannot_be_reached_is_shown_as_a_fault(outer) {
        let sink = Sink::start();
        let world = reaching(outer, &sink);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        let monitoring = || owner.get("/readiness").says("section[aria-labelledby='list-monitoring']");
        assert!(monitoring().contains("a person is on duty for the next 14 days : not so yet"), "there is no rota");
        make_rota(&world, &jun, "first", &["jun", "mina"]);
        let said = monitoring();
        assert!(said.contains("a person is on duty for the next 14 days : so"), "{said}");
        assert!(said.contains("has a proven way to be reached : not so yet Jun Park, Mina Kang"), "{said}");
        for path in ["/oncall", "/oncall/first"] {
            assert!(jun.get(path).says("main").contains("Jun Park cannot be reached"), "{path}");
        }
        reached_at(&world, &sink, &world.signed_in("jun"), "jun", "jun");
        assert!(monitoring().contains("not so yet Mina Kang"), "{}", monitoring());
        // Mina's week has no account behind it.
        let form = owner.get(&format!("/staff/{}?panel=status", staff(&world, "mina"))).form_to("/status");
        assert_eq!(form.set("reason", "Left the company").set("code", &world.code("owner")).submit().status, 303);
        let said = monitoring();
        assert!(said.contains("on duty for the next 14 days : not so yet Rota first: 03-09 09:00 – 03-16 09:"), "{said}");
    }

    fn of_two_people_who_take_over_at_once_both_are_in_the_log_and_one_is_on_duty(outer) {
        let world = &World::start(outer.engine);
        let (jun, owner) = (world.signed_in("jun"), world.signed_in("owner"));
        make_rota(world, &jun, "first", &["mina"]);
        let until = ahead(world, TimeDelta::hours(3));
        let form = |browser: &crate::kit::Browser, who: &str| {
            let form = browser.get("/oncall/first?panel=override").form_to("/overrides").set("staff", &staff(world, who));
            form.set("until", &until).set("reason", "Mina does not answer").set("code", &world.code(who))
        };
        let statuses = at_once(&[form(&jun, "jun"), form(&owner, "owner")], |form| form.submit().status);
        assert_eq!(statuses, [303, 303]);
        assert_eq!(world.number("select count(*) from audit where action = 'rotas.override' and outcome = 'applied'"), 2);
        let last = world.database().value("select s.name from rota_overrides o join staff s on s.id = o.staff order by o.id desc limit 1");
        assert_eq!(on_duty(&jun), format!("On duty, Rota first: {last}"));
    }
}
