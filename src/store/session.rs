//! What holds on every connection to PostgreSQL: the role of the console, whether it can write, and how long it waits.
//!
//! A direct connection brings it along as options when it starts, so that nothing in the session can go back behind it. A pooler takes no options,
//! or drops them: through one in session mode each connection sets the same right after it was opened, and is looked at before each use. In
//! transaction mode a pooler hands the connection on to others between two statements, settings and all, so the console does not start behind one.

use super::{WAIT, open::APP_ROLE};
use anyhow::bail;
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, RawSql, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow},
};
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::timeout;

type Settings = &'static [(&'static str, &'static str)];

/// The role is that of the application, independent of the login: even where the login owns the tables, the statements of the console run
/// with the rights of a role that cannot change the audit log.
const READING: Settings = &[
    ("role", APP_ROLE),
    ("default_transaction_read_only", "on"),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("statement_timeout", "15s"),
    ("max_parallel_workers_per_gather", "0"),
    // Compiling a statement of the verification takes longer than running it: each is short.
    ("jit", "off"),
];

/// Whether it can write is the server's to say: one that is read-only by its own settings stays so.
const WRITING: Settings = &[
    ("role", APP_ROLE),
    ("lock_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "30s"),
    ("statement_timeout", "30s"),
];

/// Beside those of a connection for reading, where its transaction never ends.
const ENDLESS: Settings = &[("idle_in_transaction_session_timeout", "0")];

/// How connections are made that all have the same settings.
#[derive(Clone)]
pub(crate) struct Session {
    options: PgConnectOptions,
    settings: Settings,
    is_pooled: bool,
}

impl Session {
    /// Finds out whether the server takes settings with a connection, and if not, whether a pooler in between keeps them.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, the database has no such role (SQLSTATE 22023), or a pooler hands connections on.
    pub(super) async fn reading(options: PgConnectOptions) -> anyhow::Result<Self> {
        let direct = Self { options: options.clone(), settings: READING, is_pooled: false };
        match direct.connect().await {
            Ok(mut connection) => {
                let holds = holds(&mut connection, READING).await?;
                connection.close().await?;
                if holds {
                    return Ok(direct);
                }
            }
            Err(error) if is_unsupported(&error) => {}
            Err(error) => return Err(error.into()),
        }
        check_pooler(&options).await?;
        let pooled = Self { is_pooled: true, ..direct };
        let mut connection = pooled.connect().await?;
        set(&mut connection, READING).await?;
        connection.close().await?;
        Ok(pooled)
    }

    /// The same for writing.
    pub(super) fn to_write(&self) -> Self {
        Self { settings: WRITING, ..self.clone() }
    }

    /// Opens a pool of such connections.
    pub(crate) async fn pool(&self, connections: u32) -> sqlx::Result<sqlx::PgPool> {
        let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(WAIT);
        let settings = self.settings;
        if !self.is_pooled {
            return pool.connect_with(self.options()).await;
        }
        pool.after_connect(move |connection, _| Box::pin(set(connection, settings)))
            // In place of the question whether it is still there. One whose settings are gone is closed, and another one opened.
            .test_before_acquire(false)
            .before_acquire(move |connection, _| Box::pin(holds(connection, settings)))
            .connect_with(self.options())
            .await
    }

    /// Opens a pool of one connection for reading, in one transaction that never ends: all that is read is of one moment.
    pub(super) async fn unchanging(&self) -> sqlx::Result<sqlx::PgPool> {
        let session = Self { settings: READING, ..self.clone() };
        let is_pooled = session.is_pooled;
        let began = AtomicBool::new(false);
        PgPoolOptions::new()
            .max_connections(1)
            .min_connections(1)
            .acquire_timeout(WAIT)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(move |connection, _| {
                // A second connection would see another moment.
                let is_second = began.swap(true, Ordering::Relaxed);
                Box::pin(async move {
                    if is_second {
                        return Err(sqlx::Error::Protocol("the connection with the snapshot was lost".to_owned()));
                    }
                    if is_pooled {
                        set(connection, READING).await?;
                    }
                    set(connection, ENDLESS).await?;
                    say(connection, "begin isolation level repeatable read, read only").await
                })
            })
            .connect_with(session.options())
            .await
    }

    fn options(&self) -> PgConnectOptions {
        if self.is_pooled { self.options.clone() } else { self.options.clone().options(self.settings.iter().copied()) }
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        self.options().connect().await
    }
}

/// Refuses a pooler that hands connections on.
pub(super) async fn check_pooler(options: &PgConnectOptions) -> anyhow::Result<()> {
    match timeout(WAIT, keeps_connections(options)).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => bail!(
            "the pooler between the console and PostgreSQL is in transaction or statement mode, in which a connection passes on to others \
             between two statements, and with it the role that may only append to the log; set pool_mode = session for this database"
        ),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => bail!(
            "the pooler between the console and PostgreSQL gave no second connection within {} seconds; in session mode its pool needs twice \
             INGAM_DATABASE_CONNECTIONS for each console",
            WAIT.as_secs()
        ),
    }
}

/// Whether a connection stays with its client. A pooler in transaction mode gives the one that the first client leaves idle to the second.
async fn keeps_connections(options: &PgConnectOptions) -> sqlx::Result<bool> {
    let (mut one, mut other) = (options.connect().await?, options.connect().await?);
    let own = backend(&mut one).await?;
    let mut is_kept = true;
    // More than once: others may use the same pool at this moment.
    for _ in 0..3 {
        // In statement mode it takes no transaction, and may hang up.
        if say(&mut other, "begin").await.is_err() {
            return Ok(false);
        }
        is_kept &= backend(&mut other).await? != own;
        is_kept &= backend(&mut one).await? == own;
        say(&mut other, "rollback").await?;
    }
    one.close().await?;
    other.close().await?;
    Ok(is_kept)
}

/// What PgBouncer says to a connection with options.
fn is_unsupported(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("unsupported startup parameter"))
}

async fn set(connection: &mut PgConnection, settings: Settings) -> sqlx::Result<()> {
    let set: Vec<String> =
        settings.iter().map(|(name, value)| format!("set_config('{name}', '{value}', false)")).collect();
    ask(connection, format!("select {}", set.join(", "))).await.map(drop)
}

/// Whether the connection works as the console's role, and whether those for reading cannot write.
async fn holds(connection: &mut PgConnection, settings: Settings) -> sqlx::Result<bool> {
    let is_reading = settings.iter().any(|(name, _)| *name == "default_transaction_read_only");
    let read_only = if is_reading { " and current_setting('default_transaction_read_only') = 'on'" } else { "" };
    ask(connection, format!("select current_user = '{APP_ROLE}'{read_only}")).await?.try_get(0)
}

/// The process of the server that answers.
async fn backend(connection: &mut PgConnection) -> sqlx::Result<i32> {
    ask(connection, "select pg_backend_pid()".to_owned()).await?.try_get(0)
}

async fn say(connection: &mut PgConnection, text: &'static str) -> sqlx::Result<()> {
    raw(text.to_owned()).execute(connection).await.map(drop)
}

async fn ask(connection: &mut PgConnection, text: String) -> sqlx::Result<PgRow> {
    raw(text).fetch_one(connection).await
}

/// In one message, because a pooler in transaction mode may bring the next one to another process.
#[expect(clippy::disallowed_methods, reason = "about the connection itself, and no table; the texts are of this file")]
fn raw(text: String) -> RawSql {
    sqlx::raw_sql(AssertSqlSafe(text))
}
