//! Where the engine no longer keeps the log append-only, `ingam serve` refuses to serve and says what is wrong.

use crate::{
    kit::{Engine, World, block_on, on_both},
    sealing::support::run,
};
use ingam::{audit::safeguard::safeguards, store::Store};

/// A database that `break_it` spoiled is seen through, and what is wrong is named. Then the damage is mended, so that the
/// next case is independent.
fn assert_seen(world: &World, break_it: &str, mend: &str, named: &str) {
    let tamper = |sql: &str| world.database().tamper(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let damage = || {
        block_on(async {
            let store = Store::open(&world.database().url, 1).await.unwrap();
            let found = safeguards(&store.reader, store.engine).await.unwrap();
            store.close().await;
            found.into_iter().filter_map(|safeguard| safeguard.holds.err()).collect::<Vec<_>>().join("; ")
        })
    };
    tamper(break_it);
    let seen = damage();
    assert!(seen.contains(named), "{break_it}\nwas not seen: {seen:?}");
    tamper(mend);
    assert_eq!(damage(), "", "{mend}\ndid not mend it");
}

/// The program itself refuses to serve from such a database, with one line.
fn assert_refuses(world: &World, break_it: &str, mend: &str, named: &str) {
    world.database().tamper(break_it).unwrap_or_else(|error| panic!("{break_it}: {error}"));
    let mut command = world.command(&["serve"]);
    command.env("INGAM_LISTEN", "127.0.0.1:0").env("INGAM_PUBLIC_ORIGIN", "http://127.0.0.1:8080");
    let ended = run(command);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(78), "{break_it}\n{said}");
    assert_eq!(said.lines().count(), 1, "{break_it}\n{said}");
    assert!(said.contains("refuses to start") && said.contains(named), "{break_it}\n{said}");
    world.database().tamper(mend).unwrap_or_else(|error| panic!("{mend}: {error}"));
}

fn assert_holds(world: &World) {
    let checked = run(world.command(&["check"]));
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
    assert!(said.contains("append-only triggers"), "{said}");
}

fn on_sqlite(world: &World) {
    let triggers = world.rows(
        "select name, tbl_name, sql from sqlite_master where type = 'trigger'
          and tbl_name in ('access_heads', 'audit', 'audit_head', 'access_records', 'access_subjects', 'access_leaves', 'access_head', 'access_sealed', 'point_entries', 'order_events', 'refund_payments', 'batch_events', 'batch_runs',
                           'approval_requests', 'approval_votes', 'user_notes', 'reviews') order by name",
    );
    assert_eq!(triggers.len(), 50, "{triggers:?}");
    for row in &triggers {
        let [Some(name), _, Some(sql)] = row.as_slice() else { panic!("{row:?}") };
        assert_seen(world, &format!("drop trigger {name}"), sql, name);
    }
    let weak = "create trigger audit_no_update before update on audit when false begin select raise(abort, ''); end";
    let sql = world.database().value("select sql from sqlite_master where name = 'audit_no_update'");
    let mend = format!("drop trigger audit_no_update; {sql}");
    assert_seen(world, &format!("drop trigger audit_no_update; {weak}"), &mend, "audit_no_update");
    let more = "create trigger extra after insert on audit begin update users set points = 0; end";
    assert_seen(world, more, "drop trigger extra", "extra");
}

fn on_postgres(world: &World) {
    let triggers = world.rows(
        "select t.tgname, t.tgrelid::regclass::text, pg_get_triggerdef(t.oid) from pg_trigger t
          where not t.tgisinternal and t.tgenabled = 'A' order by 1",
    );
    assert_eq!(triggers.len(), 42, "{triggers:?}");
    for row in &triggers {
        let [Some(name), Some(table), Some(sql)] = row.as_slice() else { panic!("{row:?}") };
        let always = format!("alter table {table} enable always trigger {name}");
        assert_seen(world, &format!("alter table {table} disable trigger {name}"), &always, name);
        // The usual way to enable one leaves it silent for a session that says it replicates.
        assert_seen(world, &format!("alter table {table} enable trigger {name}"), &always, name);
        assert_seen(world, &format!("drop trigger {name} on {table}"), &format!("{sql}; {always}"), name);
    }
    let weak = "create trigger audit_no_rewriting before update or delete on audit
                  for each row when (false) execute function refuse_rewriting();
                alter table audit enable always trigger audit_no_rewriting";
    let strong = weak.replace("when (false)", "");
    let gone = "drop trigger audit_no_rewriting on audit;";
    assert_seen(world, &format!("{gone} {weak}"), &format!("{gone} {strong}"), "audit_no_rewriting");
    // The name is there, on another table.
    let elsewhere = strong.replace("on audit\n", "on users\n").replace("table audit ", "table users ");
    let back = format!("drop trigger audit_no_rewriting on users; {strong}");
    assert_seen(world, &format!("{gone} {elsewhere}"), &back, "audit_no_rewriting");
    // The trigger is there and its function does nothing.
    let source = world.database().value("select pg_get_functiondef('refuse_rewriting'::regproc)");
    let toothless =
        "create or replace function refuse_rewriting() returns trigger language plpgsql as 'begin return new; end'";
    assert_seen(world, toothless, &source, "no_truncate");
    let source = world.database().value("select pg_get_functiondef('access_record_is_kept'::regproc)");
    let toothless = toothless.replace("refuse_rewriting", "access_record_is_kept");
    assert_seen(world, &toothless, &source, "access_records_no_rewriting");

    for (table, rights) in [
        ("audit", &["update", "delete", "truncate", "trigger", "update (reason)"][..]),
        ("audit_head", &["delete", "truncate", "trigger"]),
        ("access_heads", &["delete", "truncate", "trigger"]),
        ("access_records", &["update", "truncate", "trigger", "update (task)"]),
        ("access_subjects", &["update", "truncate", "trigger", "update (customer)"]),
        ("access_leaves", &["update", "delete", "truncate", "trigger", "update (leaf)"]),
        ("access_head", &["delete", "truncate", "trigger"]),
        ("access_sealed", &["delete", "truncate", "trigger"]),
        ("point_entries", &["update", "delete", "truncate", "trigger", "update (delta, balance)"]),
        ("approval_requests", &["delete", "truncate", "trigger"]),
        ("approval_votes", &["update", "delete", "truncate", "trigger", "update (verdict)"]),
        ("escalation_events", &["update", "delete", "truncate", "trigger", "update (detail)"]),
        ("alert_events", &["update", "delete", "truncate", "trigger", "update (reason)"]),
        ("incident_events", &["update", "delete", "truncate", "trigger", "update (text)"]),
        ("checkpoints", &["update", "delete", "truncate", "trigger", "update (note)"]),
        ("postmortems", &["update", "delete", "truncate", "trigger", "update (text)"]),
        ("batch_events", &["update", "delete", "truncate", "trigger", "update (detail)"]),
        ("order_events", &["update", "delete", "truncate", "trigger", "update (text)"]),
        ("reviews", &["update", "delete", "truncate", "trigger", "update (findings)"]),
        ("user_notes", &["update", "delete", "truncate", "trigger", "update (text)"]),
    ] {
        for right in rights {
            let (give, take) =
                (format!("grant {right} on {table} to ingam_app"), format!("revoke {right} on {table} from ingam_app"));
            assert_seen(world, &give, &take, "ingam_app");
        }
    }
    assert_seen(world, "grant update on audit to public", "revoke update on audit from public", "ingam_app");
}

/// Tampers behind triggers that are taken away and put back, so that only the head can tell.
fn behind_the_triggers(world: &World, sql: &str) -> String {
    match world.engine {
        Engine::Sqlite => {
            let triggers =
                "select name, sql from sqlite_master where type = 'trigger' and tbl_name in ('audit', 'audit_head')";
            let triggers: Vec<_> = world
                .rows(triggers)
                .into_iter()
                .map(|row| [row[0].clone().unwrap(), row[1].clone().unwrap()])
                .collect();
            let off = triggers.iter().map(|[name, _]| format!("drop trigger {name};")).collect::<Vec<_>>().concat();
            let on = triggers.iter().map(|[_, made]| format!("{made};")).collect::<Vec<_>>().concat();
            format!("{off} {sql}; {on}")
        }
        Engine::Postgres => {
            let set = |how: &str| {
                let tables =
                    [("audit", "audit_next"), ("audit", "audit_no_rewriting"), ("audit_head", "audit_head_next")];
                tables.map(|(table, name)| format!("alter table {table} {how} trigger {name};")).concat()
            };
            format!("{} {sql}; {}", set("disable"), set("enable always"))
        }
    }
}

on_both! {
    fn a_head_that_does_not_fit_its_rows_is_seen(world) {
        let copies = ["audit", "audit_head"].map(|table| format!("create table {table}_copy as select * from {table};")).concat();
        world.database().tamper(&copies).unwrap();
        let mend = ["audit", "audit_head"].map(|table| format!("delete from {table}; insert into {table} select * from {table}_copy;")).concat();
        let mend = behind_the_triggers(world, &mend);
        for damage in [
            "delete from audit where seq = (select max(seq) from audit)",
            "delete from audit",
            "update audit_head set size = size - 1",
            "update audit_head set size = size + 1",
            "update audit_head set size = -1",
            "update audit_head set root = (select leaf from audit where seq = 0)",
            "update audit_head set frontier = (select leaf from audit where seq = 0)",
        ] {
            let damage = behind_the_triggers(world, damage);
            assert_seen(world, &damage, &mend, "head of the audit log");
        }
    }

    fn whatever_would_let_the_log_be_rewritten_is_seen(world) {
        assert_holds(world);
        match world.engine {
            Engine::Sqlite => on_sqlite(world),
            Engine::Postgres => on_postgres(world),
        }
        assert_holds(world);
    }

    fn a_console_whose_log_could_be_rewritten_refuses_to_serve(world) {
        match world.engine {
            Engine::Sqlite => {
                let sql = world.database().value("select sql from sqlite_master where name = 'audit_no_delete'");
                assert_refuses(world, "drop trigger audit_no_delete", &sql, "audit_no_delete");
            }
            Engine::Postgres => {
                let [off, on] = ["disable", "enable always"].map(|how| format!("alter table audit {how} trigger audit_no_truncate"));
                assert_refuses(world, &off, &on, "audit_no_truncate");
                assert_refuses(world, "grant delete on audit to ingam_app", "revoke delete on audit from ingam_app", "ingam_app");
            }
        }
        assert_holds(world);
    }
}
