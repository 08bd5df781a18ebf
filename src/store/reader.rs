use super::{Queries, Query, Sql};
use sqlx::{PgPool, SqlitePool};

/// The pool that handlers read through. The engine itself refuses writes on these connections: `query_only` on SQLite,
/// `default_transaction_read_only` on PostgreSQL.
#[derive(Clone, Debug)]
pub struct Reader(pub(super) Pool);

#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Reader {
    pub fn query(&self, sql: Sql) -> Query<'_> {
        match &self.0 {
            Pool::Sqlite(pool) => Query::pooled_sqlite(pool, sql),
            Pool::Postgres(pool) => Query::pooled_postgres(pool, sql),
        }
    }

    pub(super) async fn close(&self) {
        match &self.0 {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl Queries for &Reader {
    fn query(&mut self, sql: Sql) -> Query<'_> {
        Reader::query(self, sql)
    }
}
