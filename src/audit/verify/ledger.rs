//! The point ledger against the log.

use super::{AT_ONCE, Unfit, first_unfit, noted::at_fits};
use crate::{
    clock::Instant,
    id::{CustomerId, EntryId, Seq},
    secret::Running,
    sql,
    store::{Queries, Reader},
};

/// The kinds of change that move points.
const MOVES_POINTS: [&str; 6] =
    ["points.adjust", "points.expire", "orders.cancel", "orders.refund", "refunds.retry", "refunds.settle"];

/// The entries of each customer are a chain that begins at zero: each goes on from the balance after the one before it.
pub(super) async fn chains_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select p.id, p.balance - p.delta = coalesce((select q.balance from point_entries q
                                                           where q.user_id = p.user_id and q.id < p.id
                                                           order by q.id desc limit 1), 0) as fits
               from point_entries p where p.id > $1 order by p.id limit $2"
        ),
        None,
    )
    .await?;
    match odd {
        Some(odd) => Err(Unfit::Ledger(format!("ledger entry {odd} does not go on from the one before it"))),
        None => Ok(()),
    }
}

/// Every entry that a change made has its row in the log, and every row that moved points its entries, with the same
/// figures. Walked in slices, so that each statement is short however long the ledger.
pub(super) async fn entries_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select p.id, coalesce(
               a.outcome = 'applied' and (p.kind = 'adjusted') = (a.action = 'points.adjust')
               and (p.kind = 'expired') = (a.action = 'points.expire')
               and p.staff_name = a.staff_name
               and coalesce(p.memo, '') = case p.kind when 'adjusted' then a.after ->> 'reason_kind' when 'expired' then ''
                 else (select o.number from orders o where o.id = cast(a.target_id as bigint)) end
               and ",
            at_fits!("p.at"),
            "
               -- A change of an order moves the points of the customer it belongs to.
               and p.user_id = case a.target_kind when 'order'
                 then (select o.user_id from orders o where o.id = cast(a.target_id as bigint)) else cast(a.target_id as bigint) end
               -- A change makes one entry or two: the first goes on from the balance before it, the last ends at the one after.
               and cast(a.before ->> 'points' as bigint) =
                 (select f.balance - f.delta from point_entries f where f.change_id = p.change_id order by f.id limit 1)
               and cast(a.after ->> 'points' as bigint) =
                 (select l.balance from point_entries l where l.change_id = p.change_id order by l.id desc limit 1)
               and p.balance - p.delta = coalesce(
                 (select q.balance from point_entries q where q.change_id = p.change_id and q.id < p.id order by q.id desc limit 1),
                 cast(a.before ->> 'points' as bigint)), false) as fits
               from point_entries p left join audit a on a.change_id = p.change_id
              where p.change_id is not null and p.id > $1 order by p.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Ledger(format!("ledger entry {odd} has no matching row in the log")));
    }
    for action in MOVES_POINTS {
        rows_have_entries(reader, action).await?;
    }
    Ok(())
}

async fn rows_have_entries(reader: &Reader, action: &'static str) -> Result<(), Unfit> {
    let seq = first_unfit(
        reader,
        sql!(
            "select a.seq, a.after ->> 'points' is null and a.action not in ('points.adjust', 'points.expire')
                   or exists (select 1 from point_entries p where p.change_id = a.change_id) from audit a
                  where a.action = $3 and a.outcome = 'applied' and a.seq > $1 order by a.seq limit $2"
        ),
        Some(action),
    )
    .await?;
    if let Some(seq) = seq {
        return Err(Unfit::Ledger(format!("row {seq} of the log has no ledger entry")));
    }
    Ok(())
}

/// Every customer's points are the balance after their newest entry. An `UPDATE` typed into the database is seen here.
pub(super) async fn balances_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = CustomerId::MIN;
    loop {
        let slice: Vec<(CustomerId, i64, i64)> = reader
            .query(sql!(
                "select u.id, u.points,
                        coalesce((select p.balance from point_entries p where p.user_id = u.id order by p.id desc limit 1), 0)
                   from users u where u.id > $1 order by u.id limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        if let Some((id, points, balance)) = slice.iter().find(|(_, points, balance)| balance != points) {
            return Err(Unfit::Ledger(format!("customer {id} has {points} points, but the ledger has {balance}")));
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { return Ok(()) };
        after = *last;
    }
}

/// Each adjustment goes on from the sum of the customer's adjustments before it. More than a day's bound, which only entries
/// from before there was one can have, counts as one more than that bound.
pub(super) async fn adjusted_sums_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select p.id, case when p.kind = 'adjusted' then coalesce(
                      p.adjusted_sum - case when abs(p.delta) > 30000001 then 30000001 else abs(p.delta) end
                      = coalesce((select max(q.adjusted_sum) from point_entries q
                                   where q.user_id = p.user_id and q.adjusted_sum is not null
                                     and q.adjusted_sum < p.adjusted_sum), 0), false)
                    else p.adjusted_sum is null end as fits
               from point_entries p where p.id > $1 order by p.id limit $2"
        ),
        None,
    )
    .await?;
    match odd {
        Some(odd) => Err(Unfit::Ledger(format!(
            "the sum of adjustments in ledger entry {odd} does not go on from the one before it"
        ))),
        None => Ok(()),
    }
}

/// Entries that no change made: how many, and the fingerprint of them all.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub entries: i64,
    pub fingerprint: String,
}

#[derive(sqlx::FromRow)]
struct ShopEntry {
    id: EntryId,
    user_id: CustomerId,
    at: Instant,
    delta: i64,
    balance: i64,
    kind: String,
    memo: Option<String>,
    staff_name: Option<String>,
}

/// The shop's entries after one id, up to and with another.
pub(crate) async fn shop_entries(db: &mut impl Queries, after: i64, through: i64) -> sqlx::Result<Shop> {
    let (mut entries, mut running, mut after) = (0, Running::default(), EntryId::new(after));
    loop {
        let slice: Vec<ShopEntry> = db
            .query(sql!(
                "select id, user_id, at, delta, balance, kind, memo, staff_name from point_entries
                  where change_id is null and id > $1 and id <= $2 order by id limit $3"
            ))
            .bind(after)
            .bind(through)
            .bind(AT_ONCE)
            .all()
            .await?;
        for entry in &slice {
            let ShopEntry { id, user_id, at, delta, balance, kind, memo, staff_name } = entry;
            let columns = (id.get(), user_id.get(), at.to_string(), delta, balance, kind, memo, staff_name);
            let columns = serde_json::to_string(&columns).map_err(|error| sqlx::Error::Encode(error.into()))?;
            running.push(&columns);
            entries += 1;
        }
        super::pause::between_slices().await;
        let Some(last) = slice.last() else { return Ok(Shop { entries, fingerprint: running.fingerprint() }) };
        after = last.id;
    }
}

/// The last entry that was taken over, in either of the two kinds of change that do it: each along the index of actions.
macro_rules! taken_over_through {
    () => {
        "select through from (
           select * from (select seq, cast(after ->> 'through_entry' as bigint) as through from audit
                           where action = 'points.take-over' and outcome = 'applied' and after ->> 'through_entry' is not null
                           order by seq desc limit 1) taken
           union all
           select * from (select seq, cast(after ->> 'through_entry' as bigint) as through from audit
                           where action = 'sample.load' and outcome = 'applied' and after ->> 'through_entry' is not null
                           order by seq desc limit 1) loaded) last_two
         order by seq desc limit 1"
    };
}

/// The last entry that was taken over; nothing where none ever was.
pub(crate) async fn taken_over_through(db: &mut impl Queries) -> sqlx::Result<Option<i64>> {
    let through: Option<(i64,)> = db.query(sql!(taken_over_through!())).optional().await?;
    Ok(through.map(|(through,)| through))
}

/// What the shop wrote is what was taken over, and nothing came since that neither a change made nor anybody took over.
pub(super) async fn shop_fits(reader: &Reader) -> Result<(), Unfit> {
    let mut through = None;
    let mut after = Seq::MIN;
    loop {
        let slice: Vec<(Seq, Option<i64>, i64, String)> = reader
            .query(sql!(
                "select seq, cast(before ->> 'through_entry' as bigint), cast(after ->> 'through_entry' as bigint),
                        after ->> 'entries_sha256' from audit
                  where action in ('points.take-over', 'sample.load') and outcome = 'applied'
                    and after ->> 'through_entry' is not null and seq > $1 order by seq limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (seq, before, until, noted) in &slice {
            let shop = shop_entries(&mut &*reader, before.unwrap_or(i64::MIN), *until).await?;
            if *before != through || shop.fingerprint != *noted {
                return Err(Unfit::Ledger(format!("the shop's entries differ from those that row {seq} took over")));
            }
            through = Some(*until);
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { break };
        after = *last;
    }
    // One statement, so that what is taken over meanwhile is not seen as typed in. Before the first time nothing is asked for.
    let odd: Option<(EntryId,)> = reader
        .query(sql!(
            "select id from point_entries where change_id is null and id > (",
            taken_over_through!(),
            ") order by id limit 1"
        ))
        .optional()
        .await?;
    match odd {
        Some((odd,)) => Err(Unfit::Ledger(format!(
            "ledger entry {odd} was made by no change, and was not taken over from the shop"
        ))),
        None => Ok(()),
    }
}
