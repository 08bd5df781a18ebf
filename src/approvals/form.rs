//! What the forms about a request have in common.

use super::{Request, rehearsal::Rehearsal, show::RequestView};
use crate::web::{
    Desk,
    panel::Opening,
    shell::{Shell, seal::SealForm},
};
use askama::Template;

/// What such a form shows beside its reason.
#[derive(Clone, Debug, Default)]
pub(crate) struct FormState {
    pub(crate) rehearsal: Rehearsal,
    /// Whether the reader asked for this panel, and so wants to type.
    pub(crate) is_asked: bool,
}

impl FormState {
    pub(super) async fn open(desk: &Desk, on: &RequestView, opening: Opening<'_>) -> Self {
        Self { rehearsal: on.rehearsal(desk).await.clone(), is_asked: matches!(opening, Opening::Requested) }
    }

    pub(super) fn is_focused(&self, seal: &SealForm) -> bool {
        self.is_asked && seal.refusal.is_none()
    }
}

/// The seal over a request, beside the seal of the person who made it.
pub(super) fn beside_theirs(seal: SealForm, request: &Request) -> SealForm {
    SealForm { requester: Some((request.staff_name.clone(), request.at)), ..seal }
}

/// A decision is nothing but a reason.
#[derive(Template)]
#[template(path = "approvals/form.html")]
pub(super) struct DecisionForm<'a> {
    pub(super) shell: &'a Shell,
    pub(super) request: &'a Request,
    pub(super) rehearsal: &'a Rehearsal,
    pub(super) seal: &'a SealForm,
    pub(super) title: &'static str,
    pub(super) button: String,
    pub(super) is_danger: bool,
    pub(super) fine: &'static str,
    pub(super) hint: &'static str,
    pub(super) is_focused: bool,
}

impl DecisionForm<'_> {
    /// What can be decided may still be made.
    #[expect(clippy::unused_self, reason = "a template calls it as a method")]
    fn is_void(&self) -> bool {
        false
    }
}
