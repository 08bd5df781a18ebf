//! The end of something that lasts for a time, such as a silence.

use super::{Fault, RefusalWord};
use crate::clock::Instant;
use chrono::TimeDelta;

/// How far ahead the end may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    pub least: TimeDelta,
    pub most: TimeDelta,
    /// It is no time, or none that far ahead.
    pub past: RefusalWord,
    /// It is too far ahead.
    pub long: RefusalWord,
}

impl Ahead {
    /// The end, where that is a time at which it may be.
    ///
    /// # Errors
    /// A refusal at the field `until`.
    pub(crate) fn end(self, until: Option<Instant>, now: Instant) -> Result<Instant, Fault> {
        match until {
            Some(until) if until > now.plus(self.most) => Err(Fault::invalid("until", self.long)),
            Some(until) if until >= now.plus(self.least) => Ok(until),
            _ => Err(Fault::invalid("until", self.past)),
        }
    }
}
