//! The migrations of both engines make the same tables.

use crate::kit::{Database, Engine, World, on_both};
use std::{collections::BTreeMap, fs, path::Path};

/// What holds on SQLite the values of a type of PostgreSQL. Instants are text of one width, truths are 0 and 1.
fn on_sqlite(kind: &str) -> &'static str {
    match kind {
        "bigint" | "boolean" => "integer",
        "text" | "timestamp with time zone" | "jsonb" => "text",
        "bytea" => "blob",
        other => panic!("a type that is not used here yet: {other}"),
    }
}

/// `table.column` → type, whether it may be empty, whether it is computed, and its place in the primary key.
type Columns = BTreeMap<String, (String, bool, bool, String)>;

fn postgres(database: &Database) -> Columns {
    let sql = "
        select c.table_name || '.' || c.column_name, c.data_type, c.is_nullable = 'YES', c.is_generated = 'ALWAYS',
               coalesce((select array_position(i.indkey::int2[], a.attnum) + 1 from pg_index i
                          where i.indrelid = a.attrelid and i.indisprimary), 0)
          from information_schema.columns c
          join pg_attribute a on a.attrelid = format('%I.%I', c.table_schema, c.table_name)::regclass and a.attname = c.column_name
         where c.table_schema = 'public' and c.table_name <> '_sqlx_migrations'";
    database.rows(sql).into_iter().map(column).collect()
}

fn sqlite(database: &Database) -> Columns {
    let sql = "
        select t.name || '.' || c.name, lower(c.type), c.\"notnull\" = 0 and c.pk = 0, c.hidden in (2, 3), c.pk
          from pragma_table_list t, pragma_table_xinfo(t.name) c
         where t.schema = 'main' and t.type = 'table' and t.name not in ('_sqlx_migrations', 'sqlite_schema', 'sqlite_sequence')";
    database.rows(sql).into_iter().map(column).collect()
}

fn column(row: Vec<Option<String>>) -> (String, (String, bool, bool, String)) {
    let mut cells = row.into_iter().map(Option::unwrap_or_default);
    let mut next = || cells.next().unwrap();
    (next(), (next(), next() == "1", next() == "1", next()))
}

fn indexes(world: &World) -> Vec<String> {
    let sql = match world.engine {
        Engine::Sqlite => "select name from sqlite_master where type = 'index' and sql is not null order by 1",
        // Those that belong to a constraint have names of the engine's own; `audit_words` is a table on SQLite.
        Engine::Postgres => {
            "select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
            where c.relnamespace = 'public'::regnamespace and c.relname <> 'audit_words'
              and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype <> 'f') order by 1"
        }
    };
    world.rows(sql).into_iter().map(|row| row[0].clone().unwrap()).collect()
}

#[test]
fn both_engines_have_the_same_tables_and_columns() {
    crate::kit::within(Engine::Postgres, |world| {
        let (there, here) = (postgres(world.database()), sqlite(&Database::fresh(Engine::Sqlite)));
        assert!(here.len() > 100, "only {} columns were found", here.len());
        let names = |columns: &Columns| columns.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&here), names(&there));
        for (name, (kind, nullable, computed, key)) in &there {
            let (kind_here, nullable_here, computed_here, key_here) = &here[name];
            assert_eq!(
                (nullable_here, computed_here, key_here),
                (nullable, computed, key),
                "{name}: empty, computed, key"
            );
            assert_eq!(kind_here, on_sqlite(kind), "{name} is {kind} on PostgreSQL");
        }
    });
}

#[test]
fn what_is_a_time_or_a_truth_on_one_engine_reads_as_one_on_the_other() {
    crate::kit::within(Engine::Postgres, |world| {
        let here = Database::fresh(Engine::Sqlite);
        for (name, (kind, ..)) in postgres(world.database()) {
            let (table, column) = name.split_once('.').unwrap();
            let odd = match kind.as_str() {
                "timestamp with time zone" => {
                    "not glob '[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].[0-9][0-9][0-9][0-9][0-9][0-9]Z'"
                }
                "boolean" => "not in (0, 1)",
                "jsonb" => "is not json(\"body\")",
                _ => continue,
            };
            let odd = odd.replace("\"body\"", column);
            let rows = here.rows(&format!("select {column} from {table} where {column} {odd} limit 1"));
            assert!(rows.is_empty(), "{name}: {rows:?}");
        }
    });
}

#[test]
fn both_engines_have_the_same_indexes() {
    crate::kit::within(Engine::Postgres, |world| {
        let here = World::start(Engine::Sqlite);
        assert_eq!(indexes(&here), indexes(world));
    });
}

/// The texts of the migrations of an engine before this number, and the text of that one.
fn migrations_to(engine: Engine, number: &str) -> (Vec<String>, String) {
    let folder = match engine {
        Engine::Sqlite => "migrations/sqlite",
        Engine::Postgres => "migrations/postgres",
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let name = |file: &Path| file.file_name().unwrap().to_string_lossy().into_owned();
    let read = |file: &std::path::PathBuf| fs::read_to_string(file).unwrap();
    let before = files.iter().filter(|file| name(file).as_str() < number).map(read).collect();
    (before, files.iter().find(|file| name(file).starts_with(number)).map(read).unwrap())
}

on_both! {
    fn names_from_before_the_index_are_queued_by_the_migration_and_later_ones_by_triggers(world) {
        let database = Database::empty(world.engine);
        if world.engine == Engine::Sqlite {
            fs::File::create(database.path()).unwrap();
        }
        let (before, migration) = migrations_to(world.engine, "0014");
        for text in before {
            database.tamper(&text).unwrap();
        }
        let add = |id: i64, name: &str| {
            let sql = format!(
                "insert into users (id, email, name, joined_at) values ({id}, 'c{id}@b.kr', '{name}', '2026-03-02T00:00:00.000000Z')"
            );
            database.tamper(&sql).unwrap();
        };
        add(1, "Zoe Quinn");
        add(2, "김서연");
        assert!(database.number("select count(*) from user_name_parts") > 0);
        database.tamper(&migration).unwrap();
        assert_eq!(database.number("select count(*) from user_name_parts"), 0);
        add(3, "Emily");
        database.tamper("update users set name = 'Emilia' where id = 3").unwrap();
        database.tamper("update users set points = 1 where id = 3").unwrap();
        database.tamper("delete from users where id = 2").unwrap();
        let queued = database.rows("select user_id, coalesce(old_name, '-') from user_name_queue order by n");
        let queued: Vec<String> = queued.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(queued, ["1 -", "2 -", "3 -", "3 Emily", "3 -", "2 김서연"]);
    }

    fn sessions_outlive_the_migration_and_those_of_recovery_codes_are_good_for_less(world) {
        let database = Database::empty(world.engine);
        if world.engine == Engine::Sqlite {
            fs::File::create(database.path()).unwrap();
        }
        let (before, migration) = migrations_to(world.engine, "0011");
        for text in before {
            database.tamper(&text).unwrap();
        }
        let (at, leaf) = ("2026-03-02T00:00:00.000000Z", "00".repeat(32));
        let bytes = |hex: &str| match world.engine {
            Engine::Sqlite => format!("x'{hex}'"),
            Engine::Postgres => format!("'\\x{hex}'::bytea"),
        };
        let (leaf, body) = (bytes(&leaf), bytes("7b7d"));
        let mut sql = format!(
            "insert into staff (id, email, name, roles, time_zone, created_at) values (7, 'a@b.kr', 'A', 'owner', 'UTC', '{at}');"
        );
        for (n, (key, stage, action)) in [
            ("aaaaaaaaaaaaaaaaaaaa", "signed", "session.start"),
            ("bbbbbbbbbbbbbbbbbbbb", "signed", "session.start-with-recovery-code"),
            ("cccccccccccccccccccc", "password", "session.password"),
        ]
        .iter()
        .enumerate()
        {
            let rows = format!(
                "insert into sessions (id, staff_id, stage, created_at, seen_at, ip, user_agent)
                   values ('{key}', 7, '{stage}', '{at}', '{at}', '10.0.0.1', 'Kit');
                 insert into audit (seq, at, change_id, actor, staff_id, staff_name, staff_email, roles, action, target_kind,
                   target_id, before, after, reason, ip, ip_key, peer, user_agent, session, request_id, outcome, refusal, flags,
                   body, leaf)
                   values ({n}, '{at}', 'c{n}', 'staff', 7, 'A', 'a@b.kr', 'owner', '{action}', 'staff', '7', '{{}}',
                     '{{\"session\": \"{}\"}}', '', '', '', '', '', '', 'r', 'applied', '', '', {body}, {leaf});",
                &key[..16]
            );
            sql.push_str(&rows);
        }
        // Rows of the log without their tree, which the engine keeps from it.
        if world.engine == Engine::Postgres {
            database.tamper("alter table audit disable trigger all").unwrap();
        }
        database.tamper(&sql).unwrap();
        let kept = "select id, staff_id, created_at, seen_at, ip, user_agent from sessions order by id";
        let rows = database.rows(kept);
        database.tamper(&migration).unwrap();
        assert_eq!(database.rows(kept), rows);
        let stages: Vec<_> = database.rows("select stage from sessions order by id").into_iter().flatten().flatten().collect();
        assert_eq!(stages, ["signed", "recovery", "password"]);
        assert!(database.tamper("update sessions set stage = 'owner'").is_err(), "no other stage");
    }
}
