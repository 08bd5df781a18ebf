//! Kinds of change that are closed for everybody until a time. Which can be closed, each change says itself
//! ([`Change::MAY_CLOSE`](super::Change::MAY_CLOSE)); admission finds out with a statement that it runs anyway.

use super::Fault;
use crate::{clock::Instant, sql, store::Queries};

crate::gate::refusal_words! {
    /// Changes of this kind are closed for everybody.
    pub(crate) KIND_CLOSED = "kind-closed";
}

/// Until when a kind of change is closed, and who closed it: two columns of a statement, from the numbers of its parameters for
/// the kind and for now.
macro_rules! closing {
    ($kind:literal, $now:literal) => {
        concat!(
            "(select l.until_at from levers l where l.kind = ",
            $kind,
            " and l.opened_at is null and l.until_at > ",
            $now,
            ") as closed_until, (select l.staff_name from levers l where l.kind = ",
            $kind,
            " and l.opened_at is null and l.until_at > ",
            $now,
            ") as closed_by"
        )
    };
}
pub(super) use closing;

/// Refuses a change of a kind that is closed.
pub(super) fn refuse_closed(until: Option<Instant>, by: Option<String>) -> Result<(), Fault> {
    match until {
        Some(until) => Err(fault(until, &by.unwrap_or_default())),
        None => Ok(()),
    }
}

fn fault(until: Instant, by: &str) -> Fault {
    Fault::conflict(KIND_CLOSED).with("until", until).with("by", by)
}

/// A kind of change that is closed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct ClosedKind {
    pub kind: String,
    pub until_at: Instant,
    pub staff_name: String,
}

impl ClosedKind {
    /// What the gate says to a change of this kind.
    pub(crate) fn fault(&self) -> Fault {
        fault(self.until_at, &self.staff_name)
    }
}

/// Every kind that is closed, the one that opens first comes first.
pub(crate) async fn closed(db: &mut impl Queries, now: Instant) -> sqlx::Result<Vec<ClosedKind>> {
    db.query(sql!(
        "select kind, until_at, staff_name from levers where opened_at is null and until_at > $1 order by until_at, kind"
    ))
    .bind(now)
    .all()
    .await
}
