//! Customers: finding them, looking at them, their points, suspending them.

pub mod adjust;
pub(crate) mod contact;
pub(crate) mod customer;
pub mod find;
pub(crate) mod index;
pub(crate) mod ledger;
pub(crate) mod list;
pub(crate) mod list_page;
pub(crate) mod names;
pub(crate) mod note;
pub(crate) mod reindex;
pub(crate) mod search;
pub(crate) mod show;
pub mod status;
pub mod take_over;
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
