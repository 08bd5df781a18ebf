//! The pool that may write. It is opened here, and no other module of the crate holds it.

use super::{
    Tx,
    tx::{Inner, Setup},
};
use crate::{
    clock::Instant,
    sql,
    store::{PoolState, Store, WAIT, Writing, is_mark_due, mark_file},
};
use anyhow::Context as _;
use sqlx::{Connection as _, PgPool, SqlitePool, sqlite::SqlitePoolOptions};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The pool that may write. Only the gate can begin a transaction on it.
#[derive(Clone, Debug)]
pub(super) enum Writer {
    Sqlite(SqlitePool, File),
    Postgres(PgPool),
}

/// The file of a SQLite database, and whether it says that it is not all of it (see `store::wal`).
#[derive(Clone, Debug)]
pub(super) struct File {
    path: PathBuf,
    is_marked: Arc<AtomicBool>,
}

impl Writer {
    pub(super) async fn open(store: &Store) -> anyhow::Result<Self> {
        let opened = match store.writing() {
            // One writing connection, kept for good: SQLite has one writer anyway, and queueing for it here instead of in
            // the engine means that SQLITE_BUSY never comes from within this process.
            Writing::Sqlite(options) => SqlitePoolOptions::new()
                .max_connections(1)
                .min_connections(1)
                .acquire_timeout(WAIT)
                .idle_timeout(None)
                .max_lifetime(None)
                // A file does not hang up, and the question would be one more round trip before each transaction.
                .test_before_acquire(false)
                // After a commit that failed, on a full disk for example, sqlx believes that its transaction is still open,
                // and nothing could be begun on this connection again. Then a new one is opened.
                .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
                .connect_with(options.clone())
                .await
                .map(|pool| {
                    Self::Sqlite(pool, File { path: options.get_filename().to_owned(), is_marked: Arc::default() })
                }),
            Writing::Postgres { session, connections } => session.pool(*connections).await.map(Self::Postgres),
        };
        opened.context("the database cannot be opened for writing")
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that begins a transaction")]
    pub(super) async fn begin(&self, now: Instant, setup: &Setup) -> sqlx::Result<Tx<'static>> {
        let inner = match self {
            // The write lock is taken at once: two readers that both want to write later would deadlock.
            Self::Sqlite(pool, _) => Inner::Sqlite(pool.begin_with("begin immediate").await?),
            Self::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(Tx::new(inner, now, setup.clone()))
    }

    /// Writes a row and removes it. It is committed, because a full disk refuses no sooner.
    pub(super) async fn try_write(&self, now: Instant, setup: &Setup) -> sqlx::Result<()> {
        const KEY: &str = "a write that is tried";
        let mut tx = self.begin(now, setup).await?;
        tx.limit_lock_wait().await?;
        let insert = sql!(
            "insert into throttles (key, failures, updated_at) values ($1, 0, $2) on conflict (key) do update set failures = 0"
        );
        tx.query(insert).bind(KEY).bind(now).run().await?;
        tx.query(sql!("delete from throttles where key = $1")).bind(KEY).run().await?;
        tx.commit().await
    }

    /// Lets the main file of a SQLite database say that the newest changes are in the file beside it, where it does not yet.
    pub(super) async fn mark_file(&self) -> sqlx::Result<()> {
        let Self::Sqlite(pool, file) = self else { return Ok(()) };
        if is_mark_due(&file.path, file.is_marked.load(Ordering::Relaxed)) {
            let marked = mark_file(&mut *pool.acquire().await?).await?;
            file.is_marked.fetch_or(marked, Ordering::Relaxed);
        }
        Ok(())
    }

    pub(super) fn pool(&self) -> PoolState {
        match self {
            Self::Sqlite(pool, _) => PoolState::of(pool),
            Self::Postgres(pool) => PoolState::of(pool),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(pool, _) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
