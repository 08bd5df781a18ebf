//! The people who can be on duty.

use super::record::Member;
use crate::{alerts::acknowledge::LOOKS_AFTER, gate::Roles, id::StaffId, sql, store::Queries, ways};
use std::collections::{HashMap, HashSet};

/// Those whose account is active and who may say that they look at an alert, by name.
pub(crate) async fn able(db: &mut impl Queries) -> sqlx::Result<Vec<Member>> {
    let staff: Vec<(StaffId, String, String)> =
        db.query(sql!("select id, name, roles from staff where active order by name, id")).all().await?;
    let may = |roles: &str| Roles::parse(roles).any_of(LOOKS_AFTER);
    let able = staff.into_iter().filter(|(.., roles)| may(roles));
    Ok(able.map(|(id, name, _)| Member { id, name, active: true }).collect())
}

/// Those of these people who have no proven way to be reached.
pub(crate) async fn unreachable(
    db: &mut impl Queries,
    people: &HashMap<StaffId, Member>,
) -> sqlx::Result<HashSet<StaffId>> {
    let all: Vec<StaffId> = people.keys().copied().collect();
    Ok(ways::without(db, &all).await?.into_iter().collect())
}
