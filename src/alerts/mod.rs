//! What is wrong: one row for each thing, from when it was noticed until it is right again.
//!
//! Nothing here is told to this slice. What is wrong is read from the tables of the other slices twice a second ([`condition`]), held
//! against what is open ([`judge`]), and the difference is written down together with the messages about it. So no alert is forgotten
//! because an event was lost, and none stays open after its cause is gone, whichever way it went.

pub(crate) mod acknowledge;
pub(crate) mod call;
pub(crate) mod condition;
pub(crate) mod judge;
pub(crate) mod kind;
pub(crate) mod list;
pub(crate) mod note;
pub(crate) mod receive;
pub(crate) mod record;
pub(crate) mod show;
pub(crate) mod silence;
mod steps;
pub(crate) mod telling;

use crate::{gate::Target, id::AlertId, web::panel::Entry};

crate::gate::refusal_words! {
    /// There is no such alert.
    pub(crate) ALERT = "alert";
    /// The alert is over.
    pub(crate) ALERT_RESOLVED = "alert-resolved";
    /// A person acknowledged the alert before.
    pub(crate) ALERT_ACKNOWLEDGED = "alert-acknowledged";
    /// The other system tells of the alert, so only it ends it.
    pub(crate) RECEIVED_HEARD = "received-heard";
}

/// What can be done beside the page of an alert.
const PANELS: &[Entry<show::AlertView>] = &[
    Entry::of::<acknowledge::AcknowledgePanel>(),
    Entry::of::<note::NotePanel>(),
    Entry::of::<receive::end::EndReceivedPanel>(),
];

/// An alert as the target of a change.
pub(crate) fn target(id: AlertId) -> Target {
    Target::new("alert", id)
}
