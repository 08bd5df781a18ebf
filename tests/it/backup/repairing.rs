//! `ingam migrate` makes again what a restored database lacks of what keeps it.

use crate::{
    backup::{add_points, assert_goes_on, dump, ingam, said, succeeds},
    kit::{Cluster, Database, Engine, World, on_both, within},
};

/// What keeps the rows of a database, read in another way than the console does.
fn kept(database: &Database) -> Vec<Vec<Option<String>>> {
    let sql: &[&str] = match Engine::of(&database.url).unwrap() {
        Engine::Sqlite => &["select type, name, tbl_name, sql from sqlite_master where type <> 'table' order by 1, 2"],
        Engine::Postgres => &[
            "select event_object_table, trigger_name, event_manipulation, action_timing, action_orientation, action_statement
               from information_schema.triggers order by 1, 2, 3",
            "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger where not tgisinternal order by 1, 2",
            "select table_name, privilege_type from information_schema.role_table_grants where grantee in ('ingam_app', 'PUBLIC')
               and table_schema = 'public' order by 1, 2",
            "select table_name, column_name, privilege_type from information_schema.role_column_grants
              where grantee in ('ingam_app', 'PUBLIC') and table_schema = 'public' order by 1, 2, 3",
            "select tablename, indexdef from pg_indexes where schemaname = 'public' order by 1, 2",
            "select conrelid::regclass::text, conname, contype from pg_constraint where connamespace = 'public'::regnamespace order by 1, 2",
            "select proname, prosrc, proconfig::text from pg_proc where pronamespace = 'public'::regnamespace and prolang <> 13 order by 1",
            "select nspacl::text like '%ingam_app=U/%' from pg_namespace where nspname = 'public'",
        ],
    };
    sql.iter().flat_map(|sql| database.rows(sql)).collect()
}

/// Takes away everything at once.
fn strip(world: &World) {
    let database = world.database();
    let (drops, first) = match world.engine {
        Engine::Sqlite => {
            let sql = "select 'drop ' || type || ' ' || name from sqlite_master where type in ('trigger', 'index') and sql is not null";
            (sql, "")
        }
        Engine::Postgres => (
            "select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) from pg_constraint
              where connamespace = 'public'::regnamespace and contype = 'f'
             union all
             select format('drop index %s', i.indexrelid::regclass) from pg_index i join pg_class c on c.oid = i.indrelid
              where c.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
             union all
             select format('drop function %s cascade', oid::regprocedure) from pg_proc
              where pronamespace = 'public'::regnamespace and prosrc like '%begin%' and prorettype = 'trigger'::regtype",
            "revoke all on all tables in schema public from ingam_app; revoke all on schema public from ingam_app;",
        ),
    };
    let drops: Vec<String> = database.rows(drops).into_iter().flatten().flatten().collect();
    assert!(drops.len() > 40, "only {} drops", drops.len());
    database.tamper(&format!("{first} {}", drops.join("; "))).unwrap();
}

on_both! {
    fn a_migrated_database_has_nothing_to_repair(world) {
        let before = kept(world.database());
        for _ in 0..2 {
            let told = succeeds(&mut world.command(&["migrate"]));
            assert!(!told.contains("Repaired") && told.contains("up to date"), "{told}");
        }
        assert_eq!(kept(world.database()), before);
        let new = Database::empty(world.engine);
        let told = succeeds(&mut ingam(&new, &["migrate"]));
        assert!(!told.contains("Repaired"), "{told}");
        assert_eq!(kept(&new), before, "the template and a database of its own are alike");
    }

    fn what_keeps_the_rows_is_made_again_as_the_migrations_make_it(world) {
        let before = kept(world.database());
        strip(world);
        assert!(kept(world.database()).len() < before.len() / 2);
        let told = succeeds(&mut world.command(&["migrate"]));
        for word in ["the trigger audit_next on audit was missing", "the index batch_runs_tick on batch_runs was missing"] {
            assert!(told.contains(word), "{word} is not in\n{told}");
        }
        assert_eq!(kept(world.database()), before);
        assert!(!succeeds(&mut world.command(&["migrate"])).contains("Repaired"));
        assert_goes_on(world, world.database());
    }

    fn what_was_weakened_is_as_strong_as_before(world) {
        let before = kept(world.database());
        let weaken = match world.engine {
            Engine::Sqlite => "drop trigger audit_no_update;
                create trigger audit_no_update before update on audit when false begin select raise(abort, ''); end",
            Engine::Postgres => "create or replace function refuse_rewriting() returns trigger language plpgsql as 'begin return new; end';
                drop trigger audit_no_truncate on audit;
                create trigger audit_no_truncate before truncate on audit execute function refuse_rewriting();
                alter table users disable trigger users_name_added;
                grant all on all tables in schema public to ingam_app;
                grant update (reason) on audit to public",
        };
        world.database().tamper(weaken).unwrap();
        assert!(!world.command(&["check"]).output().unwrap().status.success());
        let told = succeeds(&mut world.command(&["migrate"]));
        let words: &[&str] = match world.engine {
            Engine::Sqlite => &["the trigger audit_no_update on audit was altered"],
            Engine::Postgres => &[
                "the function refuse_rewriting was altered",
                "the trigger audit_no_truncate on audit was not armed for every session",
                "the trigger users_name_added on users was not armed",
                "ingam_app had the right to delete on audit, which is taken away",
                "everybody had the right to update of reason on audit, which is taken away",
            ],
        };
        for word in words {
            assert!(told.contains(word), "{word} is not in\n{told}");
        }
        assert_eq!(kept(world.database()), before);
        assert_goes_on(world, world.database());
    }
}

#[test]
fn a_dump_in_a_new_cluster_gets_the_role_and_its_rights_from_migrate() {
    within(Engine::Postgres, |world| {
        add_points(world, &world.signed_in("mina"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump.sql");
        dump(world.database(), &[], &file);
        let cluster = Cluster::start();
        let restored = Database::empty_in(&cluster);
        // The usual way, which goes on after each of its errors: there is no such role.
        let loaded = restored.client("psql").args(["-q", "-f"]).arg(&file).output().unwrap();
        assert!(said(&loaded).contains("role \"ingam_app\" does not exist"), "{}", said(&loaded));
        let early = said(&ingam(&restored, &["check"]).output().unwrap());
        assert!(early.contains("ingam migrate"), "{early}");
        let told = succeeds(&mut ingam(&restored, &["migrate"]));
        assert!(told.contains("Repaired: the role ingam_app was missing."), "{told}");
        assert!(told.contains("ingam_app had not all its rights on"), "{told}");
        assert_eq!(kept(&restored), kept(world.database()));
        assert_goes_on(world, &restored);
    });
}

#[test]
fn a_restore_without_owners_and_privileges_is_repaired_by_a_login_that_is_no_superuser() {
    within(Engine::Postgres, |world| {
        add_points(world, &world.signed_in("mina"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump");
        dump(world.database(), &["--format=custom"], &file);
        let cluster = Cluster::start();
        let restored = Database::empty_of(&cluster, "keeper");
        succeeds(
            restored
                .client("pg_restore")
                .args(["--no-owner", "--no-acl", "--no-comments", "--exit-on-error", "-d", restored.url.as_str()])
                .arg(&file),
        );
        let told = succeeds(&mut ingam(&restored, &["migrate"]));
        assert!(told.contains("Repaired: the role ingam_app was missing."), "{told}");
        assert_goes_on(world, &restored);

        // Once the role is there, it is the rights that are missing, and the advice is the right one.
        restored.tamper("revoke all on all tables in schema public from ingam_app").unwrap();
        let early = said(&ingam(&restored, &["check"]).output().unwrap());
        assert!(early.contains("no rights on the tables") && early.contains("run `ingam migrate`"), "{early}");
        succeeds(&mut ingam(&restored, &["migrate"]));
        assert_goes_on(world, &restored);
    });
}

#[test]
fn triggers_that_a_restore_of_data_alone_disarmed_are_armed_again() {
    within(Engine::Postgres, |world| {
        add_points(world, &world.signed_in("mina"));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump");
        dump(world.database(), &["--format=custom"], &file);
        let restored = Database::empty(Engine::Postgres);
        for options in [&["--schema-only"][..], &["--data-only", "--disable-triggers"]] {
            succeeds(restored.client("pg_restore").args(options).args(["-d", restored.url.as_str()]).arg(&file));
        }
        let demoted = "select count(*) from pg_trigger where not tgisinternal and tgenabled = 'A'";
        assert_eq!(restored.number(demoted), 0);
        assert!(!ingam(&restored, &["check"]).output().unwrap().status.success());
        let told = succeeds(&mut ingam(&restored, &["migrate"]));
        assert!(told.contains("the trigger audit_no_rewriting on audit was not armed for every session"), "{told}");
        assert_eq!(restored.number(demoted), 42);
        assert_eq!(kept(&restored), kept(world.database()));
        assert_goes_on(world, &restored);
    });
}

#[test]
fn tables_of_another_role_are_named_as_the_cause() {
    within(Engine::Postgres, |world| {
        let cluster = Cluster::start();
        let restored = Database::empty_of(&cluster, "keeper");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("dump.sql");
        dump(world.database(), &["--no-owner", "--no-acl"], &file);
        let as_superuser =
            restored.client("psql").env("PGUSER", "postgres").args(["-q", "-f"]).arg(&file).output().unwrap();
        assert!(as_superuser.status.success(), "{}", said(&as_superuser));
        let refused = ingam(&restored, &["migrate"]).output().unwrap();
        assert!(!refused.status.success());
        assert!(
            said(&refused).contains("belong to another role") && said(&refused).contains("reassign owned"),
            "{}",
            said(&refused)
        );
    });
}
