//! `ingam backup`: consistent while the console serves, whole or not there.

use crate::{
    backup::{add_points, assert_goes_on, backup, fails, names, place, restore, rows, said, succeeds},
    kit::{Database, Engine, World, on_both, poll, within},
};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// As on a full disk: no file may be larger than 32 KiB, and writing more is an error.
fn on_a_full_disk(plain: &Command) -> Command {
    let mut full = Command::new("sh");
    full.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    full
}

on_both! {
    fn a_backup_made_while_changes_are_made_is_restored_whole(world) {
        let (folder, file) = place();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Ends the changes also where an assertion fails.
            let _ending = Ending(&is_over);
            let changes = scope.spawn(|| {
                let mut mina = world.signed_in("mina");
                let mut made = 0_u32;
                while !is_over.load(Ordering::Relaxed) {
                    // Each takes half a minute of the world's time, and a session ends after eight hours.
                    if made % 500 == 499 {
                        mina = world.signed_in("mina");
                    }
                    add_points(world, &mina);
                    made += 1;
                }
                made
            });
            let before = rows(world.database());
            poll(|| (rows(world.database()) > before + 3).then_some(()));
            for n in 0..3 {
                let before = rows(world.database());
                let told = succeeds(backup(world.database(), &file).arg("--replace"));
                let after = rows(world.database());
                let fits: i64 = told.split("fits: ").nth(1).unwrap().split(' ').next().unwrap().replace(',', "").parse().unwrap();
                assert!((before..=after).contains(&fits), "backup {n}: {before} to {after}, and {fits}");
                assert!(told.contains("INGAM_SECRET_KEY is not in it"), "{told}");
            }
            is_over.store(true, Ordering::Relaxed);
            assert!(changes.join().unwrap() > 3);
        });
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["ingam.backup"]);
        let restored = Database::empty(world.engine);
        let told = succeeds(&mut restore(&restored, &file, &[]));
        assert!(told.contains("The audit log fits: "), "{told}");
        assert!(rows(&restored) <= rows(world.database()));
        assert_goes_on(world, &restored);
        // The backup is what it was.
        let again = Database::empty(world.engine);
        succeeds(&mut restore(&again, &file, &[]));
        assert_goes_on(world, &again);
    }

    fn no_file_but_an_earlier_backup_is_replaced_and_only_where_it_is_said(world) {
        let (folder, file) = place();
        succeeds(&mut backup(world.database(), &file));
        let first = fs::read(&file).unwrap();
        assert!(fails(&mut backup(world.database(), &file)).contains("--replace"));
        assert_eq!(fs::read(&file).unwrap(), first);
        succeeds(backup(world.database(), &file).arg("--replace"));
        let notes = folder.path().join("notes.txt");
        fs::write(&notes, "keep me").unwrap();
        assert!(fails(backup(world.database(), &notes).arg("--replace")).contains("is no backup"));
        assert_eq!(fs::read_to_string(&notes).unwrap(), "keep me");
        if world.engine == Engine::Sqlite {
            let itself = world.database().path();
            for end in ["", "-wal"] {
                let path = itself.with_file_name(format!("ingam.db{end}"));
                assert!(fails(backup(world.database(), &path).arg("--replace")).contains("is the database itself"));
            }
        }
        assert_eq!(names(folder.path()), ["ingam.backup", "notes.txt"]);
    }

    fn a_backup_that_cannot_be_written_leaves_nothing_and_says_why(world) {
        let (folder, file) = place();
        assert!(fails(&mut backup(world.database(), &folder.path().join("nowhere/backup"))).contains("cannot be written"));
        assert!(fails(&mut backup(world.database(), std::path::Path::new("/proc/backup"))).contains("cannot be written"));
        let line = fails(&mut on_a_full_disk(&backup(world.database(), &file)));
        assert!(line.contains("ingam.backup") || line.contains("pg_dump failed"), "{line}");
        assert!(names(folder.path()).is_empty());
        succeeds(&mut backup(world.database(), &file));
        assert_goes_on(world, world.database());
    }

    fn a_log_that_does_not_fit_never_takes_the_place_of_a_good_backup(world) {
        let (folder, file) = place();
        succeeds(&mut backup(world.database(), &file));
        let good = fs::read(&file).unwrap();
        world.database().tamper("update users set points = points + 1 where id = 1").unwrap();
        let line = fails(backup(world.database(), &file).arg("--replace"));
        assert!(line.contains("does not fit") && line.contains("ingam.backup.unfit"), "{line}");
        assert_eq!(fs::read(&file).unwrap(), good);
        assert_eq!(names(folder.path()), ["ingam.backup", "ingam.backup.unfit"]);
        let restored = Database::empty(world.engine);
        let unfit = folder.path().join("ingam.backup.unfit");
        let output = restore(&restored, &unfit, &[]).output().unwrap();
        assert!(!output.status.success() && said(&output).contains("does not fit"), "{}", said(&output));
        let told = succeeds(&mut restore(&restored, &unfit, &["--replace", "--unverified"]));
        assert!(told.contains("does not fit"), "{told}");
        succeeds(&mut restore(&restored, &file, &["--replace"]));
        assert_goes_on(world, &restored);
    }
}

#[test]
fn a_restore_onto_a_full_disk_changes_nothing() {
    within(Engine::Sqlite, |world: &World| {
        let (_folder, file) = place();
        let target = Database::fresh(Engine::Sqlite);
        add_points(world, &world.signed_in("mina"));
        succeeds(&mut backup(world.database(), &file));
        let former = rows(&target);
        let line = fails(&mut on_a_full_disk(&restore(&target, &file, &["--replace"])));
        assert!(line.contains("cannot be copied to"), "{line}");
        assert_eq!((rows(&target), names(target.path().parent().unwrap())), (former, vec!["ingam.db".to_owned()]));
        succeeds(&mut restore(&target, &file, &["--replace"]));
        assert_eq!(rows(&target), rows(world.database()));
        assert_goes_on(world, &target);
    });
}
