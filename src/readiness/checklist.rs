//! The checklists and how each of their lines is judged.

use super::{configured::Configured, proven::Proven};
use crate::{allowlist::net::is_wide, clock::Instant, gate::Role, notify::health::Health, web::words::Words};
use chrono::TimeDelta;
use std::fmt;

/// How old the last verification of the log may be.
const VERIFIED: TimeDelta = TimeDelta::days(2);
/// How old the last checkpoint may be.
const SIGNED: TimeDelta = TimeDelta::days(2);
/// How long ago a channel may have taken its last message.
const PROVEN: TimeDelta = TimeDelta::days(30);
/// How old a failure may be that no person has seen to.
const FAILURE: TimeDelta = TimeDelta::days(1);

/// Where a line has nothing more to say.
const NOTHING: [Detail; 0] = [];

/// One of the four lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checklist {
    pub name: &'static str,
    pub lines: Vec<Line>,
}

/// A line of a list: what is to be so, whether it is, and for what it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub name: &'static str,
    pub is_so: bool,
    /// Of what it is said; empty where there is nothing more to say.
    pub detail: Vec<Detail>,
}

/// Something of which a line is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The name of a job or a channel, or how many there are.
    Name(String),
    /// A kind of alert.
    Kind(&'static str),
    At(Instant),
    /// A time in which no person is on duty.
    Gap {
        rota: String,
        from: Instant,
        until: Instant,
    },
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Kind(kind) => f.write_str(kind),
            Self::At(at) => at.fmt(f),
            Self::Gap { rota, from, until } => write!(f, "{rota} {from} to {until}"),
        }
    }
}

impl From<String> for Detail {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl From<Instant> for Detail {
    fn from(at: Instant) -> Self {
        Self::At(at)
    }
}

impl Checklist {
    pub(crate) fn is_done(&self) -> bool {
        self.lines.iter().all(|line| line.is_so)
    }
}

impl Line {
    /// So where nothing is against it.
    fn without(name: &'static str, against: impl IntoIterator<Item = impl Into<Detail>>) -> Self {
        let detail: Vec<Detail> = against.into_iter().map(Into::into).collect();
        Self { name, is_so: detail.is_empty(), detail }
    }

    /// So or not, with what there is to say in both cases.
    fn so(name: &'static str, is_so: bool, detail: impl IntoIterator<Item = impl Into<Detail>>) -> Self {
        Self { name, is_so, detail: detail.into_iter().map(Into::into).collect() }
    }

    /// What is to be so.
    pub(crate) fn demand(&self, words: Words) -> String {
        words.get(&format!("readiness-line.{}", self.name)).to_owned()
    }

    /// What to do where it is not.
    pub(crate) fn remedy(&self, words: Words) -> Option<String> {
        (!self.is_so).then(|| words.get(&format!("readiness-remedy.{}", self.name)).to_owned())
    }
}

/// All four lists at `now`.
pub(crate) fn judge(configured: &Configured, proven: &Proven, now: Instant) -> Vec<Checklist> {
    vec![
        Checklist { name: "deployment", lines: deployment(configured, proven, now) },
        Checklist { name: "batches", lines: batches(configured, proven, now) },
        Checklist { name: "admin", lines: admin(configured, proven) },
        Checklist { name: "monitoring", lines: monitoring(configured, proven, now) },
    ]
}

fn deployment(configured: &Configured, proven: &Proven, now: Instant) -> Vec<Line> {
    let is_verified = !proven.is_unfit && proven.verified_at.is_some_and(|at| now.since(at) <= VERIFIED);
    let is_signed = !proven.is_unsigned && proven.signed_at.is_some_and(|at| now.since(at) <= SIGNED);
    let is_shipped = !configured.targets.is_empty() && proven.late.is_empty();
    vec![
        Line::so("production", configured.profile.is_production(), [configured.profile.as_str().to_owned()]),
        Line::so("encrypted", !configured.is_plain_http, NOTHING),
        Line::so("verified", is_verified, proven.verified_at),
        Line::so("signed", is_signed, proven.signed_at),
        Line::so("shipped", is_shipped, if is_shipped { configured.targets.clone() } else { proven.late.clone() }),
        Line::so("clock", !proven.is_ahead, NOTHING),
        Line::so("metrics", configured.metrics, NOTHING),
        Line::so("heartbeat", !configured.heartbeats.is_empty(), configured.heartbeats.clone()),
    ]
}

fn batches(configured: &Configured, proven: &Proven, now: Instant) -> Vec<Line> {
    let jobs = |is_against: fn(&super::configured::Job) -> bool| -> Vec<String> {
        configured.jobs.iter().filter(|job| is_against(job)).map(|job| job.name.clone()).collect()
    };
    let old = proven.oldest_failure.filter(|at| now.since(*at) > FAILURE);
    vec![
        Line::without("owner", jobs(|job| !job.has_owner)),
        Line::without("baseline", proven.without_baseline.clone()),
        Line::without("route", jobs(|job| !job.is_told)),
        Line::without("runbook", jobs(|job| !job.has_runbook)),
        Line::without("failures", old),
    ]
}

fn admin(configured: &Configured, proven: &Proven) -> Vec<Line> {
    let able = |role| proven.staff.iter().filter(|member| member.can_act_as(role)).count();
    let unable = proven.staff.iter().filter(|member| !member.is_able).count();
    let networks = || configured.networks.iter().chain(&proven.networks);
    let wide: Vec<String> = networks().filter(|net| is_wide(**net)).map(ToString::to_string).collect();
    vec![
        Line::so("owners", able(Role::Owner) > 1, [able(Role::Owner).to_string()]),
        Line::so("approvers", able(Role::Approver) > 0, [able(Role::Approver).to_string()]),
        Line::so("second-factor", unable == 0, (unable > 0).then(|| unable.to_string())),
        Line::without("networks", wide),
        Line::so("rules", configured.rules > 0, [configured.rules.to_string()]),
    ]
}

fn monitoring(configured: &Configured, proven: &Proven, now: Instant) -> Vec<Line> {
    let used = || configured.channels.iter().filter(|channel| channel.is_on);
    let health = |name: &str| proven.channels.iter().find(|channel| channel.name == name);
    let is_proven =
        |name: &str| health(name).and_then(|channel| channel.proven_at).is_some_and(|at| now.since(at) <= PROVEN);
    // Each person proves their own address in it.
    let is_personal = |name: &str| health(name).is_some_and(Health::is_personal);
    let fails = |name: &str| health(name).is_some_and(|channel| channel.failing_since.is_some());
    let names = |is_against: &dyn Fn(&str) -> bool| -> Vec<String> {
        used().filter(|channel| is_against(&channel.name)).map(|channel| channel.name.clone()).collect()
    };
    let another = used().filter(|channel| channel.receiver.takes_alerts()).count() > 1;
    let gaps = proven.duty.gaps.iter().cloned().map(|(rota, from, until)| Detail::Gap { rota, from, until });
    vec![
        Line::without("critical", configured.untold.iter().map(|kind| Detail::Kind(kind))),
        Line::so("another", another, NOTHING),
        Line::without("proven", names(&|name| !is_proven(name) && !is_personal(name))),
        Line::without("working", names(&fails)),
        Line::so("on-duty", proven.duty.is_any && proven.duty.gaps.is_empty(), gaps),
        Line::without("reachable", proven.duty.unreachable.clone()),
    ]
}

#[cfg(test)]
#[path = "checklist/tests.rs"]
mod tests;
