//! `ingam batch exec`: the command runs as it would without reports, even if these fail.

use crate::{
    batches::support::{log, working},
    kit::{World, on_both},
};
use ingam::batches::ping;
use std::{
    io::{self, BufRead as _, BufReader},
    process::{Command, Output, Stdio},
    time::Instant,
};

const JOB: &str = "[[job]]\nname = \"sync\"\ntitle = \"Sync\"\nowner = \"warehouse\"\nexternal = true\n";

fn exec(world: &World, url: &str, command: &[&str]) -> Output {
    let arguments = [&["batch", "exec", "sync", "--"], command].concat();
    world.command(&arguments).env("INGAM_PING_URL", url).output().unwrap()
}

on_both! {
    fn it_reports_start_progress_counts_the_end_of_the_output_and_the_code(world) {
        let world = working(world.engine, JOB);
        let token = ping::token(&world.config().secret_key, "sync", 1);
        let url = format!("http://{}/ping/{token}", world.server().address);
        let script = "echo begun; echo ::progress 0.5; echo ::count processed=41 failed=1; echo broken >&2; exit 7";
        let output = exec(&world, &url, &["/bin/sh", "-c", script]);
        assert_eq!(output.status.code(), Some(7), "{output:?}");
        // What it writes is handed on as it is.
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&output.stdout), "begun\n::progress 0.5\n::count processed=41 failed=1\n");
        assert_eq!(text(&output.stderr), "broken\n");
        let row = &world.rows("select state, exit_code, processed, failed, progress, cause from batch_runs")[0];
        assert_eq!(row.iter().flatten().collect::<Vec<_>>(), ["failed", "7", "41", "1", "500", "report"]);
        let jun = world.signed_in("jun");
        let text = log(&jun, world.number("select id from batch_runs"));
        assert!(text.contains("begun") && text.contains("broken") && !text.contains("::"), "{text}");
    }

    fn the_exit_code_is_kept_when_the_console_is_down(world) {
        let began = Instant::now();
        let output = exec(world, "http://127.0.0.1:1/ping/x", &["/bin/sh", "-c", "echo done; exit 3"]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert_eq!(output.stdout, b"done\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("could not be reached") && !said.contains("/ping/"), "{said}");
        assert!(began.elapsed().as_secs() < 60);
    }

    fn a_signal_and_a_command_that_is_not_there_are_codes_as_shells_have_them(world) {
        let url = "http://127.0.0.1:1/ping/x";
        assert_eq!(exec(world, url, &["/bin/sh", "-c", "kill -9 $$"]).status.code(), Some(137));
        assert_eq!(exec(world, url, &["no-such-command-anywhere"]).status.code(), Some(127));
        assert_eq!(exec(world, url, &["/etc/passwd"]).status.code(), Some(126));
        let output = world.command(&["batch", "exec", "sync", "--", "true"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stderr).contains("without reports"));
    }

    fn the_exit_code_is_kept_when_its_messages_are_not_read(world) {
        for url in ["http://127.0.0.1:1/ping/x", "no address", ""] {
            let (reader, writer) = io::pipe().unwrap();
            drop(reader);
            let mut command = world.command(&["batch", "exec", "sync", "--", "/bin/sh", "-c", "exit 3"]);
            let status = command.env("INGAM_PING_URL", url).stderr(writer).status().unwrap();
            assert_eq!(status.code(), Some(3), "{url}");
        }
    }

    fn sigterm_reaches_the_command_while_its_output_is_not_read(world) {
        let script = "trap 'kill $!; echo ended >&2; exit 9' TERM; yes & echo ready >&2; wait";
        let mut command = world.command(&["batch", "exec", "sync", "--", "/bin/sh", "-c", script]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(said.any(|line| line == "ready"));
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        assert!(said.any(|line| line == "ended"));
        // Only now is the output taken, which it waits for as the command itself would have.
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(9));
    }

    fn the_end_of_a_line_longer_than_a_report_is_reported(world) {
        let world = working(world.engine, JOB);
        let token = ping::token(&world.config().secret_key, "sync", 1);
        let url = format!("http://{}/ping/{token}", world.server().address);
        exec(&world, &url, &["/bin/sh", "-c", "printf '%020000dthe-end\\n' 0; exit 1"]);
        let jun = world.signed_in("jun");
        let text = log(&jun, world.number("select id from batch_runs"));
        assert!(text.contains("the-end") && text.contains("were not sent"), "{text}");
    }

    fn the_token_of_a_job_is_printed_on_the_host(world) {
        let world = working(world.engine, JOB);
        let output = world.command(&["batch", "token", "sync"]).output().unwrap();
        let token = ping::token(&world.config().secret_key, "sync", 1);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), token, "{output:?}");
        assert!(!world.command(&["batch", "token", "nothing"]).output().unwrap().status.success());
    }
}
