use super::{Reader, reader::Pool};
use anyhow::Context as _;
use sqlx::{
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

/// An open database: the pool that handlers read through, and how the gate opens the pool that may write.
#[derive(Clone, Debug)]
pub struct Store {
    pub engine: Engine,
    pub reader: Reader,
    writing: Writing,
}

/// How a pool that may write is opened. Only the gate does so; a test in `tests/fences` holds it to that.
#[derive(Clone)]
pub(crate) enum Writing {
    Sqlite(SqliteConnectOptions),
    Postgres { options: PgConnectOptions, connections: u32 },
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options may hold a password.
        f.write_str("Writing(…)")
    }
}

/// How long a request waits for a connection before it is answered that the service is busy.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// The database role that the console works as on PostgreSQL: it may append to the audit log and not change it.
pub(super) const APP_ROLE: &str = "ingam_app";

impl Store {
    /// Opens the database for reading. `connections` bounds the readers and, on PostgreSQL, the gate's writers too; SQLite
    /// has one writer.
    ///
    /// # Errors
    ///
    /// The database cannot be opened or reached, or has not been prepared with `ingam migrate`.
    pub async fn open(url: &str, connections: u32) -> anyhow::Result<Self> {
        let engine = Engine::of(url)?;
        let (reader, writing) = match engine {
            Engine::Sqlite => open_sqlite(url, connections)
                .await
                .with_context(|| format!("cannot open the database {}", shown(url)))?,
            Engine::Postgres => open_postgres(url, connections).await.map_err(|error| name_cause(error, url))?,
        };
        Ok(Self { engine, reader, writing })
    }

    pub(crate) fn writing(&self) -> &Writing {
        &self.writing
    }

    /// Closes the readers. The gate closes the pool that may write.
    pub async fn close(&self) {
        self.reader.close().await;
    }
}

async fn open_sqlite(url: &str, connections: u32) -> anyhow::Result<(Reader, Writing)> {
    let base = sqlite_options(url)?;
    let reader = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .connect_with(base.clone().pragma("query_only", "on"))
        .await?;
    Ok((Reader(Pool::Sqlite(reader)), Writing::Sqlite(base)))
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

async fn open_postgres(url: &str, connections: u32) -> anyhow::Result<(Reader, Writing)> {
    // Every connection takes the application's role, independent of the login: even where the login owns the tables, the
    // statements of the console run with the rights of a role that cannot change the audit log.
    let options = PgConnectOptions::from_str(url)?.application_name("ingam").options([
        ("role", APP_ROLE),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ]);
    let reader = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        .connect_with(options.clone().options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", "15s"),
            ("max_parallel_workers_per_gather", "0"),
            // Compiling a statement of the verification takes longer than running it: each is short.
            ("jit", "off"),
        ]))
        .await?;
    Ok((Reader(Pool::Postgres(reader)), Writing::Postgres { options, connections }))
}

/// Names the cause of a failed connection. The most common one is a database that has not been prepared: PostgreSQL then
/// says that the role to take is not a valid value (22023).
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
