//! Disabling an account, and enabling it again.

use super::{
    account_state::{self, AccountState},
    people::Member,
    target,
};
use crate::{
    gate::{Admits, Change, Fault, NOT_A_CHOICE, Role, Target, Tx},
    id::StaffId,
    sql,
    staff::STAFF_ALREADY,
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

crate::gate::topics! {
    /// An account was enabled or disabled.
    STAFF_STATUS_CHANGED = "staff.status-changed";
}

/// Disables an account, which ends everything it is signed in with at once, or enables it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetStaffStatus {
    pub staff: StaffId,
    /// `active` or `disabled`.
    pub status: String,
}

impl Change for SetStaffStatus {
    const KIND: &'static str = "staff.status";
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

    /// A person who must be kept out is kept out at once; one who is to come back can wait for a second person.
    fn may_be_urgent(&self) -> bool {
        self.status == "disabled"
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.validate(tx).await?.active;
        let active = self.is_active()?;
        tx.query(sql!("update staff set active = $2, version = version + 1 where id = $1"))
            .bind(self.staff)
            .bind(active)
            .run()
            .await?;
        tx.note("active", before, active);
        if !active {
            let ended = account_state::end_sessions(tx, self.staff).await?;
            // A link that was on its way would let them in on the day they are enabled again.
            tx.query(sql!("delete from invitations where staff_id = $1")).bind(self.staff).run().await?;
            tx.note("sessions_ended", None::<i64>, ended);
        }
        tx.emit(STAFF_STATUS_CHANGED, serde_json::json!({ "staff": self.staff, "status": self.status }));
        Ok(())
    }
}

impl SetStaffStatus {
    fn is_active(&self) -> Result<bool, Fault> {
        match self.status.as_str() {
            "active" => Ok(true),
            "disabled" => Ok(false),
            _ => Err(Fault::invalid("status", NOT_A_CHOICE)),
        }
    }

    async fn validate(&self, tx: &mut Tx<'_>) -> Result<AccountState, Fault> {
        let active = self.is_active()?;
        account_state::not_oneself(tx, self.staff)?;
        let account = account_state::lock(tx, self.staff).await?;
        if account.active == active {
            return Err(Fault::conflict(STAFF_ALREADY));
        }
        if !active && account.roles().any_of(&[Role::Owner]) {
            account_state::keep_an_owner(tx, self.staff).await?;
        }
        Ok(account)
    }
}

/// The form. It offers the status that the account does not have.
pub(crate) struct StatusPanel;

impl Panel for StatusPanel {
    type On = Member;
    type Part = ();
    type Asks = SetStaffStatus;
    const NAME: &'static str = "status";
    const ROUTE: &'static str = "/staff/{id}/status";
    const FIELDS: &'static [&'static str] = &["status"];

    fn button(desk: &Desk, on: &Member) -> Option<Button> {
        let (icon, label) =
            if on.person.is_disabled() { ("undo", "set-status.enable") } else { ("ban", "set-status.disable") };
        Some(Button { name: Self::NAME, icon, label: desk.words().get(label).to_owned() })
    }

    async fn open(_: &Desk, _: &Member, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &Member, (): &(), form: &Form) -> Result<SetStaffStatus, Unread> {
        let status = form.get("status");
        if !matches!(status, "active" | "disabled") {
            return Err(FieldErrors::one("status", wrong::not_a_choice()).into());
        }
        Ok(SetStaffStatus { staff: on.person.id, status: status.to_owned() })
    }

    /// Disabling an account may be urgent; enabling it waits.
    fn seal(&self, on: &Member, seal: SealForm) -> SealForm {
        SealForm { must_wait: on.person.is_disabled(), ..seal }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        StatusForm { shell, is_disabled: on.person.is_disabled(), seal }.render()
    }
}

#[derive(Template)]
#[template(path = "staff/status.html")]
struct StatusForm<'a> {
    shell: &'a Shell,
    is_disabled: bool,
    seal: &'a SealForm,
}

impl StatusForm<'_> {
    fn title(&self) -> &'static str {
        if self.is_disabled { "set-status.enable" } else { "set-status.disable" }
    }

    fn go(&self) -> &'static str {
        if self.is_disabled { "set-status.enable-go" } else { "set-status.disable-go" }
    }
}
