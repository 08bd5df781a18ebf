use super::{Reader, reader::Pool};
use crate::gate::Writer;
use anyhow::Context as _;
use sqlx::{
    Connection as _,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{str::FromStr, time::Duration};

/// Which engine a database URL names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub fn of(url: &str) -> anyhow::Result<Self> {
        match url.split(':').next() {
            Some("sqlite") => Ok(Self::Sqlite),
            Some("postgres" | "postgresql") => Ok(Self::Postgres),
            // The URL may hold a password: say only which scheme it was not.
            _ => anyhow::bail!("DATABASE_URL must begin with sqlite: or postgres:"),
        }
    }
}

/// The two ways into the database: reading, which handlers get, and writing, which only the gate gets.
#[derive(Clone, Debug)]
pub struct Store {
    pub engine: Engine,
    pub reader: Reader,
    pub(crate) writer: Writer,
}

/// How long a request waits for a connection before it is told that the service is busy.
const WAIT: Duration = Duration::from_secs(5);

/// The database role the console works as on PostgreSQL: it may append to the audit log and not change it.
pub(super) const APP_ROLE: &str = "ingam_app";

impl Store {
    /// Opens the database. `connections` bounds the readers and, on PostgreSQL, the writers too; SQLite has one writer.
    pub async fn open(url: &str, connections: u32) -> anyhow::Result<Self> {
        let engine = Engine::of(url)?;
        let (reader, writer) = match engine {
            Engine::Sqlite => open_sqlite(url, connections)
                .await
                .with_context(|| format!("cannot open the database {}", shown(url)))?,
            Engine::Postgres => open_postgres(url, connections).await.map_err(|error| name_cause(error, url))?,
        };
        Ok(Self { engine, reader, writer })
    }

    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

async fn open_sqlite(url: &str, connections: u32) -> anyhow::Result<(Reader, Writer)> {
    let base = sqlite_options(url)?;
    // One writing connection, kept for good: SQLite has one writer anyway, and queueing for it here instead of in the
    // engine means that nobody ever sees SQLITE_BUSY from this process.
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A commit that failed, on a full disk say, leaves sqlx believing that its transaction is still open, and nothing
        // could be begun on this connection ever again. Then it is time for a new one.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
        .connect_with(base.clone())
        .await?;
    let reader = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .connect_with(base.pragma("query_only", "on"))
        .await?;
    Ok((Reader(Pool::Sqlite(reader)), Writer::sqlite(writer)))
}

/// `synchronous=full` because a sealed change must survive a power cut; `recursive_triggers` because without it
/// `REPLACE` deletes a row without firing the triggers that forbid deleting (<https://www.sqlite.org/lang_conflict.html>).
pub(super) fn sqlite_options(url: &str) -> anyhow::Result<SqliteConnectOptions> {
    Ok(SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        .pragma("recursive_triggers", "on")
        .pragma("cache_size", "-16000"))
}

async fn open_postgres(url: &str, connections: u32) -> anyhow::Result<(Reader, Writer)> {
    // Every connection takes the application's role, whoever logged in: even where the login owns the tables, the
    // statements of the console run with the rights of a role that cannot change the audit log.
    let base = PgConnectOptions::from_str(url)?.application_name("ingam").options([
        ("role", APP_ROLE),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ]);
    let pool = || PgPoolOptions::new().max_connections(connections).acquire_timeout(WAIT);
    let writer = pool().connect_with(base.clone()).await?;
    let reader = pool()
        .connect_with(base.options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "15s"),
            ("max_parallel_workers_per_gather", "0"),
        ]))
        .await?;
    Ok((Reader(Pool::Postgres(reader)), Writer::postgres(writer)))
}

/// The commonest reason is a database that nobody has prepared: PostgreSQL then says that the role it should take is no
/// valid value (22023).
fn name_cause(error: anyhow::Error, url: &str) -> anyhow::Error {
    let code = error
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error)
        .and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some("22023") => {
            anyhow::anyhow!("the database {} has not been prepared; run `ingam migrate` first", shown(url))
        }
        _ => error.context(format!("cannot reach the database {}", shown(url))),
    }
}

/// A database URL as it may be shown: without user, password and query.
pub(crate) fn shown(url: &str) -> String {
    let plain = url.split('?').next().unwrap_or_default();
    match plain.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => plain.to_owned(),
    }
}
