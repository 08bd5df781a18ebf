//! Incidents: what went wrong, worked on in five steps, with a timeline that fills itself and a postmortem that is sealed.
//!
//! The steps go forward only ([`step`]); going back is a change of its own, and an entry. What other slices know of an incident is
//! collected from their tables by the worker ([`collect`]), so that nothing has to be told here and nothing is lost while no worker
//! runs. What people do here is written into the timeline by the change itself.

pub(crate) mod action;
pub(crate) mod advance;
pub(crate) mod collect;
pub(crate) mod edit;
pub(crate) mod lead;
pub(crate) mod list;
pub(crate) mod markdown;
pub(crate) mod note;
pub(crate) mod open;
pub(crate) mod postmortem;
pub(crate) mod record;
pub(crate) mod remind;
pub(crate) mod reopen;
pub(crate) mod severity;
pub(crate) mod show;
pub(crate) mod step;
mod text;
pub(crate) mod timeline;
pub(crate) mod times;

use crate::{
    gate::{Fault, Role, Target},
    id::{IncidentId, StaffId},
    web::{
        Desk,
        panel::{Entry, Unread},
        refused::field_errors,
        shell::field::{FieldErrors, wrong},
    },
};

crate::gate::refusal_words! {
    /// There is no such incident.
    pub(crate) INCIDENT = "incident";
    /// It is not at the step before the one that was to be passed.
    pub(crate) INCIDENT_STEP = "incident-step";
    /// It is not over, so there is nothing to reopen and no postmortem to write.
    pub(crate) INCIDENT_OPEN = "incident-open";
    /// An incident that is open was opened from the same alert before.
    pub(crate) INCIDENT_ALREADY = "incident-already";
    /// The alert is not there.
    pub(crate) INCIDENT_ALERT = "incident-alert";
    /// A text is empty, or holds characters that cannot be printed.
    pub(crate) INCIDENT_TEXT = "incident-text";
    /// A text is too long.
    pub(crate) INCIDENT_LONG = "incident-long";
    /// The person does not work on incidents.
    pub(crate) INCIDENT_PERSON = "incident-person";
    /// The person leads already.
    pub(crate) INCIDENT_LEADS = "incident-leads";
    /// The recovery would be before the incident was opened.
    pub(crate) INCIDENT_RECOVERED_EARLY = "incident-recovered-early";
    /// The recovery is ahead, or no time.
    pub(crate) INCIDENT_RECOVERED_LATE = "incident-recovered-late";
    /// No postmortem is sealed.
    pub(crate) INCIDENT_POSTMORTEM = "incident-postmortem";
    /// There is no action, and no reason why none is needed.
    pub(crate) INCIDENT_ACTIONS = "incident-actions";
    /// Nothing was altered.
    pub(crate) INCIDENT_SAME = "incident-same";
    /// There is no such action.
    pub(crate) INCIDENT_ACTION = "incident-action";
    /// The action is done already.
    pub(crate) INCIDENT_ACTION_DONE = "incident-action-done";
    /// The day is not one between today and two years from now.
    pub(crate) INCIDENT_DUE = "incident-due";
}

crate::gate::topics! {
    /// An incident was opened.
    pub(crate) INCIDENTS_OPENED = "incidents.opened";
    /// An incident passed a step, or went back to one.
    pub(crate) INCIDENTS_ADVANCED = "incidents.advanced";
    /// The postmortem of an incident was sealed.
    pub(crate) INCIDENTS_POSTMORTEM_SEALED = "incidents.postmortem-sealed";
}

/// Who works on incidents.
pub(crate) const WORKS: &[Role] = &[Role::Oncall, Role::Operator, Role::Owner];

/// What can be done beside the page of an incident.
const PANELS: &[Entry<show::IncidentView>] = &[
    Entry::of::<lead::LeadPanel>(),
    Entry::of::<advance::AdvancePanel>(),
    Entry::of::<action::AddPanel>(),
    Entry::of::<postmortem::PostmortemPanel>(),
    Entry::of::<edit::EditPanel>(),
    Entry::of::<reopen::ReopenPanel>(),
    Entry::of::<action::FinishPanel>(),
    Entry::of::<note::NotePanel>(),
];

/// What can be done beside the list of incidents.
const LIST_PANELS: &[Entry<list::Incidents>] = &[Entry::of::<open::OpenPanel>()];

/// An incident as the target of a change.
pub(crate) fn target(id: IncidentId) -> Target {
    Target::new("incident", id)
}

/// The value, or what is said at its field.
fn at_field<T>(read: Result<T, Fault>, errors: &mut FieldErrors) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(Fault::Rejected(rejection)) => {
            errors.extend(field_errors(&rejection));
            None
        }
        // What reads the database is read with `worker_at`.
        Err(Fault::Store(_)) => None,
    }
}

/// The person that was chosen at a field, or what is said there.
async fn worker_at(
    desk: &Desk,
    typed: &str,
    field: &'static str,
    errors: &mut FieldErrors,
) -> Result<Option<crate::staff::colleague::Colleague>, Unread> {
    let Ok(id) = typed.parse::<StaffId>() else {
        errors.add(field, wrong::not_a_choice());
        return Ok(None);
    };
    match record::worker(&mut desk.reader(), id, field).await {
        Err(Fault::Store(error)) => Err(Unread::Page(error.into())),
        read => Ok(at_field(read, errors)),
    }
}
