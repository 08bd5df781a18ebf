//! Policies as the configuration declares them.

use crate::{
    alerts::record::Alert,
    notify::{Severity, route::Route},
};
use chrono::TimeDelta;
use std::{fmt, sync::Arc};

/// What passes between two rounds at least.
const PAUSE: TimeDelta = TimeDelta::minutes(5);

/// `[[escalation]]`
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub name: String,
    /// The kinds and jobs whose alerts it takes. It leads to no channel by itself.
    pub takes: Route,
    /// How bad an alert has to be.
    pub severity: Severity,
    pub steps: Vec<PolicyStep>,
    /// How often it begins again after the last step.
    pub repeat: usize,
}

/// One step of a policy.
#[derive(Clone, Debug)]
pub(crate) struct PolicyStep {
    /// Since the step before, or since the alert for the first one.
    pub after: TimeDelta,
    pub to: To,
}

/// Who is called in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// The person on duty in a rota.
    Rota(String),
    /// Those who get messages over a channel.
    Channel(String),
}

impl To {
    const ROTA: &'static str = "rota:";
    const CHANNEL: &'static str = "channel:";

    /// As it is stored: `rota:first`, and as pages read it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let rota = text.strip_prefix(Self::ROTA).map(|name| Self::Rota(name.to_owned()));
        rota.or_else(|| text.strip_prefix(Self::CHANNEL).map(|name| Self::Channel(name.to_owned())))
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rota(name) => write!(f, "{}{name}", Self::ROTA),
            Self::Channel(name) => write!(f, "{}{name}", Self::CHANNEL),
        }
    }
}

impl Policy {
    fn takes(&self, alert: &Alert) -> bool {
        alert.severity >= self.severity && self.takes.takes(alert.kind.as_str(), alert.job())
    }

    /// What passes between the last step and the next round: as long as the longest wait between two steps.
    pub(crate) fn pause(&self) -> TimeDelta {
        self.steps.iter().map(|step| step.after).max().unwrap_or_default().max(PAUSE)
    }

    /// `batches 2/3`, as messages say by what a person is called.
    pub(crate) fn place(&self, step: usize) -> String {
        format!("{} {}/{}", self.name, step.saturating_add(1), self.steps.len())
    }

    /// The rotas that it names.
    pub(crate) fn rotas(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.to {
            To::Rota(name) => Some(name.as_str()),
            To::Channel(_) => None,
        })
    }
}

/// All policies, in the order in which they are declared.
#[derive(Clone, Debug, Default)]
pub struct Policies(Arc<Vec<Policy>>);

impl Policies {
    pub(crate) fn new(policies: Vec<Policy>) -> Self {
        Self(Arc::new(policies))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.0.iter()
    }

    /// The first that takes an alert.
    pub(crate) fn of(&self, alert: &Alert) -> Option<&Policy> {
        self.iter().find(|policy| policy.takes(alert))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Policy> {
        self.iter().find(|policy| policy.name == name)
    }
}
