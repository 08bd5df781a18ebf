//! The page of one job.

use super::{
    bars::Bars,
    baseline::Baseline,
    definition::{Definition, Kind},
    panels::Panel,
    record::{Job, Run},
    schedule::Schedule,
    show_pages::Event,
};
use crate::{
    approvals::Request,
    clock::Instant,
    web::{format, shell::Shell},
};
use askama::Template;

/// `GET /batches/{job}`
#[derive(Debug, Template)]
#[template(path = "batches/job.html")]
pub struct JobPage {
    pub shell: Shell,
    pub job: Job,
    pub definition: Definition,
    /// What is normal for it now.
    pub normal: Baseline,
    /// The next times that its schedule names.
    pub next: Vec<Instant>,
    pub may_act: bool,
    /// The newest first.
    pub recent: Vec<Run>,
    pub events: Vec<Event>,
    /// Runs of it that wait for a second person.
    pub waiting: Vec<Request>,
    pub panel: Option<Panel>,
}

impl JobPage {
    pub fn href(&self) -> String {
        format!("/batches/{}", self.job.name)
    }

    pub fn action(&self, noun: &str) -> String {
        format!("/batches/{}/{noun}", self.job.name)
    }

    pub fn took_by(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }

    pub fn is_open(&self, panel: &str) -> bool {
        self.panel.as_ref().is_some_and(|open| open.name() == panel)
    }

    pub fn has_side(&self) -> bool {
        self.panel.is_some()
    }

    pub fn is_paused(&self) -> bool {
        self.job.is_paused(self.shell.now)
    }

    pub fn is_external(&self) -> bool {
        self.definition.kind() == Kind::External
    }

    pub fn bars(&self) -> Bars {
        Bars::of_runs(&self.recent, self.shell.now)
    }

    /// A tick as the schedule's own zone has it: `2026-11-21 02:30 KST`.
    pub fn local(&self, at: &Instant) -> String {
        let zone = self.definition.schedule.as_ref().and_then(Schedule::zone).unwrap_or(self.shell.zone);
        let second = format::second(*at, zone);
        format!("{} {}", second.get(..16).unwrap_or(&second), format::zone_name(*at, zone))
    }

    pub fn utc(&self, at: &Instant) -> String {
        let second = format::second(*at, chrono_tz::UTC);
        format!("{} UTC", second.get(..16).unwrap_or(&second))
    }

    /// What runs, as one line.
    pub fn what(&self) -> String {
        match &self.definition.url {
            Some(url) => url.clone(),
            None => self.definition.command.join(" "),
        }
    }

    pub fn runs_href(&self) -> String {
        format!("/runs?job={}", self.job.name)
    }

    pub fn role_names(&self) -> String {
        let names: Vec<&str> =
            self.definition.roles.iter().map(|role| self.shell.name("role", role.as_str())).collect();
        names.join(", ")
    }

    pub fn seconds(&self, seconds: &u32) -> String {
        format::span(i64::from(*seconds), self.shell.words)
    }
}
