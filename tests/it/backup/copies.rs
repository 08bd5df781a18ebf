//! Copies that were made without `ingam backup`: what is whole verifies, and the main file of a SQLite database alone is noticed.

use crate::{
    backup::{add_points, assert_goes_on, fails, ingam, names, place, restore, rows, succeeds},
    kit::{Database, Engine, Process, World, on_both, program, wait_until, within},
};
use std::{fs, path::Path, process::Command};

/// A copy of these files of a database, as a database of its own.
fn copy(of: &Database, ends: &[&str]) -> Database {
    let copy = Database::empty(Engine::Sqlite);
    for end in ends {
        let place = |database: &Database| format!("{}{end}", database.path().display());
        fs::copy(place(of), place(&copy)).unwrap();
    }
    copy
}

fn verify(database: &Database) -> Command {
    ingam(database, &["audit", "verify"])
}

/// The main file has the mark soon after the first change.
fn wait_for_the_mark(database: &Database) {
    wait_until(|| !verify(&copy(database, &[""])).output().unwrap().status.success());
}

#[test]
fn the_main_file_of_a_database_in_use_is_no_backup_and_every_command_says_so() {
    within(Engine::Sqlite, |world: &World| {
        add_points(world, &world.signed_in("mina"));
        wait_for_the_mark(world.database());
        let (_folder, file) = place();
        for arguments in [
            &["audit", "verify"][..],
            &["serve"],
            &["migrate"],
            &["staff", "list"],
            &["backup", file.to_str().unwrap()],
        ] {
            let alone = copy(world.database(), &[""]);
            let line = fails(&mut ingam(&alone, arguments));
            assert!(line.contains("was copied while a console used it, without the file"), "{arguments:?}: {line}");
            assert_eq!(names(alone.path().parent().unwrap()), ["ingam.db"], "{arguments:?}");
        }
        let alone = copy(world.database(), &[""]);
        let check = ingam(&alone, &["check"]).output().unwrap();
        assert_eq!(check.status.code(), Some(78));
        assert!(String::from_utf8_lossy(&check.stdout).contains("was copied while a console used it"));

        // The file with the newest changes beside it, and what SQLite copies itself, are whole.
        let whole = copy(world.database(), &["", "-wal"]);
        assert!(succeeds(&mut verify(&whole)).contains(&format!("fits: {} rows", rows(world.database()))));
        let vacuumed = Database::empty(Engine::Sqlite);
        world.database().tamper(&format!("vacuum into '{}'", vacuumed.path().display())).unwrap();
        assert_eq!(rows(&vacuumed), rows(world.database()));
        assert_goes_on(world, &vacuumed);
    });
}

#[test]
fn a_copy_of_the_main_file_is_noticed_however_many_changes_were_made() {
    within(Engine::Sqlite, |world: &World| {
        let mina = world.signed_in("mina");
        let wal = format!("{}-wal", world.database().path().display());
        let mut largest = 0;
        for n in 0..90 {
            add_points(world, &mina);
            largest = largest.max(fs::metadata(&wal).unwrap().len());
            if n == 0 {
                wait_for_the_mark(world.database());
            }
            if n % 10 == 0 {
                let alone = copy(world.database(), &[""]);
                assert!(fails(&mut verify(&alone)).contains("was copied while a console used it"), "after {n} changes");
            }
        }
        // Moved into the main file before it grows without end.
        wait_until(|| fs::metadata(&wal).unwrap().len() < 2 << 20);
        assert!((1 << 20..16 << 20).contains(&largest), "{largest} bytes");
        assert!(fails(&mut verify(&copy(world.database(), &[""]))).contains("was copied while a console used it"));
    });
}

#[test]
fn a_database_that_began_with_the_console_never_verifies_as_nothing() {
    within(Engine::Sqlite, |_: &World| {
        let database = Database::empty(Engine::Sqlite);
        succeeds(&mut ingam(&database, &["migrate"]));
        let console = Process::start_as(program(&database));
        succeeds(&mut ingam(&database, &["staff", "add", "--email", "a@b.kr", "--name", "A", "--role", "owner"]));
        wait_for_the_mark(&database);
        assert!(fails(&mut verify(&copy(&database, &[""]))).contains("was copied while a console used it"));
        drop(console);
    });
}

#[test]
fn a_console_that_stopped_or_was_killed_leaves_a_database_that_is_whole() {
    within(Engine::Sqlite, |world: &World| {
        let database = Database::fresh(Engine::Sqlite);
        for kill in [true, false] {
            let mut console = Process::start_as(program(&database));
            let mail = format!("killed-{kill}@b.kr");
            succeeds(&mut ingam(
                &database,
                &["staff", "add", "--email", &mail, "--name", "A", "--role", "owner", "--reason", "A new owner"],
            ));
            wait_for_the_mark(&database);
            if kill {
                console.kill();
                assert!(fails(&mut verify(&copy(&database, &[""]))).contains("was copied while a console used it"));
                let whole = copy(&database, &["", "-wal"]);
                assert_eq!(rows(&whole), rows(&database));
            } else {
                assert!(console.terminate().success());
                assert_eq!(names(database.path().parent().unwrap()), ["ingam.db"]);
                assert_eq!(rows(&copy(&database, &[""])), rows(&database));
            }
            assert!(succeeds(&mut verify(&database)).contains("fits"));
        }
        // Its rows are of the machine's clock, which is ahead of the world's.
        database.hold_time();
        assert_goes_on(world, &database);
    });
}

#[test]
fn what_is_left_of_a_copy_is_restored_only_by_a_person_who_says_so() {
    within(Engine::Sqlite, |world: &World| {
        add_points(world, &world.signed_in("mina"));
        wait_for_the_mark(world.database());
        let alone = copy(world.database(), &[""]);
        let restored = Database::empty(Engine::Sqlite);
        let line = fails(&mut restore(&restored, &alone.path(), &[]));
        assert!(line.contains("--unverified") && line.contains(alone.path().to_str().unwrap()), "{line}");
        assert!(names(restored.path().parent().unwrap()).is_empty());
        succeeds(&mut restore(&restored, &alone.path(), &["--unverified"]));
        assert_goes_on(world, &restored);
        // And in its place, where it is known to be whole.
        succeeds(&mut restore(&alone, &alone.path(), &["--unverified", "--replace"]));
        assert_goes_on(world, &alone);
        // A copy with both files is whole, and restored as one file.
        let whole = copy(world.database(), &["", "-wal"]);
        let restored = Database::empty(Engine::Sqlite);
        succeeds(&mut restore(&restored, &whole.path(), &[]));
        assert_eq!(rows(&restored), rows(world.database()));
        assert_eq!(names(restored.path().parent().unwrap()), ["ingam.db"]);
        assert_goes_on(world, &restored);
    });
}

/// Empties the log as a restore of some tables would, behind the triggers.
fn empty_the_log(world: &World) {
    let database = world.database();
    let (off, frontier, root) = match world.engine {
        Engine::Sqlite => {
            let drops = database.rows(
                "select 'drop trigger ' || name from sqlite_master where type = 'trigger' and tbl_name like 'audit%'",
            );
            (drops.into_iter().flatten().flatten().collect::<Vec<_>>().join("; "), "x''", "x'")
        }
        Engine::Postgres => {
            let off = "alter table audit disable trigger all; alter table audit_head disable trigger all".to_owned();
            (off, "'\\x'", "'\\x")
        }
    };
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'";
    database
        .tamper(&format!(
            "{off}; delete from audit; update audit_head set size = 0, frontier = {frontier}, root = {root}{nothing}"
        ))
        .unwrap();
}

on_both! {
    fn an_empty_log_beside_people_does_not_verify(world) {
        empty_the_log(world);
        succeeds(&mut world.command(&["migrate"]));
        let line = fails(&mut verify(world.database()));
        assert!(line.contains("the log is empty, and the database holds people"), "{line}");
        let new = Database::empty(world.engine);
        succeeds(&mut ingam(&new, &["migrate"]));
        assert!(succeeds(&mut verify(&new)).contains("The audit log fits: 0 rows"));
    }

    fn a_head_that_was_left_out_is_named(world) {
        empty_the_log(world);
        world.database().tamper("delete from audit_head").unwrap();
        let line = fails(&mut verify(world.database()));
        assert!(line.contains("the head of the log is missing"), "{line}");
    }
}

#[test]
fn a_path_is_a_name_however_it_is_spelt() {
    within(Engine::Sqlite, |world: &World| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("50% of 백업?.db");
        succeeds(&mut ingam(world.database(), &["backup", file.to_str().unwrap()]));
        let restored = Database::empty(Engine::Sqlite);
        succeeds(&mut restore(&restored, Path::new(&file), &[]));
        assert_goes_on(world, &restored);
        // A link to a database stays one.
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(restored.path(), &link).unwrap();
        let by_link = format!("sqlite://{}", link.display());
        let mut over = restore(&restored, Path::new(&file), &["--replace"]);
        succeeds(over.env("DATABASE_URL", &by_link));
        assert!(link.is_symlink());
        assert!(
            fails(ingam(&restored, &["backup", link.to_str().unwrap(), "--replace"]).env("DATABASE_URL", by_link))
                .contains("itself")
        );
        assert_goes_on(world, &restored);
    });
}
