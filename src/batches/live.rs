//! How far a run is.

use super::{
    detail::RunDetail,
    event::Event,
    record::{self, Run},
    resolve::process,
    show::events,
    state::State,
};
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
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

/// A page into which something was typed asks with this header.
const TYPED: &str = "ingam-typed";

/// `GET /runs/{id}/live`: asked for by the page of a run that goes on. When the run has ended, the whole page is loaded
/// again, unless that would lose what was typed on it.
pub(crate) async fn show(desk: Desk, path: web::Path<RunId>, request: HttpRequest) -> PageResult {
    let on = RunDetail::find(&desk, path.into_inner()).await?.ok_or(Problem::NotFound)?;
    let has_ended = !on.run.state.goes_on();
    if has_ended && !request.headers().contains_key(TYPED) {
        return Ok(HttpResponse::Ok().insert_header(("HX-Redirect", format!("/runs/{}", on.run.id))).finish());
    }
    let shell = desk.shell(Some(Section::Batches), None).await?;
    let events = events(&desk, on.run.id).await?;
    desk.page(200, &LiveAlone { live: LivePage { has_ended, ..LivePage::of(shell, on.run) }, events })
}

/// What a page asks for again while a run goes on: how far it is, and every other place of the page that says so.
#[derive(Debug, Template)]
#[template(path = "batches/live_alone.html")]
pub(crate) struct LiveAlone {
    pub(crate) live: LivePage,
    pub(crate) events: Vec<Event>,
}

impl std::ops::Deref for LiveAlone {
    type Target = LivePage;

    fn deref(&self) -> &LivePage {
        &self.live
    }
}

/// How far a run is.
#[derive(Debug)]
pub(crate) struct LivePage {
    pub(crate) shell: Shell,
    pub(crate) run: Run,
    /// Whether its process lives; `None` where this machine cannot tell.
    pub(crate) process: Option<bool>,
    /// Whether it has ended since the page was loaded, which is not up to date then.
    pub(crate) has_ended: bool,
}

impl LivePage {
    pub(super) fn of(shell: Shell, run: Run) -> Self {
        Self { shell, process: process(&run).map(|alive| alive == Alive::Yes), run, has_ended: false }
    }

    pub(crate) fn goes_on(&self) -> bool {
        self.run.state.goes_on()
    }

    /// The title of the browser's tab: "Run #5 · Running 63%".
    pub(crate) fn tab_title(&self) -> String {
        let state = self.shell.name("run-state", self.run.state.as_str());
        let percent = self.percent().filter(|_| self.goes_on()).map(|percent| format!(" {percent}%"));
        format!("{} · {state}{}", self.shell.with("run.title", &[("n", &self.run.id)]), percent.unwrap_or_default())
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

/// The runs that a list asks for again: their numbers, with hyphens between them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    ids: String,
}

/// More than a page of the list shows is not answered.
const MOST: usize = 50;

/// `GET /runs/states`: how far runs are that a list shows, asked for by the list while they go on.
pub(crate) async fn states(desk: Desk, asked: web::Query<Asked>) -> PageResult {
    let ids: Vec<RunId> = asked.ids.split('-').take(MOST).filter_map(|id| id.parse().ok()).collect();
    let mut runs = Vec::with_capacity(ids.len());
    for id in ids {
        runs.extend(record::run(&mut desk.reader(), id).await?);
    }
    let page = StatesPage { shell: desk.shell(Some(Section::Batches), None).await?, live: live_ids(runs.iter()), runs };
    desk.page(200, &page)
}

/// Those of these runs that go on, as [`states`] is asked for them; nothing where none does.
pub(super) fn live_ids<'r>(runs: impl Iterator<Item = &'r Run>) -> Option<String> {
    let ids: Vec<String> = runs.filter(|run| run.state.goes_on()).map(|run| run.id.to_string()).collect();
    (!ids.is_empty()).then(|| ids.join("-"))
}

/// How far the runs of a list are: each part takes its place in it.
#[derive(Debug, Template)]
#[template(path = "batches/states.html")]
pub(crate) struct StatesPage {
    pub(crate) shell: Shell,
    pub(crate) runs: Vec<Run>,
    pub(crate) live: Option<String>,
}

impl StatesPage {
    fn took(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }
}
