//! Noticing that a SQLite database was copied without its -wal file, in which the newest commits are.
//!
//! Such a copy is an older state of the database and whole in itself, so nothing in its rows tells. Therefore a console that serves puts
//! a mark into the main file that it takes back in the -wal file alone: a commit sets `user_version` to 1, all commits are moved into
//! the main file, and the next commit, the first of the -wal file, sets it to 0. The database is 0 for every connection and for every
//! way of copying that reads it through SQLite; the main file alone is 1. SQLite moves no commits by itself meanwhile
//! (`wal_autocheckpoint`); the console does, with the same three steps. Closing the last connection moves all of them, the 0 included.

#![expect(clippy::disallowed_methods, reason = "about the file of a database, and no row of it")]

use anyhow::Context as _;
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Beyond this the commits are moved into the main file. SQLite's own threshold, which commands on the host go by, is twice as large.
const LARGE: u64 = 2 << 20;

/// The file beside a database that ends like this: `-wal`, `-shm`.
pub(crate) fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

/// How large the -wal file is; 0 where there is none. Asked before the database is opened, because opening it makes one.
pub(super) fn size(path: &Path) -> u64 {
    fs::metadata(beside(&real(path), "-wal")).map_or(0, |file| file.len())
}

/// The file that a path leads to, which is the one that SQLite keeps others beside.
pub(super) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Whether the main file does not say yet that there is more in the -wal file, or that has grown large.
pub(crate) fn is_due(path: &Path, is_marked: bool) -> bool {
    let size = size(path);
    size > LARGE || size > 0 && !is_marked
}

/// Moves all commits into the main file, which says from then on that it has not all of them. False where a reader of an older state
/// was in the way: then it is to be tried again. The connection is one that no other task uses meanwhile.
pub(crate) async fn mark(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    sqlx::query("pragma wal_autocheckpoint = 0").execute(&mut *connection).await?;
    // Only so does the size of the -wal file tell how much is in it.
    sqlx::query("pragma journal_size_limit = 0").execute(&mut *connection).await?;
    sqlx::query("pragma user_version = 1").execute(&mut *connection).await?;
    // Readers are done within milliseconds; one that takes longer must not hold up changes.
    let moved = async {
        sqlx::query("pragma busy_timeout = 200").execute(&mut *connection).await?;
        sqlx::query_as::<_, (i64, i64, i64)>("pragma wal_checkpoint(full)").fetch_one(&mut *connection).await
    };
    let moved = moved.await;
    let patient = sqlx::query("pragma busy_timeout = 5000").execute(&mut *connection).await;
    take_back(connection).await?;
    patient?;
    let (busy, all, done) = moved?;
    Ok(busy == 0 && all == done)
}

async fn take_back(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    sqlx::query("pragma user_version = 0").execute(&mut *connection).await.map(drop)
}

async fn is_marked(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    let (version,): (i64,) = sqlx::query_as("pragma user_version").fetch_one(connection).await?;
    Ok(version == 1)
}

/// The main file alone was copied.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} was copied while a console used it, without the file {}-wal in which the newest changes are; copy with `ingam backup`, or both \
     files of a console that is stopped",
    .0.display(), .0.display()
)]
pub struct WithoutWal(PathBuf);

impl WithoutWal {
    pub(super) fn of(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

/// Checks that this is not the main file alone. `wal` is the size of the -wal file before anything was opened. A mark with a -wal file
/// is left by a console that was killed between two commits, and is taken back.
///
/// # Errors
///
/// [`WithoutWal`]; otherwise the database cannot be read.
pub(super) async fn check(options: &SqliteConnectOptions, wal: u64) -> anyhow::Result<()> {
    const BETWEEN_TWO_COMMITS: Duration = Duration::from_millis(400);
    let mut connection = options.clone().connect().await?;
    let mut marked = is_marked(&mut connection).await?;
    if marked && wal > 0 {
        tokio::time::sleep(BETWEEN_TWO_COMMITS).await;
        marked = is_marked(&mut connection).await?;
        if marked && let Err(error) = take_back(&mut connection).await {
            tracing::debug!(%error, "the mark of the file could not be taken back");
        }
        marked = false;
    }
    connection.close().await?;
    if marked { Err(WithoutWal(options.get_filename().to_owned()).into()) } else { Ok(()) }
}

/// Takes the main file for all that there is.
pub(super) async fn accept(options: &SqliteConnectOptions) -> anyhow::Result<()> {
    let mut connection = options.clone().connect().await?;
    take_back(&mut connection).await.context("the copy cannot be written")?;
    connection.close().await?;
    Ok(())
}
