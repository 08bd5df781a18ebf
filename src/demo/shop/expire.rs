//! Points that are a year old: which they are, and how they go.
//!
//! First in, first out: what a customer spends are their oldest points. So of what they earned before a day those are left
//! that are more than everything that ever went.

use crate::{
    clock::Instant,
    demo::shop::NOT_A_DAY,
    gate::{Admits, By, Change, Fault, Target, Tx},
    id::CustomerId,
    sql,
    store::Reader,
    users,
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The points that expire are not those that were counted.
    EXPIRY_CHANGED = "expiry-changed";
}

crate::gate::topics! {
    /// Points of a customer expired.
    POINTS_EXPIRED = "points.expired";
}

/// How long points are kept.
pub const KEPT: TimeDelta = TimeDelta::days(365);

/// The number of customers that one statement reads.
const AT_ONCE: i64 = 1_000;

/// Takes points that were not used in time from a customer's balance.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpirePoints {
    pub user: CustomerId,
    pub amount: i64,
    /// Points earned before this expire: an instant in the one form of [`Instant`].
    pub cutoff: String,
}

/// The number of points of a customer that are to expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiring {
    pub user: CustomerId,
    pub amount: i64,
}

/// What a customer earned before `$1`, less everything that ever went.
macro_rules! left_of_old {
    () => {
        "coalesce(cast(sum(case when p.delta < 0 or p.at < $1 then p.delta else 0 end) as bigint), 0)"
    };
}

fn expiring(balance: i64, left_of_old: i64) -> i64 {
    left_of_old.min(balance).max(0)
}

/// The next `count` customers after `after` who have points from before `cutoff`, by their ids.
pub async fn next(reader: &Reader, after: CustomerId, cutoff: Instant, count: usize) -> sqlx::Result<Vec<Expiring>> {
    let (mut found, mut after) = (Vec::new(), after);
    while found.len() < count {
        let slice: Vec<(CustomerId, i64, i64)> = reader
            .query(sql!(
                "select u.id, u.points, ",
                left_of_old!(),
                " from (select id, points from users where id > $2 order by id limit $3) u
                  left join point_entries p on p.user_id = u.id group by u.id, u.points order by u.id"
            ))
            .bind(cutoff)
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        let Some((last, ..)) = slice.last() else { break };
        after = *last;
        let due = slice.iter().map(|(user, balance, old)| Expiring { user: *user, amount: expiring(*balance, *old) });
        found.extend(due.filter(|due| due.amount > 0));
    }
    found.truncate(count);
    Ok(found)
}

impl Change for ExpirePoints {
    const KIND: &'static str = "points.expire";
    const ADMITS: Admits = Admits { by: By::SystemOnly, code: false, host: false };
    /// The balance after it.
    type Output = i64;

    fn target(&self) -> Target {
        users::target(self.user)
    }

    /// Takes the customer's lock. Which version they have does not matter: what there is to expire is worked out again.
    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        users::lock_version(tx, self.user).await.map(|_| None)
    }

    /// The customer may have spent them since they were listed, or another run was faster.
    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let cutoff = Instant::parse(&self.cutoff).map_err(|_| Fault::invalid("cutoff", NOT_A_DAY))?;
        let (balance, old): (i64, i64) = tx
            .query(sql!(
                "select u.points, ",
                left_of_old!(),
                " from users u left join point_entries p on p.user_id = u.id where u.id = $2 group by u.id, u.points"
            ))
            .bind(cutoff)
            .bind(self.user)
            .one()
            .await?;
        if (1..=expiring(balance, old)).contains(&self.amount) { Ok(()) } else { Err(Fault::conflict(EXPIRY_CHANGED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let (after,): (i64,) = tx
            .query(sql!("update users set points = points - $2, version = version + 1 where id = $1 returning points"))
            .bind(self.user)
            .bind(self.amount)
            .one()
            .await?;
        let (now, change, by) = (tx.now(), tx.change_id().to_owned(), tx.by().to_owned());
        tx.query(sql!(
            "insert into point_entries (user_id, at, delta, balance, kind, change_id, staff_name)
             values ($1, $2, $3, $4, 'expired', $5, $6)"
        ))
        .bind(self.user)
        .bind(now)
        .bind(-self.amount)
        .bind(after)
        .bind(change)
        .bind(by)
        .run()
        .await?;
        tx.note("points", after + self.amount, after);
        tx.emit(
            POINTS_EXPIRED,
            serde_json::json!({ "user": self.user, "delta": (-self.amount).to_string(), "balance": after.to_string() }),
        );
        Ok(after)
    }
}
