//! How far a run is.

use super::{detail::RunDetail, record::Run, resolve::process, state::State};
use crate::{
    clock::Instant,
    id::RunId,
    supervise::Alive,
    web::{
        Desk, PageResult,
        problem_page::Problem,
        shell::{Section, Shell},
    },
};
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::TimeDelta;

/// `GET /runs/{id}/live`: asked for by the page of a run that goes on. When the run has ended, the whole page is loaded
/// again.
pub(crate) async fn show(desk: Desk, path: web::Path<RunId>) -> PageResult {
    let on = RunDetail::find(&desk, path.into_inner()).await?.ok_or(Problem::NotFound)?;
    if !on.run.state.goes_on() {
        return Ok(HttpResponse::Ok().insert_header(("HX-Redirect", format!("/runs/{}", on.run.id))).finish());
    }
    let shell = desk.shell(Some(Section::Batches), None).await?;
    desk.page(200, &LivePage::of(shell, on.run))
}

/// How far a run is: what a page asks for again while it goes on.
#[derive(Debug, Template)]
#[template(path = "batches/live_alone.html")]
pub(crate) struct LivePage {
    pub(crate) shell: Shell,
    pub(crate) run: Run,
    /// Whether its process lives; `None` where this machine cannot tell.
    pub(crate) process: Option<bool>,
}

impl LivePage {
    pub(super) fn of(shell: Shell, run: Run) -> Self {
        Self { shell, process: process(&run).map(|alive| alive == Alive::Yes), run }
    }

    pub(crate) fn goes_on(&self) -> bool {
        self.run.state.goes_on()
    }

    pub(crate) fn took(&self) -> Option<i64> {
        self.run.took(self.shell.now)
    }

    /// In percent, where it tells.
    pub(crate) fn percent(&self) -> Option<i64> {
        self.run.progress.map(|thousandths| thousandths / 10)
    }

    /// When it will have ended, going by its own progress or else by what is usual.
    pub(crate) fn expected_end(&self) -> Option<Instant> {
        let started = self.run.started_at.filter(|_| self.run.state == State::Running)?;
        let took = self.took()?;
        let whole = match self.run.progress {
            Some(progress) if progress > 20 => took.checked_mul(1000)? / progress,
            _ => self.run.baseline_ms?,
        };
        Some(started.plus(TimeDelta::milliseconds(whole))).filter(|end| *end > self.shell.now)
    }

    /// The percentage of the usual number of items it processed.
    pub(crate) fn share(&self) -> Option<i64> {
        let usual = self.run.baseline_count.filter(|usual| *usual > 0)?;
        self.run.processed?.checked_mul(100).map(|hundredfold| hundredfold / usual)
    }

    /// "2.3", how often the usual time fits into the time it took.
    pub(crate) fn factor(&self) -> Option<String> {
        let usual = self.run.baseline_ms.filter(|usual| *usual > 0)?;
        let tenths = self.took()?.checked_mul(10)? / usual;
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    }

    /// Why it did not end well, in the words of what ran it or in ours.
    pub(crate) fn failure(&self) -> Option<String> {
        let failure = self.run.failure.as_deref()?;
        match failure.split_once(' ') {
            Some(("signal", n)) => Some(self.shell.with("run-failure.signal", &[("n", &n)])),
            _ => Some(self.shell.name("run-failure", failure).to_owned()),
        }
    }

    pub(crate) fn machine(&self) -> Option<&str> {
        self.run.runner.as_deref()?.rsplitn(3, '/').last().filter(|name| !name.is_empty())
    }
}
