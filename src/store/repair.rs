//! What the schema is kept with, made again where it is gone: triggers and indexes, and on PostgreSQL also the role that the
//! console works as, its rights, constraints and functions. A dump holds some of these and not others, depending on how it was made
//! and restored.
//!
//! The migrations are the only source: they run again into a place of their own that no other connection sees, and what they make
//! there is compared with what is here. A later migration is therefore repaired too, without being listed anywhere.

#![expect(
    clippy::disallowed_methods,
    reason = "the schema is made and repaired before there is a door, and no row is touched"
)]

pub(super) mod postgres;

use super::{migration::SQLITE, open};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteJournalMode};

/// Triggers and indexes by kind, name, table and text. What belongs to a constraint has no text.
const SQLITE_OBJECTS: &str = "select type, name, tbl_name, sql from sqlite_master
                               where type in ('trigger', 'index') and sql is not null order by type, name";

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Object {
    #[sqlx(rename = "type")]
    pub(super) kind: String,
    pub(super) name: String,
    #[sqlx(rename = "tbl_name")]
    pub(super) table: String,
    pub(super) sql: String,
}

/// The triggers and indexes as this program's migrations make them.
pub(super) async fn sqlite_as_built() -> anyhow::Result<Vec<Object>> {
    let mut memory = open::sqlite_options("sqlite::memory:")?.journal_mode(SqliteJournalMode::Memory).connect().await?;
    SQLITE.run(&mut memory).await?;
    let objects = sqlx::query_as(SQLITE_OBJECTS).fetch_all(&mut memory).await?;
    memory.close().await?;
    Ok(objects)
}

/// Makes missing and altered triggers and indexes again, all or none, and says which. What the migrations do not know is left as it
/// is: the check at start names a foreign trigger on the log.
pub(super) async fn sqlite(connection: &mut SqliteConnection) -> anyhow::Result<Vec<String>> {
    let wanted = sqlite_as_built().await?;
    let there: Vec<Object> = sqlx::query_as(SQLITE_OBJECTS).fetch_all(&mut *connection).await?;
    if wanted.iter().all(|object| there.contains(object)) {
        return Ok(Vec::new());
    }
    let mut repaired = Vec::new();
    let mut tx = connection.begin_with("begin immediate").await?;
    let there: Vec<Object> = sqlx::query_as(SQLITE_OBJECTS).fetch_all(&mut *tx).await?;
    for Object { kind, name, table, sql } in wanted.iter().filter(|object| !there.contains(object)) {
        let is_there = there.iter().any(|other| (&other.kind, &other.name) == (kind, name));
        if is_there {
            sqlx::raw_sql(AssertSqlSafe(format!("drop {kind} {name}"))).execute(&mut *tx).await?;
        }
        sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *tx).await?;
        let was = if is_there { "was altered" } else { "was missing" };
        repaired.push(format!("the {kind} {name} on {table} {was}"));
    }
    tx.commit().await?;
    Ok(repaired)
}
