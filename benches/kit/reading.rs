//! What the database holds, past the program.
use crate::program::{Connection, Database, migrate};
use futures_util::TryStreamExt as _;
use sqlx::Row as _;

impl Database {
    /// Reads bytes with nothing in between; how many there are.
    pub(crate) fn read(&mut self, text: &'static str) -> usize {
        macro_rules! read {
            ($on:expr) => {
                sqlx::query(text)
                    .fetch($on)
                    .try_fold(0, |bytes, row| async move { Ok(bytes + row.try_get::<&[u8], _>(0)?.len()) })
            };
        }
        match &mut self.connection {
            Connection::Sqlite(on) => self.runtime.block_on(read!(on)),
            Connection::Postgres(on) => self.runtime.block_on(read!(on)),
        }
        .expect("the rows")
    }

    /// The bytes of some rows of the log.
    pub(crate) fn bodies(&mut self, first: i64, end: i64) -> Vec<Vec<u8>> {
        let text = "select body from audit where seq >= $1 and seq < $2 order by seq";
        match &mut self.connection {
            Connection::Sqlite(on) => {
                self.runtime.block_on(sqlx::query_scalar(text).bind(first).bind(end).fetch_all(on))
            }
            Connection::Postgres(on) => {
                self.runtime.block_on(sqlx::query_scalar(text).bind(first).bind(end).fetch_all(on))
            }
        }
        .expect("the rows")
    }

    pub(crate) fn number(&mut self, text: &'static str) -> i64 {
        match &mut self.connection {
            Connection::Sqlite(on) => self.runtime.block_on(sqlx::query_scalar(text).fetch_one(on)),
            Connection::Postgres(on) => self.runtime.block_on(sqlx::query_scalar(text).fetch_one(on)),
        }
        .expect("a number")
    }

    /// Makes again what filling the tables took away.
    pub(crate) fn repair(&self) {
        migrate(&self.url);
    }
}
