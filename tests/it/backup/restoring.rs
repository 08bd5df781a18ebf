//! `ingam restore`: into a new place, over rows only where it is said, from older backups and never from newer ones.

use crate::{
    backup::{
        add_points, assert_goes_on, backup, copied_by_tools, dump, fails, ingam, names, place, restore, rows, said,
        succeeds,
    },
    kit::{Cluster, Database, Engine, Process, block_on, on_both, prepare, program, within},
};
use sqlx::{Connection as _, migrate::Migrator};
use std::{fs, path::Path};

on_both! {
    fn rows_are_replaced_only_where_it_is_said(world) {
        let (_folder, file) = place();
        let target = Database::fresh(world.engine);
        add_points(world, &world.signed_in("mina"));
        succeeds(&mut backup(world.database(), &file));
        let former = rows(&target);
        let line = fails(&mut restore(&target, &file, &[]));
        assert!(line.contains("has rows") && line.contains("--replace"), "{line}");
        assert_eq!(rows(&target), former);
        succeeds(&mut restore(&target, &file, &["--replace"]));
        assert_eq!(rows(&target), rows(world.database()));
        assert_goes_on(world, &target);

        // A schema without rows is in no way.
        let migrated = Database::empty(world.engine);
        succeeds(&mut ingam(&migrated, &["migrate"]));
        succeeds(&mut restore(&migrated, &file, &[]));
        assert_goes_on(world, &migrated);
    }

    fn what_is_no_whole_backup_changes_nothing(world) {
        let (folder, file) = place();
        succeeds(&mut backup(world.database(), &file));
        let target = Database::fresh(world.engine);
        let former = rows(&target);
        let at = |name: &str| folder.path().join(name);
        let bytes = fs::read(&file).unwrap();
        fs::write(at("half"), &bytes[..bytes.len() / 2]).unwrap();
        fs::write(at("head"), &bytes[..20]).unwrap();
        fs::write(at("nothing"), "").unwrap();
        fs::write(at("letter"), "Dear restore,").unwrap();
        fs::write(at("plain"), "--\n-- PostgreSQL database dump\n--\n").unwrap();
        let other_engine: &[u8] = match world.engine {
            Engine::Sqlite => b"PGDMP\x01\x0e\x00\x04\x08\x01\x01\x01\x00\x00\x00\x00",
            Engine::Postgres => b"SQLite format 3\x00 and so on",
        };
        fs::write(at("other"), other_engine).unwrap();
        for name in ["half", "head", "nothing", "letter", "plain", "other", "not-there"] {
            let line = fails(&mut restore(&target, &at(name), &["--replace"]));
            assert!(line.contains(name), "{name}: {line}");
            assert_eq!(rows(&target), former, "{name}");
        }
        assert_goes_on(world, &target);
    }

    fn an_older_backup_is_brought_up_to_date_and_a_newer_one_is_refused(world) {
        let (_folder, file) = place();
        let old = at_version(world.engine, 14);
        old.tamper("insert into users (id, email, name, joined_at) values (990001, 'old@b.kr', 'Old', '2026-03-02T00:00:00.000000Z')").unwrap();
        old.tamper("insert into installation (id, environment, stamped_at) values (1, 'local', '2026-03-02T00:00:00.000000Z')").unwrap();
        let line = fails(&mut backup(&old, &file));
        assert!(line.contains("schema version 14") && line.contains("the program that serves the database"), "{line}");
        copied_by_tools(&old, &file);
        let restored = Database::empty(world.engine);
        succeeds(&mut restore(&restored, &file, &[]));
        assert!(succeeds(&mut ingam(&restored, &["migrate"])).contains("up to date"));
        assert_eq!(restored.value("select name from users where id = 990001"), "Old");
        prepare(&restored.url, &world.clock);
        assert_goes_on(world, &restored);

        let newer = Database::fresh(world.engine);
        newer.tamper("insert into _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
             select 9999, description, installed_on, success, checksum, execution_time from _sqlx_migrations where version = 1").unwrap();
        let (_folder, file) = place();
        copied_by_tools(&newer, &file);
        let before = rows(&restored);
        let line = fails(&mut restore(&restored, &file, &["--replace"]));
        assert!(line.contains("schema version 9999, newer than this program"), "{line}");
        assert_eq!(rows(&restored), before);
        assert_goes_on(world, &restored);
    }

    fn a_backup_of_production_stays_in_production(world) {
        let (_folder, file) = place();
        let production = Database::fresh(world.engine);
        production.tamper("update installation set environment = 'prod'").unwrap();
        copied_by_tools(&production, &file);
        let restored = Database::empty(world.engine);
        let refused = restore(&restored, &file, &[]).output().unwrap();
        assert_eq!(refused.status.code(), Some(78), "{}", said(&refused));
        assert!(restored.rows("select 1").len() == 1 && ingam(&restored, &["audit", "verify"]).output().unwrap().status.code() == Some(1));
    }

    fn another_key_than_that_of_the_backup_is_said_at_once(world) {
        let (_folder, file) = place();
        drop(world.signed_in("mina"));
        succeeds(&mut backup(world.database(), &file));
        let restored = Database::empty(world.engine);
        let other = "9f1c2e7ab04d5583c6e1f7a2900b4c6d3e8f5a17b2c4d6e8091a3b5c7d9e0f12";
        let told = succeeds(restore(&restored, &file, &[]).env("INGAM_SECRET_KEY", other));
        assert!(told.contains("warning: INGAM_SECRET_KEY is not the key that this database was set up with"), "{told}");
        assert_goes_on(world, &restored);
    }
}

/// An empty database with the schema of an older program.
fn at_version(engine: Engine, version: i64) -> Database {
    let database = Database::empty(engine);
    let folder = match engine {
        Engine::Sqlite => "migrations/sqlite",
        Engine::Postgres => "migrations/postgres",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    block_on(async {
        let migrations = Migrator::new(folder).await.unwrap();
        match engine {
            Engine::Sqlite => {
                let mut connection = sqlx::SqliteConnection::connect(&database.url).await.unwrap();
                migrations.run_to(version, &mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Engine::Postgres => {
                let mut connection = sqlx::PgConnection::connect(&database.url).await.unwrap();
                migrations.run_to(version, &mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    });
    if engine == Engine::Postgres {
        database.tamper("grant select on _sqlx_migrations to ingam_app").unwrap();
    }
    database
}

#[test]
fn a_new_cluster_with_another_owner_gets_everything_but_the_rights_of_others() {
    within(Engine::Postgres, |world| {
        // The shop keeps its own things beside the console's, and another role may read.
        world
            .database()
            .tamper("create role reporting_of_restoring; grant select on users to reporting_of_restoring")
            .unwrap();
        world
            .database()
            .tamper("create view adults as select id from users; create type mood as enum ('good')")
            .unwrap();
        add_points(world, &world.signed_in("mina"));
        let (_folder, file) = place();
        succeeds(&mut backup(world.database(), &file));
        world.database().tamper("drop owned by reporting_of_restoring; drop role reporting_of_restoring").unwrap();
        let cluster = Cluster::start();
        let restored = Database::empty_of(&cluster, "keeper");
        let told = succeeds(&mut restore(&restored, &file, &[]));
        assert!(told.contains("the role ingam_app was missing"), "{told}");
        assert_eq!(rows(&restored), rows(world.database()));
        assert!(restored.number("select count(*) from adults") > 0);
        assert_eq!(restored.value("select tableowner from pg_tables where tablename = 'audit'"), "keeper");
        assert_goes_on(world, &restored);
        // Once more, over what is there.
        succeeds(&mut restore(&restored, &file, &["--replace"]));
        assert_goes_on(world, &restored);
    });
}

#[test]
fn a_dump_without_owners_and_privileges_is_as_good_as_a_backup() {
    within(Engine::Postgres, |world| {
        add_points(world, &world.signed_in("mina"));
        let (_folder, file) = place();
        dump(world.database(), &["--format=custom", "--no-owner", "--no-acl"], &file);
        let restored = Database::empty(Engine::Postgres);
        succeeds(&mut restore(&restored, &file, &[]));
        assert_goes_on(world, &restored);
    });
}

#[test]
fn what_a_killed_console_left_beside_its_database_is_not_mixed_into_the_restored_one() {
    within(Engine::Sqlite, |world| {
        let (_folder, file) = place();
        add_points(world, &world.signed_in("mina"));
        succeeds(&mut backup(world.database(), &file));
        let target = Database::fresh(Engine::Sqlite);
        let mut console = Process::start_as(program(&target));
        succeeds(&mut ingam(
            &target,
            &["staff", "add", "--email", "a@b.kr", "--name", "A", "--role", "owner", "--reason", "A new owner"],
        ));
        assert!(fails(&mut restore(&target, &file, &["--replace"])).contains("stop the console first"));
        console.kill();
        let folder = target.path().parent().unwrap().to_owned();
        assert_eq!(names(&folder), ["ingam.db", "ingam.db-shm", "ingam.db-wal"]);
        succeeds(&mut restore(&target, &file, &["--replace"]));
        assert_eq!(names(&folder), ["ingam.db"]);
        assert_eq!(target.number("select count(*) from staff where email = 'a@b.kr'"), 0);
        assert_eq!(rows(&target), rows(world.database()));
        assert_goes_on(world, &target);

        // And where only that is left, or what is there is damaged.
        fs::write(folder.join("ingam.db-wal"), "stale").unwrap();
        fs::write(target.path(), "no database at all, and more than a hundred bytes of it ".repeat(100)).unwrap();
        let line = fails(&mut restore(&target, &file, &[]));
        assert!(line.contains("cannot be read") && line.contains("--replace"), "{line}");
        succeeds(&mut restore(&target, &file, &["--replace"]));
        assert_eq!(names(&folder), ["ingam.db"]);
        assert_goes_on(world, &target);
    });
}

#[test]
fn a_demo_is_backed_up_and_restored_by_its_folder() {
    within(Engine::Sqlite, |world| {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("demo");
        fs::create_dir(&data).unwrap();
        // The files of a demo, without the minute that a real one takes.
        fs::write(data.join("ingam-demo.version"), "3").unwrap();
        fs::write(data.join("secret-key"), "5b1fc8620dea9734b1487e25f39c60d7812ae45f16bb70c903ad5894ee3d426b").unwrap();
        copied_by_tools(world.database(), &data.join("ingam.db"));
        let file = folder.path().join("backup");
        let mut command =
            crate::cli::program::ingam(&[], &["backup", file.to_str().unwrap(), "--data", data.to_str().unwrap()]);
        succeeds(&mut command);
        fs::remove_file(data.join("ingam.db")).unwrap();
        let mut command =
            crate::cli::program::ingam(&[], &["restore", file.to_str().unwrap(), "--data", data.to_str().unwrap()]);
        assert!(succeeds(&mut command).contains("The audit log fits"));
    });
}
