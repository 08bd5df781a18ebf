use super::Sql;
use sqlx::{
    Encode, FromRow, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Type,
    postgres::{PgArguments, PgRow},
    query::Query as SqlxQuery,
    sqlite::{SqliteArguments, SqliteRow},
};

/// A value both engines can store.
pub trait Bind<'t>: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres> {}
impl<'t, T> Bind<'t> for T where T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres> {}

/// A row both engines can yield; `#[derive(sqlx::FromRow)]` is enough.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Something that runs a statement: a [`Reader`](super::Reader) for a page, or the transaction of a change that must see what
/// it is about to alter. A query that both need is then written once.
pub trait Queries: Send {
    fn query(&mut self, sql: Sql) -> Query<'_>;
}

/// A connection to the engine of this installation.
pub(crate) enum Conn<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// A statement with its values, on its way to an engine.
#[must_use = "a query does nothing until it is fetched"]
pub struct Query<'c>(On<'c>);

enum On<'c> {
    Sqlite(&'c mut SqliteConnection, SqlxQuery<'static, Sqlite, SqliteArguments>),
    Postgres(&'c mut PgConnection, SqlxQuery<'static, Postgres, PgArguments>),
    SqlitePool(&'c SqlitePool, SqlxQuery<'static, Sqlite, SqliteArguments>),
    PostgresPool(&'c PgPool, SqlxQuery<'static, Postgres, PgArguments>),
}

impl std::fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values may be personal data.
        f.write_str("Query(…)")
    }
}

macro_rules! on {
    ($query:expr, |$conn:ident, $sql:ident| $run:expr) => {
        match $query {
            On::Sqlite($conn, $sql) => $run,
            On::Postgres($conn, $sql) => $run,
            On::SqlitePool($conn, $sql) => $run,
            On::PostgresPool($conn, $sql) => $run,
        }
    };
}

#[expect(clippy::disallowed_methods, reason = "the store is where statements meet sqlx")]
impl<'c> Conn<'c> {
    pub(crate) fn query(self, sql: Sql) -> Query<'c> {
        Query(match self {
            Conn::Sqlite(conn) => On::Sqlite(conn, sqlx::query(sql.sqlite)),
            Conn::Postgres(conn) => On::Postgres(conn, sqlx::query(sql.postgres)),
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the store is where statements meet sqlx")]
impl<'c> Query<'c> {
    pub(super) fn pooled_sqlite(pool: &'c SqlitePool, sql: Sql) -> Self {
        Self(On::SqlitePool(pool, sqlx::query(sql.sqlite)))
    }

    pub(super) fn pooled_postgres(pool: &'c PgPool, sql: Sql) -> Self {
        Self(On::PostgresPool(pool, sqlx::query(sql.postgres)))
    }
}

impl Query<'_> {
    pub fn bind<'t>(self, value: impl Bind<'t>) -> Self {
        Self(match self.0 {
            On::Sqlite(conn, sql) => On::Sqlite(conn, sql.bind(value)),
            On::Postgres(conn, sql) => On::Postgres(conn, sql.bind(value)),
            On::SqlitePool(pool, sql) => On::SqlitePool(pool, sql.bind(value)),
            On::PostgresPool(pool, sql) => On::PostgresPool(pool, sql.bind(value)),
        })
    }

    /// Returns the only row.
    ///
    /// # Errors
    ///
    /// [`sqlx::Error::RowNotFound`] if there is no row; otherwise the error of the database.
    pub async fn one<T: Record>(self) -> sqlx::Result<T> {
        on!(self.0, |conn, sql| T::from_row(&sql.fetch_one(conn).await?))
    }

    /// Returns the first row, if there is one.
    pub async fn optional<T: Record>(self) -> sqlx::Result<Option<T>> {
        on!(self.0, |conn, sql| sql.fetch_optional(conn).await?.map(|row| T::from_row(&row)).transpose())
    }

    /// Returns all rows.
    pub async fn all<T: Record>(self) -> sqlx::Result<Vec<T>> {
        on!(self.0, |conn, sql| sql.fetch_all(conn).await?.iter().map(|row| T::from_row(row)).collect())
    }

    /// Runs the statement and returns how many rows it touched. Only the transaction of a change has queries on a connection
    /// that may write.
    pub async fn run(self) -> sqlx::Result<u64> {
        on!(self.0, |conn, sql| Ok(sql.execute(conn).await?.rows_affected()))
    }
}
