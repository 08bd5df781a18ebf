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

/// How much of a pool is in use.
#[derive(Clone, Copy, Debug)]
pub struct PoolState {
    /// Connections that are open, and how many of them nothing uses now.
    pub open: u32,
    pub idle: u32,
    /// As many as may be open.
    pub most: u32,
}

impl PoolState {
    pub(crate) fn of<DB: sqlx::Database>(pool: &sqlx::Pool<DB>) -> Self {
        Self {
            open: pool.size(),
            idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
            most: pool.options().get_max_connections(),
        }
    }
}

impl Reader {
    pub fn query(&self, sql: Sql) -> Query<'_> {
        match &self.0 {
            Pool::Sqlite(pool) => Query::pooled_sqlite(pool, sql),
            Pool::Postgres(pool) => Query::pooled_postgres(pool, sql),
        }
    }

    /// How much of the pool is in use.
    pub fn pool(&self) -> PoolState {
        match &self.0 {
            Pool::Sqlite(pool) => PoolState::of(pool),
            Pool::Postgres(pool) => PoolState::of(pool),
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
