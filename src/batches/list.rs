//! All jobs: what failed first, how the last runs went, and what runs next.

use super::{
    JOBS_PANELS,
    bars::{Bars, Mini},
    baseline::{Baseline, SAMPLE},
    lapse::{self, Lapse},
    list_pages::{JobRow, LastRun, ListPage, Show},
    program,
    record::{Job, attention, job_columns},
    state::State,
    target,
};
use crate::{
    clock::Instant,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::RunId,
    sql,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Query, Side, Subject},
        shell::{Section, Shell},
    },
};
use std::collections::HashMap;

/// One of the last runs of a job.
#[derive(Clone, Debug, sqlx::FromRow)]
struct Recent {
    id: RunId,
    job: String,
    #[sqlx(try_from = "String")]
    state: State,
    queued_at: Instant,
    started_at: Option<Instant>,
    duration_ms: Option<i64>,
    processed: Option<i64>,
    is_rerun: bool,
    is_unusual: bool,
    is_resolved: bool,
}

/// `GET /batches`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<JobList>(&desk, ()).await
}

/// All jobs, as the address asks for them.
pub(crate) struct JobList {
    show: Show,
}

impl JobList {
    #[cfg(test)]
    pub(crate) const ALL: Self = Self { show: Show::All };
}

impl Subject for JobList {
    type Id = ();
    const SECTION: Section = Section::Batches;
    const PAGE: &'static str = "/batches";
    const MISSING: Option<RefusalWord> = None;

    /// Each of its changes names a job; the list itself is none.
    fn target((): &()) -> Target {
        target("")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        Ok(Some(Self { show: Show::parse(Query::of(desk).get("show")) }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        JOBS_PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        row.target_kind == "batch"
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let page = ListPage { side, ..ListPage::new(shell, rows(desk).await?, self.show) };
        desk.page(status, &page)
    }
}

/// Every job with its last runs.
async fn rows(desk: &Desk) -> Result<Vec<JobRow>, PageError> {
    let jobs: Vec<Job> =
        desk.reader().query(sql!("select ", job_columns!(), " from batch_jobs order by title, name")).all().await?;
    // The thirtieth run from the end is found along an index for each job, and what comes after it is read; SQLite
    // takes a cross join in the order in which it is written.
    let recent: Vec<Recent> = desk
        .reader()
        .query(sql!(
            "select r.id, r.job, r.state, r.queued_at, r.started_at, r.duration_ms, r.processed, r.rerun_of is not null as is_rerun,
                    (r.is_slow or r.is_low) as is_unusual, r.resolution is not null as is_resolved
               from batch_jobs j cross join batch_runs r
              where r.job = j.name and r.id >= coalesce((select f.id from batch_runs f where f.job = j.name order by f.id desc limit 1 offset 29), 0)
              order by r.id"
        ))
        .all()
        .await?;
    let needs: Vec<(String, RunId, String)> = desk
        .reader()
        .query(sql!(
            "select r.job, r.id, r.state from (",
            attention!(),
            ") waiting join batch_runs r on r.id = waiting.id"
        ))
        .all()
        .await?;
    let needs = |job: &Job| {
        let (_, id, state) = needs.iter().find(|(name, ..)| *name == job.name)?;
        Some((*id, State::parse(state).is_some_and(State::is_bad)))
    };
    let mut lapses: HashMap<String, Vec<Lapse>> = HashMap::new();
    for lapse in lapse::open(desk.reader()).await? {
        lapses.entry(lapse.job.clone()).or_default().push(lapse);
    }
    let mut by_job: HashMap<String, Vec<Recent>> = HashMap::new();
    for run in recent {
        by_job.entry(run.job.clone()).or_default().push(run);
    }
    let now = desk.now();
    let missing = program::all_missing(desk).await?;
    let row = |job: Job| {
        let row = row(&by_job.remove(&job.name).unwrap_or_default(), needs(&job), job, now);
        let lapses = lapses.remove(&row.job.name).unwrap_or_default();
        JobRow { is_missing: missing.contains(&row.job.name), lapses, ..row }
    };
    Ok(jobs.into_iter().map(row).collect())
}

fn row(runs: &[Recent], needs: Option<(RunId, bool)>, job: Job, now: Instant) -> JobRow {
    let took = |run: &Recent| {
        run.duration_ms.or_else(|| {
            run.state.is_under_way().then(|| run.started_at.map(|at| now.since(at).num_milliseconds().max(0))).flatten()
        })
    };
    let minis: Vec<Mini> = runs
        .iter()
        .map(|run| Mini { state: run.state, took: took(run), is_unusual: run.is_unusual && !run.is_resolved })
        .collect();
    let counts = |run: &&Recent| {
        run.state == State::Succeeded
            && !run.is_rerun
            && job.baseline_from.is_none_or(|from| run.started_at.is_some_and(|at| at >= from))
    };
    let successes: Vec<(i64, Option<i64>)> = runs
        .iter()
        .rev()
        .filter(counts)
        .filter_map(|run| Some((run.duration_ms?, run.processed)))
        .take(usize::try_from(SAMPLE).unwrap_or(20))
        .collect();
    JobRow {
        needs,
        lapses: Vec::new(),
        last: runs.last().map(|run| LastRun {
            id: run.id,
            state: run.state,
            is_unusual: run.is_unusual && !run.is_resolved,
            at: run.started_at.unwrap_or(run.queued_at),
        }),
        is_running: runs.iter().any(|run| run.state.goes_on()),
        is_paused: job.is_paused(now),
        is_missing: false,
        bars: Bars::of(&minis),
        typical: Baseline::of(&successes).duration,
        job,
    }
}
