//! Suspending a customer's account, and reactivating it.

use super::find::CustomerRow;
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::CustomerId,
    sql,
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
    /// The customer has this status already.
    STATUS_ALREADY = "status-already";
}

crate::gate::topics! {
    /// The status of a customer was changed.
    USERS_STATUS_CHANGED = "users.status-changed";
}

/// Gives a customer another status.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetUserStatus {
    pub user: CustomerId,
    /// `active` or `suspended`.
    pub status: String,
}

impl Change for SetUserStatus {
    const KIND: &'static str = "users.status";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const MAY_CLOSE: bool = true;
    type Output = ();

    fn target(&self) -> Target {
        super::target(self.user)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        super::lock_version(tx, self.user).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        if self.now(tx).await? == self.status { Err(Fault::conflict(STATUS_ALREADY)) } else { Ok(()) }
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        super::contact_of(tx, self.user).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let before = self.now(tx).await?;
        tx.query(sql!("update users set status = $2, version = version + 1 where id = $1"))
            .bind(self.user)
            .bind(self.status.as_str())
            .run()
            .await?;
        tx.note("status", before, self.status.as_str());
        tx.emit(USERS_STATUS_CHANGED, serde_json::json!({ "user": self.user, "status": self.status }));
        Ok(())
    }
}

impl SetUserStatus {
    async fn now(&self, tx: &mut Tx<'_>) -> Result<String, Fault> {
        let (status,): (String,) =
            tx.query(sql!("select status from users where id = $1")).bind(self.user).one().await?;
        Ok(status)
    }
}

/// The form. It offers the status that the customer does not have.
pub(crate) struct StatusPanel;

impl Panel for StatusPanel {
    type On = CustomerRow;
    type Part = ();
    type Asks = SetUserStatus;
    const NAME: &'static str = "status";
    const ROUTE: &'static str = "/users/{id}/status";
    const FIELDS: &'static [&'static str] = &["status"];

    fn button(desk: &Desk, on: &CustomerRow) -> Option<Button> {
        let (icon, label) = if on.is_suspended() { ("undo", "status.reactivate") } else { ("ban", "status.suspend") };
        Some(Button { name: Self::NAME, icon, label: desk.words().get(label).to_owned() })
    }

    async fn open(_: &Desk, _: &CustomerRow, (): &(), _: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self))
    }

    async fn read(_: &Desk, on: &CustomerRow, (): &(), form: &Form) -> Result<SetUserStatus, Unread> {
        let status = form.get("status");
        if !matches!(status, "active" | "suspended") {
            return Err(FieldErrors::one("status", wrong::not_a_choice()).into());
        }
        Ok(SetUserStatus { user: on.id, status: status.to_owned() })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        StatusForm { shell, is_suspended: on.is_suspended(), seal }.render()
    }
}

#[derive(Template)]
#[template(path = "users/status.html")]
struct StatusForm<'a> {
    shell: &'a Shell,
    is_suspended: bool,
    seal: &'a SealForm,
}

impl StatusForm<'_> {
    fn title(&self) -> &'static str {
        if self.is_suspended { "status.reactivate" } else { "status.suspend" }
    }

    fn go(&self) -> &'static str {
        if self.is_suspended { "status.reactivate-go" } else { "status.suspend-go" }
    }
}
