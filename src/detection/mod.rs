//! Detection: rules that look for what a person should explain. What they find is a suspicion: a sentence with numbers, never a score,
//! and the rows that are its evidence. It begins a question; a person closes it with a reason, and never one about themselves.
//!
//! The worker looks at what is new each hour and at the whole window each night ([`look`]). Rows are read in the order of the log, and
//! days begin where the console counts them, so that one text of SQL serves both engines and no zone is known to a database.

pub(crate) mod close;
mod evidence;
pub(crate) mod list;
mod look;
pub mod record;
pub(crate) mod report;
mod row;
pub(crate) mod rule;
mod rules;
pub(crate) mod rules_page;
pub(crate) mod run;
pub(crate) mod show;
pub(crate) mod thresholds;

pub use run::Detecting;
pub use thresholds::Thresholds;

use crate::{
    approvals::approve::Approve,
    gate::{Change as _, Role, Target},
    id::SuspicionId,
    orders::refund::RefundOrder,
    users::adjust::AdjustPoints,
    web::panel::Entry,
};

crate::gate::refusal_words! {
    /// There is no such suspicion.
    pub(crate) SUSPICION = "suspicion";
    /// A person closed it before.
    pub(crate) SUSPICION_CLOSED = "suspicion-closed";
    /// A person does not close a suspicion about themselves.
    pub(crate) SUSPICION_OWN = "suspicion-own";
    /// What was found was told of already.
    pub(crate) SUSPICIONS_TOLD = "suspicions-told";
}

crate::gate::topics! {
    /// Rules of detection found what people should explain; once a day for all that is new.
    pub(crate) SUSPICIONS_FOUND = "suspicions.found";
    /// A person closed a suspicion with a reason.
    pub(crate) SUSPICIONS_CLOSED = "suspicions.closed";
}

/// Who sees suspicions and closes them.
pub(crate) const LOOKS_INTO: &[Role] = &[Role::Auditor, Role::Owner];

/// How a suspicion ends; their names are under `suspicion-outcome.`
pub(crate) const OUTCOMES: [&str; 3] = ["explained", FALSE_ALARM, "confirmed"];
pub(crate) const FALSE_ALARM: &str = "false-alarm";

const ADJUSTS: &str = AdjustPoints::KIND;
const APPROVES: &str = Approve::KIND;
/// The kinds of change that alter points or money.
const OF_VALUE: [&str; 2] = [ADJUSTS, RefundOrder::KIND];

/// What can be done with one.
const PANELS: &[Entry<show::SuspicionView>] = &[Entry::of::<close::ClosePanel>()];

pub(crate) fn target(id: SuspicionId) -> Target {
    Target::new("suspicion", id)
}
