//! Rebuilding the index of names, for rows that were written around the triggers, as restoring a dump can do.

use super::index;
use crate::{
    gate::{Housekeeping, Tx},
    id::CustomerId,
    sql,
};

/// Restores what is missing in the index of names for the next `limit` customers after `after`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReindexNames {
    pub after: CustomerId,
    pub limit: i64,
}

/// The result for one slice of customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reindexed {
    /// The last customer that was looked at, or `after` where there was none.
    pub last: CustomerId,
    pub customers: i64,
    /// The number of parts that were missing.
    pub added: i64,
}

impl Housekeeping for ReindexNames {
    const NAME: &'static str = "search.reindex";
    type Output = Reindexed;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Reindexed> {
        index::alone(tx).await?;
        let named: Vec<(CustomerId, String)> = tx
            .query(sql!("select id, name from users where id > $1 order by id limit $2"))
            .bind(self.after)
            .bind(self.limit)
            .all()
            .await?;
        let added = index::add(tx, &named).await?;
        Ok(Reindexed {
            last: named.last().map_or(self.after, |(id, _)| *id),
            customers: i64::try_from(named.len()).unwrap_or(i64::MAX),
            added: i64::try_from(added).unwrap_or(i64::MAX),
        })
    }
}
