use super::{Cluster, Engine, TestClock, postgres, run, server};
use sqlx::{
    AssertSqlSafe, Column as _, ConnectOptions, Connection as _, Executor as _, PgConnection, Row as _,
    SqliteConnection, TypeInfo as _, Value as _, ValueRef as _,
    postgres::{PgConnectOptions, PgRow},
    sqlite::{SqliteConnectOptions, SqliteRow},
};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tempfile::TempDir;

/// A database of its own for one test, with the five people in it. It goes when this does.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    File(TempDir),
    Server { folder: PathBuf, name: String },
}

/// A row as text, the same on both engines: no value is `None`, bytes are hexadecimal.
pub(crate) type TextRow = Vec<Option<String>>;

const TEMPLATE: &str = "template";

impl Database {
    /// A copy of what was migrated and peopled once in this run.
    pub(crate) fn fresh(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let database = Self::file();
                std::fs::copy(sqlite_template(), database.path()).unwrap();
                database
            }
            Engine::Postgres => {
                let folder = postgres_template();
                Self::on_server(folder, &format!(" template {TEMPLATE} strategy file_copy"))
            }
        }
    }

    /// A database with nothing in it, not even tables.
    pub(crate) fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::file(),
            Engine::Postgres => Self::on_server(postgres::server(), ""),
        }
    }

    /// An empty database of PostgreSQL that takes these characters for letters.
    pub(crate) fn with_letters(lc_ctype: &str) -> Self {
        let options = format!(" template template0 encoding 'UTF8' lc_collate 'C' lc_ctype '{lc_ctype}'");
        Self::on_server(postgres::server(), &options)
    }

    /// The same on a server of its own.
    pub(crate) fn empty_in(cluster: &Cluster) -> Self {
        Self::on_server(cluster.folder().to_owned(), "")
    }

    /// The same as `login` sees it, a role that is made here and owns the database, and is no superuser.
    pub(crate) fn empty_of(cluster: &Cluster, login: &str) -> Self {
        let mut database = Self::empty_in(cluster);
        let Place::Server { folder, name } = &database.place else { panic!("a cluster has servers only") };
        administer(folder, &format!("create role {login} login createrole")).unwrap();
        administer(folder, &format!("alter database {name} owner to {login}")).unwrap();
        database.url = database.url.replace("//postgres@", &format!("//{login}@"));
        database
    }

    fn file() -> Self {
        let folder = TempDir::with_prefix("ingam-test-").unwrap();
        let url = sqlite_url(&folder.path().join("ingam.db"));
        Self { url, place: Place::File(folder) }
    }

    fn on_server(folder: PathBuf, copied: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        administer(&folder, &format!("create database {name}{copied}")).unwrap();
        let url = postgres::url(&folder, &name);
        Self { url, place: Place::Server { folder, name } }
    }

    /// The file of an SQLite database.
    ///
    /// # Panics
    /// On PostgreSQL, where there is none.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.place {
            Place::File(folder) => folder.path().join("ingam.db"),
            Place::Server { name, .. } => panic!("{name} is a database on a server, not a file"),
        }
    }

    /// One of PostgreSQL's programs, told of this database: `database.client("pg_dump")`.
    pub(crate) fn client(&self, program: &str) -> Command {
        let (folder, name) = self.on_socket();
        let login = self.url.trim_start_matches("postgres://").split('@').next().unwrap();
        let mut command = Command::new(postgres::client(program));
        command.env("PGHOST", folder).env("PGDATABASE", name).env("PGUSER", login).stdin(Stdio::null());
        command
    }

    /// The socket's folder and the name of a database on a server.
    ///
    /// # Panics
    /// On SQLite.
    pub(super) fn on_socket(&self) -> (&Path, &str) {
        match &self.place {
            Place::File(folder) => panic!("{} is a file", folder.path().display()),
            Place::Server { folder, name } => (folder, name),
        }
    }

    /// What a query yields, asked by the owner of the database behind the console's back.
    pub(crate) fn rows(&self, sql: &str) -> Vec<TextRow> {
        self.ask(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"))
    }

    /// The only value that a query yields.
    pub(crate) fn value(&self, sql: &str) -> String {
        let rows = self.rows(sql);
        match rows.as_slice() {
            [row] if row.len() == 1 => row[0].clone().unwrap_or_default(),
            _ => panic!("not one value but {rows:?}\n{sql}"),
        }
    }

    /// The only value that a query yields, as a number.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let value = self.value(sql);
        value.parse().unwrap_or_else(|_| panic!("{value} is not a number\n{sql}"))
    }

    /// Runs statements as the owner, as a person would who tampers with the data; the error is the engine's own words.
    pub(crate) fn tamper(&self, sql: &str) -> Result<(), String> {
        self.ask(sql).map(drop)
    }

    /// Lets the log be ahead of the clock, as `ingam audit hold-time` does.
    pub(crate) fn hold_time(&self) {
        self.tamper("update installation set time_held_until = '9999-12-31T00:00:00.000000Z'").unwrap();
    }

    fn ask(&self, sql: &str) -> Result<Vec<TextRow>, String> {
        block_on(ask(&self.url, sql)).map_err(|error| match error.as_database_error() {
            Some(error) => error.message().to_owned(),
            None => error.to_string(),
        })
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Place::Server { folder, name } = &self.place {
            // A panic here while a test is failing would hide why; the server goes after the run anyway.
            let _ = administer(folder, &format!("drop database {name} with (force)"));
        }
    }
}

/// Runs a future to its end on this thread, for tests are plain functions.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[expect(clippy::disallowed_methods, reason = "the tests look behind the one door")]
fn raw(sql: &str) -> sqlx::RawSql {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
}

/// Runs statements on a connection of their own; the rows are those of all of them.
pub(super) async fn ask(url: &str, sql: &str) -> sqlx::Result<Vec<TextRow>> {
    match Engine::of(url).unwrap() {
        Engine::Sqlite => {
            let mut connection = sqlite_connection(url).await?;
            let rows = connection.fetch_all(raw(sql)).await?;
            connection.close().await?;
            rows.iter().map(sqlite_text).collect()
        }
        Engine::Postgres => {
            let mut connection = postgres_connection(url).await?;
            let rows = connection.fetch_all(raw(sql)).await?;
            connection.close().await?;
            Ok(rows.iter().map(postgres_text).collect())
        }
    }
}

fn sqlite_url(path: &Path) -> String {
    format!("sqlite://{}?mode=rwc", path.display())
}

async fn sqlite_connection(url: &str) -> sqlx::Result<SqliteConnection> {
    url.parse::<SqliteConnectOptions>()?.busy_timeout(Duration::from_mins(1)).connect().await
}

async fn postgres_connection(url: &str) -> sqlx::Result<PgConnection> {
    url.parse::<PgConnectOptions>()?.connect().await
}

/// Runs one statement about databases, which must be asked of another database than the one it is about.
fn administer(folder: &Path, sql: &str) -> sqlx::Result<()> {
    block_on(ask(&postgres::url(folder, "postgres"), sql)).map(drop)
}

fn sqlite_template() -> PathBuf {
    let path = run::folder().join("template.db");
    let is_there = || path.exists();
    run::once("sqlite", is_there, || {
        // A file half made by a run that was cut off, and what SQLite keeps beside it.
        for leftover in ["template.db", "template.db-wal", "template.db-shm"] {
            let _ = std::fs::remove_file(run::folder().join(leftover));
        }
        server::prepare(&sqlite_url(&path), &TestClock::new());
        // What is copied is the one file, so nothing may be left in the log beside it.
        block_on(ask(&sqlite_url(&path), "pragma wal_checkpoint(truncate)")).unwrap();
    });
    path
}

fn postgres_template() -> PathBuf {
    const IS_THERE: &str = "select from pg_database where datname = 'template' and not datallowconn";
    let folder = postgres::server();
    let is_there = || block_on(ask(&postgres::url(&folder, "postgres"), IS_THERE)).is_ok_and(|rows| !rows.is_empty());
    run::once("template", is_there, || {
        administer(&folder, &format!("drop database if exists {TEMPLATE} with (force)")).unwrap();
        administer(&folder, &format!("create database {TEMPLATE}")).unwrap();
        server::prepare(&postgres::url(&folder, TEMPLATE), &TestClock::new());
        // No connection may be open to what is copied.
        administer(&folder, &format!("alter database {TEMPLATE} with allow_connections false")).unwrap();
    });
    folder
}

fn sqlite_text(row: &SqliteRow) -> sqlx::Result<TextRow> {
    (0..row.columns().len())
        .map(|at| {
            let value = row.try_get_raw(at)?.to_owned();
            // The type of no value is that of its column, where it has one.
            if value.is_null() {
                return Ok(None);
            }
            Ok(match value.type_info().name() {
                "INTEGER" | "BOOLEAN" => Some(value.try_decode_unchecked::<i64>()?.to_string()),
                "REAL" => Some(value.try_decode_unchecked::<f64>()?.to_string()),
                "BLOB" => Some(hex::encode(value.try_decode_unchecked::<Vec<u8>>()?)),
                _ => Some(value.try_decode_unchecked::<String>()?),
            })
        })
        .collect()
}

/// A statement without parameters is answered in text.
fn postgres_text(row: &PgRow) -> TextRow {
    (0..row.columns().len())
        .map(|at| {
            let value = row.try_get_raw(at).unwrap();
            if value.is_null() {
                return None;
            }
            let text = value.as_str().unwrap();
            Some(match row.column(at).type_info().name() {
                "BYTEA" => text.trim_start_matches("\\x").to_owned(),
                "BOOL" => if text == "t" { "1" } else { "0" }.to_owned(),
                _ => text.to_owned(),
            })
        })
        .collect()
}
