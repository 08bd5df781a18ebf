//! Searches, sessions and logs of batches go after the days that are set.

use super::support::{at, fits, purges, row, world};
use crate::kit::{World, on_both, sample_runs, wait_until};
use ingam::retention::Retention;
use std::{thread, time::Duration};

fn searches(world: &World) -> i64 {
    world.number("select count(*) from searches")
}

fn search(world: &World) {
    let mina = world.signed_in("mina");
    for term in ["kim", "lee", "park"] {
        mina.get("/users").form_to("/users/searches").set("q", term).submit();
    }
}

/// The rows that tell of one kind of things.
fn rows(world: &World, what: &str) -> Vec<(i64, String)> {
    let rows = world.audit().into_iter().filter(|row| row.target == format!("retention/{what}"));
    rows.map(|row| {
        assert_eq!((row.action.as_str(), row.outcome.as_str(), row.email.as_str()), ("retention.purge", "applied", ""));
        let text = |field: &str| row.after[field].as_str().unwrap().to_owned();
        (text("removed").parse().unwrap(), text("kept_days"))
    })
    .collect()
}

fn rest() {
    thread::sleep(Duration::from_millis(400));
}

fn logs(world: &World) {
    sample_runs(world);
    world
        .database()
        .tamper(
            r#"insert into batch_log (run_id, n, until, lines) values
                 (1, 0, 1, '[["2026-03-01T17:30:05.000000Z","out","one"]]'), (1, 1, 2, '[["2026-03-01T17:30:06.000000Z","out","two"]]'),
                 (1, 2, 3, '[["2026-03-01T17:30:07.000000Z","out","three"]]'),
                 (2, 0, 1, '[["2026-03-02T00:00:02.000000Z","out","of one that runs"]]')"#,
        )
        .unwrap();
}

on_both! {
    fn searches_go_after_a_day_where_nothing_is_said(outer) {
        let world = &world(outer.engine, Retention::default());
        search(world);
        assert_eq!(searches(world), 3);
        world.clock.advance(Duration::from_hours(23));
        rest();
        assert_eq!((searches(world), rows(world, "searches").len()), (3, 0));
        world.clock.advance(Duration::from_hours(2));
        wait_until(|| searches(world) == 0);
        rest();
        // Two at a time, and no row where there is nothing.
        assert_eq!(rows(world, "searches"), [(2, "1".to_owned()), (1, "1".to_owned())]);
        fits(world);
    }

    fn searches_and_sessions_stay_for_the_days_that_are_set(outer) {
        let world = &world(outer.engine, Retention { search_days: 3, session_days: 2, ..Retention::default() });
        search(world);
        let sessions = || world.number("select count(*) from sessions");
        assert_eq!(sessions(), 1);
        world.clock.advance(Duration::from_hours(2 * 24 + 7));
        rest();
        assert_eq!((searches(world), sessions(), purges(world, "retention.purge")), (3, 1, 0));
        world.clock.advance(Duration::from_hours(2));
        wait_until(|| sessions() == 0);
        assert_eq!(rows(world, "sessions"), [(1, "2".to_owned())]);
        assert_eq!(searches(world), 3);
        world.clock.advance(Duration::from_hours(16));
        wait_until(|| searches(world) == 0);
        fits(world);
    }

    fn sessions_go_when_they_have_run_out_where_nothing_is_said(outer) {
        let world = &world(outer.engine, Retention::default());
        let mina = world.signed_in("mina");
        let sessions = || world.number("select count(*) from sessions");
        world.clock.advance(Duration::from_hours(7));
        rest();
        assert_eq!(sessions(), 1);
        world.clock.advance(Duration::from_hours(2));
        wait_until(|| sessions() == 0);
        assert_eq!(rows(world, "sessions"), [(1, "0".to_owned())]);
        assert_eq!(mina.get("/").status, 303);
    }

    fn logs_of_batches_stay_for_good_where_nothing_is_said(outer) {
        let world = &world(outer.engine, Retention::default());
        logs(world);
        at(world, "2036-03-02T03:00:00");
        row(world);
        rest();
        assert_eq!(world.number("select count(*) from batch_log"), 4);
    }

    fn logs_of_batches_go_after_the_days_that_are_set_and_the_page_says_so(outer) {
        let world = &world(outer.engine, Retention { batch_log_days: Some(90), ..Retention::default() });
        logs(world);
        at(world, "2026-05-30T16:00:00");
        let jun = world.signed_in("jun");
        rest();
        assert_eq!(world.number("select count(*) from batch_log"), 4);
        assert!(jun.get("/runs/1").text().contains("three"));
        at(world, "2026-05-30T18:00:00");
        wait_until(|| world.number("select count(*) from batch_log") == 1);
        rest();
        assert_eq!(rows(world, "batch-logs"), [(2, "90".to_owned()), (1, "90".to_owned())]);
        let jun = world.signed_in("jun");
        let page = jun.get("/runs/1");
        assert!(page.text().contains("what was written has been removed"), "{page}");
        assert!(jun.get("/runs/2").text().contains("of one that runs"), "one that has not ended keeps its log");
    }
}
