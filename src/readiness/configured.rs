//! What the configuration says, as far as readiness depends on it.

use crate::{
    alerts::kind::AlertKind,
    batches::definition::Definition,
    config::Config,
    evidence::ship::target::Target,
    notify::{Channels, Severity},
    profile::Profile,
};
use ipnet::IpNet;

/// What the configuration says.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    pub profile: Profile,
    pub is_plain_http: bool,
    pub metrics: bool,
    pub heartbeats: Vec<String>,
    /// Where checkpoints of the log go.
    pub targets: Vec<String>,
    pub jobs: Vec<Job>,
    pub networks: Vec<IpNet>,
    pub rules: usize,
    pub channels: Channels,
    /// The critical kinds of alerts that lead to no channel that reaches a person.
    pub untold: Vec<&'static str>,
}

/// A declared job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub name: String,
    pub has_owner: bool,
    pub has_runbook: bool,
    /// Whether each critical alert of it leads to a channel that reaches a person.
    pub is_told: bool,
}

impl Configured {
    pub(crate) fn of(config: &Config) -> Self {
        let channels = &config.channels;
        Self {
            profile: config.profile,
            is_plain_http: config.is_plain_http(),
            metrics: config.metrics.is_open(),
            heartbeats: config.heartbeats.iter().map(|heartbeat| heartbeat.name().to_owned()).collect(),
            targets: config.shipping.targets.iter().map(Target::name).collect(),
            jobs: config.batches.jobs.iter().map(|job| Job::of(job, channels)).collect(),
            networks: config.allowed_networks.iter().copied().collect(),
            rules: config.policies.iter().count(),
            channels: channels.clone(),
            untold: critical().filter(|kind| !reaches_a_person(channels, *kind, None)).map(AlertKind::as_str).collect(),
        }
    }
}

impl Job {
    fn of(job: &Definition, channels: &Channels) -> Self {
        let mut of_jobs = critical().filter(|kind| kind.job("any").is_some());
        Self {
            name: job.name.clone(),
            has_owner: !job.owner.trim().is_empty(),
            has_runbook: job.runbook.is_some(),
            is_told: of_jobs.all(|kind| reaches_a_person(channels, kind, Some(&job.name))),
        }
    }
}

fn critical() -> impl Iterator<Item = AlertKind> {
    AlertKind::ALL.iter().copied().filter(|kind| kind.severity() == Severity::Critical)
}

/// Whether an alert is told over a channel that is used here and that a person looks at. What a channel of its own fails is told by
/// all others.
fn reaches_a_person(channels: &Channels, kind: AlertKind, job: Option<&str>) -> bool {
    let told = channels.told_of(kind.as_str(), job);
    channels
        .iter()
        .filter(|channel| channel.is_on && channel.receiver.reaches_a_person())
        .any(|channel| kind == AlertKind::ChannelFailing || told.iter().any(|to| to.channel == channel.name))
}
