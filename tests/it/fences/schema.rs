//! The migrations of both engines make the same tables.

use crate::kit::{Database, Engine, World};
use std::collections::BTreeMap;

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
