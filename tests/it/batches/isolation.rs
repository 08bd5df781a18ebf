//! What a job can find out about the console that runs it. The real program, whose jobs run apart from it.

use crate::{
    batches::support::{REASON, becomes, id_of, log, script},
    kit::{Engine, Operator, Process, World, on_both, operators, program},
};
use ingam::clock::Clock;
use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Command, Stdio},
};

/// What the console's secrets are known by in what a job writes: they themselves would be hidden in its log.
const NEEDLES: &str = "INGAM_SECRET_KEY=|DATABASE_URL=";

/// The real program with these jobs, not yet told to serve.
fn command(world: &World, folder: &Path, jobs: &str) -> Command {
    fs::write(folder.join("ingam.toml"), jobs).unwrap();
    let mut command = program(world.database());
    command.env("INGAM_BATCH_PROGRAMS", "/bin/sh");
    command
}

fn serving(mut command: Command, folder: &Path) -> Process {
    command.args(["serve", "--config"]).arg(folder.join("ingam.toml"));
    Process::start_serving(command)
}

/// Runs a job of the real program, to this end; its log.
fn outcome(world: &World, who: &Operator, job: &str, end: &str) -> String {
    let form = who.browser.get(&format!("/batches/{job}?panel=run")).form_to("/runs").set("reason", REASON);
    let done = form.set("code", &who.code(Clock::system().now(), 0)).submit();
    assert_eq!(done.status, 303, "{done}");
    let id = id_of(done.location().unwrap());
    becomes(world, id, end);
    log(&who.browser, id)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// The same program, run by this user, who is not root and owns nothing but what the test gives them: root may read all processes. Where the tests are not run by root, it
/// is run by who runs them.
fn as_another(uid: &str, world: &World, folder: &Path, command: &Command) -> Command {
    if !is_root() {
        let mut same = Command::new(command.get_program());
        same.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        return same;
    }
    let database = world.database().path().parent().unwrap().to_owned();
    let given = Command::new("chown").args(["-R", uid]).args([database.as_path(), folder]).status().unwrap();
    assert!(given.success());
    let mut other = Command::new("setpriv");
    other
        .args(["--reuid", uid, "--regid", uid, "--clear-groups"])
        .arg(command.get_program())
        .env_clear()
        .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .stdin(Stdio::null());
    other
}

#[test]
fn no_process_that_a_job_can_look_into_holds_the_key_or_the_address_of_the_database() {
    let world = &World::start(Engine::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let look = format!(
        "pid=$PPID; while [ \"$pid\" -gt 0 ]; do
           tr '\\0' '\\n' < /proc/$pid/environ 2>&1 | grep -E '{NEEDLES}' && echo found in ancestor $pid
           pid=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$pid/status)
         done
         cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -E '{NEEDLES}' && echo found somewhere
         for process in /proc/[0-9]*; do
           [ $process = /proc/$$ ] && continue
           name=$(tr '\\0' ' ' < $process/cmdline 2>/dev/null)
           case \"$name\" in *ingam*serve*|'ingam launcher '*) ;; *) continue ;; esac
           (: < $process/mem) 2>/dev/null && echo open: the memory of $name
           ls $process/fd >/dev/null 2>&1 && echo open: the files of $name
         done
         (: < /proc/$CONSOLE/mem) 2>/dev/null && echo open: the memory of the console
         (: < /proc/$$/mem) && echo its own memory can be opened
         tr '\\0' ' ' < /proc/$PPID/cmdline; echo; echo looked"
    );
    // Its parent is the launcher, and that one's the console.
    let look = format!("CONSOLE=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$PPID/status)\n{look}");
    let plain = command(world, folder.path(), &script("look", &look, "env = { PATH = \"/usr/bin:/bin\" }"));
    let process = serving(as_another("65534", world, folder.path(), &plain), folder.path());
    let people = operators(world, 1, Clock::system().now(), || process.browser());
    let text = outcome(world, &people[0], "look", "succeeded");
    assert!(text.contains("ingam launcher") && text.contains("looked"), "{text}");
    // Otherwise it would say nothing that others cannot.
    assert!(text.contains("its own memory can be opened"), "{text}");
    assert!(!text.contains("found") && !text.contains("open:"), "{text}");
    // Of what is not dumpable, /proc belongs to root.
    let own = |file: &str| fs::metadata(format!("/proc/{}/{file}", process.id())).unwrap().uid();
    assert_eq!((own("environ"), own("mem"), own("fd")), (0, 0, 0));
}

on_both! {
    fn what_a_job_finds_out_about_the_secrets_of_the_console_is_hidden_in_its_log(world) {
        let folder = tempfile::tempdir().unwrap();
        let key = world.config().secret_key.spellings();
        let said: Vec<String> = key.iter().chain([&world.database().url]).map(|text| format!("echo '<{text}>'")).collect();
        let leak = format!(
            "{}\necho '<{}>'; tr '\\0' '\\n' < /proc/$PPID/environ; echo parent read
             console=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$PPID/status)
             tr '\\0' '\\n' < /proc/$console/environ; echo console read",
            said.join("\n"),
            "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==",
        );
        let mut command = command(world, folder.path(), &script("leak", &leak, "env = { PATH = \"/usr/bin:/bin\" }"));
        command.env("INGAM_BATCH_SECRET", "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==");
        let process = serving(command, folder.path());
        let people = operators(world, 1, Clock::system().now(), || process.browser());
        let text = outcome(world, &people[0], "leak", "succeeded");
        let (parent, console) = text.split_once("parent read").unwrap();
        assert!(parent.contains("•••") && !parent.contains("INGAM"), "the environment of the launcher is empty: {text}");
        if is_root() {
            assert!(console.contains("INGAM_SECRET_KEY=•••") && console.contains("DATABASE_URL=•••"), "{text}");
        }
        for secret in key.iter().chain([&world.database().url, &"c2VjcmV0IHNlY3JldC".to_owned()]) {
            assert!(!text.contains(secret.as_str()), "{secret}: {text}");
        }
        drop(process);
    }
}

#[test]
fn jobs_run_as_another_user_where_the_console_is_told_so() {
    if !is_root() {
        return;
    }
    let world = &World::start(Engine::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let jobs = script("who", "echo $(id -u) $(id -g) $(id -G)", "env = { PATH = \"/usr/bin:/bin\" }");
    let mut command = command(world, folder.path(), &jobs);
    command.env("INGAM_BATCH_USER", "65530:65531");
    let process = serving(command, folder.path());
    let people = operators(world, 1, Clock::system().now(), || process.browser());
    assert!(outcome(world, &people[0], "who", "succeeded").contains("65530 65531 65531"));
}

#[test]
fn a_user_for_jobs_that_cannot_be_is_said_at_the_start() {
    let world = &World::start(Engine::Sqlite);
    let folder = tempfile::tempdir().unwrap();
    let plain = command(world, folder.path(), "");
    let refused = |mut command: Command, user: &str| {
        let done = command.arg("serve").env("INGAM_BATCH_USER", user).output().unwrap();
        assert_eq!(done.status.code(), Some(78), "{user}");
        String::from_utf8(done.stderr).unwrap()
    };
    for user in ["root", "0", "65534:0", "65534:", "-1", "1 2"] {
        let same = crate::cli::program::ingam(&[("DATABASE_URL", &world.database().url)], &[]);
        assert!(refused(same, user).contains("must be the number of a user"), "{user}");
    }
    let said = refused(as_another("65532", world, folder.path(), &plain), "65533");
    assert!(said.contains("only where the console is started by root"), "{said}");
}
