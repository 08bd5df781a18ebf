//! What a person has to do with a request.

use super::Request;
use crate::{
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
    pub(super) fn of(person: &Visitor, request: &Request, has_voted: bool) -> Self {
        if person.id == request.staff_id {
            Self::Yours
        } else if has_voted {
            Self::YouVoted
        } else if is_same_mailbox(&person.email, &request.staff_email) {
            Self::Others
        } else if request.role().is_some_and(|role| person.roles.any_of(&[role])) {
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
