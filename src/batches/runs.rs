//! The list of runs, filtered.

use super::{
    record::{Run, run_columns},
    rerun_all::RerunAllPanel,
    run_target,
    state::State,
};
use crate::{
    gate::Target,
    id::RunId,
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        link::link,
        panel::{self, Panel as _, Query, Side, Subject},
        problem_page::Problem,
        shell::{Section, Shell, table::Pager},
    },
};
use askama::Template;

const PAGE: i64 = 50;
/// The most runs that are run again under one code.
const MOST_AT_ONCE: usize = 50;

/// More than this is only called many.
const MOST_WAITING: i64 = 99;

/// How many runs a person should look at.
pub async fn waiting(reader: &Reader) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!(
            "select count(*) from (select 1 as one from batch_runs where resolution is null
                and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) limit $1) waiting"
        ))
        .bind(MOST_WAITING)
        .one()
        .await?;
    Ok(n)
}

/// `GET /runs`
pub async fn list(desk: Desk) -> PageResult {
    panel::show::<RunList>(&desk, ()).await
}

/// The list of runs, from before one of them on.
#[derive(Clone, Debug)]
pub(crate) struct RunList {
    filter: Filter,
    before: RunId,
}

/// What the list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) job: String,
    /// `attention`, `running`, or a state.
    pub(crate) show: String,
}

impl Filter {
    fn href(&self, before: &str) -> String {
        link("/runs", &[("job", &self.job), ("show", &self.show), ("before", before)])
    }
}

impl RunList {
    /// What needs a person.
    pub(crate) fn attention() -> Self {
        Self { filter: Filter { show: "attention".to_owned(), ..Filter::default() }, before: RunId::MAX }
    }
}

impl Subject for RunList {
    type Id = ();
    const SECTION: Section = Section::Batches;
    const PAGE: &'static str = "/runs";
    const MISSING: &'static str = "run";

    /// Each of its changes names a run; the list itself is none.
    fn target((): &()) -> Target {
        run_target(RunId::new(0))
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        // A form comes back beside what needs a person: the list that it was chosen from is not in its address.
        if !matches!(desk.visit().method.as_str(), "GET" | "HEAD") {
            return Ok(Some(Self::attention()));
        }
        let query = Query::of(desk);
        let before = match query.get("before") {
            "" => RunId::MAX,
            text => text.parse().map_err(|_| Problem::BadRequest)?,
        };
        let filter = Filter { job: query.get("job").to_owned(), show: query.get("show").to_owned() };
        Ok(Some(Self { filter, before }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::LIST_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let mut runs = find(desk, &self).await?;
        let Self { filter, before } = self;
        let is_more = i64::try_from(runs.len()).unwrap_or_default() > PAGE;
        runs.truncate(usize::try_from(PAGE).unwrap_or(50));
        let titles = titles(desk).await?;
        let next = runs.last().filter(|_| is_more).map(|last| filter.href(&last.id.to_string()));
        let page = RunsPage {
            shell,
            may_act: desk.may("POST", RerunAllPanel::ROUTE),
            rows: runs.into_iter().map(|run| RunRow::of(run, &titles)).collect(),
            pager: Pager { first: (before != RunId::MAX).then(|| filter.href("")), previous: None, next },
            jobs: titles,
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

/// Name and title of every job.
pub(super) async fn titles(desk: &Desk) -> sqlx::Result<Vec<(String, String)>> {
    desk.reader().query(sql!("select name, title from batch_jobs order by title, name")).all().await
}

/// The newest runs that match; each filter goes along an index of its own.
async fn find(desk: &Desk, RunList { filter, before }: &RunList) -> Result<Vec<Run>, PageError> {
    let before = *before;
    let job = Some(filter.job.as_str()).filter(|job| !job.is_empty());
    let reader = desk.reader();
    let query = match (filter.show.as_str(), job) {
        ("", None) => {
            reader.query(sql!("select ", run_columns!(), " from batch_runs where id < $1 order by id desc limit $2"))
        }
        ("", Some(_)) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1 and job = $3 order by id desc limit $2"
        )),
        ("attention", None) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1 and resolution is null
              and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) order by id desc limit $2"
        )),
        // The few that wait or are open are looked through for the job, and not all that the job ever ran.
        ("attention", Some(_)) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1 and resolution is null
              and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) and coalesce(job, '') = $3
              order by id desc limit $2"
        )),
        ("running", None) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1
              and state in ('queued', 'starting', 'running', 'cancelling', 'lost') order by id desc limit $2"
        )),
        ("running", Some(_)) => reader.query(sql!(
            "select ",
            run_columns!(),
            " from batch_runs where id < $1
              and state in ('queued', 'starting', 'running', 'cancelling', 'lost') and coalesce(job, '') = $3
              order by id desc limit $2"
        )),
        (state, _) => {
            let state = State::parse(state).ok_or(Problem::BadRequest)?.as_str();
            let query = match job {
                None => reader.query(sql!(
                    "select ",
                    run_columns!(),
                    " from batch_runs where id < $1 and state = $3 order by id desc limit $2"
                )),
                Some(_) => reader.query(sql!(
                    "select ",
                    run_columns!(),
                    " from batch_runs where id < $1 and state = $3 and job = $4 order by id desc limit $2"
                )),
            };
            let query = query.bind(before).bind(PAGE + 1).bind(state);
            return Ok(match job {
                Some(job) => query.bind(job).all().await?,
                None => query.all().await?,
            });
        }
    };
    let query = query.bind(before).bind(PAGE + 1);
    Ok(match job {
        Some(job) => query.bind(job).all().await?,
        None => query.all().await?,
    })
}

/// What is wrong with a filter: nothing, because what is not known is a bad request.
const NO_ERROR: Option<String> = None;

/// The page of the list.
#[derive(Debug, Template)]
#[template(path = "batches/runs.html")]
pub(crate) struct RunsPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) rows: Vec<RunRow>,
    pub(crate) pager: Pager,
    /// Name and title of every job.
    pub(crate) jobs: Vec<(String, String)>,
    pub(crate) may_act: bool,
    pub(crate) side: Side,
}

#[derive(Clone, Debug)]
pub(crate) struct RunRow {
    /// The title of its job.
    pub(crate) title: String,
    pub(crate) run: Run,
}

impl RunRow {
    pub(super) fn of(run: Run, titles: &[(String, String)]) -> Self {
        let title = titles.iter().find(|(name, _)| *name == run.job).map(|(_, title)| title.clone());
        Self { title: title.unwrap_or_else(|| run.job.clone()), run }
    }

    pub(crate) fn box_name(&self) -> String {
        box_name(self.run.id)
    }

    /// Whether it can be chosen to be run again.
    fn may_rerun(&self) -> bool {
        self.run.state.may_rerun() && self.run.resolution.is_none() && self.run.cause != "report"
    }
}

impl RunsPage {
    fn tabs(&self) -> Vec<(&'static str, String)> {
        let tab = |show: &'static str| (show, Filter { show: show.to_owned(), ..self.filter.clone() }.href(""));
        ["", "attention", "running"].into_iter().map(tab).collect()
    }

    /// Whether any row can be chosen.
    fn may_choose(&self) -> bool {
        self.may_act && self.side.html.is_none() && self.rows.iter().any(RunRow::may_rerun)
    }

    fn took(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }

    fn is_filtered(&self) -> bool {
        self.filter != Filter::default()
    }
}
