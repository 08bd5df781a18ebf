//! Rows of the log as the rules read them, in the order of the log and a few hundred at a time.

use crate::{
    clock::Instant,
    gate::{Change as _, audit},
    id::{CustomerId, RequestId, Seq, StaffId},
    sql,
    store::Reader,
    users::adjust::AdjustPoints,
};
use std::ops::Range;

/// Who acts in the rows of people.
const STAFF: &str = "staff";
/// How many are read at a time.
const AT_ONCE: i64 = 500;

/// A row of a person.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub seq: Seq,
    pub at: Instant,
    pub staff_id: StaffId,
    pub action: String,
    pub target_kind: String,
    pub target_id: String,
    pub outcome: String,
    pub refusal: String,
    pub ip_key: String,
    pub request_id: String,
    pub flags: String,
    pub approval_id: Option<RequestId>,
    /// The points that an adjustment added or took.
    pub delta: Option<i64>,
    /// The reason, where it is short.
    pub short: Option<String>,
}

impl Row {
    /// Whether the person made a change then and there: signing in is none, and what a second person approved is made at another time.
    pub(super) fn is_change(&self) -> bool {
        let is_own = self.approval_id.is_none() || self.is_urgent() || self.target_kind == "approval";
        self.outcome == "applied" && is_own && !self.action.starts_with("session.")
    }

    /// Whether it alters points or money.
    pub(super) fn is_of_value(&self) -> bool {
        super::OF_VALUE.contains(&self.action.as_str())
    }

    /// Whether it was not let through.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.outcome.as_str(), "refused" | "failed")
    }

    /// Whether it was refused for its one-time code.
    pub(super) fn is_wrong_code(&self) -> bool {
        self.refusal.starts_with("code-")
    }

    /// The customer that it is about.
    pub(super) fn customer(&self) -> Option<CustomerId> {
        if self.target_kind == "user" { self.target_id.parse().ok() } else { None }
    }

    /// An adjustment that no second person approved.
    pub(super) fn alone(&self) -> Option<i64> {
        self.delta.filter(|_| self.approval_id.is_none())
    }

    fn is_urgent(&self) -> bool {
        self.flags.split(' ').any(|flag| flag == "urgent")
    }
}

/// Reads the rows of people in a range, one after the other.
pub(super) struct Rows<'a> {
    reader: &'a Reader,
    range: Range<Seq>,
    /// Reasons with fewer characters are short.
    short: i64,
    read: std::vec::IntoIter<Row>,
}

impl<'a> Rows<'a> {
    pub(super) fn of(reader: &'a Reader, range: Range<Seq>, short: i64) -> Self {
        Self { reader, range, short, read: Vec::new().into_iter() }
    }

    pub(super) async fn next(&mut self) -> sqlx::Result<Option<Row>> {
        loop {
            if let Some(row) = self.read.next() {
                return Ok(Some(row));
            }
            if self.range.is_empty() {
                return Ok(None);
            }
            // A stretch of the log may have no row of a person.
            self.read = self.stretch().await?.into_iter();
        }
    }

    async fn stretch(&mut self) -> sqlx::Result<Vec<Row>> {
        let start = self.range.start;
        self.range.start = self.range.end.min(Seq::new(start.get().saturating_add(AT_ONCE)));
        self.reader
            .query(sql!(
                "select seq, at, staff_id, action, target_kind, target_id, outcome, refusal, ip_key, request_id, flags, approval_id,
                        case when action = $3 and outcome = 'applied'
                             then cast(after ->> 'points' as bigint) - cast(before ->> 'points' as bigint) end as delta,
                        case when cast(length(reason) as bigint) < $4 then reason end as short
                   from audit where seq >= $1 and seq < $2 and staff_id is not null and actor = $5 order by seq"
            ))
            .bind(start)
            .bind(self.range.start)
            .bind(AdjustPoints::KIND)
            .bind(self.short)
            .bind(STAFF)
            .all()
            .await
    }
}

/// The first row of the log from a time on, or the place after its last one.
pub(super) async fn first_since(reader: &Reader, at: Instant) -> sqlx::Result<Seq> {
    match audit::first_since(&mut &*reader, at).await? {
        Some(seq) => Ok(seq),
        None => reader.query(sql!("select size from audit_head where id = 1")).one().await.map(|(size,): (Seq,)| size),
    }
}
