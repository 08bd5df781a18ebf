//! Giving somebody other roles.

use super::{
    Roles,
    show::{self, Asked},
    standing::{self, Standing},
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    web::{
        Answer, Desk,
        form::Form,
        shell::field::{FieldErrors, wrong},
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Gives somebody these roles in place of those they have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetStaffRoles {
    pub staff: i64,
    pub roles: Roles,
}

impl Change for SetStaffRoles {
    const KIND: &'static str = "staff.roles";
    const ADMITS: Admits = Admits::owners();
    type Output = ();

    fn target(&self) -> Target {
        target(self.staff)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        standing::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.judge(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.judge(tx).await?.roles();
        let roles = Roles::new(self.roles.iter());
        tx.query(sql!("update staff set roles = $2, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(roles.to_string())
            .run()
            .await?;
        tx.note("roles", before.to_string(), roles.to_string());
        tx.emit(
            "staff.roles-changed",
            serde_json::json!({ "staff": self.staff, "before": before.to_string(), "after": roles.to_string() }),
        );
        Ok(())
    }
}

impl SetStaffRoles {
    async fn judge(&self, tx: &mut Tx<'_>) -> Result<Standing, Fault> {
        standing::not_oneself(tx, self.staff)?;
        let standing = standing::lock(tx, self.staff).await?;
        let roles = Roles::new(self.roles.iter());
        if roles.is_empty() {
            return Err(Fault::invalid("roles", "staff-no-role"));
        }
        if standing.roles() == roles {
            return Err(Fault::conflict("staff-already"));
        }
        if standing.active && standing.roles().any_of(&[Role::Owner]) && !roles.any_of(&[Role::Owner]) {
            standing::keep_an_owner(tx, self.staff).await?;
        }
        Ok(standing)
    }
}

/// The box that gives a role.
pub fn box_name(role: Role) -> &'static str {
    match role {
        Role::Operator => "role-operator",
        Role::Oncall => "role-oncall",
        Role::Auditor => "role-auditor",
        Role::Approver => "role-approver",
        Role::Owner => "role-owner",
    }
}

pub(super) const BOXES: [&str; 5] = ["role-operator", "role-oncall", "role-auditor", "role-approver", "role-owner"];

/// The roles whose boxes are ticked. Whoever puts something else into a box means something that we do not know.
pub(super) fn chosen(form: &Form, errors: &mut FieldErrors) -> Roles {
    if Role::ALL.iter().any(|role| !matches!(form.get(box_name(*role)), "" | "yes")) {
        errors.add("roles", wrong::not_a_choice());
    }
    let roles = Roles::new(Role::ALL.into_iter().filter(|role| form.get(box_name(*role)) == "yes"));
    if roles.is_empty() {
        errors.add("roles", wrong::no_role());
    }
    roles
}

/// `POST /staff/{id}/roles`
pub async fn set_roles(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let staff = path.into_inner();
    let fields: Vec<&str> = BOXES.into_iter().chain(show::SEAL).collect();
    let form = desk.form(&body, &fields).await?;
    let mut errors = FieldErrors::new();
    let roles = chosen(&form, &mut errors);
    show::submit(&desk, staff, Asked::Roles(roles.clone()), &form, errors, SetStaffRoles { staff, roles }).await
}
