//! One job: its definition, its schedule and its runs.

use super::{
    bars::Bars,
    baseline::Baseline,
    definition::Definition,
    detail::JobDetail,
    event::Event,
    lapse::Lapse,
    program,
    record::{self, Job, Run},
    schedule::Schedule,
    show::recent,
    target,
};
use crate::{
    approvals::{Request, queue},
    batches::record::JOB,
    clock::Instant,
    gate::{RefusalWord, Target},
    sql,
    web::{
        Desk, PageError, PageResult, format,
        panel::{self, Side, Subject},
        shell::{Section, Shell, Tone},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /batches/{job}`
pub(crate) async fn show(desk: Desk, path: web::Path<String>) -> PageResult {
    panel::show::<JobDetail>(&desk, path.into_inner()).await
}

impl Subject for JobDetail {
    type Id = String;
    const SECTION: Section = Section::Batches;
    const PAGE: &'static str = "/batches/{job}";
    const MISSING: Option<RefusalWord> = Some(JOB);

    fn target(name: &String) -> Target {
        target(name)
    }

    async fn load(desk: &Desk, name: &String) -> Result<Option<Self>, PageError> {
        Ok(Self::find(desk, name).await?)
    }

    fn path(&self) -> String {
        format!("/batches/{}", self.job.name)
    }

    fn version(&self) -> Option<i64> {
        Some(self.job.changed)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::JOB_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { job, definition, lapses } = self;
        let now = desk.now();
        let page = JobPage {
            shell,
            normal: record::normal(&mut desk.reader(), &job.name, now).await?,
            next: definition.schedule.as_ref().map(|it| it.following(now, 5)).unwrap_or_default(),
            waiting: queue::about(desk, "batch", &job.name).await?,
            recent: recent(desk, &job.name).await?,
            events: events(desk, &job.name).await?,
            lapses,
            missing: program::missing_here(desk, &job, &definition),
            job,
            definition,
            side,
        };
        desk.page(status, &page)
    }
}

/// What happened to a job and not to one of its runs.
async fn events(desk: &Desk, job: &str) -> sqlx::Result<Vec<Event>> {
    desk.reader()
        .query(sql!(
            "select e.at, e.kind, e.detail, e.staff_name, a.seq, a.reason from batch_events e
               left join audit a on a.change_id = e.change_id
              where e.job = $1 and e.run_id is null order by e.id desc limit 20"
        ))
        .bind(job.to_owned())
        .all()
        .await
}

/// The page of a job.
#[derive(Debug, Template)]
#[template(path = "batches/job.html")]
pub(crate) struct JobPage {
    pub(crate) shell: Shell,
    pub(crate) job: Job,
    pub(crate) definition: Definition,
    /// What is normal for it now.
    pub(crate) normal: Baseline,
    /// The next times that its schedule names.
    pub(crate) next: Vec<Instant>,
    /// The newest first.
    pub(crate) recent: Vec<Run>,
    pub(crate) events: Vec<Event>,
    /// What did not happen to it, and no person has resolved.
    pub(crate) lapses: Vec<Lapse>,
    /// Why its program cannot be started.
    pub(crate) missing: Option<program::Reason>,
    /// Runs of it that wait for a second person.
    pub(crate) waiting: Vec<Request>,
    pub(crate) side: Side,
}

impl JobPage {
    fn href(&self) -> String {
        format!("/batches/{}", self.job.name)
    }

    /// No run of a job's page is the one that it is about.
    #[expect(clippy::unused_self, reason = "a template calls it as a method")]
    fn is_this(&self, _run: &Run) -> bool {
        false
    }

    fn took_by(&self, run: &Run) -> Option<i64> {
        run.took(self.shell.now)
    }

    fn is_paused(&self) -> bool {
        self.job.is_paused(self.shell.now)
    }

    /// How bad the worst is of what did not happen.
    fn worst(&self) -> Tone {
        if self.lapses.iter().any(|lapse| lapse.kind.tone() == Tone::Bad) { Tone::Bad } else { Tone::Warn }
    }

    fn bars(&self) -> Bars {
        Bars::of_runs(&self.recent, self.shell.now)
    }

    /// A tick as the schedule's own zone has it: `2026-11-21 02:30 KST`.
    fn local(&self, at: &Instant) -> String {
        let zone = self.definition.schedule.as_ref().and_then(Schedule::zone).unwrap_or(self.shell.zone);
        let second = format::second(*at, zone);
        format!("{} {}", second.get(..16).unwrap_or(&second), format::zone_name(*at, zone))
    }

    /// What runs, as one line.
    fn what(&self) -> String {
        match &self.definition.url {
            Some(url) => url.clone(),
            None => self.definition.command.join(" "),
        }
    }

    fn runs_href(&self) -> String {
        format!("/runs?job={}", self.job.name)
    }

    fn role_names(&self) -> String {
        let names: Vec<&str> =
            self.definition.roles.iter().map(|role| self.shell.name("role", role.as_str())).collect();
        names.join(", ")
    }

    /// How long it may take.
    fn timeout(&self) -> String {
        format::span(i64::from(self.definition.timeout_seconds), self.shell.words)
    }

    /// How late it may start.
    fn grace(&self) -> String {
        format::span(i64::from(self.definition.start_grace_seconds), self.shell.words)
    }
}

fn utc(at: &Instant) -> String {
    let second = format::second(*at, crate::zone::Zone::UTC);
    format!("{} UTC", second.get(..16).unwrap_or(&second))
}
