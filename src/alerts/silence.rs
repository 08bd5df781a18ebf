//! Silences: for a time nothing is told of a kind of alert, of a job, or over a channel. Alerts open, go on and end meanwhile, and
//! pages show them. What is still open when a silence ends is told then.

pub(crate) mod begin;
pub(crate) mod end;
pub(crate) mod header;
pub(crate) mod list;
pub(crate) mod record;

use crate::{
    gate::{Ahead, Target},
    web::panel::Entry,
};
use chrono::TimeDelta;
use record::Scope;

crate::gate::refusal_words! {
    /// There is no such silence.
    pub(crate) SILENCE = "silence";
    /// The silence is over.
    pub(crate) SILENCE_OVER = "silence-over";
    /// A silence of the same thing lasts as long, or longer.
    pub(crate) SILENCE_ALREADY = "silence-already";
    /// There is no such kind of alert, job or channel.
    pub(crate) SILENCE_OF = "silence-of";
    /// The end is no time, or none ahead.
    pub(crate) SILENCE_PAST = "silence-past";
    /// The silence would last too long.
    pub(crate) SILENCE_LONG = "silence-long";
}

/// What is proposed.
const USUAL: TimeDelta = TimeDelta::hours(24);
/// One that lasts longer is forgotten.
const LASTS: Ahead =
    Ahead { least: TimeDelta::minutes(1), most: TimeDelta::days(7), past: SILENCE_PAST, long: SILENCE_LONG };

/// What can be done beside the list.
const PANELS: &[Entry<list::Silences>] = &[Entry::of::<begin::BeginPanel>(), Entry::of::<end::EndPanel>()];

/// A silence is named by what is silenced and not by its row: a row of the log is then read without looking anything up.
fn target(scope: Scope, name: &str) -> Target {
    Target::new("silence", format!("{}:{name}", scope.as_str()))
}
