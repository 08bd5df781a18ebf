//! What becomes of runs whose console dies.

use crate::{
    batches::support::{REASON, becomes, begins, id_of, run, script, state, until_there, working},
    kit::{Engine, Process, World, assert_sound, on_both, operators, program, wait_until},
};
use ingam::clock::Clock;
use std::{fs, path::Path, process::Command, thread, time::Duration};

/// The real program with these jobs.
fn command(world: &World, folder: &Path, jobs: &str) -> Command {
    let file = folder.join("ingam.toml");
    fs::write(&file, jobs).unwrap();
    let mut command = program(world.database());
    command.args(["serve", "--config"]).arg(&file);
    command.env("INGAM_BATCH_PROGRAMS", "/bin/sh").env("INGAM_BATCH_DRAIN_SECONDS", "0");
    command
}

on_both! {
    fn a_killed_console_leaves_a_lost_run_that_holds_its_place_until_a_person_says_what_became_of_it(world) {
        let folder = tempfile::tempdir().unwrap();
        let end = folder.path().join("end");
        let jobs = script("long", &format!("echo begun; {}", until_there(&end)), "");
        let mut process = Process::start_serving(command(world, folder.path(), &jobs));
        let people = operators(world, 3, Clock::system().now(), || process.browser());
        let code = |n: usize| people[n].code(Clock::system().now(), 0);
        let form = people[0].browser.get("/batches/long?panel=run").form_to("/runs").set("reason", REASON);
        let done = form.set("code", &code(0)).submit();
        assert_eq!(done.status, 303, "{done}");
        let id = id_of(done.location().unwrap());
        begins(world, id);
        process.kill();
        process.restart_serving(command(world, folder.path(), &jobs));
        becomes(world, id, "lost");
        assert_eq!(world.number("select count(*) from outbox where topic = 'runs.failed'"), 1);
        // Its place is held: nothing is started, and the reason is said.
        let browser = people[0].browser.at(process.address);
        let busy = browser.get("/batches/long?panel=run");
        assert!(busy.text().contains(&format!("Run #{id} of this job is still in progress")), "{busy}");
        let resolve = |n: usize| {
            let page = people[n].browser.at(process.address).get(&format!("/runs/{id}?panel=resolve"));
            let form = page.form_to("/resolution").set("resolution", "dead").set("reason", "Looked at the machine itself");
            form.set("code", &code(n)).submit()
        };
        // The command outlives its console; while it does, it is not taken for dead. That costs no code.
        let refused = resolve(1);
        assert_eq!(refused.status, 409, "{refused}");
        assert!(refused.text().contains("is still running on this machine"), "{refused}");
        fs::write(&end, "").unwrap();
        wait_until(|| world.number("select count(*) from batch_runs where is_process_gone") == 1);
        assert_eq!(resolve(1).status, 303);
        assert_eq!(state(world, id), "failed");
        let browser = people[2].browser.at(process.address);
        let form = browser.get(&format!("/runs/{id}?panel=rerun")).form_to("/rerun").set("reason", REASON);
        let done = form.set("code", &code(2)).submit();
        assert_eq!(done.status, 303, "{done}");
        becomes(world, id_of(done.location().unwrap()), "succeeded");
        assert_sound(world);
    }

    fn a_result_that_comes_after_the_run_was_given_up_is_an_event_and_changes_nothing(world) {
        let folder = tempfile::tempdir().unwrap();
        let end = folder.path().join("end");
        let world = working(world.engine, &script("long", &until_there(&end), ""));
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "long");
        becomes(&world, id, "running");
        world.database().tamper(&format!("update batch_runs set state = 'lost' where id = {id}")).unwrap();
        fs::write(&end, "").unwrap();
        wait_until(|| world.number("select count(*) from batch_events where kind = 'late-report'") == 1);
        assert_eq!(state(&world, id), "lost");
        let row = world.last_audit();
        assert_eq!((row.action.as_str(), row.after["late_report"].as_str()), ("runs.finish", Some("succeeded")));
    }

    fn a_runner_that_is_not_heard_of_within_two_leases_has_lost_its_run(world) {
        let world = working(world.engine, &script("job", "true", ""));
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "job");
        becomes(&world, id, "succeeded");
        // As a runner on another machine would leave it.
        let (then, none) = match world.engine {
            Engine::Sqlite => ("'2020-01-01T00:00:00.000000Z'", "0"),
            Engine::Postgres => ("timestamptz '2020-01-01'", "false"),
        };
        world.database().tamper(&format!(
            "insert into batch_runs (id, job, version, state, cause, is_single, params, runner, fence, lease_until, queued_at, started_at)
             values (900, 'job', 1, 'running', 'manual', {none}, '{{}}', 'elsewhere/1/1', 1, {then}, {then}, {then})"
        )).unwrap();
        becomes(&world, 900, "lost");
        assert!(jun.get("/runs/900").text().contains("stopped responding"));
    }

    fn a_console_that_is_told_to_stop_lets_runs_finish_and_ends_those_that_take_too_long(world) {
        let folder = tempfile::tempdir().unwrap();
        let end = folder.path().join("end");
        let jobs = script("short", &until_there(&end), "") + &script("long", "sleep 300", "");
        let mut command = command(world, folder.path(), &jobs);
        command.env("INGAM_BATCH_DRAIN_SECONDS", "10");
        let mut process = Process::start_serving(command);
        let people = operators(world, 2, Clock::system().now(), || process.browser());
        let start = |n: usize, job: &str| {
            let form = people[n].browser.get(&format!("/batches/{job}?panel=run")).form_to("/runs").set("reason", REASON);
            let done = form.set("code", &people[n].code(Clock::system().now(), 0)).submit();
            assert_eq!(done.status, 303, "{done}");
            let id = id_of(done.location().unwrap());
            becomes(world, id, "running");
            id
        };
        let (short, long) = (start(0, "short"), start(1, "long"));
        let ended = thread::scope(|scope| {
            let ended = scope.spawn(|| process.terminate());
            // It has been told to stop by then.
            thread::sleep(Duration::from_millis(500));
            fs::write(&end, "").unwrap();
            ended.join().unwrap()
        });
        assert!(ended.success());
        assert_eq!((state(world, short).as_str(), state(world, long).as_str()), ("succeeded", "failed"));
        let why = world.database().value(&format!("select failure from batch_runs where id = {long}"));
        assert_eq!(why, "shutdown");
        assert_sound(world);
    }
}
