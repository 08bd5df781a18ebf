//! The programs of PostgreSQL that `ingam backup` and `ingam restore` start: which they are, and what they are told.

use crate::{
    backup::{assert_goes_on, backup, fails, names, place, restore, succeeds},
    kit::{Database, Engine, within},
};
use std::{env, fs, os::unix::fs::PermissionsExt as _, path::Path};

/// A program of this name that is found first.
fn put(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// PATH with this folder first.
fn path(folder: &Path) -> String {
    format!("{}:{}", folder.display(), env::var("PATH").unwrap())
}

#[test]
fn no_secret_is_in_the_arguments_and_none_of_the_console_in_the_environment_of_a_program() {
    within(Engine::Postgres, |world| {
        let (folder, file) = place();
        let bin = tempfile::tempdir().unwrap();
        for name in ["pg_dump", "pg_restore", "psql"] {
            let told = folder.path().join(format!("{name}.told"));
            let script = format!(
                "PATH=${{PATH#*:}}\necho \"$@\" >>'{0}'; env >>'{0}'; tr '\\0' ' ' </proc/$PPID/cmdline >>'{0}'\nexec {name} \"$@\"",
                told.display()
            );
            put(bin.path(), name, &script);
        }
        let url = world.database().url.replace("//postgres@", "//postgres:s3%40cret@");
        let path = path(bin.path());
        succeeds(backup(world.database(), &file).env("DATABASE_URL", url).env("PATH", &path));
        let restored = Database::empty(Engine::Postgres);
        let url = restored.url.replace("//postgres@", "//postgres:s3%40cret@");
        succeeds(restore(&restored, &file, &[]).env("DATABASE_URL", url).env("PATH", &path));
        for name in ["pg_dump", "pg_restore", "psql"] {
            let told = fs::read_to_string(folder.path().join(format!("{name}.told"))).unwrap();
            let (held, others): (Vec<&str>, Vec<&str>) = told.lines().partition(|line| line.starts_with("PGPASSWORD="));
            assert!(!held.is_empty() && held.iter().all(|line| *line == "PGPASSWORD=s3@cret"), "{name}: {held:?}");
            for secret in ["s3@cret", "s3%40cret", "INGAM_SECRET_KEY", "DATABASE_URL"] {
                assert!(!others.iter().any(|line| line.contains(secret)), "{name} was told {secret}:\n{told}");
            }
        }
        assert_goes_on(world, &restored);
    });
}

#[test]
fn a_program_that_is_missing_or_too_old_is_named() {
    within(Engine::Postgres, |world| {
        let (folder, file) = place();
        let nothing = tempfile::tempdir().unwrap();
        let line = fails(backup(world.database(), &file).env("PATH", nothing.path()));
        assert!(line.contains("pg_dump cannot be started") && line.contains("postgresql-client"), "{line}");
        put(nothing.path(), "pg_dump", "echo 'pg_dump (PostgreSQL) 9.6.24'");
        let line = fails(backup(world.database(), &file).env("PATH", path(nothing.path())));
        assert!(line.contains("pg_dump is of version 9 and the server of version"), "{line}");
        put(
            nothing.path(),
            "pg_dump",
            "case $1 in --version) echo 'pg_dump (PostgreSQL) 99.1';; *) printf PGDMP; exit 0;; esac",
        );
        let line = fails(backup(world.database(), &file).env("PATH", path(nothing.path())));
        assert!(line.contains("cannot be read"), "a dump that ends at its beginning: {line}");
        assert!(names(folder.path()).is_empty());
        succeeds(&mut backup(world.database(), &file));
        let restored = Database::empty(Engine::Postgres);
        let nothing = tempfile::tempdir().unwrap();
        let line = fails(restore(&restored, &file, &[]).env("PATH", nothing.path()));
        assert!(line.contains("cannot be started") && line.contains("postgresql-client"), "{line}");
        succeeds(&mut restore(&restored, &file, &[]));
        assert_goes_on(world, &restored);
    });
}

#[test]
fn a_login_that_may_not_read_everything_is_told_who_may() {
    within(Engine::Postgres, |world| {
        let (folder, file) = place();
        let name = format!("weak_{}", std::process::id());
        world.database().tamper(&format!("create role {name} login in role ingam_app")).unwrap();
        let url = world.database().url.replace("//postgres@", &format!("//{name}@"));
        let line = fails(backup(world.database(), &file).env("DATABASE_URL", url));
        assert!(line.contains("pg_dump failed") && line.contains("must own the tables"), "{line}");
        assert!(names(folder.path()).is_empty());
        world.database().tamper(&format!("drop role {name}")).unwrap();
    });
}
