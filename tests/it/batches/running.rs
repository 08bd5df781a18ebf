//! A run from the form to its end.

use crate::{
    batches::support::{becomes, declare, log, run, run_form, script, working},
    kit::{World, assert_sound, on_both, wait_until},
};

/// The most memory that this process has had so far, in KiB (`proc(5)`). The console is a part of it.
fn most_memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

on_both! {
    fn a_job_runs_by_hand_and_its_log_and_counts_are_there(world) {
        let jobs = script(
            "count",
            "echo begun for $PARAM_DATE; echo ::progress 0.5; echo ::count processed=4120 skipped=3; echo done >&2",
            "[[job.parameters]]\nname = \"date\"\ntitle = \"Day\"\ntype = \"date\"\ndefault = \"yesterday\"",
        );
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        let form = run_form(&jun, "count");
        assert_eq!(form.value("param-date"), Some("2026-03-01"));
        let done = form.set("param-date", "2026-02-27").set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        let id = crate::batches::support::id_of(done.location().unwrap());
        becomes(&world, id, "succeeded");
        let row = &world.rows("select exit_code, processed, skipped, progress, cause, staff_name from batch_runs")[0];
        let row: Vec<&str> = row.iter().map(|cell| cell.as_deref().unwrap_or("")).collect();
        assert_eq!(row[..5], ["0", "4120", "3", "500", "manual"]);
        let text = log(&jun, id);
        assert!(text.contains("begun for 2026-02-27") && text.contains("done") && !text.contains("::"), "{text}");
        let page = jun.get(&format!("/runs/{id}"));
        assert!(page.text().contains("4,120") && page.text().contains("2026-02-27"), "{page}");
        let actions: Vec<_> = world.audit().into_iter().map(|row| (row.action, row.target, row.outcome)).collect();
        for (action, target) in [("batches.define", "batch/count"), ("batches.run", "batch/count"), ("runs.finish", &format!("run/{id}"))] {
            assert!(actions.contains(&(action.to_owned(), target.to_owned(), "applied".to_owned())), "{actions:?}");
        }
        assert_sound(&world);
    }

    fn a_parameter_that_cannot_be_is_said_at_its_field_and_costs_no_code(world) {
        let more = "[[job.parameters]]\nname = \"n\"\ntitle = \"How many\"\ntype = \"integer\"\nmin = 1\nmax = 9\ndefault = \"3\"";
        let world = working(world.engine, &script("count", "true", more));
        let jun = world.signed_in("jun");
        let code = world.code("jun");
        let back = run_form(&jun, "count").set("param-n", "12").set("code", &code).submit();
        assert_eq!(back.status, 422);
        assert!(back.text().contains("from 1 to 9"), "{back}");
        let form = back.form_to("/runs");
        assert_eq!((form.value("param-n"), form.value("reason")), (Some("12"), Some(crate::batches::support::REASON)));
        assert_eq!(form.set("param-n", "9").set("code", &code).submit().status, 303);
    }

    fn who_is_not_named_by_the_job_may_look_and_not_run(world) {
        let jobs = script("ours", "true", "").replace("\"oncall\", \"operator\"", "\"oncall\"");
        let world = working(world.engine, &jobs);
        let mina = world.signed_in("mina");
        let page = mina.get("/batches/ours?panel=run");
        assert_eq!(page.status, 200);
        assert!(!page.has("form[action$='/batches/ours/runs']"), "{page}");
        let jun = world.signed_in("jun");
        let form = run_form(&jun, "ours");
        let fields: Vec<_> = form.fields().iter().filter(|(name, _)| name != "csrf").cloned().collect();
        let stolen = fields.iter().fold(mina.get("/").form_to("/logout").to("/batches/ours/runs"), |form, (name, value)| form.forge(name, value));
        assert_eq!(stolen.forge("code", &world.code("mina")).submit().status, 403);
        assert_eq!(world.number("select count(*) from batch_runs"), 0);
        assert_eq!(world.last_audit().refusal, "job-not-yours");
    }

    fn a_run_that_takes_too_long_or_is_not_wanted_is_ended_with_all_it_started(world) {
        let jobs = script("slow", "sleep 60 & sleep 60", "timeout_seconds = 1")
            + &script("stopped", "echo begun; sleep 60 & sleep 60", "");
        let world = working(world.engine, &jobs);
        let jun = world.signed_in("jun");
        let slow = run(&world, &jun, "jun", "slow");
        let stopped = run(&world, &jun, "jun", "stopped");
        becomes(&world, slow, "timed_out");
        becomes(&world, stopped, "running");
        wait_until(|| log(&jun, stopped).contains("begun"));
        let form = jun.get(&format!("/runs/{stopped}?panel=cancel")).form_to("/cancellation");
        let done = form.set("reason", "It is the wrong day").set("code", &world.code("jun")).submit();
        assert_eq!(done.status, 303, "{done}");
        becomes(&world, stopped, "cancelled");
        assert_sound(&world);
    }

    fn a_program_that_is_not_there_fails_the_run_and_says_so(world) {
        let world = working(world.engine, &script("gone", "true", "").replace("/bin/sh", "/bin/no-such-program"));
        let jun = world.signed_in("jun");
        let id = run(&world, &jun, "jun", "gone");
        becomes(&world, id, "failed");
        assert!(jun.get(&format!("/runs/{id}")).text().contains("no-such-program"));
    }

    fn a_gigabyte_of_output_keeps_its_beginning_and_its_end_in_little_memory(world) {
        let words = "abcdefghijklmnopqrstuvwxyz0123456789";
        let loud = format!("echo first; yes {words}{words} | head -c 1000000000; echo last");
        let jobs = script("loud", &loud, "log_kilobytes = 64");
        let world = World::start_with(world.engine, |config| declare(config, &jobs));
        let jun = world.signed_in("jun");
        let before = most_memory();
        let id = run(&world, &jun, "jun", "loud");
        becomes(&world, id, "succeeded");
        let grown = most_memory() - before;
        assert!(grown < 32 * 1024, "{grown} KiB");
        let text = log(&jun, id);
        assert!(text.contains("first") && text.trim_end().ends_with("last"), "{} bytes", text.len());
        assert!(text.contains("bytes are missing here") && text.len() < 200_000, "{} bytes", text.len());
        assert!(world.number("select sum(length(lines)) from batch_log") < 300_000);
        assert!(world.number("select gap_bytes from batch_runs") > 999_000_000);
    }
}
