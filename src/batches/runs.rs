//! The list of runs, filtered.

use super::{
    eligible::{JobFacts, is_under_way, jobs},
    live::live_ids,
    record::{Run, jobs_needing, needs_attention, run_columns},
    rerun_all::RerunAllPanel,
    run_target,
    state::State,
};
use crate::{
    batches::{definition::is_name, record::RUN},
    gate::{RefusalWord, Target},
    id::RunId,
    list_query, sql,
    store::{Query, Reader},
    web::{
        Desk, PageError, PageResult,
        list::{ListQuery as _, Page, Tab},
        panel::{self, Panel as _, Side, Subject},
        shell::{
            Section, Shell,
            field::{FieldErrors, wrong},
            table::{Choice, Pager},
        },
    },
};
use askama::Template;

list_query! {
    /// The filters of the list of runs as they were chosen.
    typed Filter at "/runs" from "before";
    /// What the filters of the list of runs mean.
    meant Wanted;
    job: String = |text, _| if is_name(text) { Ok(text.to_owned()) } else { Err(wrong::not_a_choice()) };
    show: Show = |text, _| Show::parse(text).ok_or_else(wrong::not_a_choice);
}

/// Which runs are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// Those that wait for a person.
    Attention,
    /// Those that have not ended.
    Running,
    State(State),
}

impl Show {
    /// As in `?show=`, beside the states.
    pub(crate) const ATTENTION: &'static str = "attention";
    pub(crate) const RUNNING: &'static str = "running";

    fn parse(text: &str) -> Option<Self> {
        match text {
            Self::ATTENTION => Some(Self::Attention),
            Self::RUNNING => Some(Self::Running),
            state => State::parse(state).map(Self::State),
        }
    }
}

const PAGE: usize = 50;
/// The most runs that are run again under one code.
const MOST_AT_ONCE: usize = 50;

/// The number of jobs that a person should look at: as many as the list of jobs shows.
pub(crate) async fn waiting(reader: &Reader) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!(
            "select count(*) from (",
            jobs_needing!(),
            ") waiting join batch_jobs j on j.name = waiting.job where not j.is_retired"
        ))
        .one()
        .await?;
    Ok(n)
}

/// `GET /runs`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<RunList>(&desk, ()).await
}

/// The list of runs, as its address asks for it.
#[derive(Clone, Debug)]
pub(crate) struct RunList {
    filter: Filter,
    wanted: Wanted,
    /// The run before which the page begins.
    before: Option<RunId>,
}

impl RunList {
    /// What needs a person.
    pub(crate) fn attention() -> Self {
        let filter = Filter { show: Show::ATTENTION.to_owned(), ..Filter::default() };
        Self { filter, wanted: Wanted { show: Some(Show::Attention), job: None }, before: None }
    }
}

impl Subject for RunList {
    type Id = ();
    const SECTION: Section = Section::Batches;
    const PAGE: &'static str = "/runs";
    const MISSING: Option<RefusalWord> = Some(RUN);

    /// Each of its changes names a run; the list itself is none.
    fn target((): &()) -> Target {
        run_target(RunId::new(0))
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        // A form comes back beside what needs a person: the list that it was chosen from is not in its address.
        if !matches!(desk.visit().method.as_str(), "GET" | "HEAD") {
            return Ok(Some(Self::attention()));
        }
        let filter = Filter::beside_panels(&panel::Query::of(desk));
        Ok(Some(Self { wanted: filter.chosen(desk.zone())?, before: filter.place()?, filter }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::LIST_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { filter, wanted, before } = self;
        let found = find(desk.reader(), &wanted, before).await?;
        let jobs = jobs(desk).await?;
        let page = RunsPage {
            shell,
            rows: found.rows.into_iter().map(|run| RunRow::of(desk, run, &jobs)).collect(),
            pager: filter.pager(found.next),
            errors: FieldErrors::new(),
            jobs: jobs.into_iter().map(|job| Choice::new(job.name, job.title)).collect(),
            filter,
            side,
        };
        desk.page(status, &page)
    }
}

/// The name of the box that chooses a run.
pub(super) fn box_name(id: RunId) -> String {
    format!("run-{id}")
}

/// The runs whose boxes are ticked, by the names of the fields in a form or an address.
pub(super) fn chosen<'n>(names: impl Iterator<Item = &'n str>) -> Vec<RunId> {
    let mut chosen: Vec<RunId> =
        names.filter_map(|name| name.strip_prefix("run-")?.parse().ok()).take(MOST_AT_ONCE).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

macro_rules! runs_where {
    ($($condition:expr),+) => {
        sql!("select ", run_columns!(), " from batch_runs where id < $1 and ", $($condition),+, " order by id desc limit $2")
    };
}

/// The newest runs that are wanted; each filter goes along an index of its own.
async fn find(reader: &Reader, wanted: &Wanted, before: Option<RunId>) -> sqlx::Result<Page<Run, RunId>> {
    let job = wanted.job.as_deref();
    let statement = match (wanted.show, job) {
        (None, None) => runs_where!("true"),
        (None, Some(_)) => runs_where!("job = $3"),
        // The few that wait or are under way are looked through for the job, and not all that the job ever ran.
        (Some(Show::Attention), None) => runs_where!(needs_attention!()),
        (Some(Show::Attention), Some(_)) => runs_where!(needs_attention!(), " and coalesce(job, '') = $3"),
        (Some(Show::Running), None) => runs_where!(is_under_way!()),
        (Some(Show::Running), Some(_)) => runs_where!(is_under_way!(), " and coalesce(job, '') = $3"),
        (Some(Show::State(_)), None) => runs_where!("state = $3"),
        (Some(Show::State(_)), Some(_)) => runs_where!("job = $3 and state = $4"),
    };
    let state = match wanted.show {
        Some(Show::State(state)) => Some(state.as_str()),
        Some(Show::Attention | Show::Running) | None => None,
    };
    let rows = async |limit| {
        let query =
            reader.query(statement).bind(before.unwrap_or(RunId::MAX)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        job.into_iter().chain(state).fold(query, Query::bind).all().await
    };
    Page::read(PAGE, rows, |run: &Run| run.id).await
}

/// The page of the list.
#[derive(Debug, Template)]
#[template(path = "batches/runs.html")]
pub(crate) struct RunsPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) rows: Vec<RunRow>,
    pub(crate) pager: Pager,
    /// What is wrong with a filter: nothing, because what cannot be chosen is a bad request.
    pub(crate) errors: FieldErrors,
    /// Name and title of every job.
    pub(crate) jobs: Vec<Choice>,
    pub(crate) side: Side,
}

#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    /// The title of its job.
    pub(crate) title: String,
    pub(crate) run: Run,
    /// Whether its job lets the reader act on it.
    pub(crate) is_yours: bool,
    /// Whether the reader can choose it to be run again.
    pub(crate) may_rerun: bool,
}

impl RunRow {
    pub(super) fn of(desk: &Desk, run: Run, jobs: &[JobFacts]) -> Self {
        let job = jobs.iter().find(|job| job.name == run.job);
        let is_yours = desk.may("POST", RerunAllPanel::ROUTE) && job.is_some_and(|job| job.lets(&desk.person().roles));
        Self {
            title: job.map_or_else(|| run.job.clone(), |job| job.title.clone()),
            is_yours,
            may_rerun: is_yours && job.is_some_and(|job| job.lets_rerun(&desk.person().roles, &run)),
            run,
        }
    }

    pub(crate) fn box_name(&self) -> String {
        box_name(self.run.id)
    }
}

impl RunsPage {
    fn tabs(&self) -> Vec<Tab> {
        self.filter.tabs(["", Show::ATTENTION, Show::RUNNING], |filter| &mut filter.show)
    }

    /// What can be chosen beside all runs.
    fn shows(&self) -> Vec<Choice> {
        let choice = |family, value| Choice::new(value, self.shell.name(family, value));
        let kinds = [Show::ATTENTION, Show::RUNNING].map(|kind| choice("runs-show", kind));
        kinds.into_iter().chain(State::ALL.map(|state| choice("run-state", state.as_str()))).collect()
    }

    /// Whether any row can be chosen.
    fn may_choose(&self) -> bool {
        self.side.html.is_none() && self.rows.iter().any(|row| row.may_rerun)
    }

    /// The runs of this page that go on, whose states are asked for again.
    fn live(&self) -> Option<String> {
        live_ids(self.rows.iter().map(|row| &row.run))
    }

    fn took(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }
}
