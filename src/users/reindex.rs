//! The parts of names that customers are found by. They follow from the names, so rebuilding them alters no decision.

use crate::{
    gate::{Housekeeping, Tx},
    id::CustomerId,
    sql,
};

/// Restores missing parts of names for the next `limit` customers after `after`. The triggers on `users` keep the parts up to
/// date; this is for rows that were written around the triggers, as restoring a dump can do.
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
        let (last, customers): (Option<CustomerId>, i64) = tx
            .query(sql!(
                "select max(id), count(*) from (select id from users where id > $1 order by id limit $2) slice"
            ))
            .bind(self.after)
            .bind(self.limit)
            .one()
            .await?;
        let Some(last) = last else { return Ok(Reindexed { last: self.after, customers: 0, added: 0 }) };
        // In the order in which the triggers insert, so that two never wait for each other.
        let added = tx
            .query(sql!(
                "insert into user_name_parts (part, user_id)
                 select substr(lower(u.name), cast(n as integer)), u.id from users u join numbers on n <= length(u.name)
                  where u.id > $1 and u.id <= $2 and substr(u.name, cast(n as integer), 1) <> ' '
                  order by 1, 2 on conflict do nothing"
            ))
            .bind(self.after)
            .bind(last)
            .run()
            .await?;
        Ok(Reindexed { last, customers, added: i64::try_from(added).unwrap_or(i64::MAX) })
    }
}
