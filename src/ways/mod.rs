//! How people are reached: addresses of their own, each proven by a message with a code before it counts.
//!
//! An address is encrypted where it is stored, is shown to no person in full, and goes nowhere but to the lane that sends to it. What
//! else is written of it — deliveries, rows of the log, errors — has its number and its channel.

pub(crate) mod add;
pub(crate) mod list;
pub(crate) mod prove;
pub(crate) mod record;
pub(crate) mod remove;
pub(crate) mod reseal;

pub(crate) use record::{proven, tell, without};

use crate::web::panel::Entry;
use chrono::TimeDelta;

crate::gate::refusal_words! {
    /// There is no such way to be reached.
    pub(crate) WAY = "way";
    /// The way is proven already.
    pub(crate) WAY_PROVEN = "way-proven";
    /// The code of the way is wrong.
    pub(crate) WAY_CODE = "way-code";
    /// The code of the way is used up, ran out, or could not be sent.
    pub(crate) WAY_OVER = "way-over";
    /// The person has too many ways already.
    pub(crate) WAYS_MANY = "ways-many";
    /// There is no such channel for people any more.
    pub(crate) WAY_CHANNEL = "way-channel";
}

/// How long a code can be given.
const LASTS: TimeDelta = TimeDelta::hours(1);
/// Wrong codes after which it cannot be given any more.
const TRIES: i64 = 5;
/// Ways of one person.
const MOST: usize = 10;

/// What can be done beside the page.
const PANELS: &[Entry<list::Ways>] =
    &[Entry::of::<add::AddPanel>(), Entry::of::<prove::ProvePanel>(), Entry::of::<remove::RemovePanel>()];
