//! A SQLite database as one file, and such a file in the place of a database.

#![expect(
    clippy::disallowed_methods,
    reason = "looks into files that no console serves, and writes whole copies of them"
)]

use super::{Facts, Partial, SEEDED, There, partial::BESIDE};
use crate::{
    profile::Profile,
    store::{
        open,
        wal::{self, beside},
    },
};
use anyhow::{Context as _, bail};
use rustix::fs::{FlockOperation, fcntl_lock};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// The file of a database.
///
/// # Errors
///
/// It is in memory.
pub(crate) fn path(url: &str) -> anyhow::Result<PathBuf> {
    let path = open::sqlite_options(url)?.get_filename().to_owned();
    if path.to_string_lossy().contains(":memory:") || url.contains("mode=memory") {
        bail!("DATABASE_URL names a database in memory, which has no file");
    }
    Ok(wal::real(&path))
}

/// The URL of a file.
pub(crate) fn url(path: &Path) -> anyhow::Result<String> {
    let path = path.to_str().with_context(|| format!("the path {} is not UTF-8", path.display()))?;
    Ok(format!("sqlite://{}", path.replace('%', "%25").replace('?', "%3F")))
}

/// Whether two paths lead to the same file, or the first is one that SQLite keeps beside the second.
pub(crate) fn is_of(file: &Path, database: &Path) -> bool {
    let id = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    let places = ["", "-wal", "-shm", "-journal"].map(|end| beside(database, end));
    places.iter().any(|place| place == file || id(file).is_some_and(|file| id(place) == Some(file)))
}

/// Writes all that is committed into one file, without holding up those who write meanwhile.
pub(crate) async fn write(url: &str, into: &Partial) -> anyhow::Result<()> {
    let path = into.path().to_str().with_context(|| format!("the path {} is not UTF-8", into.path().display()))?;
    let mut connection = open::sqlite_options(url)?.connect().await?;
    let written = sqlx::query("vacuum into $1").bind(path).execute(&mut connection).await;
    connection.close().await?;
    written.with_context(|| format!("{path} cannot be written"))?;
    // A mark for the main file alone may have been on its way (see `wal`).
    wal::accept(&plain(into.path())).await
}

/// A file that is opened as it is, without becoming a database with a -wal file.
fn plain(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Delete)
}

/// What is in a database.
///
/// # Errors
///
/// What is there cannot be read, so only replacing it helps.
pub(crate) async fn there(url: &str) -> anyhow::Result<There> {
    let options = open::sqlite_options(url)?;
    if fs::metadata(options.get_filename()).map_or(0, |file| file.len()) == 0 {
        return Ok(There::Nothing);
    }
    let mut connection = options.connect().await?;
    let tables: Vec<(String,)> = sqlx::query_as("select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\'")
        .fetch_all(&mut connection)
        .await?;
    let mut there = if tables.is_empty() { There::Nothing } else { There::Tables };
    for (table,) in tables.iter().filter(|(table,)| !SEEDED.contains(&table.as_str())) {
        let sql = format!("select 1 from \"{}\" limit 1", table.replace('"', "\"\""));
        if sqlx::query(AssertSqlSafe(sql)).fetch_optional(&mut connection).await?.is_some() {
            there = There::Rows(table.clone());
            break;
        }
    }
    connection.close().await?;
    Ok(there)
}

/// Copies a backup beside the place where it is to be: the file, and the -wal file of a copy that has one.
pub(crate) fn fetch(file: &Path, into: &Partial) -> anyhow::Result<()> {
    if is_in_use(file) {
        bail!(
            "a process has {} open, so it is no backup but a database in use; copy it with `ingam backup`",
            file.display()
        );
    }
    let copy = |from: &Path, to: &mut File| -> io::Result<()> { io::copy(&mut File::open(from)?, to).map(drop) };
    let cannot = || format!("{} cannot be copied to {}", file.display(), into.path().display());
    copy(file, &mut into.file()?).with_context(cannot)?;
    if wal::size(file) > 0 {
        let wal = beside(into.path(), "-wal");
        let mut wal = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(wal)?;
        copy(&beside(file, "-wal"), &mut wal).with_context(cannot)?;
    }
    Ok(())
}

/// Looks whether a fetched file is whole, and what it says of itself. `accepts` takes the main file of a database for all of it.
pub(crate) async fn examine(fetched: &Partial, file: &Path, accepts: bool) -> anyhow::Result<Facts> {
    let options = open::sqlite_options(&url(fetched.path())?)?;
    let wal = wal::size(fetched.path());
    match wal::check(&options, wal).await {
        Err(error) if error.is::<wal::WithoutWal>() && accepts => wal::accept(&options).await?,
        Err(error) if error.is::<wal::WithoutWal>() => return Err(wal::WithoutWal::of(file).into()),
        checked => checked.with_context(|| format!("{} is damaged", file.display()))?,
    }
    let mut connection = options.connect().await?;
    let facts = facts(&mut connection, file).await;
    connection.close().await?;
    facts
}

async fn facts(connection: &mut SqliteConnection, file: &Path) -> anyhow::Result<Facts> {
    let whole = sqlx::query_as("pragma integrity_check(1)").fetch_one(&mut *connection).await;
    match whole.map(|(finding,): (String,)| finding) {
        Ok(finding) if finding == "ok" => {}
        Ok(finding) => bail!("{} is damaged: {finding}", file.display()),
        Err(error) => return Err(error).with_context(|| format!("{} is damaged", file.display())),
    }
    let no_console = || format!("{} is a SQLite database, but not that of a console", file.display());
    let (version,): (i64,) = sqlx::query_as("select coalesce(max(version), 0) from _sqlx_migrations where success")
        .fetch_one(&mut *connection)
        .await
        .with_context(no_console)?;
    let (environment,): (String,) = sqlx::query_as("select environment from installation where id = 1")
        .fetch_one(connection)
        .await
        .with_context(no_console)?;
    let environment: Profile = environment.parse().map_err(anyhow::Error::msg)?;
    Ok(Facts { version, environment })
}

/// Puts a fetched file in the place of a database that no process uses, in one step. What SQLite kept beside the former one goes first:
/// with another database it would be taken for its newest commits.
pub(crate) async fn swap(fetched: Partial, database: &Path) -> anyhow::Result<()> {
    let in_use = || format!("a process has {} open: stop the console first; nothing was changed", database.display());
    // Moves what is in the -wal file into the former database, so that it is whole until the moment it is replaced. One that is damaged
    // cannot be opened, and is replaced as it is.
    if database.exists()
        && let Ok(former) = plain(database).connect().await
    {
        former.close().await?;
    }
    // Closing any other descriptor of these files in this process would end the locks.
    let mut held = Vec::new();
    for end in ["", "-shm"] {
        let path = beside(database, end);
        if path.exists() {
            let file = OpenOptions::new().read(true).write(true).open(&path)?;
            fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).ok().with_context(in_use)?;
            held.push(file);
        }
    }
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fetched.give_to_owner_of(if database.exists() { database } else { folder });
    for end in BESIDE {
        match fs::remove_file(beside(database, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    fetched.finish(database)
}

/// Whether another process has a database open: each holds a lock on it as long.
fn is_in_use(path: &Path) -> bool {
    // A lock for itself alone needs a file that may be written; one on a read-only medium is in no use.
    let Ok(file) = OpenOptions::new().read(true).write(true).open(path) else { return false };
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).is_err()
}
