//! The page of one run.

use super::{
    bars::Bars,
    log::RunLog,
    panels::Panel,
    record::{Job, Run},
    state::State,
};
use crate::{
    approvals::Request,
    clock::Instant,
    web::shell::{Shell, Tone},
};
use askama::Template;
use chrono::TimeDelta;

/// `GET /runs/{id}`, and what its forms come back as when they are refused.
#[derive(Debug, Template)]
#[template(path = "batches/run.html")]
pub struct ShowPage {
    pub live: LivePage,
    pub job: Job,
    pub log: RunLog,
    /// What this person can do with it: names of panels.
    pub offered: Vec<&'static str>,
    pub may_act: bool,
    pub panel: Option<Panel>,
    pub events: Vec<Event>,
    /// The last runs of the job, the newest first.
    pub recent: Vec<Run>,
    /// The line of reruns it stands in, itself included.
    pub lineage: Vec<Run>,
    pub rerun: Option<i64>,
    pub runbook: Option<String>,
    /// What its parameters are called.
    pub titles: Vec<(String, String)>,
    /// Changes of it that wait for a second person.
    pub waiting: Vec<Request>,
}

/// How far a run is: what a page asks for again while it goes on.
#[derive(Debug, Template)]
#[template(path = "batches/live_alone.html")]
pub struct LivePage {
    pub shell: Shell,
    pub run: Run,
    /// Whether its process lives; none where this machine cannot tell.
    pub process: Option<bool>,
}

// The page shows what is live among the rest, and its templates ask for words and figures there.
impl std::ops::Deref for ShowPage {
    type Target = LivePage;

    fn deref(&self) -> &LivePage {
        &self.live
    }
}

/// Something that happened to a run or a job.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Event {
    pub id: i64,
    pub at: Instant,
    pub kind: String,
    pub detail: Option<String>,
    pub staff_name: String,
    /// The row of the log that tells of it, and the reason that was given.
    pub seq: Option<i64>,
    pub reason: Option<String>,
}

impl Event {
    /// What else there is to say of it, in the reader's words and time.
    pub fn more(&self, shell: &Shell) -> Option<String> {
        let detail = self.detail.as_deref()?;
        if let Ok(at) = Instant::parse(detail) {
            return Some(shell.minute(&at).shown);
        }
        match (self.kind.as_str(), detail.split_once(' ')) {
            ("missed", Some((count, due))) => {
                let due = Instant::parse(due).map_or_else(|_| due.to_owned(), |at| shell.minute(&at).shown);
                Some(shell.with("run.missed", &[("n", &count), ("at", &due)]))
            }
            ("late-report", Some((state, code))) => {
                let state = shell.name("run-state", state);
                Some(format!("{state}, {}", shell.with("run.exit-code", &[("n", &code)])))
            }
            ("late-report", None) => Some(shell.name("run-state", detail).to_owned()),
            (_, Some(("signal", n))) => Some(shell.with("run-failure.signal", &[("n", &n)])),
            _ => Some(shell.name("run-failure", detail).to_owned()),
        }
    }

    pub fn is_by_system(&self) -> bool {
        self.staff_name == "system"
    }

    pub fn tone(&self) -> Tone {
        match self.kind.as_str() {
            "failed" | "timed_out" | "lost" => Tone::Bad,
            "slow" | "late" | "low" | "missed" | "late-report" => Tone::Warn,
            "succeeded" | "finished" | "accepted" => Tone::Ok,
            _ => Tone::Mute,
        }
    }

    pub fn icon(&self) -> &'static str {
        match self.kind.as_str() {
            "succeeded" | "finished" => "check",
            "failed" | "timed_out" | "dead" => "x",
            "lost" | "slow" | "late" | "low" | "missed" | "late-report" => "alert",
            "rerun" | "requested" => "rerun",
            "cancelled" | "cancel-requested" => "ban",
            "paused" => "minus",
            "resumed" => "play",
            _ => "flag",
        }
    }
}

impl LivePage {
    pub fn goes_on(&self) -> bool {
        self.run.state.goes_on()
    }

    pub fn took(&self) -> Option<i64> {
        self.run.took(self.shell.now)
    }

    /// In percent, where it tells.
    pub fn percent(&self) -> Option<i64> {
        self.run.progress.map(|thousandths| thousandths / 10)
    }

    /// When it will have ended, going by its own progress or else by what is usual.
    pub fn expected_end(&self) -> Option<Instant> {
        let started = self.run.started_at.filter(|_| self.run.state == State::Running)?;
        let took = self.took()?;
        let whole = match self.run.progress {
            Some(progress) if progress > 20 => took.checked_mul(1000)? / progress,
            _ => self.run.baseline_ms?,
        };
        Some(started.plus(TimeDelta::milliseconds(whole))).filter(|end| *end > self.shell.now)
    }

    /// How many percent of the usual number it processed.
    pub fn share(&self) -> Option<i64> {
        let usual = self.run.baseline_count.filter(|usual| *usual > 0)?;
        self.run.processed?.checked_mul(100).map(|hundredfold| hundredfold / usual)
    }

    /// "2.3", how often the usual time fits into the time it took.
    pub fn factor(&self) -> Option<String> {
        let usual = self.run.baseline_ms.filter(|usual| *usual > 0)?;
        let tenths = self.took()?.checked_mul(10)? / usual;
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    }

    /// Why it did not end well, in the words of whoever ran it or in ours.
    pub fn failure(&self) -> Option<String> {
        let failure = self.run.failure.as_deref()?;
        match failure.split_once(' ') {
            Some(("signal", n)) => Some(self.shell.with("run-failure.signal", &[("n", &n)])),
            _ => Some(self.shell.name("run-failure", failure).to_owned()),
        }
    }

    pub fn machine(&self) -> Option<&str> {
        self.run.runner.as_deref()?.rsplitn(3, '/').last().filter(|name| !name.is_empty())
    }
}

impl ShowPage {
    pub fn href(&self) -> String {
        format!("/runs/{}", self.run.id)
    }

    pub fn action(&self, noun: &str) -> String {
        format!("/runs/{}/{noun}", self.run.id)
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

    pub fn bars(&self) -> Bars {
        Bars::of_runs(&self.recent, self.shell.now)
    }

    /// The newest ten: the chart shows the others.
    pub fn newest(&self) -> &[Run] {
        self.recent.get(..10).unwrap_or(&self.recent)
    }

    /// Its parameters, by the names that people know.
    pub fn params(&self) -> Vec<(String, String)> {
        let title = |name: &String| {
            self.titles.iter().find(|(known, _)| known == name).map_or_else(|| name.clone(), |(_, title)| title.clone())
        };
        self.run.values().iter().map(|(name, value)| (title(name), value.clone())).collect()
    }

    pub fn icon_of(&self, panel: &str) -> &'static str {
        match panel {
            "rerun" => "rerun",
            "resolve" => "check",
            "normal" => "flag",
            _ => "ban",
        }
    }

    pub fn rerun_button(&self) -> String {
        self.shell.with("rerun.go", &[("n", &self.run.id)])
    }
}
