//! One SQL text, two engines.
//!
//! Every statement is written once through [`sql!`](crate::sql), with `$1` placeholders that SQLite and PostgreSQL both
//! accept. The engine is chosen here and nowhere else. A test prepares every listed statement on both engines, which is
//! what sqlx's `query!` macros would have given for one.

pub(crate) mod backup;
mod migration;
mod open;
mod query;
mod reader;
mod repair;
mod session;
mod wal;

pub use migration::{ForeignDatabase, Migrated, Stamp, migrate, stamp};
pub(crate) use migration::{is_postgres_source, migrate_to_fill, sqlite_triggers, sqlite_triggers_as_built};
pub use open::{Engine, Store};
pub(crate) use open::{WAIT, Writing, is_private_way, shown, transport};
pub(crate) use query::Conn;
pub use query::{Bind, Queries, Query, Record};
pub use reader::{PoolState, Reader};
pub use wal::WithoutWal;
pub(crate) use wal::{is_due as is_mark_due, mark as mark_file};

/// The text of a statement, one per engine; nearly always the same one.
///
/// Only [`sql!`](crate::sql) makes one, so every statement of the product is listed in [`STATEMENTS`].
#[derive(Clone, Copy, Debug)]
pub struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// A listed statement and its place in the source.
#[derive(Debug)]
pub struct Statement {
    pub sqlite: &'static str,
    pub postgres: &'static str,
    pub at: &'static str,
}

/// Every statement of the product.
#[linkme::distributed_slice]
pub static STATEMENTS: [Statement];

/// Writes a statement: `sql!("…")`, or `sql!(sqlite: "…", postgres: "…")` where the dialects cannot agree.
///
/// Parts separated by commas are concatenated, so a list of columns can be shared through a macro.
#[macro_export]
macro_rules! sql {
    (sqlite: $sqlite:expr, postgres: $postgres:expr $(,)?) => {{
        #[expect(unsafe_code, reason = "linkme lists the statement in a section of the binary")]
        #[linkme::distributed_slice($crate::store::STATEMENTS)]
        static STATEMENT: $crate::store::Statement = $crate::store::Statement {
            sqlite: $sqlite,
            postgres: $postgres,
            at: concat!(file!(), ":", line!()),
        };
        $crate::store::Sql::listed(&STATEMENT)
    }};
    ($($part:expr),+ $(,)?) => {
        $crate::sql!(sqlite: concat!($($part),+), postgres: concat!($($part),+))
    };
}

impl Sql {
    #[doc(hidden)]
    pub fn listed(statement: &'static Statement) -> Self {
        Self { sqlite: statement.sqlite, postgres: statement.postgres }
    }
}

/// Whether the engine says that this database takes no writes at all: it is read-only, its disk is full or failing.
pub(crate) fn takes_no_writes(error: &sqlx::Error) -> bool {
    let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) else { return false };
    is_code_of_no_writes(&code)
}

/// 25006 read-only transaction, 53100 disk full, 58030 I/O error; SQLite: 8 read-only, 10 I/O error, 13 full, each with more in the
/// higher bits.
fn is_code_of_no_writes(code: &str) -> bool {
    let is_of_sqlite = |code: u32| matches!(code & 0xff, 8 | 10 | 13);
    matches!(code, "25006" | "53100" | "58030") || code.len() < 5 && code.parse().is_ok_and(is_of_sqlite)
}

/// Whether the engine reports contention at once, so that trying again may help. A lock timeout (55P03, SQLite's 5) is not
/// retried: it has taken as long as a person waits.
pub(crate) fn is_contention(error: &sqlx::Error) -> bool {
    // 40001 serialization failure, 40P01 deadlock; SQLite: 6 locked, 261 and 517 busy for a moment (recovery, snapshot).
    let Some(code) = error.as_database_error().and_then(sqlx::error::DatabaseError::code) else { return false };
    matches!(code.as_ref(), "40001" | "40P01" | "6" | "261" | "517")
}
