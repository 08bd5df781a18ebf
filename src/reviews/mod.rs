//! Reports about the access records and the log of a period, as Korean law wants them handed over: read from what there is, signed with a
//! sealed change that holds their hash, and kept as they were signed.

mod findings;
mod integrity;
mod lines;
pub(crate) mod list;
mod lists;
mod people;
mod period;
pub(crate) mod record;
pub(crate) mod report;
mod retention;
pub(crate) mod show;
pub(crate) mod sign;
pub(crate) mod signed;
pub(crate) mod view;
pub(crate) mod write;

use crate::{
    gate::{Role, Target},
    web::panel::Entry,
};
pub(crate) use period::Period;

crate::gate::refusal_words! {
    /// The period has not ended, or is none of this log.
    pub(crate) REVIEW_OPEN = "review-open";
    /// The report is not the one that was read: something of the period has changed or come since.
    pub(crate) REVIEW_CHANGED = "review-changed";
    /// A text of a report is empty, or holds characters that cannot be printed.
    pub(crate) REVIEW_TEXT = "review-text";
    /// A text of a report is too long.
    pub(crate) REVIEW_LONG = "review-long";
}

crate::gate::topics! {
    /// A person signed the report about a period.
    pub(crate) REVIEWS_SIGNED = "reviews.signed";
}

/// Who reviews.
pub(crate) const REVIEWS: &[Role] = &[Role::Auditor, Role::Owner];

/// How a review can end; their names are under `review-result.`
pub(crate) const RESULTS: [&str; 2] = ["clear", "found"];

/// What can be done beside a report.
const PANELS: &[Entry<show::PeriodView>] = &[Entry::of::<sign::SignPanel>()];

/// The report about a period as the target of a change.
pub(crate) fn target(period: Period) -> Target {
    Target::new("review", period)
}
