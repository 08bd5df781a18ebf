//! Schedules: every tick once, with any number of processes.

use crate::{
    batches::support::{declare, run_form, script, working},
    kit::{Engine, assert_sound, on_both, operators_here, submit_at_once, wait_until, with_status},
};
use std::time::Duration;

on_both! {
    fn two_processes_run_every_tick_once_and_no_job_twice_at_a_time(world) {
        let (jobs, ticks, by_hand) = (50, 10, 10);
        let quick = |n: usize| script(&format!("job-{n}"), "true", "overlap = \"queue\"\nschedule = { cron = \"*/5 * * * *\" }");
        let jobs_text: String = (0..jobs).map(quick).collect();
        let first = working(world.engine, &jobs_text);
        let _second = first.another(|config| {
            config.batches.drain = Duration::ZERO;
            declare(config, &jobs_text);
        }).unwrap();
        let people = operators_here(&first, by_hand);
        let forms: Vec<_> = people
            .iter()
            .zip(0..)
            .map(|(person, n)| run_form(&person.browser, &format!("job-{n}")).set("code", &person.code(first.clock.now(), 0)))
            .collect();
        assert_eq!(with_status(&submit_at_once(&forms), 303), forms.len());
        for tick in 1..=ticks {
            first.clock.advance(Duration::from_mins(5));
            let wanted = i64::try_from(tick * jobs).unwrap();
            wait_until(|| first.number("select count(*) from batch_runs where scheduled_for is not null") == wanted);
        }
        let ticked = i64::try_from(jobs * ticks).unwrap();
        let all = ticked + by_hand;
        wait_until(|| first.number("select count(*) from batch_runs where state <> 'succeeded'") == 0);
        assert_eq!(first.number("select count(*) from batch_runs"), all);
        assert_eq!(first.number("select count(*) from (select distinct job, scheduled_for from batch_runs where scheduled_for is not null) ticks"), ticked);
        assert_eq!(first.number("select max(fence) from batch_runs"), 1);
        assert_sound(&first);
    }

    fn a_tick_while_the_job_still_runs_is_skipped_and_one_while_it_is_paused_too(world) {
        let jobs = script("slow", "sleep 300", "schedule = { cron = \"*/5 * * * *\" }");
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| world.number("select count(*) from batch_runs where state = 'running'") == 1);
        world.clock.advance(Duration::from_mins(5));
        let skipped = |why: &str| world.number(&format!("select count(*) from batch_runs where state = 'skipped' and failure = '{why}'"));
        wait_until(|| skipped("overlap") == 1);
        let form = jun.get("/batches/slow?panel=pause").form_to("/pause").set("hours", "1").set("reason", "The bank is closed");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| skipped("paused") == 1);
        let form = jun.get("/batches/slow?panel=pause").form_to("/pause").set("hours", "0").set("reason", "The bank is open");
        assert_eq!(form.set("code", &world.code("jun")).submit().status, 303);
        world.clock.advance(Duration::from_mins(5));
        wait_until(|| skipped("overlap") == 2);
        let id = world.number("select min(id) from batch_runs");
        let form = jun.get(&format!("/runs/{id}?panel=cancel")).form_to("/cancellation");
        form.set("reason", "The test is over").set("code", &world.code("jun")).submit();
        wait_until(|| world.number("select count(*) from batch_runs where state = 'cancelled'") == 1);
    }

    fn a_tick_without_a_running_process_is_missed_and_told_once(world) {
        let jobs = script("rare", "true", "schedule = { cron = \"0 * * * *\" }\nstart_grace_seconds = 60");
        let world = working(world.engine, &jobs);
        // 09:10 is now; the ticks of ten, eleven and twelve are over when the schedule is next looked at.
        world.clock.advance(Duration::from_hours(3));
        wait_until(|| world.number("select count(*) from batch_events where kind = 'missed'") == 1);
        assert_eq!(world.number("select count(*) from batch_runs"), 0);
        let row = world.audit().into_iter().find(|row| row.action == "batches.miss").unwrap();
        assert_eq!(row.after["missed"], "3");
        assert_eq!(world.number("select count(*) from outbox where topic = 'batches.missed'"), 1);
    }

    fn a_definition_that_changes_is_a_new_version_and_one_that_returns_is_not(world) {
        let world = working(world.engine, &script("job", "true", ""));
        let start = |text: &str| {
            let text = text.to_owned();
            world.another(move |config| declare(config, &text)).unwrap()
        };
        let versions = || world.number("select count(*) from batch_versions");
        let current = || world.number("select version from batch_jobs where name = 'job'");
        assert_eq!((versions(), current()), (1, 1));
        drop(start(&script("job", "false", "")));
        assert_eq!((versions(), current()), (2, 2));
        let rows = world.audit_size();
        drop(start(&script("job", "false", "")));
        assert_eq!(world.audit_size(), rows, "an ordinary start writes nothing");
        drop(start(&script("job", "true", "")));
        assert_eq!((versions(), current()), (2, 1));
        drop(start(&script("other", "true", "")));
        assert_eq!(world.number("select count(*) from batch_jobs where is_retired"), 1);
        assert!(matches!(world.engine, Engine::Sqlite | Engine::Postgres));
    }
}
