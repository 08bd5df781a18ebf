//! Backing up and restoring, killed half way: what was there is whole, and the next try succeeds.

use crate::{
    backup::{assert_goes_on, backup, fails, ingam, names, place, restore, rows, succeeds},
    kit::{Database, Engine, on_both, wait_until},
};
use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// Starts a command, and kills it after this time unless it has ended. Returns whether it succeeded before.
fn killed_after(mut command: Command, time: Duration) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    sleep(time);
    child.kill().unwrap();
    child.wait().unwrap().success()
}

/// Moments all over the time that the whole takes.
fn moments(whole: Duration) -> impl Iterator<Item = Duration> {
    (1..=8).map(move |eighth| whole * eighth / 9)
}

/// The sessions of PostgreSQL's programs end once they notice that the one that started them is gone.
fn wait_for_sessions(database: &Database) {
    if Engine::of(&database.url).unwrap() == Engine::Postgres {
        let sessions = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'ingam%'";
        wait_until(|| database.number(sessions) == 0);
    }
}

on_both! {
    fn a_backup_that_is_killed_leaves_no_half_file_under_its_name(world) {
        let (folder, file) = place();
        let began = Instant::now();
        succeeds(&mut backup(world.database(), &file));
        let whole = began.elapsed();
        let earlier = fs::read(&file).unwrap();
        for moment in moments(whole) {
            let mut replacing = backup(world.database(), &file);
            replacing.arg("--replace");
            if killed_after(replacing, moment) {
                continue;
            }
            let there = fs::read(&file).unwrap();
            assert!(there == earlier || there.len() > earlier.len() / 2, "{moment:?}");
            // A program of PostgreSQL that is still writing has the half file for itself.
            wait_until(|| backup(world.database(), &file).arg("--replace").output().unwrap().status.success());
            assert_eq!(names(folder.path()), ["ingam.backup"], "{moment:?}");
        }
        let restored = Database::empty(world.engine);
        succeeds(&mut restore(&restored, &file, &[]));
        assert_goes_on(world, &restored);
    }

    fn a_restore_that_is_killed_leaves_the_former_rows_or_the_new_ones(world) {
        let (_folder, file) = place();
        let target = Database::fresh(world.engine);
        target.tamper("update staff set name = 'Former' where email = 'mina@ingam.test'").unwrap();
        crate::backup::add_points(world, &world.signed_in("mina"));
        succeeds(&mut backup(world.database(), &file));
        let (former, new) = (rows(&target), rows(world.database()));
        assert!(new > former);
        let other = Database::fresh(world.engine);
        let began = Instant::now();
        succeeds(&mut restore(&other, &file, &["--replace"]));
        for moment in moments(began.elapsed()) {
            let was_done = killed_after(restore(&target, &file, &["--replace"]), moment);
            wait_for_sessions(&target);
            let there = rows(&target);
            assert!(there == new || there == former && !was_done, "{moment:?}: {there} rows, {former} before and {new} in the backup");
            let name = target.value("select name from staff where email = 'mina@ingam.test'");
            assert_eq!(name == "Former", there == former, "{moment:?}: {name} with {there} rows");
            if there == new {
                // Killed after the rows were in their place: what comes then is done by `migrate` too.
                succeeds(&mut ingam(&target, &["migrate"]));
                succeeds(&mut ingam(&target, &["audit", "verify"]));
            }
        }
        succeeds(&mut restore(&target, &file, &["--replace"]));
        assert_goes_on(world, &target);
    }

    fn a_database_that_a_console_has_open_is_not_replaced(world) {
        let (_folder, file) = place();
        succeeds(&mut backup(world.database(), &file));
        let before = rows(world.database());
        let line = fails(&mut restore(world.database(), &file, &["--replace"]));
        assert!(line.contains("stop") && line.contains("nothing was changed"), "{line}");
        assert_eq!(rows(world.database()), before);
        assert_goes_on(world, world.database());
    }
}
