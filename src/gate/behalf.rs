//! Making a change later for the person who requested it: everything is checked again first.

use super::{
    Actor, DynChange, Fault, Gate, Reason, Refusal, Roles, Tx, admit,
    audit::{self, Ending, Line, noted},
    evaluation,
    ledger::Enacted,
    lever::{closing, refuse_closed},
    outbox,
    policy::Need,
    reversal, span,
    tx::Identity,
};
use crate::{
    allowlist,
    clock::Instant,
    id::{RequestId, Seq},
    sql,
};
use serde_json::Value;
use std::mem;
use tracing::Instrument as _;

crate::gate::refusal_words! {
    /// The requester's network is not allowed any more.
    pub(crate) APPROVAL_NETWORK = "approval-network";
    /// The requester has no role any more that permits the change.
    pub(crate) APPROVAL_REQUESTER = "approval-requester";
    /// The target is not at the version any more that the requester saw.
    pub(crate) APPROVAL_STALE = "approval-stale";
}

/// Who requested a change, from where, why, and which version of the target they saw.
#[derive(Clone, Debug)]
pub struct Requester {
    pub request: RequestId,
    pub actor: Actor,
    pub reason: Reason,
    pub seen: Option<i64>,
    /// The row of the log that the change takes back.
    pub reverses: Option<Seq>,
}

/// What a change would alter if it were made now.
#[derive(Clone, Debug, PartialEq)]
pub struct Rehearsed {
    pub before: Value,
    pub after: Value,
}

/// What decides about a change besides the roles of the person who requested it.
struct Standing {
    /// Which networks they alone may come from.
    limits: String,
    /// Whether its kind is closed for everybody.
    closed: Result<(), Fault>,
}

/// Whether the account is active, its roles and networks, until when the kind is closed, and the person who closed it.
type RequesterRow = (bool, String, String, Option<Instant>, Option<String>);

macro_rules! requester {
    ($locking:literal) => {
        concat!("select active, roles, networks, ", closing!("$2", "$3"), " from staff where id = $1", $locking)
    };
}

impl Tx<'_> {
    /// Checks whether `change` could still be made for the requester: they have the role and may come from where they came,
    /// the target is as they saw it, and the change makes sense.
    ///
    /// # Errors
    ///
    /// A conflict `approval-requester`, `approval-network` or `approval-stale` for the first three; else the fault of
    /// the change's own check.
    pub async fn resume(&mut self, requester: &Requester, change: &dyn DynChange) -> Result<(), Fault> {
        let (approver, Standing { limits, closed }) = self.act_as(requester, change).await?;
        let verdict = match closed {
            Ok(()) => self.reconsider(requester, change, &limits).await,
            closed => closed,
        };
        self.who = approver;
        verdict
    }

    async fn reconsider(&mut self, requester: &Requester, change: &dyn DynChange, limits: &str) -> Result<(), Fault> {
        let wanted = change.admits();
        let may = self.who.roles.as_ref().is_some_and(|roles| admit::has_role_for(roles, wanted));
        if !may {
            return Err(Fault::conflict(APPROVAL_REQUESTER));
        }
        if !admit::is_open_to(self, &requester.actor).await? || !allowlist::within(limits, requester.actor.origin.ip) {
            return Err(Fault::conflict(APPROVAL_NETWORK));
        }
        match (change.version(self).await?, requester.seen) {
            (Some(now), Some(seen)) if now != seen => return Err(Fault::conflict(APPROVAL_STALE)),
            _ => {}
        }
        if let Some(of) = requester.reverses {
            let original = reversal::original(self, of).await?;
            reversal::check(self, &original, change, &requester.reason).await?;
        }
        change.check(self).await
    }

    /// Makes `change` for the requester, with a row of its own in the log. Returns which approval the rules demand for it now.
    pub async fn enact(&mut self, requester: &Requester, change: &dyn DynChange) -> Result<Option<Need>, Fault> {
        let (approver, _) = self.act_as(requester, change).await?;
        let outer = mem::take(&mut self.ledger);
        self.ledger.approval = Some(requester.request);
        let done = self.apply_for(requester, change).instrument(span::of(change.kind(), Some(&change.target()))).await;
        let ledger = mem::replace(&mut self.ledger, outer);
        let identity = mem::replace(&mut self.who, approver);
        let need = done?;
        self.ledger.enacted.push(Enacted {
            actor: requester.actor.clone(),
            roles: identity.roles,
            action: change.kind(),
            target: change.target(),
            reason: requester.reason.clone(),
            ledger,
        });
        Ok(need)
    }

    async fn apply_for(&mut self, requester: &Requester, change: &dyn DynChange) -> Result<Option<Need>, Fault> {
        if let Some(of) = requester.reverses {
            reversal::begin(self, of, change, &requester.reason).await?;
        }
        change.apply(self).await?;
        let notices = evaluation::notices(self, change, requester.actor.staff_id());
        self.ledger.events.extend(notices);
        evaluation::evaluate(self, &requester.actor, change, &[]).await
    }

    /// Acts as the requester from here on. Returns the approver's identity, and what decides about the change. The
    /// requester's row is locked: a role cannot be taken away meanwhile.
    async fn act_as(&mut self, requester: &Requester, change: &dyn DynChange) -> Result<(Identity, Standing), Fault> {
        let now = self.now();
        let row: Option<RequesterRow> = self
            .query(sql!(
                sqlite: requester!(""),
                postgres: requester!(" for no key update"),
            ))
            .bind(requester.actor.staff_id())
            .bind(change.kind())
            .bind(now)
            .optional()
            .await?;
        let (until, by) = row.as_ref().map(|(.., until, by)| (*until, by.clone())).unwrap_or_default();
        let closed = if change.may_close() { refuse_closed(until, by) } else { Ok(()) };
        // An account that is gone or disabled has no role. `None` would be the system, which needs none.
        let (roles, limits) = row
            .filter(|(active, ..)| *active)
            .map(|(_, roles, limits, ..)| (Roles::parse(&roles), limits))
            .unwrap_or_default();
        let identity = Identity {
            name: requester.actor.who.name(),
            staff: requester.actor.staff_id(),
            ip: requester.actor.origin.ip,
            roles: Some(roles),
            decided_from: self.who.ip,
            // Rows that the change writes show the reason and the request of the approval.
            reason: self.who.reason.clone(),
            request_id: self.who.request_id.clone(),
        };
        Ok((mem::replace(&mut self.who, identity), Standing { limits, closed }))
    }

    /// The address of the person who makes the change, as it is now; empty where it is not a member of staff.
    pub async fn email(&mut self) -> sqlx::Result<String> {
        evaluation::email_of(self, self.who.staff.unwrap_or_default()).await
    }

    /// Whether the change affects the decider's own account or mailbox.
    pub async fn is_about_decider(&mut self, change: &dyn DynChange) -> Result<bool, Fault> {
        let staff = self.who.staff.unwrap_or_default();
        evaluation::is_about(self, change, staff).await
    }
}

impl Gate {
    /// Makes `change` for the requester, rolls it back, and returns what it would alter.
    pub async fn rehearse(&self, requester: &Requester, change: &dyn DynChange) -> Result<Rehearsed, Refusal> {
        let mut tx = self.begin(&requester.actor).await?;
        let rehearsed = async {
            tx.resume(requester, change).await?;
            tx.enact(requester, change).await
        };
        let outcome = rehearsed.await;
        let mut ledger = tx.ledger.enacted.pop().map(|enacted| enacted.ledger).unwrap_or_default();
        // A request does not know them, so that they are no difference to it.
        ledger.forget(change.created_ids());
        tx.rollback().await?;
        outcome.map(|_| Rehearsed { before: noted(&ledger.before), after: noted(&ledger.after) }).map_err(Refusal::from)
    }
}

/// Appends the rows of the changes that were made within others, after the rows of those.
pub(super) async fn append_enacted(tx: &mut Tx<'_>, enacted: Vec<Enacted>) -> sqlx::Result<()> {
    for Enacted { actor, roles, action, target, reason, ledger } in enacted {
        tx.ledger = ledger;
        let line = Line {
            actor: &actor,
            roles: roles.as_ref(),
            action,
            target,
            reason: &reason,
            ending: Ending::of("applied", None),
        };
        let seq = audit::append(tx, line).await?.seq;
        let events = mem::take(&mut tx.ledger.events);
        outbox::write(tx, seq, &events).await?;
    }
    Ok(())
}
