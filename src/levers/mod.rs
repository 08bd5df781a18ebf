//! Levers: a person closes a kind of change for everybody until a time, where something is wrong and must not grow. The gate refuses
//! such changes ([`crate::gate::lever`]); here is who closes and opens them, and the page.

pub(crate) mod close;
pub(crate) mod list;
pub(crate) mod open;
pub(crate) mod record;

use crate::{
    gate::{Ahead, Target},
    web::panel::Entry,
};
use chrono::TimeDelta;

crate::gate::refusal_words! {
    /// There is no such lever.
    pub(crate) LEVER = "lever";
    /// The kind is open: its end has come, or a person opened it.
    pub(crate) LEVER_OVER = "lever-over";
    /// The kind is closed as long, or longer.
    pub(crate) LEVER_ALREADY = "lever-already";
    /// No lever can close this kind.
    pub(crate) LEVER_OF = "lever-of";
    /// The end is no time, or none ahead.
    pub(crate) LEVER_PAST = "lever-past";
    /// It would be closed too long.
    pub(crate) LEVER_LONG = "lever-long";
}

/// What is proposed.
const USUAL: TimeDelta = TimeDelta::hours(4);
/// One that is closed longer is forgotten.
const LASTS: Ahead =
    Ahead { least: TimeDelta::minutes(1), most: TimeDelta::days(7), past: LEVER_PAST, long: LEVER_LONG };

/// What can be done beside the list.
const PANELS: &[Entry<list::Levers>] = &[Entry::of::<close::ClosePanel>(), Entry::of::<open::OpenPanel>()];

/// A lever is named by the kind of change.
fn target(kind: &str) -> Target {
    Target::new("lever", kind)
}
