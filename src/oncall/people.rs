//! The people who can be on duty.

use super::record::Member;
use crate::{
    alerts::acknowledge::LOOKS_AFTER,
    id::StaffId,
    staff::colleague::{Colleague, with_roles},
    store::Queries,
    ways,
};
use std::collections::{HashMap, HashSet};

/// Those whose account is active and who may say that they look at an alert, by name.
pub(crate) async fn able(db: &mut impl Queries) -> sqlx::Result<Vec<Colleague>> {
    with_roles(db, LOOKS_AFTER).await
}

/// Those of these people who have no proven way to be reached.
pub(crate) async fn unreachable(
    db: &mut impl Queries,
    people: &HashMap<StaffId, Member>,
) -> sqlx::Result<HashSet<StaffId>> {
    let all: Vec<StaffId> = people.keys().copied().collect();
    Ok(ways::without(db, &all).await?.into_iter().collect())
}
