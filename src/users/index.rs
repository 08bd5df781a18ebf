//! The index of names: what `names.rs` makes of each, in `user_name_parts` and `user_name_forms`.
//!
//! Rows of `users` come from others too. Triggers put each name that came, changed or went into a queue, which is worked off before
//! every search for a name and by the worker, some at a time. What is in the index follows from the names, so this alters no decision.

use super::names::{forms, parts};
use crate::{
    gate::{Gate, Housekeeping, Tx},
    id::CustomerId,
    sql,
    store::{Reader, Sql},
};
use std::collections::BTreeSet;

/// The number of rows that one statement inserts.
const ROWS: usize = 64;
/// The number of customers whose names one statement reads.
const IDS: usize = 32;

macro_rules! rows {
    () => {
        "($1, $2), ($3, $4), ($5, $6), ($7, $8), ($9, $10), ($11, $12), ($13, $14), ($15, $16), \
         ($17, $18), ($19, $20), ($21, $22), ($23, $24), ($25, $26), ($27, $28), ($29, $30), ($31, $32), \
         ($33, $34), ($35, $36), ($37, $38), ($39, $40), ($41, $42), ($43, $44), ($45, $46), ($47, $48), \
         ($49, $50), ($51, $52), ($53, $54), ($55, $56), ($57, $58), ($59, $60), ($61, $62), ($63, $64), \
         ($65, $66), ($67, $68), ($69, $70), ($71, $72), ($73, $74), ($75, $76), ($77, $78), ($79, $80), \
         ($81, $82), ($83, $84), ($85, $86), ($87, $88), ($89, $90), ($91, $92), ($93, $94), ($95, $96), \
         ($97, $98), ($99, $100), ($101, $102), ($103, $104), ($105, $106), ($107, $108), ($109, $110), ($111, $112), \
         ($113, $114), ($115, $116), ($117, $118), ($119, $120), ($121, $122), ($123, $124), ($125, $126), ($127, $128) \
         on conflict do nothing"
    };
}

/// The number of names that are indexed at once: it takes some hundredths of a second, for which others wait with their changes.
pub(crate) const AT_ONCE: i64 = 250;

/// Brings the names into the index that came last, at most `limit` of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexNames {
    pub limit: i64,
}

impl Housekeeping for IndexNames {
    const NAME: &'static str = "search.index";
    /// The number of rows of the queue that were worked off.
    type Output = i64;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<i64> {
        alone(tx).await?;
        // The last ones first: while a million are waiting, a customer who has just come is found at once all the same.
        let queued: Vec<(CustomerId, Option<String>)> = tx
            .query(sql!(
                "delete from user_name_queue where n in (select n from user_name_queue order by n desc limit $1)
                 returning user_id, old_name"
            ))
            .bind(self.limit)
            .all()
            .await?;
        for (id, old_name) in &queued {
            if let Some(name) = old_name {
                remove(tx, *id, name).await?;
            }
        }
        // Read after the rows were taken out of the queue: a name that is changed later puts down another row.
        let ids: BTreeSet<CustomerId> = queued.iter().map(|(id, _)| *id).collect();
        let named = names(tx, ids).await?;
        add(tx, &named).await?;
        Ok(i64::try_from(queued.len()).unwrap_or(i64::MAX))
    }
}

/// Brings some of what is waiting into the index; the number of rows of the queue, none where nothing was.
pub(crate) async fn index_some(reader: &Reader, gate: &Gate) -> sqlx::Result<i64> {
    if is_waiting(reader).await? { gate.run_housekeeping(&IndexNames { limit: AT_ONCE }).await } else { Ok(0) }
}

/// Whether there are names that are not in the index yet.
pub(crate) async fn is_waiting(reader: &Reader) -> sqlx::Result<bool> {
    let waiting: Option<(i64,)> =
        reader.query(sql!("select n from user_name_queue order by n limit 1")).optional().await?;
    Ok(waiting.is_some())
}

/// One transaction at a time indexes names: two that replace the same one would leave parts of both.
pub(super) async fn alone(tx: &mut Tx<'_>) -> sqlx::Result<()> {
    // The number is this program's own; SQLite has one writer anyway.
    let lock = sql!(sqlite: "select 1", postgres: "select 1 from pg_advisory_xact_lock(482913005)");
    tx.query(lock).run().await.map(drop)
}

async fn remove(tx: &mut Tx<'_>, id: CustomerId, name: &str) -> sqlx::Result<()> {
    for part in parts(name) {
        let delete = sql!("delete from user_name_parts where part = $1 and user_id = $2");
        tx.query(delete).bind(part).bind(id).run().await?;
    }
    for form in forms(name) {
        let delete = sql!("delete from user_name_forms where form = $1 and user_id = $2");
        tx.query(delete).bind(form).bind(id).run().await?;
    }
    Ok(())
}

/// The names of these customers, of those that are there.
async fn names(tx: &mut Tx<'_>, ids: BTreeSet<CustomerId>) -> sqlx::Result<Vec<(CustomerId, String)>> {
    let ids: Vec<CustomerId> = ids.into_iter().collect();
    let mut named = Vec::with_capacity(ids.len());
    for some in ids.chunks(IDS) {
        let query = filled(some, IDS).fold(
            tx.query(sql!(
                "select id, name from users where id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                   $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)"
            )),
            |query, id| query.bind(*id),
        );
        named.extend(query.all::<(CustomerId, String)>().await?);
    }
    Ok(named)
}

/// Adds what these customers are found by and says how much of it was missing.
pub(super) async fn add(tx: &mut Tx<'_>, named: &[(CustomerId, String)]) -> sqlx::Result<u64> {
    let rows = |of: fn(&str) -> BTreeSet<String>| -> BTreeSet<(String, CustomerId)> {
        named.iter().flat_map(|(id, name)| of(name).into_iter().map(|place| (place, *id))).collect()
    };
    let added = insert(tx, sql!("insert into user_name_parts (part, user_id) values ", rows!()), rows(parts)).await?;
    Ok(added + insert(tx, sql!("insert into user_name_forms (form, user_id) values ", rows!()), rows(forms)).await?)
}

/// In the order of the index, a quarter less work than in the order of the names.
async fn insert(tx: &mut Tx<'_>, statement: Sql, rows: BTreeSet<(String, CustomerId)>) -> sqlx::Result<u64> {
    let rows: Vec<_> = rows.into_iter().collect();
    let mut added = 0;
    for some in rows.chunks(ROWS) {
        let query = filled(some, ROWS).fold(tx.query(statement), |query, (place, id)| query.bind(place).bind(*id));
        added += query.run().await?;
    }
    Ok(added)
}

/// These, and the last of them again until there are as many as a statement takes.
fn filled<T>(some: &[T], count: usize) -> impl Iterator<Item = &T> {
    some.iter().chain(some.last().into_iter().cycle()).take(count)
}
