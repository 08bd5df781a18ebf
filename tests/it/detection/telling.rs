//! Once a day people are told of what is new, by one console, without names.

use super::planted::{look, looking, plant_suspicion};
use crate::{
    alerts::support::all_answered,
    kit::{Sink, on_both, wait_until},
};
use std::time::Duration;

on_both! {
    fn what_is_new_is_told_once_a_day_by_one_console(outer) {
        let sink = Sink::start();
        let configure = |config: &mut ingam::config::Config| {
            sink.serve_for(config, "[[route]]\nkinds = [\"*\"]\nto = [\"hook\"]");
            config.detection.digest = vec!["hook".to_owned()];
        };
        let world = &crate::kit::World::start_with(outer.engine, configure);
        for (rule, staff) in [("burst", 1), ("reveals", 2), ("burst", 2)] {
            plant_suspicion(world, rule, staff, None, 12);
        }
        let start = || world.another(|config| {
            configure(config);
            looking(config);
        }).unwrap();
        let consoles = (start(), start());
        let told = || sink.bodies("hook").into_iter().filter(|body| body["data"]["kind"] == "suspicions.found").collect::<Vec<_>>();
        wait_until(|| told().len() == 1);
        all_answered(world);
        let text = told()[0].to_string();
        assert!(text.contains("3: burst 2, reveals 1") && text.contains("/audit/suspicions"), "{text}");
        assert!(!text.contains("Mina"), "{text}");
        let row = world.audit().into_iter().find(|row| row.action == "suspicions.report").unwrap();
        assert_eq!((row.after["suspicions"].as_str(), row.after["suspicion_rules"].as_str()), (Some("3"), Some("burst 2, reveals 1")));
        let event = world.database().value("select cast(body as text) from outbox where topic = 'suspicions.found'");
        let event: serde_json::Value = serde_json::from_str(&event).unwrap();
        assert_eq!((event["n"].as_i64(), event["rules"]["burst"].as_i64(), event["suspicions"][1]["staff"].as_i64()), (Some(3), Some(2), Some(2)));

        // What comes later on the day waits for the next morning, and a night is no time to tell.
        plant_suspicion(world, "burst", 3, None, 12);
        look(world);
        let reports = || world.number("select count(*) from audit where action = 'suspicions.report'");
        assert_eq!((reports(), told().len()), (1, 1));
        world.clock.advance(Duration::from_hours(18));
        look(world);
        assert_eq!(reports(), 1);
        world.clock.advance(Duration::from_hours(5));
        wait_until(|| reports() == 2);
        wait_until(|| told().len() == 2);
        all_answered(world);
        // Nothing new is nothing to tell.
        world.clock.advance(Duration::from_hours(24));
        look(world);
        assert_eq!(reports(), 2);
        assert!(world.command(&["audit", "verify"]).output().unwrap().status.success());
        drop(consoles);
    }

    fn an_open_one_grows_and_a_closed_one_stays(outer) {
        use super::planted::{number, plant, row, seconds_after, swept};
        let at = |n: i64| seconds_after("2026-03-03T00:00:00.000000Z", n);
        let ten: Vec<_> = (0..10).map(|n| row(&at(n), 100 + n, 10)).collect();
        let world = &swept(outer.engine, |_| (), |world| plant(world, &ten));
        assert_eq!(number(world, "burst", "n"), 10);
        let more: Vec<_> = (0..12).map(|n| row(&at(n), 100 + n, 10)).collect();
        plant(world, &more);
        look(world);
        assert_eq!((number(world, "burst", "n"), world.number("select n from suspicions where rule = 'burst'")), (12, 12));
        world.database().tamper("update suspicions set state = 'closed', outcome = 'explained', closed_at = found_at, closed_by = 'x' || cast(id as text)").unwrap();
        plant(world, &(0..15).map(|n| row(&at(n), 100 + n, 10)).collect::<Vec<_>>());
        look(world);
        assert_eq!(number(world, "burst", "n"), 12);
    }
}
