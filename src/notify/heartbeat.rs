//! Where the console's signs of life go: services such as healthchecks or Dead Man's Snitch, which tell people where they stop.

use super::post::Address;
use std::{fmt, time::Duration};

/// `[[heartbeat]]`
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub(crate) name: String,
    pub(crate) url: Address,
    /// Between two calls.
    pub(crate) every: Duration,
    /// How long background work may take before it counts as stopped.
    pub(crate) patience: Duration,
}

impl Heartbeat {
    /// One that is called every minute.
    pub(crate) fn new(name: String, url: Address) -> Self {
        Self { name, url, every: Duration::from_mins(1), patience: Duration::from_mins(2) }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The same at other times.
    #[must_use]
    pub fn with_times(self, every: Duration, patience: Duration) -> Self {
        Self { every, patience, ..self }
    }
}

impl fmt::Display for Heartbeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: calls {} every {} seconds", self.name, self.url.host(), self.every.as_secs())
    }
}
