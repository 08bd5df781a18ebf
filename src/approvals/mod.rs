//! Changes that wait for a second person: deciding about them, withdrawing them, and what becomes of those without a
//! decision.

pub(crate) mod approve;
pub(crate) mod created;
pub(crate) mod decide;
pub(crate) mod display;
pub(crate) mod expire;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod news;
pub(crate) mod queue;
pub(crate) mod rehearsal;
pub(crate) mod reject;
pub(crate) mod request;
pub(crate) mod rule;
pub(crate) mod show;
pub(crate) mod viewer;
pub(crate) mod withdraw;

pub(crate) use request::Request;

use crate::{gate::Target, id::RequestId, web::panel::Entry};

crate::gate::refusal_words! {
    /// The request is decided already.
    pub(crate) APPROVAL_DECIDED = "approval-decided";
    /// The decider has no role that may decide about this request.
    pub(crate) APPROVAL_ROLE = "approval-role";
}

/// What can be done beside the page of a request.
const PANELS: &[Entry<show::RequestView>] =
    &[Entry::of::<approve::ApprovePanel>(), Entry::of::<reject::RejectPanel>(), Entry::of::<withdraw::WithdrawPanel>()];

/// A request as the target of a decision.
pub(crate) fn target(id: RequestId) -> Target {
    Target::new("approval", id)
}
