use super::{
    Reader,
    reader::Pool,
    session::Session,
    wal::{self, WithoutWal},
};
use crate::{outgoing::is_loopback, sql};
use anyhow::Context as _;
use sqlx::{
    ConnectOptions as _, Connection as _, SqlitePool,
    postgres::{PgConnectOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::{self, OpenOptions, Permissions},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    str::FromStr,
    time::Duration,
};

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
    /// For long work beside the pages. On SQLite it has connections of its own, each read by a thread that takes its place among the
    /// others from the one that opened it; on PostgreSQL the server does the work.
    pub(crate) beside: Reader,
    writing: Writing,
}

/// How a pool that may write is opened. Only the gate does so; a test in `tests/fences` holds it to that.
#[derive(Clone)]
pub(crate) enum Writing {
    Sqlite(SqliteConnectOptions),
    Postgres { session: Session, connections: u32 },
}

impl std::fmt::Debug for Writing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The options may hold a password.
        f.write_str("Writing(…)")
    }
}

/// How long a request waits for a connection before it is answered that the service is busy.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// Pieces of long work that read at the same time, and how long a connection for them is kept that reads nothing.
const BESIDE: u32 = 2;
const IDLE: Duration = Duration::from_secs(10);

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
            Engine::Sqlite => match open_sqlite(url, connections).await {
                Err(error) if error.is::<WithoutWal>() => return Err(error),
                opened => opened.with_context(|| format!("cannot open the database {}", shown(url)))?,
            },
            Engine::Postgres => open_postgres(url, connections).await.map_err(|error| name_cause(error, url))?,
        };
        if !is_read_only(&reader).await? {
            reader.close().await;
            anyhow::bail!(
                "the connections for reading can write: something between the console and the database drops what is set for a connection; let \
                 the console connect directly"
            );
        }
        let beside = match &writing {
            Writing::Sqlite(base) => Reader(Pool::Sqlite(beside(base))),
            Writing::Postgres { .. } => reader.clone(),
        };
        Ok(Self { engine, reader, beside, writing })
    }

    /// Opens PostgreSQL for reading in one transaction that never ends: all that is read, also by a program that is told its snapshot,
    /// is of one moment. On SQLite it is an ordinary store.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub(crate) async fn open_unchanging(url: &str) -> anyhow::Result<Self> {
        let store = Self::open(url, 1).await?;
        let Writing::Postgres { session, .. } = &store.writing else { return Ok(store) };
        let pool = session.unchanging().await?;
        store.close().await;
        let reader = Reader(Pool::Postgres(pool));
        Ok(Self { beside: reader.clone(), reader, ..store })
    }

    /// Opens a SQLite file that no process changes for reading, and leaves nothing beside it.
    pub(crate) async fn open_file(path: &Path) -> anyhow::Result<Self> {
        let base = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let options = base.clone().pragma("query_only", "on").pragma("cache_size", "-16000");
        let reader = SqlitePoolOptions::new().max_connections(1).acquire_timeout(WAIT).connect_with(options).await?;
        let reader = Reader(Pool::Sqlite(reader));
        Ok(Self { engine: Engine::Sqlite, beside: reader.clone(), reader, writing: Writing::Sqlite(base) })
    }

    /// The same, for making data that is made again where it was interrupted: on SQLite no commit waits for the disk.
    ///
    /// # Errors
    ///
    /// As [`Store::open`].
    pub(crate) async fn open_to_fill(url: &str) -> anyhow::Result<Self> {
        let store = Self::open(url, 1).await?;
        Ok(match store.writing {
            Writing::Sqlite(options) => {
                Self { writing: Writing::Sqlite(options.synchronous(SqliteSynchronous::Off)), ..store }
            }
            Writing::Postgres { .. } => store,
        })
    }

    pub(crate) fn writing(&self) -> &Writing {
        &self.writing
    }

    /// Closes the readers. The gate closes the pool that may write.
    pub async fn close(&self) {
        self.reader.close().await;
        self.beside.close().await;
    }
}

/// Whether the readers cannot write, and work as the role that they asked for: the second fence behind the types.
async fn is_read_only(reader: &Reader) -> sqlx::Result<bool> {
    let (holds,): (bool,) = reader
        .query(sql!(
            sqlite: "select query_only = 1 from pragma_query_only",
            postgres: "select current_setting('default_transaction_read_only') = 'on' and current_user = 'ingam_app'",
        ))
        .one()
        .await?;
    Ok(holds)
}

async fn open_sqlite(url: &str, connections: u32) -> anyhow::Result<(Reader, Writing)> {
    let base = sqlite_options(url)?;
    let wal_before = wal::size(base.get_filename());
    wal::check(&base, wal_before).await?;
    let reader = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(WAIT)
        // A file does not hang up, and the question would be one more round trip before each statement.
        .test_before_acquire(false)
        .connect_with(base.clone().pragma("query_only", "on"))
        .await?;
    Ok((Reader(Pool::Sqlite(reader)), Writing::Sqlite(base)))
}

/// Connections for long work: opened when there is some, and closed soon after it, with the pages that they remember.
fn beside(base: &SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(BESIDE)
        .acquire_timeout(WAIT)
        .idle_timeout(IDLE)
        .test_before_acquire(false)
        .connect_lazy_with(base.clone().pragma("query_only", "on"))
}

/// `synchronous=full` because a sealed change must survive a power cut; `recursive_triggers` because without it
/// `REPLACE` deletes a row without firing the triggers that forbid deleting (<https://www.sqlite.org/lang_conflict.html>).
pub(super) fn sqlite_options(url: &str) -> anyhow::Result<SqliteConnectOptions> {
    Ok(SqliteConnectOptions::from_str(url)?
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT)
        // More than there are statements: what falls out of the cache is compiled again, which takes longer than most take to run.
        .statement_cache_capacity(1_000)
        .pragma("recursive_triggers", "on")
        .pragma("cache_size", "-16000"))
}

/// Makes a SQLite file that only its owner can read, or takes the rights of others away from one that is there. SQLite gives
/// its -wal and -shm files the rights of the database (<https://www.sqlite.org/src/doc/trunk/src/os_unix.c>, `findCreateFileMode`).
/// What cannot be done here shows when SQLite opens the file.
pub(super) fn make_private(path: &Path) {
    let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    if made.is_ok() {
        let files = ["", "-wal", "-shm"].map(|end| format!("{}{end}", path.display()));
        for file in files.iter().filter(|file| Path::new(file).exists()) {
            fs::set_permissions(file, Permissions::from_mode(0o600)).ok();
        }
    }
}

async fn open_postgres(url: &str, connections: u32) -> anyhow::Result<(Reader, Writing)> {
    let session = Session::reading(postgres_options(url)?.application_name("ingam")).await?;
    let reader = session.pool(connections).await?;
    Ok((Reader(Pool::Postgres(reader)), Writing::Postgres { session: session.to_write(), connections }))
}

/// Without a setting that poolers do not take, and that servers of today need no more: they write numbers exactly by themselves.
pub(super) fn postgres_options(url: &str) -> anyhow::Result<PgConnectOptions> {
    Ok(PgConnectOptions::from_str(url)?.extra_float_digits(None))
}

/// Whether a connection to this database cannot be read or taken over on its way: it stays on this machine, or TLS checks the
/// server's certificate and name.
///
/// # Errors
///
/// What is wrong with it, in words for the operator.
pub(crate) fn is_private_way(url: &str) -> Result<String, String> {
    if Engine::of(url).map_err(|error| error.to_string())? == Engine::Sqlite {
        return Ok("a file on this machine".to_owned());
    }
    let options = PgConnectOptions::from_str(url).map_err(|_| "DATABASE_URL cannot be read".to_owned())?;
    let host = options.get_host();
    match options.get_ssl_mode() {
        PgSslMode::VerifyFull => Ok("TLS that checks the server's name (verify-full)".to_owned()),
        _ if options.get_socket().is_some() || host.starts_with('/') => Ok("a socket of this machine".to_owned()),
        _ if is_loopback(host) => Ok("loopback".to_owned()),
        _ => Err(
            "DATABASE_URL leads to another machine without sslmode=verify-full, so the connection can be read or taken over; add \
             ?sslmode=verify-full, and sslrootcert=… for an authority of your own"
                .to_owned(),
        ),
    }
}

/// What a connection to PostgreSQL really uses: the version and cipher of TLS, or none. Asked over a connection of its own that
/// takes no role: `pg_stat_ssl` hides a session from every role but the one that logged in, its own included.
#[expect(clippy::disallowed_methods, reason = "reads what the server says of this connection, and no table")]
pub(crate) async fn transport(url: &str) -> anyhow::Result<Option<String>> {
    if Engine::of(url)? == Engine::Sqlite {
        return Ok(None);
    }
    let mut connection = postgres_options(url)?.application_name("ingam check").connect().await?;
    let used: Option<(bool, Option<String>, Option<String>)> =
        sqlx::query_as("select ssl, version, cipher from pg_stat_ssl where pid = pg_backend_pid()")
            .fetch_optional(&mut connection)
            .await?;
    connection.close().await?;
    Ok(used.map(|used| match used {
        (true, Some(version), Some(cipher)) => format!("{version}, {cipher}"),
        (true, ..) => "TLS".to_owned(),
        (false, ..) => "no TLS".to_owned(),
    }))
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
