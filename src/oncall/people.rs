//! The people who can be on duty.

use super::record::Member;
use crate::{alerts::acknowledge::LOOKS_AFTER, gate::Roles, id::StaffId, sql, store::Queries};

/// Those whose account is active and who may say that they look at an alert, by name.
pub(crate) async fn able(db: &mut impl Queries) -> sqlx::Result<Vec<Member>> {
    let staff: Vec<(StaffId, String, String)> =
        db.query(sql!("select id, name, roles from staff where active order by name, id")).all().await?;
    let may = |roles: &str| Roles::parse(roles).any_of(LOOKS_AFTER);
    let able = staff.into_iter().filter(|(.., roles)| may(roles));
    Ok(able.map(|(id, name, _)| Member { id, name, active: true }).collect())
}
