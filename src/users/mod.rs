//! Customers: finding them, looking at them, their points, suspending them.

pub mod adjust;
pub mod contact;
pub mod customer;
pub mod find;
pub mod ledger;
pub mod list;
pub mod list_page;
pub mod note;
pub mod reindex;
pub mod search;
pub mod show;
pub mod status;
pub mod term;

pub(crate) use crate::customer::{contact_of, lock_version, target};
use crate::web::panel::Entry;

/// What can be done beside a customer's page.
const PANELS: &[Entry<find::CustomerRow>] = &[
    Entry::of::<adjust::AdjustPanel>(),
    Entry::of::<status::StatusPanel>(),
    Entry::of::<note::NotePanel>(),
    contact::PANEL,
];
