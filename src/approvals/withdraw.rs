//! Withdrawing a request.

use super::{
    form::{DecisionForm, FormState, beside_theirs},
    request::{self, State, settle},
    show::RequestView,
    target,
};
use crate::{
    approvals::APPROVAL_DECIDED,
    gate::{Admits, Change, Fault, Target, Tx},
    id::RequestId,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::seal::SealForm,
    },
};
use askama::Template as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

crate::gate::refusal_words! {
    /// Only the requester can withdraw a request.
    APPROVAL_NOT_YOURS = "approval-not-yours";
    /// The change is made already; only its approval is owed.
    APPROVAL_OWED = "approval-owed";
}

crate::gate::topics! {
    /// The requester withdrew a request.
    APPROVALS_WITHDRAWN = "approvals.withdrawn";
}

/// Withdraws a request, as the person who made it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withdraw {
    pub request: RequestId,
}

impl Change for Withdraw {
    const KIND: &'static str = "approvals.withdraw";
    const ADMITS: Admits = Admits::own();
    const IS_DECISION: bool = true;
    type Output = ();

    fn target(&self) -> Target {
        target(self.request)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        request::lock_version(tx, self.request).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        tx.belongs_to(request.id);
        match request.state {
            _ if tx.staff() != Some(request.staff_id) => Err(Fault::forbidden(APPROVAL_NOT_YOURS)),
            State::Waiting => Ok(()),
            // It is done, and its approval stays owed.
            State::Owed => Err(Fault::conflict(APPROVAL_OWED)),
            _ => Err(Fault::conflict(APPROVAL_DECIDED)),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        settle(tx, &request, State::Withdrawn).await?;
        tx.emit(APPROVALS_WITHDRAWN, json!({ "request": request.id, "change": request.kind }));
        Ok(())
    }
}

/// The form.
pub(crate) struct WithdrawPanel(pub(crate) FormState);

impl Panel for WithdrawPanel {
    type On = RequestView;
    type Part = ();
    type Asks = Withdraw;
    const NAME: &'static str = "withdraw";
    const ROUTE: &'static str = "/approvals/{id}/withdrawal";
    /// No rule can hold a decision up.
    const KIND: &'static str = "";

    fn may(desk: &Desk, on: &RequestView) -> bool {
        on.may_withdraw() && desk.may("POST", Self::ROUTE)
    }

    fn button(desk: &Desk, _: &RequestView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "undo", label: desk.words().get("approval.withdraw").to_owned() })
    }

    async fn open(desk: &Desk, on: &RequestView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self(FormState::open(desk, on, opening).await)))
    }

    async fn read(_: &Desk, on: &RequestView, (): &(), _: &Form) -> Result<Withdraw, Unread> {
        Ok(Withdraw { request: on.request.id })
    }

    fn seal(&self, on: &RequestView, seal: SealForm) -> SealForm {
        beside_theirs(seal, &on.request)
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        DecisionForm {
            shell,
            request: &on.request,
            rehearsal: &self.0.rehearsal,
            seal,
            title: "approval.title-withdraw",
            button: shell.t("approval.go-withdraw").to_owned(),
            is_danger: false,
            fine: shell.t("approval.fine-withdraw"),
            hint: "",
            is_focused: self.0.is_focused(seal),
        }
        .render()
    }
}
