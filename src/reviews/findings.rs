//! What rules found in a period ([`crate::detection`]), and what people said about it.

use super::{
    lines::{Finding, Whole},
    report::LISTED,
};
use crate::{
    clock::Instant,
    detection::record::{Suspicion, of_period},
    store::Queries,
};

/// The findings whose day begins in a period, the open ones first; one more than are listed where there are more.
pub(super) async fn of(db: &mut impl Queries, from: Instant, to: Instant) -> sqlx::Result<Vec<Finding>> {
    let (found, _) = of_period(db, from..to, None, LISTED.saturating_add(1)).await?;
    Ok(found.into_iter().map(Finding::from).collect())
}

impl From<Suspicion> for Finding {
    fn from(found: Suspicion) -> Self {
        Self {
            day: found.began_at,
            id: Whole(found.id.get()),
            names: found.names(),
            numbers: found.numbers(),
            outcome: found.outcome,
            reason: found.closed_reason,
            rule: found.rule,
        }
    }
}
