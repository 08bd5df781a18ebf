//! The schema, and the stamp that says which environment the database belongs to.

use super::{Engine, Reader, Sql, open, session};
use crate::{
    clock::Instant,
    profile::{Profile, stamp_fits},
    sql,
};
use anyhow::Context as _;
use sqlx::{ConnectOptions, Connection, migrate::Migrator};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Which environment a database belongs to. Set by the first migration, compared at every start.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Stamp {
    #[sqlx(try_from = "String")]
    pub environment: Profile,
    pub stamped_at: Instant,
}

/// Brings the schema up to date and stamps a new database with `profile`.
///
/// On PostgreSQL this runs as the role in the URL, which becomes the owner of the tables; the console itself works as
/// `ingam_app` (see `open.rs`).
///
/// A database that is stamped for production is left as it is by any other profile, and the other way round.
///
/// # Errors
///
/// [`ForeignDatabase`] if the stamp is of another environment; otherwise the database cannot be reached or migrated.
#[expect(clippy::disallowed_methods, reason = "the schema is made before there is a door")]
pub async fn migrate(url: &str, profile: Profile, now: Instant) -> anyhow::Result<Stamp> {
    const STAMPED: &str = "select environment from installation where id = 1";
    const STAMP: &str =
        "insert into installation (id, environment, stamped_at) values (1, $1, $2) on conflict (id) do nothing";
    match Engine::of(url)? {
        Engine::Sqlite => {
            let options = open::sqlite_options(url)?.create_if_missing(true);
            open::make_private(options.get_filename());
            let mut connection =
                options.connect().await.with_context(|| format!("cannot open the database {}", open::shown(url)))?;
            check_stamp(profile, sqlx::query_scalar(STAMPED).fetch_optional(&mut connection).await)?;
            SQLITE.run(&mut connection).await?;
            sqlx::query(STAMP).bind(profile.as_str()).bind(now).execute(&mut connection).await?;
            connection.close().await?;
        }
        Engine::Postgres => {
            let options = open::postgres_options(url)?.application_name("ingam migrate");
            let reached =
                |error: anyhow::Error| error.context(format!("cannot reach the database {}", open::shown(url)));
            session::check_pooler(&options).await.map_err(reached)?;
            let mut connection = options.connect().await.map_err(|error| reached(error.into()))?;
            check_stamp(profile, sqlx::query_scalar(STAMPED).fetch_optional(&mut connection).await)?;
            POSTGRES.run(&mut connection).await.context(
                "the schema could not be made; the role that migrates must own the database and may create roles, \
                 or the role ingam_app must exist and be granted to it",
            )?;
            sqlx::query("grant select on _sqlx_migrations to ingam_app").execute(&mut connection).await?;
            sqlx::query(STAMP).bind(profile.as_str()).bind(now).execute(&mut connection).await?;
            connection.close().await?;
        }
    }
    let store = super::Store::open(url, 1).await?;
    let stamp = stamp(&store.reader, store.engine).await;
    store.close().await;
    stamp
}

/// The database belongs to another environment.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ForeignDatabase(String);

/// Checks the stamp before migrating. Without the table there is nothing to protect; any other error may hide a stamp.
fn check_stamp(profile: Profile, stamped: sqlx::Result<Option<String>>) -> anyhow::Result<()> {
    let stamped = match stamped {
        Err(error) if has_no_such_table(&error) => None,
        stamped => stamped.context("the environment stamp cannot be read")?,
    };
    let Some(stamped) = stamped else { return Ok(()) };
    let stamped = stamped.parse().map_err(anyhow::Error::msg)?;
    stamp_fits(profile, stamped).map(drop).map_err(|why| ForeignDatabase(why).into())
}

/// Whether the table is missing. PostgreSQL has a code for it (42P01); SQLite has only a text, under its code for any
/// mistake in a statement.
fn has_no_such_table(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    error.code().as_deref() == Some("42P01") || error.message().starts_with("no such table")
}

/// Reads the stamp of the database.
///
/// # Errors
///
/// One clear line if the schema is not the one this program was built for; otherwise the error of the database.
pub async fn stamp(reader: &Reader, engine: Engine) -> anyhow::Result<Stamp> {
    let latest = match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    }
    .iter()
    .map(|migration| migration.version)
    .max()
    .unwrap_or_default();
    let there: (Option<i64>,) = reader
        .query(sql!("select max(version) from _sqlx_migrations where success"))
        .one()
        .await
        .map_err(|error| match error {
            sqlx::Error::Database(_) => anyhow::anyhow!("the database has no schema yet; run `ingam migrate` first"),
            other => other.into(),
        })?;
    match there.0.unwrap_or_default() {
        version if version < latest => {
            anyhow::bail!(
                "the database is at schema version {version} and this program needs {latest}; run `ingam migrate`"
            )
        }
        version if version > latest => {
            anyhow::bail!(
                "the database is at schema version {version}, newer than this program, which knows {latest}; use the newer program"
            )
        }
        _ => {}
    }
    reader
        .query(sql!("select environment, stamped_at from installation where id = 1"))
        .optional()
        .await?
        .context("the database has no environment stamp; run `ingam migrate`")
}

/// The triggers that keep the append-only tables as they are, by name and text.
const SQLITE_TRIGGERS: Sql = Sql {
    sqlite: "select name, sql from sqlite_master where type = 'trigger'
              and tbl_name in ('audit', 'audit_head', 'access_records', 'point_entries', 'order_events', 'refund_payments',
                               'batch_events', 'batch_runs', 'approval_requests', 'approval_votes', 'user_notes')
              order by name",
    postgres: "select 1 where false",
};

/// The append-only triggers that a SQLite database has.
pub(crate) async fn sqlite_triggers(reader: &Reader) -> sqlx::Result<Vec<(String, String)>> {
    reader.query(SQLITE_TRIGGERS).all().await
}

/// The same triggers as this program's migrations make them.
#[expect(clippy::disallowed_methods, reason = "reads a schema in memory that nothing else sees")]
pub(crate) async fn sqlite_triggers_as_built() -> anyhow::Result<Vec<(String, String)>> {
    let mut memory = open::sqlite_options("sqlite::memory:")?
        .journal_mode(sqlx::sqlite::SqliteJournalMode::Memory)
        .connect()
        .await?;
    SQLITE.run(&mut memory).await?;
    let rows = sqlx::query_as::<_, (String, String)>(SQLITE_TRIGGERS.sqlite).fetch_all(&mut memory).await?;
    memory.close().await?;
    Ok(rows)
}

/// Whether the body of a function on PostgreSQL is one that this program's migrations made.
pub(crate) fn is_postgres_source(body: &str) -> bool {
    !body.trim().is_empty() && POSTGRES.iter().any(|migration| migration.sql.as_str().contains(body))
}
