//! What a person has to do with a request.

use super::{Request, decide::Decider};
use crate::{
    clock::Instant,
    gate::is_same_mailbox,
    web::{Desk, session::Visitor},
};

/// What the reader has to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ViewerPart {
    /// They asked for the change.
    Yours,
    /// They may decide.
    YourTurn,
    /// They have decided already.
    YouVoted,
    /// People of another role decide.
    Others,
}

impl ViewerPart {
    /// `voters` are the e-mails of those who have decided already.
    pub(super) fn of(person: &Visitor, request: &Request, voters: &[String], now: Instant) -> Self {
        let is_about_them = request.target_kind == "staff" && request.target_id == person.id.to_string()
            || request.contact.as_deref().is_some_and(|contact| is_same_mailbox(contact, &person.email));
        let has_role = request.role().is_some_and(|role| person.roles.any_of(&[role]));
        let decider = Decider { id: Some(person.id), email: &person.email, has_role, is_about_them };
        if person.id == request.staff_id {
            Self::Yours
        } else if voters.iter().any(|voter| is_same_mailbox(voter, &person.email)) {
            Self::YouVoted
        } else if request.decidable(&decider, voters, now).is_ok() {
            Self::YourTurn
        } else {
            Self::Others
        }
    }
}

/// Whether this person may look at a request at all.
pub(super) fn may_see(desk: &Desk, request: &Request) -> bool {
    request.is_for(desk.person().id, &desk.person().roles)
}
