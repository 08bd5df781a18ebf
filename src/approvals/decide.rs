//! What approving a request and rejecting one have in common: who may, and their vote.

use super::request::{self, Request, State};
use crate::{
    approvals::{APPROVAL_DECIDED, APPROVAL_ROLE},
    can_decide,
    gate::{Fault, Role, Roles, Tx, is_same_mailbox},
    id::StaffId,
    sql,
    store::Reader,
};

crate::gate::refusal_words! {
    /// The request is about the decider's own account.
    APPROVAL_ABOUT_YOU = "approval-about-you";
    /// The request expired before it was decided.
    APPROVAL_EXPIRED = "approval-expired";
    /// The decider made the request.
    APPROVAL_OWN = "approval-own";
    /// The decider has decided about this request already.
    APPROVAL_SEAT = "approval-seat";
}

/// The roles that decide about requests; each request says which of them decides about it.
pub(super) const DECIDES: &[Role] = &[Role::Operator, Role::Oncall, Role::Auditor, Role::Approver, Role::Owner];

/// The number of people named on a page at most.
const MOST_NAMED: usize = 10;

/// Refuses a decision about a request that is no longer open, or is not for this person.
pub(super) async fn check_decidable(tx: &mut Tx<'_>, request: &Request) -> Result<(), Fault> {
    if request.state == State::Expired || request.has_run_out(tx.now()) {
        return Err(Fault::conflict(APPROVAL_EXPIRED));
    }
    if !request.state.is_open() {
        return Err(Fault::conflict(APPROVAL_DECIDED));
    }
    if tx.staff() == Some(request.staff_id) {
        return Err(Fault::forbidden(APPROVAL_OWN));
    }
    if !request.role().is_some_and(|role| tx.is_for(&[role])) {
        return Err(Fault::forbidden(APPROVAL_ROLE));
    }
    let email = tx.email().await?;
    if is_same_mailbox(&email, &request.staff_email) {
        return Err(Fault::forbidden(APPROVAL_OWN));
    }
    let voters = request::voter_emails(tx, request.id).await?;
    if voters.iter().any(|voter| is_same_mailbox(voter, &email)) {
        return Err(Fault::conflict(APPROVAL_SEAT));
    }
    match request.change(tx.catalog()) {
        Some(change) if tx.is_about_decider(change.as_ref()).await? => Err(Fault::forbidden(APPROVAL_ABOUT_YOU)),
        _ => Ok(()),
    }
}

/// Records the vote of the person who decides.
pub(super) async fn vote(tx: &mut Tx<'_>, request: &Request, verdict: &'static str) -> Result<(), Fault> {
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

/// The names of those who can decide about a request now, by what [`check_decidable`] and the gate ask of them.
pub(super) async fn deciders(reader: &Reader, request: &Request) -> sqlx::Result<Vec<String>> {
    let Some(role) = request.role() else { return Ok(Vec::new()) };
    let mut taken = request::voter_emails(&mut &*reader, request.id).await?;
    taken.push(request.staff_email.clone());
    let people: Vec<(StaffId, String, String, String)> = reader
        .query(sql!(
            "select s.id, s.name, s.roles, s.email from staff s where s.id <> $1 and ",
            can_decide!(),
            " order by s.name, s.id limit 200"
        ))
        .bind(request.staff_id)
        .all()
        .await?;
    let can = |(id, _, roles, email): &(StaffId, String, String, String)| {
        let is_about_them = request.target_kind == "staff" && request.target_id == id.to_string();
        Roles::parse(roles).any_of(&[role])
            && !is_about_them
            && !taken.iter().any(|other| is_same_mailbox(other, email))
    };
    Ok(people.into_iter().filter(can).map(|(_, name, ..)| name).take(MOST_NAMED).collect())
}
