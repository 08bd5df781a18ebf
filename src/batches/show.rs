//! One run: how far it is, what it wrote, what was unusual.

use super::{
    bars::Bars,
    detail::RunDetail,
    event::Event,
    live::LivePage,
    log::{self, RunLog},
    record::{Job, Run, run_columns},
    run_target,
};
use crate::{
    approvals::{Request, queue},
    batches::record::RUN,
    gate::{RefusalWord, Target},
    id::RunId,
    retention::kept::Kept,
    sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Side, Subject},
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /runs/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<RunId>) -> PageResult {
    panel::show::<RunDetail>(&desk, path.into_inner()).await
}

impl Subject for RunDetail {
    type Id = RunId;
    const SECTION: Section = Section::Batches;
    const PAGE: &'static str = "/runs/{id}";
    const MISSING: Option<RefusalWord> = Some(RUN);

    fn target(id: &RunId) -> Target {
        run_target(*id)
    }

    async fn load(desk: &Desk, id: &RunId) -> Result<Option<Self>, PageError> {
        Ok(Self::find(desk, *id).await?)
    }

    fn path(&self) -> String {
        format!("/runs/{}", self.run.id)
    }

    fn version(&self) -> Option<i64> {
        Some(self.run.changed)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::RUN_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let log = log::read(desk.reader(), &self.run, None).await?;
        let page = ShowPage {
            log_removed: log.lines.is_empty() && log_removed(desk.reader(), &self.run).await?,
            log,
            may_act: self.may(desk, "/runs/{id}/rerun"),
            side,
            events: events(desk, self.run.id).await?,
            recent: recent(desk, &self.run.job).await?,
            lineage: lineage(desk, &self.run).await?,
            rerun: self.rerun,
            waiting: queue::about(desk, "run", &self.run.id.to_string()).await?,
            runbook: self.definition.runbook,
            titles: self.definition.parameters.into_iter().map(|it| (it.name, it.title)).collect(),
            job: self.job,
            live: LivePage::of(shell, self.run),
        };
        desk.page(status, &page)
    }
}

pub(super) async fn events(desk: &Desk, run: RunId) -> sqlx::Result<Vec<Event>> {
    desk.reader()
        .query(sql!(
            "select e.at, e.kind, e.detail, e.staff_name, a.seq, a.reason from batch_events e
               left join audit a on a.change_id = e.change_id where e.run_id = $1 order by e.id desc limit 100"
        ))
        .bind(run)
        .all()
        .await
}

/// Whether the time for which logs are kept was over for this one.
async fn log_removed(reader: &Reader, run: &Run) -> sqlx::Result<bool> {
    let removed = Kept::BatchLogs.removed_before(reader).await?;
    Ok(run.ended_at.zip(removed).is_some_and(|(ended, before)| ended < before))
}

/// The last runs of a job, the newest first.
pub(super) async fn recent(desk: &Desk, job: &str) -> sqlx::Result<Vec<Run>> {
    desk.reader()
        .query(sql!("select ", run_columns!(), " from batch_runs where job = $1 order by id desc limit 30"))
        .bind(job.to_owned())
        .all()
        .await
}

/// The other runs of its line of reruns, the first one first.
async fn lineage(desk: &Desk, run: &Run) -> sqlx::Result<Vec<Run>> {
    let root = run.root_id.unwrap_or(run.id);
    desk.reader()
        .query(sql!("select ", run_columns!(), " from batch_runs where id = $1 or root_id = $1 order by id limit 50"))
        .bind(root)
        .all()
        .await
}

/// The page of a run.
#[derive(Debug, Template)]
#[template(path = "batches/run.html")]
pub(crate) struct ShowPage {
    pub(crate) live: LivePage,
    pub(crate) job: Job,
    pub(crate) log: RunLog,
    /// Whether logs of that age were removed.
    pub(crate) log_removed: bool,
    pub(crate) may_act: bool,
    pub(crate) side: Side,
    pub(crate) events: Vec<Event>,
    /// The last runs of the job, the newest first.
    pub(crate) recent: Vec<Run>,
    /// The line of reruns that it is in, itself included.
    pub(crate) lineage: Vec<Run>,
    pub(crate) rerun: Option<RunId>,
    pub(crate) runbook: Option<String>,
    /// The names of its parameters.
    pub(crate) titles: Vec<(String, String)>,
    /// Changes of it that wait for a second person.
    pub(crate) waiting: Vec<Request>,
}

// The page shows what is live among the rest, and its templates ask for words and figures there.
impl std::ops::Deref for ShowPage {
    type Target = LivePage;

    fn deref(&self) -> &LivePage {
        &self.live
    }
}

impl ShowPage {
    fn href(&self) -> String {
        format!("/runs/{}", self.run.id)
    }

    fn took_by(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }

    /// Whether this is the run that the page is about, whose state is followed.
    fn is_this(&self, run: &Run) -> bool {
        run.id == self.run.id
    }

    fn bars(&self) -> Bars {
        Bars::of_runs(&self.recent, self.shell.now)
    }

    /// The newest ten: the chart shows the others.
    fn newest(&self) -> &[Run] {
        self.recent.get(..10).unwrap_or(&self.recent)
    }

    /// Its parameters, by the names that people know.
    fn params(&self) -> Vec<(String, String)> {
        let title = |name: &String| {
            self.titles.iter().find(|(known, _)| known == name).map_or_else(|| name.clone(), |(_, title)| title.clone())
        };
        self.run.values().iter().map(|(name, value)| (title(name), value.clone())).collect()
    }
}
