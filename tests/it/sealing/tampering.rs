//! Every column of every table is altered behind the console's back: `audit verify` notices, or its list says why not.

use crate::{
    kit::{Engine, World, on_both},
    sealing::populated::populated,
};
use ingam::{
    audit::verify::{
        Unfit,
        coverage::{COVERAGE, columns},
        verify,
    },
    changes::KINDS,
    store::Store,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// The row of a table that is altered, where it is not any: one that a change has made or altered.
const ROWS: &[(&str, &str)] = &[
    // Of several alike, the one that is altered must not become the other.
    ("deliveries", "id = (select min(id) from deliveries)"),
    ("access_records", "id = 1"),
    ("approval_requests", "state = 'waiting'"),
    ("approval_votes", "verdict = 'approved'"),
    ("audit", "seq = 12"),
    ("authenticators", "staff_id = (select id from staff where email = 'mina@ingam.test')"),
    ("batch_events", "kind = 'failed' and id = (select min(id) from batch_events where kind = 'failed')"),
    ("batch_jobs", "name = 'good'"),
    ("batch_runs", "rerun_of is null and job = 'bad'"),
    ("batch_versions", "job = 'good'"),
    ("order_events", "kind = 'note'"),
    ("order_lines", "order_id = 1 and n = 3"),
    ("orders", "id = 6"),
    ("payments", "id = 10"),
    ("point_entries", "kind = 'adjusted' and id = (select min(id) from point_entries where kind = 'adjusted')"),
    ("recovery_codes", "used_at is not null"),
    ("refund_lines", "refund_id = 1"),
    ("refund_payments", "refund_id = 2"),
    ("refunds", "id = 2"),
    ("sessions", "stage = 'signed' and staff_id = (select id from staff where email = 'mina@ingam.test')"),
    ("settlements", "currency = 'KRW'"),
    ("staff", "email = 'mina@ingam.test'"),
    ("users", "id = 3"),
];

/// Other rows for single columns, and values that are worth more to a thief than the usual other one.
const COLUMNS: &[(&str, &str, &str, &str)] = &[
    ("approval_requests", "is_overdue", "state = 'waiting'", ""),
    ("batch_runs", "params", "job = 'good'", ""),
    ("batch_runs", "rerun_of", "rerun_of is not null", ""),
    ("batch_runs", "root_id", "rerun_of is not null", ""),
    ("batch_runs", "version", "job = 'good'", ""),
    ("orders", "preparing_at", "id = 1", ""),
    ("orders", "cancelled_at", "id = 3", ""),
    (
        "recovery_codes",
        "hash",
        "hash in (select hash from recovery_codes where used_at is null order by hash limit 1)",
        "",
    ),
    ("refund_payments", "settled_at", "refund_id = 2", ""),
    ("staff", "active", "email = 'hana@ingam.test'", ""),
    ("staff", "networks", "email = 'jun@ingam.test'", ""),
    ("staff", "lang", "email = 'sora@ingam.test'", ""),
    ("staff", "time_zone", "email = 'sora@ingam.test'", ""),
    ("staff", "theme", "email = 'sora@ingam.test'", ""),
    ("batch_jobs", "baseline_from", "name = 'good'", ""),
    ("recovery_codes", "used_at", "used_at is not null", "null"),
    ("refunds", "points_worth", "id = 1", ""),
    ("sessions", "id", "stage = 'signed'", "'0000000000000000' || substr(id, 17)"),
    ("sessions", "stage", "stage = 'password'", "'signed'"),
    ("staff", "roles", "email = 'jun@ingam.test'", "'owner'"),
];

/// A column of the real schema: its type in words that both engines share.
#[derive(Debug)]
struct Column {
    table: String,
    name: String,
    kind: String,
}

fn schema(world: &World) -> Vec<Column> {
    let sql = match world.engine {
        Engine::Sqlite => {
            "select t.name, c.name, lower(c.type), c.hidden in (2, 3) from pragma_table_list t, pragma_table_xinfo(t.name) c
              where t.schema = 'main' and t.type = 'table' and t.name not in ('_sqlx_migrations', 'sqlite_schema', 'sqlite_sequence')
              order by 1, c.cid"
        }
        Engine::Postgres => {
            "select table_name, column_name, data_type, is_generated = 'ALWAYS' from information_schema.columns
              where table_schema = 'public' and table_name <> '_sqlx_migrations'
                and table_name in (select tablename from pg_tables where schemaname = 'public')
              order by 1, ordinal_position"
        }
    };
    let rows =
        world.rows(sql).into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>());
    rows.filter(|row| row[3] != "1")
        .map(|row| Column { table: row[0].clone(), name: row[1].clone(), kind: row[2].clone() })
        .collect()
}

/// Takes every trigger, constraint and key away that keeps the owner of the database from its rows, and makes copies to
/// mend with.
fn lay_open(world: &World, columns: &[Column]) {
    let tables: BTreeSet<&str> = columns.iter().map(|column| column.table.as_str()).collect();
    let mut sql = String::new();
    match world.engine {
        Engine::Sqlite => {
            for row in world.rows("select name from sqlite_master where type = 'trigger'") {
                write!(sql, "drop trigger {};", row[0].as_deref().unwrap()).unwrap();
            }
        }
        Engine::Postgres => {
            for row in world.rows("select conrelid::regclass::text, conname from pg_constraint where contype = 'c' and connamespace = 'public'::regnamespace") {
                write!(sql, "alter table {} drop constraint {};", row[0].as_deref().unwrap(), row[1].as_deref().unwrap()).unwrap();
            }
            for row in world.rows("select table_name, column_name from information_schema.columns where table_schema = 'public' and is_identity = 'YES'") {
                write!(sql, "alter table {} alter column {} drop identity;", row[0].as_deref().unwrap(), row[1].as_deref().unwrap()).unwrap();
            }
            for table in &tables {
                write!(sql, "alter table {table} disable trigger all;").unwrap();
            }
        }
    }
    for table in &tables {
        write!(sql, "create table copied_{table} as select * from {table};").unwrap();
    }
    world.database().tamper(&sql).unwrap();
}

const LOOSE: &str = "pragma foreign_keys = off; pragma ignore_check_constraints = on;";

/// Runs statements without the checks of the engine; SQLite has a switch for them.
fn tamper(world: &World, sql: &str) -> Result<(), String> {
    match world.engine {
        Engine::Sqlite => world.database().tamper(&format!("{LOOSE} {sql}")),
        Engine::Postgres => world.database().tamper(sql),
    }
}

fn mend(world: &World, table: &str, columns: &[Column]) {
    let names: Vec<&str> =
        columns.iter().filter(|column| column.table == table).map(|column| column.name.as_str()).collect();
    let names = names.join(", ");
    let identity = if world.engine == Engine::Postgres { "overriding system value" } else { "" };
    let sql =
        format!("delete from {table}; insert into {table} ({names}) {identity} select {names} from copied_{table}");
    tamper(world, &sql).unwrap();
}

/// Verifies again and again on one connection, for that is what most of the time would go to.
struct Verifier {
    runtime: tokio::runtime::Runtime,
    store: Store,
}

impl Verifier {
    fn new(world: &World) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store = runtime.block_on(Store::open(&world.database().url, 1)).unwrap();
        Self { runtime, store }
    }

    fn verified(&self) -> Result<(), Unfit> {
        self.runtime.block_on(verify(&self.store.reader, KINDS)).map(drop)
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        self.runtime.block_on(self.store.close());
    }
}

fn row_of<'a>(column: &Column) -> &'a str {
    let special = COLUMNS.iter().find(|(table, name, ..)| *table == column.table && *name == column.name);
    let usual = ROWS.iter().find(|(table, _)| *table == column.table);
    special.map(|(_, _, row, _)| *row).or(usual.map(|(_, row)| *row)).unwrap_or("1 = 1")
}

/// The statement that gives a column another value.
fn alter(world: &World, column: &Column) -> String {
    let Column { table, name, kind } = column;
    let row = row_of(column);
    let is_time = world.engine == Engine::Sqlite && kind == "text" && {
        let value = world.rows(&format!("select {name} from {table} where {row}"));
        value.first().and_then(|row| row[0].clone()).is_some_and(|value| value.len() == 27 && value.ends_with('Z'))
    };
    // A time that nothing has is one that is made up.
    let names_a_time =
        name.ends_with("_at") || name.ends_with("_until") || name.ends_with("_from") || name.ends_with("_for");
    let value = match (world.engine, kind.as_str()) {
        (_, "timestamp with time zone") => {
            format!("coalesce({name}, timestamptz '2026-03-02 00:00:00Z') + interval '1 hour'")
        }
        (_, "text") if is_time => format!("replace({name}, 'T', 'T') || ''"),
        (Engine::Sqlite, "text") if names_a_time => "'2026-03-02T01:00:00.000000Z'".to_owned(),
        (_, "text") => format!("coalesce({name}, '') || 'x'"),
        (Engine::Sqlite, "integer") if is_truth(column) => format!("1 - {name}"),
        (_, "bigint" | "integer") => format!("coalesce({name}, 0) + 1000003"),
        (_, "boolean") => format!("not coalesce({name}, false)"),
        (_, "jsonb") => "'{\"points\": \"1\"}'".to_owned(),
        (Engine::Sqlite, "blob") => "x'0707'".to_owned(),
        (Engine::Postgres, "bytea") => "'\\x0707'".to_owned(),
        other => panic!("a type without another value: {other:?}"),
    };
    let value = if is_time { format!("strftime('%Y-%m-%dT%H:%M:%S', {name}, '+1 hour') || '.000000Z'") } else { value };
    // JSON is text on SQLite.
    let json = matches!(name.as_str(), "before" | "after") || (table == "outbox" && name == "body");
    let value = if world.engine == Engine::Sqlite && json { "'{\"points\":\"1\"}'".to_owned() } else { value };
    let special = COLUMNS.iter().find(|(table, name, ..)| *table == column.table && *name == column.name);
    let value = special.map(|(.., value)| *value).filter(|value| !value.is_empty()).map_or(value, str::to_owned);
    format!("update {table} set {name} = {value} where {row}")
}

fn is_truth(column: &Column) -> bool {
    column.name.starts_with("is_")
        || ["active", "locked", "released", "shipping_refunded"].contains(&column.name.as_str())
}

on_both! {
    fn whatever_column_is_altered_is_noticed_or_named_as_not_covered(outer) {
        each_column_is_noticed_or_named(outer.engine, |table| table < "batch");
    }

    fn whatever_column_of_batches_is_altered_is_noticed_or_named_as_not_covered(outer) {
        each_column_is_noticed_or_named(outer.engine, |table| ("batch".."order").contains(&table));
    }

    fn whatever_column_of_orders_and_staff_is_altered_is_noticed_or_named_as_not_covered(outer) {
        each_column_is_noticed_or_named(outer.engine, |table| table >= "order");
    }
}

/// Alters every column of the tables that are asked for.
fn each_column_is_noticed_or_named(engine: Engine, is_meant: impl Fn(&str) -> bool) {
    let (world, _provider) = populated(engine);
    let world = &world;
    let verifier = Verifier::new(world);
    if let Err(unfit) = verifier.verified() {
        panic!("before anything was altered: {unfit}");
    }
    let schema = schema(world);
    let listed = listed();
    let there: BTreeSet<_> = schema.iter().map(|column| (column.table.clone(), column.name.clone())).collect();
    let missing: Vec<_> = there.iter().filter(|column| !listed.contains_key(*column)).collect();
    assert!(missing.is_empty(), "not in the list: {missing:?}");
    lay_open(world, &schema);
    let mut wrong = Vec::new();
    let is_held = |column: &&Column| listed[&(column.table.clone(), column.name.clone())];
    let (held, open): (Vec<&Column>, Vec<&Column>) =
        schema.iter().filter(|column| is_meant(&column.table)).partition(is_held);
    for column in held {
        let Column { table, name, .. } = column;
        match altered(world, column) {
            Err(why) => wrong.push(why),
            Ok(sql) if verifier.verified().is_ok() => {
                wrong.push(format!("{table}.{name} is listed as covered and was not noticed: {sql}"));
            }
            Ok(_) => {}
        }
        mend(world, table, &schema);
    }
    // What goes unnoticed goes unnoticed together too. The last columns first: a key is what the row is found by.
    let tables: BTreeSet<&str> = open.iter().map(|column| column.table.as_str()).collect();
    for table in tables {
        wrong.extend(
            open.iter().rev().filter(|column| column.table == table).filter_map(|column| altered(world, column).err()),
        );
        if let Err(unfit) = verifier.verified() {
            wrong.push(format!("a column of {table} is listed as not covered and was noticed: {unfit}"));
        }
        mend(world, table, &schema);
    }
    assert!(wrong.is_empty(), "{} columns:\n{}", wrong.len(), wrong.join("\n"));
    verifier.verified().unwrap();
}

/// Gives a column another value in one row; the statement, or why that was not possible.
fn altered(world: &World, column: &Column) -> Result<String, String> {
    let table = &column.table;
    let all = || world.rows(&format!("select * from {table}"));
    let (sql, before) = (alter(world, column), all());
    tamper(world, &sql).map_err(|error| format!("{sql}: {error}"))?;
    // The console empties its queue within a second, so there is mostly nothing in it to alter.
    let is_queue = table == "user_name_queue" && before.is_empty();
    if all() == before && !is_queue { Err(format!("{sql} alters nothing")) } else { Ok(sql) }
}

/// What a thief with the database's password types, and what the program says of it.
const TYPED: &[(&[&str], &str, &str)] = &[
    (&["staff"], "update staff set roles = 'owner' where email = 'mina@ingam.test'", "the set of roles"),
    (&["staff"], "update staff set active = false where email = 'mina@ingam.test'", "the status"),
    (&["staff"], "update staff set active = true where email = 'hana@ingam.test'", "the status"),
    (&["staff"], "update staff set password_hash = (select password_hash from staff where email = 'owner@ingam.test') where email = 'mina@ingam.test'", "the password"),
    (
        &["authenticators"],
        "update authenticators set secret = (select secret from authenticators where staff_id = 1) where staff_id = 2",
        "the authenticator",
    ),
    (&["authenticators"], "delete from authenticators where staff_id = 1", "the authenticator"),
    (&["recovery_codes"], "update recovery_codes set used_at = null", "the recovery codes"),
    (&["recovery_codes"], "delete from recovery_codes where used_at is not null", "the recovery codes"),
    (&["sessions"], "update sessions set stage = 'signed'", "the beginning of a session"),
    (&["sessions"], "update sessions set stage = 'signed' where stage = 'recovery'", "the beginning of a session"),
    (
        &["networks"],
        "insert into networks (id, net, note, added_at, added_by) values (99, '8.0.0.0/8', '', '2026-03-02T00:00:00.000000Z', 'Olivia Owens')",
        "8.0.0.0/8",
    ),
    (&["networks"], "delete from networks", "198.51.100.7"),
    (&["users"], "update users set status = 'active' where id = 3", "the status of customer 3"),
    (&["orders"], "update orders set state = 'paid', delivered_at = null where id = 6", "order 6"),
    (&["orders"], "update orders set tracking_number = '1' where id = 6", "order 6"),
    (
        &["point_entries", "users"],
        "insert into point_entries (id, user_id, at, delta, balance, kind) values (99, 2, '2026-03-02T00:00:00.000000Z', 500, 500, 'earned');
         update users set points = 500 where id = 2",
        "ledger entry 99 was made by no change",
    ),
    (
        &["point_entries", "users"],
        "update point_entries set delta = 600, balance = 600 where user_id = 3; update users set points = 600 where id = 3",
        "differ from those that row",
    ),
    (&["point_entries", "users"], "delete from point_entries where user_id = 5; update users set points = 0 where id = 5", "differ from those that row"),
    (&["access_records"], "delete from access_records where id = 2", "of chain"),
    (&["access_records"], "delete from access_records", "of chain"),
    (&["access_records"], "delete from access_records where id = (select max(id) from access_records)", "of chain"),
    (
        &["access_records"],
        "insert into access_records (id, at, staff_id, staff_name, ip, ip_key, task, request_id)
           values (99, '2026-03-02T00:00:00.000000Z', 1, 'x', '', '', 'users.view', '')",
        "beside the chains",
    ),
    (&["access_subjects"], "delete from access_subjects where record_id = (select min(record_id) from access_subjects)", "of chain"),
    (&["access_subjects"], "update access_subjects set customer = 999 where record_id = (select min(record_id) from access_subjects)", "of chain"),
    (&["access_subjects"], "insert into access_subjects (record_id, customer) select min(record_id), 999 from access_subjects", "of chain"),
    (&["access_subjects"], "insert into access_subjects (record_id, customer) values (99999, 1)", "which is not there"),
    (&["approval_requests"], "update approval_requests set state = 'rejected' where state = 'approved'", "the state of request 1"),
    (&["approval_requests"], "update approval_requests set state = 'waiting', decided_at = null where state = 'rejected'", "the state of request 2"),
    (&["approval_requests"], "update approval_requests set payload = replace(payload, '70000', '90000') where state = 'waiting'", "is not what was asked for"),
    (&["approval_requests"], "update approval_requests set needs = 0 where state = 'waiting'", "the state of request 3"),
    (&["order_events"], "delete from order_events where kind = 'note'", "has no event of its order"),
    (&["postmortems"], "update postmortems set text = 'It was the weather'", "postmortem 1"),
    (&["postmortems"], "delete from postmortems", "has no postmortem"),
    (&["incidents"], "update incidents set step = 'responding'", "the step of incident 1"),
    (&["reviews"], "update reviews set responsible = 'Another one'", "report 1"),
    (&["reviews"], "delete from reviews", "has no report"),
    (&["user_notes"], "update user_notes set text = 'Call before 6 pm'", "note 1"),
    (&["user_notes"], "delete from user_notes", "has no note"),
    (&["batch_runs"], "update batch_runs set state = 'succeeded' where state = 'failed' and rerun_of is not null", "the end of run"),
];

on_both! {
    fn what_is_typed_into_the_database_is_noticed_and_named(outer) {
        let (world, _provider) = populated(outer.engine);
        let world = &world;
        let schema = schema(world);
        lay_open(world, &schema);
        let verifier = Verifier::new(world);
        let mut wrong = Vec::new();
        for (tables, sql, words) in TYPED {
            tamper(world, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            match verifier.verified() {
                Ok(()) => wrong.push(format!("unnoticed: {sql}")),
                Err(unfit) if !unfit.to_string().contains(words) => wrong.push(format!("{unfit}: {sql}")),
                Err(_) => {}
            }
            for table in *tables {
                mend(world, table, &schema);
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        verifier.verified().unwrap();
    }
}

/// Whether each column of the list is covered.
fn listed() -> BTreeMap<(String, String), bool> {
    let mut listed = BTreeMap::new();
    for table in COVERAGE {
        for (list, is_held) in [(table.held, true), (table.open, false)] {
            for (names, why) in list {
                assert!(!why.is_empty(), "{names} has no reason");
                for name in columns(names) {
                    let twice = listed.insert((table.table.to_owned(), name.to_owned()), is_held);
                    assert!(twice.is_none(), "{}.{name} is listed twice", table.table);
                }
            }
        }
    }
    listed
}
