//! `[[escalation]]`: who is called about alerts, step by step.

use super::channels::{keys::check_name, route_of};
use crate::{
    escalation::{
        Policies,
        policy::{Policy, PolicyStep, To},
    },
    notify::{Channels, Severity},
};
use chrono::TimeDelta;
use serde::Deserialize;

/// Steps of a policy, and minutes between two of them.
const STEPS: usize = 20;
const LONGEST: i64 = 24 * 60;
/// How often a policy begins again where it does not say, and at most.
const REPEAT: i64 = 1;
const MOST: i64 = 9;

/// `[[escalation]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationConfig {
    name: String,
    kinds: Vec<String>,
    #[serde(default)]
    jobs: Vec<String>,
    /// The least that an alert has to be.
    severity: Option<String>,
    steps: Vec<StepConfig>,
    repeat: Option<i64>,
}

/// One step: the rota or channel that it calls, and how many minutes after the one before.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepConfig {
    after: i64,
    rota: Option<String>,
    channel: Option<String>,
}

/// The policies, or what is wrong with them.
///
/// # Errors
/// The first thing that is wrong, in one line that names the policy.
pub fn escalations(declared: &[EscalationConfig], channels: &Channels) -> Result<Policies, String> {
    let mut policies: Vec<Policy> = Vec::new();
    for config in declared {
        if policies.iter().any(|policy| policy.name == config.name) {
            return Err(format!("escalation {:?} is declared twice", config.name));
        }
        policies.push(config.policy(channels).map_err(|error| format!("escalation {:?}: {error}", config.name))?);
    }
    Ok(Policies::new(policies))
}

impl EscalationConfig {
    fn policy(&self, channels: &Channels) -> Result<Policy, String> {
        check_name(&self.name)?;
        let takes = route_of(&self.kinds, &self.jobs)?;
        let severity = match self.severity.clone() {
            None => Severity::Warning,
            Some(text) => {
                Severity::try_from(text).map_err(|_| "severity must be \"warning\" or \"critical\"".to_owned())?
            }
        };
        let repeat = self.repeat.unwrap_or(REPEAT);
        let repeat = usize::try_from(repeat).ok().filter(|_| repeat <= MOST);
        let repeat = repeat.ok_or_else(|| format!("repeat must be 0 to {MOST}"))?;
        if self.steps.is_empty() || self.steps.len() > STEPS {
            return Err(format!("steps must name 1 to {STEPS} steps"));
        }
        let steps = self.steps.iter().enumerate();
        let steps = steps.map(|(n, step)| step.step(channels).map_err(|error| format!("step {}: {error}", n + 1)));
        Ok(Policy { name: self.name.clone(), takes, severity, steps: steps.collect::<Result<_, _>>()?, repeat })
    }
}

impl StepConfig {
    fn step(&self, channels: &Channels) -> Result<PolicyStep, String> {
        if !(0..=LONGEST).contains(&self.after) {
            return Err(format!("after must be 0 to {LONGEST} minutes"));
        }
        let to = match (&self.rota, &self.channel) {
            (Some(rota), None) => {
                check_name(rota).map_err(|_| format!("{rota:?} is no name of a rota"))?;
                To::Rota(rota.clone())
            }
            (None, Some(name)) => To::Channel(channel(name, channels)?),
            _ => return Err("it must name a rota or a channel".to_owned()),
        };
        Ok(PolicyStep { after: TimeDelta::minutes(self.after), to })
    }
}

fn channel(name: &str, channels: &Channels) -> Result<String, String> {
    match channels.iter().find(|channel| channel.name == name) {
        Some(channel) if channel.receiver.takes_alerts() => Ok(name.to_owned()),
        Some(channel) if channel.receiver.personal().is_some() => {
            Err(format!("the channel {name:?} has people = true; name the rota whose person is to be called over it"))
        }
        _ => Err(format!("{name:?} is not the name of a channel that tells people")),
    }
}

#[cfg(test)]
#[path = "escalations/tests.rs"]
mod tests;
