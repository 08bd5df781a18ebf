//! Between starting the process of a run and its first step, and what may be said of a run whose process is not known.

use crate::{
    batches::support::{REASON, becomes, begins, id_of, script, state, until_there, working},
    kit::{Engine, Operator, Page, Process, World, assert_sound, on_both, operators, program, wait_until},
};
use ingam::{clock::Clock, supervise::host};
use rustix::process::{Pid, Signal, kill_process};
use std::{fs, path::Path, process::Command, thread, time::Duration};

/// The real program with these jobs.
fn command(world: &World, folder: &Path, jobs: &str) -> Command {
    let file = folder.join("ingam.toml");
    fs::write(&file, jobs).unwrap();
    let mut command = program(world.database());
    command.args(["serve", "--config"]).arg(&file);
    command.env("INGAM_BATCH_PROGRAMS", "/bin/sh");
    command
}

fn start(process: &Process, who: &Operator, job: &str) -> i64 {
    let browser = who.browser.at(process.address);
    let form = browser.get(&format!("/batches/{job}?panel=run")).form_to("/runs").set("reason", REASON);
    let done = form.set("code", &who.code(Clock::system().now(), 0)).submit();
    assert_eq!(done.status, 303, "{done}");
    id_of(done.location().unwrap())
}

fn resolve(process: &Process, who: &Operator, run: i64, resolution: &str) -> Page {
    let page = who.browser.at(process.address).get(&format!("/runs/{run}?panel=resolve"));
    let form = page.form_to("/resolution").set("resolution", resolution).set("reason", "Looked at the machine itself");
    form.set("code", &who.code(Clock::system().now(), 0)).submit()
}

/// From now on the database refuses to take the pid of a run, or takes it again.
fn refuse_pids(world: &World, refuse: bool) {
    let sql = match (world.engine, refuse) {
        (Engine::Sqlite, true) => {
            "create trigger no_pids before update of pid on batch_runs when new.pid is not null
             begin select raise(abort, 'not now'); end"
        }
        (Engine::Sqlite, false) => "drop trigger no_pids",
        (Engine::Postgres, true) => {
            "create function no_pids() returns trigger language plpgsql as
               $$ begin if new.pid is not null then raise exception 'not now'; end if; return new; end $$;
             create trigger no_pids before update on batch_runs for each row execute function no_pids()"
        }
        (Engine::Postgres, false) => "drop trigger no_pids on batch_runs; drop function no_pids()",
    };
    world.database().tamper(sql).unwrap();
}

/// The living processes that were started by this one, and what they are called.
fn children(pid: u32) -> Vec<(u32, String)> {
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|child: &u32| {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_ascii_whitespace().collect();
        fields.len() > 2 && fields[0] != "Z" && fields[1] == pid.to_string()
    })
    .map(|child| (child, fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default().replace('\0', " ")))
    .collect()
}

/// The launcher of a console.
fn launcher(process: &Process) -> u32 {
    let found = children(process.id());
    found.iter().find(|(_, name)| name.trim() == "ingam launcher").unwrap_or_else(|| panic!("{found:?}")).0
}

on_both! {
    fn a_console_that_dies_before_the_pid_of_a_run_is_stored_leaves_no_work_done_and_the_rerun_runs_once(world) {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("worked");
        let jobs = script("work", &format!("echo worked >> {}; sleep 1", mark.display()), "");
        let mut process = Process::start_serving(command(world, folder.path(), &jobs));
        let people = operators(world, 3, Clock::system().now(), || process.browser());
        refuse_pids(world, true);
        let id = start(&process, &people[0], "work");
        becomes(world, id, "starting");
        let launcher = launcher(&process);
        wait_until(|| children(launcher).iter().any(|(_, name)| name.trim() == "ingam launch"));
        let (waiting, _) = children(launcher)[0];
        // Longer than the job would need.
        thread::sleep(Duration::from_millis(1500));
        process.kill();
        wait_until(|| !fs::exists(format!("/proc/{waiting}")).unwrap() && !fs::exists(format!("/proc/{launcher}")).unwrap());
        assert!(!mark.exists(), "nothing was done");
        refuse_pids(world, false);
        process.restart_serving(command(world, folder.path(), &jobs));
        becomes(world, id, "lost");
        assert_eq!(world.rows(&format!("select pid from batch_runs where id = {id}")), [[None]]);
        // It is certain that it never began.
        assert_eq!(resolve(&process, &people[1], id, "dead").status, 303);
        let browser = people[2].browser.at(process.address);
        let form = browser.get(&format!("/runs/{id}?panel=rerun")).form_to("/rerun").set("reason", REASON);
        let done = form.set("code", &people[2].code(Clock::system().now(), 0)).submit();
        assert_eq!(done.status, 303, "{done}");
        becomes(world, id_of(done.location().unwrap()), "succeeded");
        assert_eq!(fs::read_to_string(&mark).unwrap(), "worked\n");
        assert_sound(world);
    }

    fn a_run_whose_pid_cannot_be_stored_yet_begins_when_it_can(world) {
        let folder = tempfile::tempdir().unwrap();
        let process = Process::start_serving(command(world, folder.path(), &script("work", "true", "")));
        let people = operators(world, 1, Clock::system().now(), || process.browser());
        refuse_pids(world, true);
        let id = start(&process, &people[0], "work");
        becomes(world, id, "starting");
        thread::sleep(Duration::from_millis(800));
        assert_eq!(state(world, id), "starting");
        refuse_pids(world, false);
        becomes(world, id, "succeeded");
        assert_sound(world);
    }

    fn a_run_that_was_given_up_before_it_began_does_no_work(world) {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("worked");
        let mut command = command(world, folder.path(), &script("work", &format!("touch {}", mark.display()), ""));
        command.env("INGAM_BATCH_LEASE_SECONDS", "2");
        let process = Process::start_serving(command);
        let people = operators(world, 2, Clock::system().now(), || process.browser());
        refuse_pids(world, true);
        let id = start(&process, &people[0], "work");
        // The lease is not renewed, because nothing has begun that could be reported.
        becomes(world, id, "lost");
        assert_eq!(resolve(&process, &people[1], id, "dead").status, 303);
        refuse_pids(world, false);
        wait_until(|| world.number("select count(*) from batch_events where kind = 'late-report'") == 1);
        assert_eq!((state(world, id).as_str(), mark.exists()), ("failed", false));
        assert_sound(world);
    }

    fn without_its_launcher_a_run_is_lost_and_the_next_one_runs_in_another(world) {
        let folder = tempfile::tempdir().unwrap();
        let end = folder.path().join("end");
        let jobs = script("long", &format!("echo begun; {}", until_there(&end)), "") + &script("next", "true", "");
        let process = Process::start_serving(command(world, folder.path(), &jobs));
        let people = operators(world, 4, Clock::system().now(), || process.browser());
        let id = start(&process, &people[0], "long");
        begins(world, id);
        let first = launcher(&process);
        kill_process(Pid::from_raw(first.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
        becomes(world, id, "lost");
        assert!(people[0].browser.get(&format!("/runs/{id}")).text().contains("The process that starts jobs ended unexpectedly"));
        let refused = resolve(&process, &people[1], id, "dead");
        assert!(refused.status == 409 && refused.text().contains("is still running on this machine"), "{refused}");
        becomes(world, start(&process, &people[2], "next"), "succeeded");
        assert_ne!(launcher(&process), first);
        fs::write(&end, "").unwrap();
        // A console on the machine of the run notes when it is dead.
        let gone = format!("select count(*) from batch_runs where id = {id} and is_process_gone");
        wait_until(|| world.number(&gone) == 1);
        assert_eq!(resolve(&process, &people[1], id, "dead").status, 303);
        assert_eq!(state(world, id), "failed");
        assert_sound(world);
    }

    fn a_run_whose_process_is_not_known_is_not_called_dead(world) {
        let world = working(world.engine, &script("job", "true", ""));
        let jun = world.signed_in("jun");
        let then = match world.engine {
            Engine::Sqlite => "'2020-01-01T00:00:00.000000Z'",
            Engine::Postgres => "timestamptz '2020-01-01'",
        };
        let (yes, no) = if world.engine == Engine::Sqlite { ("1", "0") } else { ("true", "false") };
        let run = |id: i64, host: &str, pid: &str, waits: &str, gone: &str| {
            world.database().tamper(&format!(
                "insert into batch_runs (id, job, version, state, cause, is_single, params, runner, fence, pid, pid_started,
                                         waits_for_pid, is_process_gone, queued_at, started_at)
                 values ({id}, 'job', 1, 'lost', 'manual', {no}, '{{}}', '{host}/1/1', 1, {pid}, {pid}, {waits}, {gone}, {then}, {then})"
            )).unwrap();
        };
        let here = host();
        run(900, "elsewhere", "7", yes, no);
        run(901, &here, "null", no, no);
        run(902, "elsewhere", "null", yes, no);
        run(903, "elsewhere", "7", yes, yes);
        let say = |id: i64, resolution: &str| {
            let form = jun.get(&format!("/runs/{id}?panel=resolve")).form_to("/resolution");
            form.set("resolution", resolution).set("reason", "Asked who runs the machine").set("code", &world.code("jun")).submit()
        };
        // On another machine; and of an earlier version, which noted the pid only after the process had begun.
        for (id, host) in [(900, "elsewhere"), (901, here.as_str())] {
            let refused = say(id, "dead");
            let why = format!("It is not known whether its process on {host} is dead");
            assert!(refused.status == 409 && refused.text().contains(&why), "{refused}");
            assert_eq!(state(&world, id), "lost");
            assert_eq!(world.last_audit().refusal, format!("process-unknown host={host}"));
            assert_eq!(say(id, "machine_off").status, 303);
            let row = world.last_audit();
            assert_eq!((row.action.as_str(), row.after["resolution"].as_str()), ("runs.resolve", Some("machine_off")));
            assert_eq!(state(&world, id), "failed");
        }
        // It never began; and a console on its machine has seen that it is dead. There is nothing else to say of those.
        for id in [902, 903] {
            assert!(!jun.get(&format!("/runs/{id}?panel=resolve")).has("input[value='machine_off']"));
            assert_eq!(say(id, "dead").status, 303);
            assert_eq!(state(&world, id), "failed");
        }
    }
}
