//! The people who can be chosen for a task.

use super::Role;
use crate::{gate::Roles, id::StaffId, sql, store::Queries};

/// A person whose account is active.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Colleague {
    pub id: StaffId,
    pub name: String,
}

/// Those with one of these roles, by name.
pub(crate) async fn with_roles(db: &mut impl Queries, roles: &[Role]) -> sqlx::Result<Vec<Colleague>> {
    let staff: Vec<(StaffId, String, String)> =
        db.query(sql!("select id, name, roles from staff where active order by name, id")).all().await?;
    let able = staff.into_iter().filter(|(.., held)| Roles::parse(held).any_of(roles));
    Ok(able.map(|(id, name, _)| Colleague { id, name }).collect())
}
