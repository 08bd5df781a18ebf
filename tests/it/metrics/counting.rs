//! Counters of the database: each thing once, the same in every process, and never less than before.

use super::support::{Scrape, open, working};
use crate::{
    batches::support::{becomes, declare, run, script, state},
    kit::{Engine, REASON, Server, World, on_both, wait_until},
};
use std::time::Duration;

const ENDS: [&str; 5] = ["succeeded", "failed", "timed_out", "cancelled", "skipped"];

fn jobs() -> String {
    [
        script("good", "true", ""),
        script("bad", "exit 3", ""),
        script("long", "sleep 60", ""),
        script("quick", "sleep 60", "timeout_seconds = 1"),
    ]
    .join("\n")
}

fn another(world: &World) -> Server {
    world
        .another(|config| {
            declare(config, &jobs());
            open(config);
            config.batches.slots = 0;
        })
        .unwrap()
}

/// Every counter of the database is what its tables say.
#[track_caller]
fn agrees(world: &World, scrape: &Scrape) {
    let count = |sql: &str| f64::from(i32::try_from(world.number(sql)).unwrap());
    for job in ["good", "bad", "long", "quick"] {
        for end in ENDS {
            let wanted = count(&format!("select count(*) from batch_runs where job = '{job}' and state = '{end}'"));
            assert!(
                (scrape.ended(job, end) - wanted).abs() < 0.1,
                "{job} {end}: {wanted}, not {}",
                scrape.ended(job, end)
            );
        }
        let ms = count(&format!(
            "select coalesce(cast(sum(duration_ms) as bigint), 0) from batch_runs where job = '{job}' and state = 'succeeded'"
        ));
        assert!((scrape.of_job("ingam_batch_run_seconds_total", job) * 1_000.0 - ms).abs() < 0.1, "{job}");
        for (family, states) in [
            ("ingam_batch_running", "('starting', 'running', 'cancelling')"),
            ("ingam_batch_queued", "('queued')"),
            ("ingam_batch_lost", "('lost')"),
        ] {
            let wanted = count(&format!("select count(*) from batch_runs where job = '{job}' and state in {states}"));
            assert!((scrape.of_job(family, job) - wanted).abs() < 0.1, "{family} {job}");
        }
    }
    let rows = world.rows("select action, outcome, count(*) from audit group by action, outcome");
    let mut sum = 0.0;
    for row in &rows {
        let [Some(kind), Some(outcome), Some(n)] = &row[..] else { panic!("{row:?}") };
        let n: f64 = n.parse().unwrap();
        let series = format!("ingam_changes_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}");
        assert!((scrape.number(&series) - n).abs() < 0.1, "{series}: {n}, not {}", scrape.number(&series));
        sum += n;
    }
    let told: f64 =
        scrape.0.iter().filter(|(series, _)| series.starts_with("ingam_changes_total{")).map(|(_, n)| n).sum();
    assert!((told - sum).abs() < 0.1, "and every other pair is 0");
}

on_both! {
    fn every_pair_is_there_at_zero_before_anything_happened(world) {
        let world = working(world.engine, &jobs());
        let scrape = Scrape::of(&world.browser());
        for job in ["good", "bad", "long", "quick"] {
            for end in ENDS {
                assert!(scrape.ended(job, end).abs() < 0.1, "{job} {end}");
            }
            for family in ["ingam_batch_unresolved_failures", "ingam_batch_running", "ingam_batch_queued", "ingam_batch_lost"] {
                assert!(scrape.of_job(family, job).abs() < 0.1, "{family} {job}");
            }
            for kind in ["missed", "skipped", "refused", "paused", "never"] {
                assert!(scrape.number(&format!("ingam_batch_open_lapses{{job_name=\"{job}\",kind=\"{kind}\"}}")).abs() < 0.1);
            }
        }
        for kind in ingam::changes::KINDS {
            for outcome in ["applied", "requested", "refused", "failed"] {
                scrape.number(&format!("ingam_changes_total{{kind=\"{}\",outcome=\"{outcome}\"}}", kind.name));
            }
        }
        for route in ingam::routes::ROUTES {
            scrape.number(&format!("ingam_http_requests_total{{route=\"{}\",class=\"5xx\"}}", route.path));
        }
    }

    fn a_failed_run_is_counted_once_whatever_is_done_with_it_and_by_every_process(world) {
        let world = working(world.engine, &jobs());
        let second = another(&world);
        for scrape in [Scrape::now(&world), Scrape::now_at(&world, &second)] {
            assert!(scrape.ended("bad", "failed").abs() < 0.1);
        }
        let jun = world.signed_in("jun");
        let failed = run(&world, &jun, "jun", "bad");
        becomes(&world, failed, "failed");
        for scrape in [Scrape::now(&world), Scrape::now_at(&world, &second)] {
            assert!((scrape.ended("bad", "failed") - 1.0).abs() < 0.1);
            assert!((scrape.of_job("ingam_batch_unresolved_failures", "bad") - 1.0).abs() < 0.1);
        }
        // What is done with it afterwards has rows in the log too.
        let resolved = jun.get(&format!("/runs/{failed}?panel=resolve")).form_to("/resolution")
            .set("resolution", "accepted").set("reason", REASON).set("code", &world.code("jun")).submit();
        assert_eq!(resolved.status, 303, "{resolved}");
        let third = another(&world);
        for scrape in [Scrape::now(&world), Scrape::now_at(&world, &second), Scrape::now_at(&world, &third)] {
            assert!((scrape.ended("bad", "failed") - 1.0).abs() < 0.1);
            assert!(scrape.of_job("ingam_batch_unresolved_failures", "bad").abs() < 0.1);
            agrees(&world, &scrape);
        }
    }

    fn counters_go_on_where_they_were_after_a_restart_and_agree_with_the_tables(world) {
        let world = working(world.engine, &jobs());
        let first = Scrape::now(&world);
        agrees(&world, &first);
        let jun = world.signed_in("jun");
        for (job, end) in [("good", "succeeded"), ("bad", "failed"), ("good", "succeeded"), ("quick", "timed_out")] {
            let id = run(&world, &jun, "jun", job);
            // A run that takes too long does so by the clock that the test moves.
            if end == "timed_out" {
                wait_until(|| !["queued", "starting"].contains(&state(&world, id).as_str()));
                world.clock.advance(Duration::from_secs(5));
            }
            becomes(&world, id, end);
            agrees(&world, &Scrape::now(&world));
        }
        let long = run(&world, &jun, "jun", "long");
        becomes(&world, long, "running");
        agrees(&world, &Scrape::now(&world));
        let cancelled = jun.get(&format!("/runs/{long}?panel=cancel")).form_to("/cancellation")
            .set("reason", REASON).set("code", &world.code("jun")).submit();
        assert_eq!(cancelled.status, 303, "{cancelled}");
        becomes(&world, long, "cancelled");
        // Refused and failed changes are rows too.
        let wrong = jun.get("/batches/good?panel=run").form_to("/runs").set("reason", REASON).set("code", &world.wrong_code("jun")).submit();
        assert_eq!(wrong.status, 422, "{wrong}");
        // A run that was skipped has no row in the log.
        world.database().tamper(
            "insert into batch_runs (job, version, state, cause, is_single, scheduled_for, params, queued_at, ended_at, failure) \
             select 'good', 1, 'skipped', 'schedule', is_single, queued_at, '{}', queued_at, queued_at, 'overlap' from batch_runs \
              where id = (select max(id) from batch_runs)"
        ).unwrap();
        let last = Scrape::now(&world);
        agrees(&world, &last);
        assert!((last.ended("good", "skipped") - 1.0).abs() < 0.1);
        let restarted = another(&world);
        let again = Scrape::now_at(&world, &restarted);
        agrees(&world, &again);
        for (series, value) in first.0.iter().filter(|(series, _)| series.contains("_total{") && !series.contains("http")) {
            assert!(again.number(series) >= *value, "{series}");
        }
        // Long after, what was skipped is still counted once.
        for _ in 0..3 {
            world.clock.advance(Duration::from_mins(11));
            agrees(&world, &Scrape::now(&world));
        }
    }

    fn more_rows_than_are_counted_at_once_are_all_counted(world) {
        const ROWS: i64 = 25_000;
        let world = working(world.engine, &jobs());
        agrees(&world, &Scrape::now(&world));
        let text = match world.engine {
            Engine::Sqlite => include_str!("../approvals/day.sqlite.sql"),
            Engine::Postgres => include_str!("../approvals/day.postgres.sql"),
        };
        let size = world.number("select size from audit_head") + ROWS;
        let text = text.replace("{rows}", &ROWS.to_string()).replace("{staff}", "1").replace("{user}", "2")
            .replace("{at}", &world.clock.now().to_string()).replace("{hashes}", &size.count_ones().to_string());
        world.database().tamper(&text).unwrap();
        agrees(&world, &Scrape::now(&world));
        // And what a process finds when it starts is the same.
        let second = another(&world);
        agrees(&world, &Scrape::now_at(&world, &second));
    }
}
