//! What a change does to its target, in the words of the schema.

use crate::{
    alerts::silence::end::EndSilence,
    batches::pause::PauseJob,
    detection::close::CloseSuspicion,
    exports::create::CreateExport,
    gate::{Change as _, audit::Entry},
    levers::{close::CloseKind, open::OpenKind},
    staff::{invitation::AcceptInvitation, status::SetStaffStatus},
    users::status::SetUserStatus,
    ways::prove::ProveWay,
};
use serde_json::Value;

/// The kind of change that says that a report was written on the host.
const WRITE_REPORT: &str = "reviews.write";

/// What is done to an entity, in the numbers of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    Create = 1,
    Read = 2,
    Update = 3,
    Delete = 4,
    Unenroll = 7,
    Enable = 8,
    Disable = 9,
    Activate = 10,
    Suspend = 12,
    Resume = 13,
    Other = 99,
}

impl Activity {
    pub(super) fn caption(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Read => "Read",
            Self::Update => "Update",
            Self::Delete => "Delete",
            Self::Unenroll => "Unenroll",
            Self::Enable => "Enable",
            Self::Disable => "Disable",
            Self::Activate => "Activate",
            Self::Suspend => "Suspend",
            Self::Resume => "Resume",
            Self::Other => "Other",
        }
    }
}

/// Goes by the whole action where its verb is used of several things, and by the verb otherwise. A kind of change that is not here is
/// `Other`, which the schema allows, under its own name.
pub(super) fn activity_of(entry: &Entry) -> Activity {
    let after = |field: &str| entry.after.get(field);
    match entry.action.as_str() {
        // It makes a file, and what it does is to read the log.
        CreateExport::KIND | WRITE_REPORT => return Activity::Read,
        SetUserStatus::KIND => match after("status").and_then(Value::as_str) {
            Some("suspended") => return Activity::Suspend,
            Some("active") => return Activity::Resume,
            _ => return Activity::Update,
        },
        SetStaffStatus::KIND => match after("active").and_then(Value::as_bool) {
            Some(true) => return Activity::Enable,
            Some(false) => return Activity::Disable,
            None => return Activity::Update,
        },
        PauseJob::KIND => match after("paused_until_at") {
            Some(Value::Null) => return Activity::Resume,
            Some(_) => return Activity::Suspend,
            None => return Activity::Update,
        },
        CloseKind::KIND => return Activity::Disable,
        CloseSuspicion::KIND => return Activity::Update,
        OpenKind::KIND => return Activity::Enable,
        EndSilence::KIND => return Activity::Delete,
        AcceptInvitation::KIND | ProveWay::KIND => return Activity::Activate,
        _ => {}
    }
    let verb = entry.action.rsplit_once('.').map_or("", |(_, verb)| verb);
    match verb {
        "add" | "begin" | "create" | "invite" | "load" | "load-batches" | "load-orders" | "open" | "record" => {
            Activity::Create
        }
        "download" | "export" | "look" | "read" | "reveal" | "search" | "show" | "view" => Activity::Read,
        "purge" | "remove" | "retire" | "revoke" => Activity::Delete,
        "reset-second-factor" => Activity::Unenroll,
        verb if UPDATES.split(' ').any(|known| known == verb) => Activity::Update,
        _ => Activity::Other,
    }
}

/// Verbs after which the target is the same thing in another state.
pub(super) const UPDATES: &str = "accept-normal acknowledge add-action adjust advance approve authenticator cancel change confirm continue \
    define dismiss edit end-key-rotation end-received end-sessions expire finish finish-action flag give-up \
    hold-time issue-link key lead lose miss networks note override password pause preferences \
    recover-authenticator recovery-codes refund reject remove-override reopen report report-unfit rerun \
    reseal-authenticator resolve retry roles rotate-key run seal seal-postmortem send-again set-place settle ship sign \
    status swap take-over test withdraw";
