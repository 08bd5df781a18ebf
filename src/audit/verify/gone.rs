//! The access records whose time was over: each range of leaves that lost its records has a row of the log that removed it, and that range was
//! old enough by the rows of the log that had sealed the tree before.

use super::{
    Unfit,
    tree::{Tie, unfit},
};
use crate::{clock::Instant, id::Seq, sql, store::Reader};
use serde_json::Value;
use std::collections::HashMap;

/// The kind of the change that removes access records; the slice that has it is above this one.
const PURGE: &str = "access.purge";

/// A row of the log that removed the records of a range of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purge {
    pub seq: Seq,
    pub at: Instant,
    /// From this leaf on, which the one before ended with.
    pub from: i64,
    /// Up to this one, which stayed.
    pub to: i64,
    /// All of them were older than this.
    pub before: Instant,
    /// The time for which they were kept.
    pub years: u32,
}

/// What is gone: by the head of the tree, by its chains, and by the log.
pub(super) struct Gone {
    /// The number of leaves without records.
    pub(super) purged: i64,
    /// Of each chain the place of its first record in the tree that is there.
    pub(super) kept: HashMap<i64, i64>,
    pub(super) first: Option<Purge>,
    pub(super) newest: Option<Purge>,
}

/// Rows of the log are read first, and again where there is a newer one.
pub(super) async fn gone(reader: &Reader, ties: &[Tie]) -> Result<Gone, Unfit> {
    let mut rows = rows(reader).await?;
    let of_log = |rows: &[Purge]| rows.last().map_or(0, |row| row.to);
    let chains: Vec<(i64, i64, i64, bool, i64)> = reader
        .query(sql!(
            "select s.lane, s.starts, coalesce(s.kept, s.starts), (s.kept is null) = (s.kept_hash is null), h.purged
               from access_sealed s cross join access_head h where h.id = 1"
        ))
        .all()
        .await?;
    let purged = chains.first().map_or(0, |(.., purged)| *purged);
    if purged < of_log(&rows) {
        return unfit("the log removed records that do not count as removed");
    }
    if purged > of_log(&rows) {
        rows = self::rows(reader).await?;
    }
    fit(&rows, ties)?;
    if purged > 0 && !rows.iter().any(|row| row.to == purged) {
        return unfit(format!(
            "the records of the first {purged} leaves of their tree count as removed, and no row of the log removed them"
        ));
    }
    let removed: i64 = chains.iter().map(|(_, starts, kept, ..)| kept - starts).sum();
    if removed != purged || !chains.iter().all(|(_, _, _, is_whole, _)| *is_whole) {
        return unfit("their chains do not say which records were removed");
    }
    let kept = chains.into_iter().map(|(lane, _, kept, ..)| (lane, kept)).collect();
    Ok(Gone { purged, kept, first: rows.first().copied(), newest: rows.last().copied() })
}

async fn rows(reader: &Reader) -> Result<Vec<Purge>, Unfit> {
    let found: Vec<(Seq, Instant, sqlx::types::Json<Value>, sqlx::types::Json<Value>)> = reader
        .query(sql!("select seq, at, before, after from audit where action = $1 and outcome = 'applied' order by seq"))
        .bind(PURGE)
        .all()
        .await?;
    let purge = |(seq, at, before, after): (Seq, Instant, sqlx::types::Json<Value>, sqlx::types::Json<Value>)| {
        let number = |value: &Value| value.get("purged").and_then(Value::as_str).and_then(|n| n.parse().ok());
        let text = |field: &str| after.get(field).and_then(Value::as_str);
        let of = text("removed_before_at").and_then(|at| Instant::parse(at).ok());
        let years = text("kept_years").and_then(|years| years.parse().ok());
        match (number(&before), number(&after), of, years) {
            (Some(from), Some(to), Some(before), Some(years)) => Ok(Purge { seq, at, from, to, before, years }),
            _ => unfit(format!("row {seq} of the log does not say which records it removed")),
        }
    };
    found.into_iter().map(purge).collect()
}

/// Each goes on where the one before ended, and removes no record that was to be kept: the log had sealed a tree of that size before the
/// time from which they were kept, and that time was long enough before the row.
fn fit(rows: &[Purge], ties: &[Tie]) -> Result<(), Unfit> {
    let mut next = 0;
    for purge in rows {
        let seq = purge.seq;
        if purge.from != next || purge.to <= purge.from {
            return unfit(format!("row {seq} of the log removed records that are not the next ones"));
        }
        let old = ties.iter().take_while(|tie| tie.at < purge.before && tie.seq < seq).last().map_or(0, |tie| tie.size);
        if purge.years == 0 || purge.before > purge.at.years_before(purge.years) || purge.to > old {
            return unfit(format!("row {seq} of the log removed records that were to be kept for longer"));
        }
        next = purge.to;
    }
    Ok(())
}

/// A record that is there though it was removed.
pub(super) async fn none_is_back(reader: &Reader) -> Result<(), Unfit> {
    let (back,): (Option<i64>,) = reader
        .query(sql!(
            "select min(l.n) from access_head h cross join access_leaves l cross join access_records r
              where h.id = 1 and l.n < h.purged and r.id = l.record_id"
        ))
        .one()
        .await?;
    back.map_or(Ok(()), |n| unfit(format!("the record of leaf {n} of their tree was removed, and there is one")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(&format!("{text}.000000Z")).unwrap()
    }

    fn ties() -> Vec<Tie> {
        [(5, "2026-03-02T01:00:00", 10), (9, "2026-03-03T01:00:00", 20), (12, "2027-06-01T01:00:00", 90)]
            .map(|(seq, told, size)| Tie { seq: Seq::new(seq), at: at(told), size, root: String::new() })
            .to_vec()
    }

    fn purge(seq: i64, told: &str, (from, to): (i64, i64), before: &str, years: u32) -> Purge {
        Purge { seq: Seq::new(seq), at: at(told), from, to, before: at(before), years }
    }

    #[test]
    fn a_range_is_removed_when_the_log_had_its_tree_before_the_time_from_which_records_are_kept() {
        let first = purge(40, "2028-03-04T09:00:00", (0, 10), "2026-03-02T15:00:00", 2);
        let second = purge(50, "2028-03-05T09:00:00", (10, 20), "2026-03-03T15:00:00", 2);
        fit(&[first, second], &ties()).unwrap();
        let says = |rows: &[Purge]| fit(rows, &ties()).unwrap_err().to_string();
        let longer = "that were to be kept for longer";
        assert!(says(&[Purge { to: 11, ..first }]).contains(longer), "more than the tree that the log had by then");
        assert!(says(&[Purge { years: 3, ..first }]).contains(longer), "the time is not over");
        assert!(says(&[Purge { years: 0, before: first.at, ..first }]).contains(longer), "no time at all");
        assert!(
            says(&[Purge { before: at("2026-03-02T01:00:00"), ..first }]).contains(longer),
            "sealed at that time, not before"
        );
        assert!(says(&[Purge { at: at("2028-03-02T14:59:59"), ..first }]).contains(longer), "a second too early");
        assert!(says(&[Purge { seq: Seq::new(3), ..first }]).contains(longer), "the log had no tree before that row");
        let next = "not the next ones";
        assert!(says(&[second]).contains(next));
        assert!(says(&[first, Purge { from: 11, ..second }]).contains(next));
        assert!(says(&[first, Purge { from: 9, ..second }]).contains(next));
        assert!(says(&[Purge { to: 0, ..first }]).contains(next));
    }
}
