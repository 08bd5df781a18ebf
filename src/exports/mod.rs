//! Files of rows of the log and of access records, for people outside the console: asked for with a sealed change, recorded before the first byte is sent, and
//! closed in the log after the last one.

mod bundle;
mod count;
pub(crate) mod create;
mod csv;
pub(crate) mod file;
pub(crate) mod finish;
pub(crate) mod format;
pub(crate) mod holds;
pub(crate) mod host;
pub(crate) mod list;
mod naming;
mod ocsf;
pub(crate) mod record;
mod records;
mod rows;
mod selection;
pub(crate) mod sending;
pub(crate) mod show;
pub(crate) mod size;
mod source;
pub(crate) mod typed;

pub(crate) use self::holds::Holds;
use crate::{
    gate::{Role, Target},
    id::ExportId,
    web::panel::Entry,
};

crate::gate::refusal_words! {
    /// No row fits.
    pub(crate) EXPORT_EMPTY = "export-empty";
    /// The rows are not those of this log.
    pub(crate) EXPORT_RANGE = "export-range";
    /// No checkpoint of the log was signed, and a bundle needs one.
    pub(crate) EXPORT_UNSIGNED = "export-unsigned";
    /// A bundle of rows that fit a filter has a receipt for each row, and these are too many.
    pub(crate) EXPORT_RECEIPTS = "export-receipts";
    /// The file is not being sent any more.
    pub(crate) EXPORT_STATE = "export-state";
}

crate::gate::topics! {
    /// A person asked for a file of rows of the log.
    pub(crate) EXPORTS_CREATED = "exports.created";
}

/// Who takes rows of the log out of the console.
pub(crate) const EXPORTS: &[Role] = &[Role::Auditor, Role::Owner];

/// What a file is for; their names are under `export-purpose.`
pub(crate) const PURPOSES: [&str; 5] = ["audit", "investigation", "authority", "data-subject", "archive"];

/// A file about more persons than this waits for a second person, unless the rules say otherwise.
pub(crate) const MANY_PERSONS: i64 = 1_000;

/// The most rows of a bundle with a filter, which has a file for each.
pub(crate) const MANY_RECEIPTS: i64 = 100_000;

/// What can be done beside the list of exports.
const PANELS: &[Entry<list::Exports>] = &[Entry::of::<create::CreatePanel>()];

/// An export as the target of a change.
pub(crate) fn target(id: ExportId) -> Target {
    Target::new("export", id)
}
