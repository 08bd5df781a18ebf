//! Giving a person other roles.

use super::{
    Roles,
    account_state::{self, AccountState},
    people::Member,
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::StaffId,
    sql,
    staff::{STAFF_ALREADY, STAFF_NO_ROLE},
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The roles check each other, and one person may not hold them together here.
    STAFF_DUTIES = "staff-duties";
}

crate::gate::topics! {
    /// The roles of an account were changed.
    STAFF_ROLES_CHANGED = "staff.roles-changed";
}

/// Gives a person these roles in place of those they have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetStaffRoles {
    pub staff: StaffId,
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
        account_state::lock_version(tx, self.staff).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.validate(tx).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.validate(tx).await?.roles();
        let roles = Roles::new(self.roles.iter());
        tx.query(sql!("update staff set roles = $2, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(roles.to_string())
            .run()
            .await?;
        tx.note("roles", before.to_string(), roles.to_string());
        tx.emit(
            STAFF_ROLES_CHANGED,
            serde_json::json!({ "staff": self.staff, "before": before.to_string(), "after": roles.to_string() }),
        );
        Ok(())
    }
}

impl SetStaffRoles {
    async fn validate(&self, tx: &mut Tx<'_>) -> Result<AccountState, Fault> {
        account_state::not_oneself(tx, self.staff)?;
        let account = account_state::lock(tx, self.staff).await?;
        let roles = Roles::new(self.roles.iter());
        if roles.is_empty() {
            return Err(Fault::invalid("roles", STAFF_NO_ROLE));
        }
        no_mixed_duties(tx, &roles)?;
        if account.roles() == roles {
            return Err(Fault::conflict(STAFF_ALREADY));
        }
        if account.active && account.roles().any_of(&[Role::Owner]) && !roles.any_of(&[Role::Owner]) {
            account_state::keep_an_owner(tx, self.staff).await?;
        }
        Ok(account)
    }
}

/// Refuses roles that check each other in one hand, where the setting says so.
pub(super) fn no_mixed_duties(tx: &Tx<'_>, roles: &Roles) -> Result<(), Fault> {
    if tx.separates_duties() && roles.mix_duties() { Err(Fault::invalid("roles", STAFF_DUTIES)) } else { Ok(()) }
}

/// The form, with the roles that are ticked.
pub(crate) struct RolesPanel {
    pub(crate) roles: Roles,
}

impl Panel for RolesPanel {
    type On = Member;
    type Part = ();
    type Asks = SetStaffRoles;
    const NAME: &'static str = "roles";
    const ROUTE: &'static str = "/staff/{id}/roles";
    const FIELDS: &'static [&'static str] = &BOXES;

    fn button(desk: &Desk, _: &Member) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "user", label: desk.words().get("set-roles.title").to_owned() })
    }

    async fn open(_: &Desk, on: &Member, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let roles = opening.form().map_or_else(|| Roles::parse(&on.person.roles), ticked);
        Ok(Opened::Form(Self { roles }))
    }

    async fn read(_: &Desk, on: &Member, (): &(), form: &Form) -> Result<SetStaffRoles, Unread> {
        let mut errors = FieldErrors::new();
        let roles = chosen(form, &mut errors);
        if errors.is_empty() { Ok(SetStaffRoles { staff: on.person.id, roles }) } else { Err(errors.into()) }
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        RolesForm { shell, boxes: boxes(&self.roles), seal }.render()
    }
}

#[derive(Template)]
#[template(path = "staff/roles.html")]
struct RolesForm<'a> {
    shell: &'a Shell,
    boxes: [RoleBox; 5],
    seal: &'a SealForm,
}

/// A box that gives a role.
pub(super) struct RoleBox {
    pub(super) role: Role,
    pub(super) name: &'static str,
    pub(super) is_ticked: bool,
}

/// A box for each role, those of `ticked` ticked.
pub(super) fn boxes(ticked: &Roles) -> [RoleBox; 5] {
    Role::ALL.map(|role| RoleBox { role, name: box_name(role), is_ticked: ticked.any_of(&[role]) })
}

/// The box that gives a role.
pub(super) fn box_name(role: Role) -> &'static str {
    match role {
        Role::Operator => "role-operator",
        Role::Oncall => "role-oncall",
        Role::Auditor => "role-auditor",
        Role::Approver => "role-approver",
        Role::Owner => "role-owner",
    }
}

pub(super) const BOXES: [&str; 5] = ["role-operator", "role-oncall", "role-auditor", "role-approver", "role-owner"];

/// The roles that a form gives, at least one. Another value than `yes` is an error.
pub(super) fn chosen(form: &Form, errors: &mut FieldErrors) -> Roles {
    if Role::ALL.iter().any(|role| !matches!(form.get(box_name(*role)), "" | "yes")) {
        errors.add("roles", wrong::not_a_choice());
    }
    let roles = ticked(form);
    if roles.is_empty() {
        errors.add("roles", wrong::refused(STAFF_NO_ROLE));
    }
    roles
}

/// The roles whose boxes are ticked.
pub(super) fn ticked(form: &Form) -> Roles {
    Roles::new(Role::ALL.into_iter().filter(|role| form.get(box_name(*role)) == "yes"))
}
