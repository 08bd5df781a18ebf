//! The schema, and the stamp that says which environment the database belongs to.

use super::{Engine, Reader, open, repair, session, wal};
use crate::{
    clock::Instant,
    profile::{Profile, stamp_fits},
    sql,
};
use anyhow::Context as _;
use sqlx::{
    ConnectOptions, Connection,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Which environment a database belongs to. Set by the first migration, compared at every start.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Stamp {
    #[sqlx(try_from = "String")]
    pub environment: Profile,
    pub stamped_at: Instant,
}

/// What a migration came to.
#[derive(Clone, Debug)]
pub struct Migrated {
    pub stamp: Stamp,
    /// What the database lacked of what keeps it, each in a few words. A new database lacks nothing.
    pub repaired: Vec<String>,
}

/// Brings the schema up to date, makes again what a restored database lacks of what keeps it (see [`repair`]), and stamps a new
/// database with `profile`.
///
/// On PostgreSQL this runs as the role in the URL, which becomes the owner of the tables; the console itself works as
/// `ingam_app` (see `open.rs`).
///
/// A database that is stamped for production is left as it is by any other profile, and the other way round.
///
/// # Errors
///
/// [`ForeignDatabase`] if the stamp is of another environment; otherwise the database cannot be reached or migrated.
pub async fn migrate(url: &str, profile: Profile, now: Instant) -> anyhow::Result<Migrated> {
    migrate_with(url, profile, now, |options| options).await
}

/// The same for data that is made again where it was interrupted: on SQLite no migration waits for the disk.
pub(crate) async fn migrate_to_fill(url: &str, profile: Profile, now: Instant) -> anyhow::Result<Migrated> {
    migrate_with(url, profile, now, |options| options.synchronous(SqliteSynchronous::Off)).await
}

#[expect(clippy::disallowed_methods, reason = "the schema is made before there is a door")]
async fn migrate_with(
    url: &str,
    profile: Profile,
    now: Instant,
    tuned: impl FnOnce(SqliteConnectOptions) -> SqliteConnectOptions,
) -> anyhow::Result<Migrated> {
    const STAMPED: &str = "select environment from installation where id = 1";
    const STAMP: &str =
        "insert into installation (id, environment, stamped_at) values (1, $1, $2) on conflict (id) do nothing";
    let repaired = match Engine::of(url)? {
        Engine::Sqlite => {
            let options = tuned(open::sqlite_options(url)?.create_if_missing(true));
            open::make_private(options.get_filename());
            wal::check(&options, wal::size(options.get_filename())).await?;
            let mut connection =
                options.connect().await.with_context(|| format!("cannot open the database {}", open::shown(url)))?;
            let is_new = check_stamp(profile, sqlx::query_scalar(STAMPED).fetch_optional(&mut connection).await)?;
            SQLITE.run(&mut connection).await?;
            // What has just been made is not looked through.
            let repaired = if is_new { Vec::new() } else { repair::sqlite(&mut connection).await? };
            sqlx::query(STAMP).bind(profile.as_str()).bind(now).execute(&mut connection).await?;
            connection.close().await?;
            repaired
        }
        Engine::Postgres => {
            let options = open::postgres_options(url)?.application_name("ingam migrate");
            let reached =
                |error: anyhow::Error| error.context(format!("cannot reach the database {}", open::shown(url)));
            session::check_pooler(&options).await.map_err(reached)?;
            let mut connection = options.connect().await.map_err(|error| reached(error.into()))?;
            let is_new = check_stamp(profile, sqlx::query_scalar(STAMPED).fetch_optional(&mut connection).await)?;
            let mut repaired = repair::postgres::role(&mut connection).await?;
            POSTGRES.run(&mut connection).await.context(
                "the schema could not be made; the role that migrates must own the database and may create roles, \
                 or the role ingam_app must exist and be granted to it",
            )?;
            repaired.extend(repair::postgres::everything(&mut connection).await?);
            sqlx::query(STAMP).bind(profile.as_str()).bind(now).execute(&mut connection).await?;
            connection.close().await?;
            if is_new { Vec::new() } else { repaired }
        }
    };
    let store = super::Store::open(url, 1).await?;
    let stamp = stamp(&store.reader, store.engine).await;
    store.close().await;
    Ok(Migrated { stamp: stamp?, repaired })
}

/// The database belongs to another environment.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ForeignDatabase(pub(super) String);

/// Checks the stamp before migrating, and says whether the database is new. Without the table there is nothing to protect; any other
/// error may hide a stamp.
fn check_stamp(profile: Profile, stamped: sqlx::Result<Option<String>>) -> anyhow::Result<bool> {
    let stamped = match stamped {
        Err(error) if has_no_such_table(&error) => return Ok(true),
        Err(error) if is_denied(&error) => anyhow::bail!(
            "the tables belong to another role than the one in DATABASE_URL; migrate as that role, or give them to this one with \
             `reassign owned by OWNER to LOGIN`"
        ),
        stamped => stamped.context("the environment stamp cannot be read")?,
    };
    let Some(stamped) = stamped else { return Ok(false) };
    let stamped = stamped.parse().map_err(anyhow::Error::msg)?;
    stamp_fits(profile, stamped).map_err(ForeignDatabase)?;
    Ok(false)
}

/// Whether the login lacks a right (42501).
fn is_denied(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("42501"))
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
            error if is_denied(&error) => anyhow::anyhow!(
                "the role of the console has no rights on the tables, as after a restore without privileges; run `ingam migrate`"
            ),
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

/// The tables whose triggers on SQLite keep them append-only.
const KEPT: [&str; 17] = [
    "access_head",
    "access_heads",
    "access_leaves",
    "access_sealed",
    "audit",
    "audit_head",
    "access_records",
    "access_subjects",
    "point_entries",
    "order_events",
    "refund_payments",
    "batch_events",
    "batch_runs",
    "approval_requests",
    "approval_votes",
    "user_notes",
    "reviews",
];

/// The triggers that keep the append-only tables of a SQLite database as they are, by name and text.
pub(crate) async fn sqlite_triggers(reader: &Reader) -> sqlx::Result<Vec<(String, String)>> {
    let triggers: Vec<(String, String, String)> = reader
        .query(sql!(
            sqlite: "select name, tbl_name, sql from sqlite_master where type = 'trigger' order by name",
            postgres: "select '', '', '' where false",
        ))
        .all()
        .await?;
    let kept = |(name, table, sql): (String, String, String)| KEPT.contains(&table.as_str()).then_some((name, sql));
    Ok(triggers.into_iter().filter_map(kept).collect())
}

/// The same triggers as this program's migrations make them.
pub(crate) async fn sqlite_triggers_as_built() -> anyhow::Result<Vec<(String, String)>> {
    let objects = repair::sqlite_as_built().await?.into_iter();
    let kept = objects.filter(|object| object.kind == "trigger" && KEPT.contains(&object.table.as_str()));
    Ok(kept.map(|object| (object.name, object.sql)).collect())
}

/// Whether the body of a function on PostgreSQL is one that this program's migrations made.
pub(crate) fn is_postgres_source(body: &str) -> bool {
    !body.trim().is_empty() && POSTGRES.iter().any(|migration| migration.sql.as_str().contains(body))
}
