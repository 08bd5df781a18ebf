//! Rejecting a request.

use super::{
    decide::{self, DECIDES},
    form::{DecisionForm, FormState, beside_theirs},
    request::{self, State, settle},
    show::RequestView,
    target,
};
use crate::{
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

crate::gate::topics! {
    /// The approval that an urgent change owed was refused.
    APPROVALS_OBJECTED = "approvals.objected";
    /// A request was rejected.
    APPROVALS_REJECTED = "approvals.rejected";
}

/// Rejects a request. What was urgent and is done stays done: undoing it is a change of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reject {
    pub request: RequestId,
}

impl Change for Reject {
    const KIND: &'static str = "approvals.reject";
    const ADMITS: Admits = Admits::sealed(DECIDES);
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
        decide::check_decidable(tx, &request).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        decide::vote(tx, &request, "rejected").await?;
        settle(tx, &request, State::Rejected).await?;
        let topic = if request.state == State::Owed { APPROVALS_OBJECTED } else { APPROVALS_REJECTED };
        tx.emit(topic, json!({ "request": request.id, "change": request.kind, "staff": request.staff_id }));
        Ok(())
    }
}

/// The form.
pub(crate) struct RejectPanel(pub(crate) FormState);

impl Panel for RejectPanel {
    type On = RequestView;
    type Part = ();
    type Asks = Reject;
    const NAME: &'static str = "reject";
    const ROUTE: &'static str = "/approvals/{id}/rejection";
    /// No rule can hold a decision up.
    const KIND: &'static str = "";

    fn may(desk: &Desk, on: &RequestView) -> bool {
        on.may_decide() && desk.may("POST", Self::ROUTE)
    }

    fn button(desk: &Desk, _: &RequestView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "ban", label: desk.words().get("approval.reject").to_owned() })
    }

    async fn open(desk: &Desk, on: &RequestView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self(FormState::open(desk, on, opening).await)))
    }

    async fn read(_: &Desk, on: &RequestView, (): &(), _: &Form) -> Result<Reject, Unread> {
        Ok(Reject { request: on.request.id })
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
            title: "approval.title-reject",
            button: shell.t("approval.go-reject").to_owned(),
            is_danger: true,
            fine: shell.t(if on.request.is_owed() { "approval.fine-object" } else { "approval.fine-reject" }),
            hint: shell.t("approval.reject-hint"),
            is_focused: self.0.is_focused(seal),
        }
        .render()
    }
}
