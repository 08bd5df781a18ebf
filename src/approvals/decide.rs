//! What approving a request and rejecting one have in common: who may, and their vote.

use super::request::{self, Request, State};
use crate::{
    approvals::{APPROVAL_DECIDED, APPROVAL_ROLE},
    can_decide,
    clock::Instant,
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

/// The person who would decide.
pub(super) struct Decider<'a> {
    pub(super) id: Option<StaffId>,
    pub(super) email: &'a str,
    /// Whether they have the role that decides about the request.
    pub(super) has_role: bool,
    /// Whether the change is about their own account, here or at the shop.
    pub(super) is_about_them: bool,
}

impl Request {
    /// Whether this person may decide about it at `now`; `voters` have decided already. The gate asks it, and so does every
    /// page that offers to decide.
    pub(super) fn decidable(&self, by: &Decider<'_>, voters: &[String], now: Instant) -> Result<(), Fault> {
        if self.state == State::Expired || self.has_run_out(now) {
            return Err(Fault::conflict(APPROVAL_EXPIRED));
        }
        if !self.state.is_open() {
            return Err(Fault::conflict(APPROVAL_DECIDED));
        }
        if by.id == Some(self.staff_id) {
            return Err(Fault::forbidden(APPROVAL_OWN));
        }
        if !by.has_role {
            return Err(Fault::forbidden(APPROVAL_ROLE));
        }
        if is_same_mailbox(by.email, &self.staff_email) {
            return Err(Fault::forbidden(APPROVAL_OWN));
        }
        if voters.iter().any(|voter| is_same_mailbox(voter, by.email)) {
            return Err(Fault::conflict(APPROVAL_SEAT));
        }
        if by.is_about_them { Err(Fault::forbidden(APPROVAL_ABOUT_YOU)) } else { Ok(()) }
    }
}

/// Refuses a decision about a request that is no longer open, or is not for this person.
pub(super) async fn check_decidable(tx: &mut Tx<'_>, request: &Request) -> Result<(), Fault> {
    let email = tx.email().await?;
    let voters = request::voter_emails(tx, request.id).await?;
    let is_about_them = match request.change(tx.catalog()) {
        Some(change) => tx.is_about_decider(change.as_ref()).await?,
        None => false,
    };
    let has_role = request.role().is_some_and(|role| tx.is_for(&[role]));
    request.decidable(&Decider { id: tx.staff(), email: &email, has_role, is_about_them }, &voters, tx.now())
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
