//! Approving a request.

use super::{
    decide::{self, DECIDES},
    form::{DecisionForm, FormState, beside_theirs},
    rehearsal::Rehearsal,
    request::{self, Request, State, settle},
    show::RequestView,
    target,
};
use crate::{
    approvals::APPROVAL_ROLE,
    gate::{
        APPROVAL_NETWORK, APPROVAL_REQUESTER, APPROVAL_STALE, Admits, Change, DynChange, Fault, Meaning, Refusal,
        Rejection, Target, Tx,
        reversal::{REVERSAL_DONE, REVERSAL_GONE, REVERSAL_MOVED},
    },
    id::RequestId,
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{Frame, seal::SealForm},
    },
};
use askama::Template as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

crate::gate::refusal_words! {
    /// The rules demand more approvals now than when the request was made.
    APPROVAL_MORE = "approval-more";
    /// The change cannot be made now; the request stays open.
    APPROVAL_NOT_NOW = "approval-not-now";
    /// The target was changed after the request was made, so the request is void.
    APPROVAL_OBSOLETE = "approval-obsolete";
}

crate::gate::topics! {
    /// A request was approved, and its change was made.
    APPROVALS_APPROVED = "approvals.approved";
    /// An approval was given, and another one is needed.
    APPROVALS_COUNTED = "approvals.counted";
}

/// Lets a change that waited go ahead; where several people are wanted, the last of them does. Of one that was urgent and is
/// done already, it says that this was right.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Approve {
    pub request: RequestId,
}

/// The outcome of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approved {
    /// The change was made.
    Done,
    /// The number of further approvals that are needed.
    Wants(i64),
}

impl Change for Approve {
    const KIND: &'static str = "approvals.approve";
    const ADMITS: Admits = Admits::sealed(DECIDES);
    const IS_DECISION: bool = true;
    type Output = Approved;

    fn target(&self) -> Target {
        target(self.request)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        request::lock_version(tx, self.request).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        tx.belongs_to(request.id);
        decide::check_decidable(tx, &request).await?;
        if request.state == State::Waiting { still_fits(tx, &request).await } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Approved, Fault> {
        let request = request::lock(tx, self.request).await?;
        decide::vote(tx, &request, "approved").await?;
        let approvals = request.approvals + 1;
        tx.note("approvals", request.approvals, approvals);
        if approvals < request.needs {
            // Another version, so that no one decides over a page that does not show this one.
            let left = request.needs - approvals;
            settle(tx, &request, request.state).await?;
            tx.emit(APPROVALS_COUNTED, json!({ "request": request.id, "wants": left }));
            return Ok(Approved::Wants(left));
        }
        settle(tx, &request, State::Approved).await?;
        if request.state == State::Waiting {
            let (change, requester) = (readable(tx, &request)?, request.requester(tx.request_id()));
            if let Some(need) = tx.enact(&requester, change.as_ref()).await? {
                if need.approvers > approvals {
                    return Err(Fault::conflict(APPROVAL_MORE).with("n", need.approvers));
                }
                // The rules may want another role by now than they did then.
                if !tx.is_for(&[need.role]) {
                    return Err(Fault::forbidden(APPROVAL_ROLE));
                }
            }
        } else {
            tx.count_as_approved(request.staff_id, &request.change_id).await?;
        }
        tx.emit(
            APPROVALS_APPROVED,
            json!({ "request": request.id, "change": request.kind, "staff": request.staff_id }),
        );
        Ok(Approved::Done)
    }

    async fn count_refusal(&self, tx: &mut Tx<'_>, refusal: &Refusal) -> Result<(), Fault> {
        let Refusal::Rejected(rejection) = refusal else { return Ok(()) };
        let Some(request) = request::find(tx, self.request).await?.filter(|request| request.state.is_open()) else {
            return Ok(());
        };
        // What was said before it was undone went with it.
        tx.belongs_to(request.id);
        match rejection.word {
            APPROVAL_OBSOLETE => settle(tx, &request, State::Obsolete).await,
            APPROVAL_MORE => want_more(tx, &request, rejection).await,
            _ => Ok(()),
        }
    }
}

/// Whether the change could be made now. One whose target has changed is worth nothing any more; what may pass, such as a job
/// that is busy, only holds it up.
async fn still_fits(tx: &mut Tx<'_>, request: &Request) -> Result<(), Fault> {
    let (change, requester) = (readable(tx, request)?, request.requester(tx.request_id()));
    match tx.resume(&requester, change.as_ref()).await {
        Err(Fault::Rejected(why))
            if [APPROVAL_STALE, REVERSAL_DONE, REVERSAL_GONE, REVERSAL_MOVED].contains(&why.word)
                || why.meaning == Meaning::Missing =>
        {
            Err(Fault::conflict(APPROVAL_OBSOLETE))
        }
        Err(Fault::Rejected(why)) if [APPROVAL_REQUESTER, APPROVAL_NETWORK].contains(&why.word) => {
            Err(Fault::Rejected(why))
        }
        Err(Fault::Rejected(why)) => Err(Fault::conflict(APPROVAL_NOT_NOW).with("why", why.word)),
        other => other,
    }
}

fn readable(tx: &Tx<'_>, request: &Request) -> Result<Box<dyn DynChange>, Fault> {
    request.change(tx.catalog()).ok_or_else(|| Fault::conflict(APPROVAL_OBSOLETE))
}

/// The rules have become stricter since it was asked for.
async fn want_more(tx: &mut Tx<'_>, request: &Request, why: &Rejection) -> Result<(), Fault> {
    let needs = why.values.iter().find(|(name, _)| *name == "n").and_then(|(_, n)| n.parse::<i64>().ok());
    let needs = needs.unwrap_or(request.needs).max(request.needs);
    tx.query(sql!("update approval_requests set needs = $2, version = version + 1 where id = $1 and needs < $2"))
        .bind(request.id)
        .bind(needs)
        .run()
        .await?;
    tx.note("approvers", request.needs, needs);
    Ok(())
}

/// The form.
pub(crate) struct ApprovePanel(pub(crate) FormState);

impl Panel for ApprovePanel {
    type On = RequestView;
    type Part = ();
    type Asks = Approve;
    const NAME: &'static str = "approve";
    const ROUTE: &'static str = "/approvals/{id}/approval";
    /// No rule can hold a decision up.
    const KIND: &'static str = "";

    fn may(desk: &Desk, on: &RequestView) -> bool {
        on.may_decide() && desk.may("POST", Self::ROUTE)
    }

    fn is_default(_: &Desk, _: &RequestView) -> bool {
        true
    }

    fn button(desk: &Desk, _: &RequestView) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "approve", label: desk.words().get("approval.approve").to_owned() })
    }

    async fn open(desk: &Desk, on: &RequestView, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self(FormState::open(desk, on, opening).await)))
    }

    async fn read(_: &Desk, on: &RequestView, (): &(), _: &Form) -> Result<Approve, Unread> {
        Ok(Approve { request: on.request.id })
    }

    fn seal(&self, on: &RequestView, seal: SealForm) -> SealForm {
        // It is open by default, so closing it leads to the list.
        SealForm { close: "/approvals".to_owned(), ..beside_theirs(seal, &on.request) }
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        DecisionForm {
            shell,
            request: &on.request,
            rehearsal: &self.0.rehearsal,
            seal,
            title: "approval.title-approve",
            button: button(&on.request, &self.0.rehearsal, shell),
            is_danger: false,
            fine: fine(&on.request, shell),
            hint: shell.t("approval.reason-hint"),
            is_focused: self.0.is_focused(seal),
        }
        .render()
    }
}

/// What the button does.
fn button(request: &Request, rehearsal: &Rehearsal, frame: &Frame) -> String {
    let key = match (request.is_owed(), request.wants()) {
        (true, _) => "approval.go-owed",
        (false, 2..) => "approval.go-first",
        _ => match rehearsal.size(frame) {
            Some(size) => return frame.with("approval.go-what", &[("what", &size)]),
            None => "approval.go",
        },
    };
    frame.t(key).to_owned()
}

fn fine(request: &Request, frame: &Frame) -> &'static str {
    frame.t(match (request.is_owed(), request.wants()) {
        (true, _) => "approval.fine-owed",
        (false, 2..) => "approval.fine-first",
        _ => "approval.fine-approve",
    })
}
