//! Approving a request and rejecting one. The rules are here; the pages are in [`show`](super::show).

use super::{
    request::{self, Request, State, settle},
    target,
};
use crate::{
    gate::{Admits, AtRest, Change, Fault, Meaning, Refusal, Role, Target, Tx, is_same_mailbox},
    sql,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Who may decide about requests at all; each request says which of them decides about it.
pub const DECIDES: &[Role] = &[Role::Operator, Role::Oncall, Role::Auditor, Role::Approver, Role::Owner];

/// Lets a change that waited go ahead; where several people are wanted, the last of them does. Of one that was urgent and is
/// done already, it says that this was right.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Approve {
    pub request: i64,
}

/// Says no. What was urgent and is done stays done: undoing it is a change of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reject {
    pub request: i64,
}

/// What came of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approved {
    /// The change was made.
    Done,
    /// So many more people are wanted.
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
        decidable(tx, &request).await?;
        if request.state == State::Waiting { still_fits(tx, &request).await } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Approved, Fault> {
        let request = request::lock(tx, self.request).await?;
        vote(tx, &request, "approved").await?;
        let approvals = request.approvals + 1;
        tx.note("approvals", request.approvals, approvals);
        if approvals < request.needs {
            // Another version, so that nobody decides over a page that does not show this one.
            let left = request.needs - approvals;
            settle(tx, &request, request.state).await?;
            tx.emit("approvals.counted", json!({ "request": request.id, "wants": left }));
            return Ok(Approved::Wants(left));
        }
        settle(tx, &request, State::Approved).await?;
        if request.state == State::Waiting {
            let (change, asked) = (readable(tx, &request)?, request.asked(tx.request_id()));
            if let Some(need) = tx.enact(&asked, change.as_ref()).await? {
                if need.approvers > approvals {
                    return Err(Fault::conflict("approval-more").with("n", need.approvers));
                }
                // The rules may want somebody else by now than they did then.
                if !tx.is_for(&[need.role]) {
                    return Err(Fault::forbidden("approval-role"));
                }
            }
        }
        tx.emit(
            "approvals.approved",
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
            "approval-obsolete" => settle(tx, &request, State::Obsolete).await,
            "approval-more" => want_more(tx, &request, rejection).await,
            _ => Ok(()),
        }
    }
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
        decidable(tx, &request).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        vote(tx, &request, "rejected").await?;
        settle(tx, &request, State::Rejected).await?;
        let topic = if request.state == State::Owed { "approvals.objected" } else { "approvals.rejected" };
        tx.emit(topic, json!({ "request": request.id, "change": request.kind, "staff": request.staff_id }));
        Ok(())
    }
}

/// Whether this request is open, and whether it is for this person to decide about it.
async fn decidable(tx: &mut Tx<'_>, request: &Request) -> Result<(), Fault> {
    if request.state == State::Expired || request.has_run_out(tx.now()) {
        return Err(Fault::conflict("approval-expired"));
    }
    if !request.state.is_open() {
        return Err(Fault::conflict("approval-decided"));
    }
    if tx.staff() == Some(request.staff_id) {
        return Err(Fault::forbidden("approval-own"));
    }
    if !request.role().is_some_and(|role| tx.is_for(&[role])) {
        return Err(Fault::forbidden("approval-role"));
    }
    let email = tx.email().await?;
    if is_same_mailbox(&email, &request.staff_email) {
        return Err(Fault::forbidden("approval-own"));
    }
    if has_voted(tx, request.id, &email).await? {
        return Err(Fault::conflict("approval-seat"));
    }
    match request.change(tx.catalog()) {
        Some(change) if tx.is_about_decider(change.as_ref()).await? => Err(Fault::forbidden("approval-about-you")),
        _ => Ok(()),
    }
}

/// Whether somebody who reads this mailbox has decided already.
async fn has_voted(tx: &mut Tx<'_>, request: i64, email: &str) -> Result<bool, Fault> {
    let seats: Vec<(String,)> = tx
        .query(sql!("select s.email from approval_votes v join staff s on s.id = v.staff_id where v.request_id = $1"))
        .bind(request)
        .all()
        .await?;
    Ok(seats.iter().any(|(seat,)| is_same_mailbox(seat, email)))
}

/// Whether the change could be made now. One whose target has changed is worth nothing any more; what may pass, such as a job
/// that is busy, only holds it up.
async fn still_fits(tx: &mut Tx<'_>, request: &Request) -> Result<(), Fault> {
    let (change, asked) = (readable(tx, request)?, request.asked(tx.request_id()));
    match tx.resume(&asked, change.as_ref()).await {
        Err(Fault::Rejected(why)) if why.word == "approval-stale" || why.meaning == Meaning::Missing => {
            Err(Fault::conflict("approval-obsolete"))
        }
        Err(Fault::Rejected(why)) if why.word.starts_with("approval-") => Err(Fault::Rejected(why)),
        Err(Fault::Rejected(why)) => Err(Fault::conflict("approval-not-now").with("why", why.word)),
        other => other,
    }
}

fn readable(tx: &Tx<'_>, request: &Request) -> Result<Box<dyn AtRest>, Fault> {
    request.change(tx.catalog()).ok_or_else(|| Fault::conflict("approval-obsolete"))
}

async fn vote(tx: &mut Tx<'_>, request: &Request, verdict: &'static str) -> Result<(), Fault> {
    let (now, staff, by, change) = (tx.now(), tx.staff(), tx.by().to_owned(), tx.change_id().to_owned());
    let reason = tx.reason().to_owned();
    tx.query(sql!(
        "insert into approval_votes (request_id, staff_id, staff_name, at, verdict, reason, change_id)
         values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(request.id)
    .bind(staff)
    .bind(by)
    .bind(now)
    .bind(verdict)
    .bind(reason)
    .bind(change)
    .run()
    .await?;
    Ok(())
}

/// The rules have become stricter since it was asked for.
async fn want_more(tx: &mut Tx<'_>, request: &Request, why: &crate::gate::Rejection) -> Result<(), Fault> {
    let needs = why.values.iter().find(|(name, _)| *name == "n").and_then(|(_, n)| n.parse::<i64>().ok());
    tx.query(sql!("update approval_requests set needs = $2, version = version + 1 where id = $1 and needs < $2"))
        .bind(request.id)
        .bind(needs.unwrap_or(request.needs))
        .run()
        .await?;
    Ok(())
}
