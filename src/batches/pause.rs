//! Keeping a schedule from starting anything for a time.

use super::{
    detail::JobDetail,
    event,
    lapse::{self, LapseKind},
    record,
    start::ACTS,
    target,
};
use crate::{
    batches::JOB_RETIRED,
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    sql,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Button, Opened, Opening, Panel, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

crate::gate::refusal_words! {
    /// The job is not paused.
    JOB_NOT_PAUSED = "job-not-paused";
    /// The pause is longer than allowed.
    PAUSE_UNTIL = "pause-until";
}

/// Keeps a schedule from starting anything until a time, or lets it go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PauseJob {
    pub job: String,
    /// In UTC; none to go on at once.
    pub until: Option<String>,
}

/// No job is paused for good; what is not wanted any more leaves the configuration.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(90);

impl Change for PauseJob {
    const KIND: &'static str = "batches.pause";
    const ADMITS: Admits = Admits::sealed(ACTS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.job)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::lock_job(tx, &self.job).await.map(|job| Some(job.changed))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        record::permitted(tx, &job).await?;
        if job.is_retired {
            return Err(Fault::conflict(JOB_RETIRED));
        }
        match self.until()? {
            None if !job.is_paused(tx.now()) => Err(Fault::conflict(JOB_NOT_PAUSED)),
            None => Ok(()),
            Some(until) if until > tx.now() && until.since(tx.now()) <= LONGEST_PAUSE => Ok(()),
            Some(_) => Err(Fault::invalid("until", PAUSE_UNTIL)),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let job = record::lock_job(tx, &self.job).await?;
        let until = self.until()?;
        tx.query(sql!("update batch_jobs set paused_until = $2, changed = changed + 1 where name = $1"))
            .bind(self.job.as_str())
            .bind(until)
            .run()
            .await?;
        // A person has just decided about it, so a reminder of the pause begins again.
        lapse::end(tx, &self.job, LapseKind::Paused).await?;
        let was = job.paused_until.filter(|until| *until > tx.now());
        tx.note("paused_until_at", was.map(|at| at.to_string()), until.map(|at| at.to_string()));
        let detail = until.map(|until| until.to_string());
        event::append(tx, &self.job, None, if until.is_some() { "paused" } else { "resumed" }, detail.as_deref()).await
    }
}

impl PauseJob {
    fn until(&self) -> Result<Option<Instant>, Fault> {
        let parse = |text: &String| Instant::parse(text).map_err(|_| Fault::invalid("until", PAUSE_UNTIL));
        self.until.as_ref().map(parse).transpose()
    }
}

/// The number of hours that are offered: an hour to two weeks.
pub(super) const HOURS: [i64; 6] = [1, 4, 12, 24, 72, 336];

/// The form.
pub(crate) struct PausePanel {
    /// As chosen: how many hours, `0` to go on at once.
    pub(crate) hours: String,
}

impl Panel for PausePanel {
    type On = JobDetail;
    type Part = ();
    type Asks = PauseJob;
    const NAME: &'static str = "pause";
    const ROUTE: &'static str = "/batches/{job}/pause";
    const FIELDS: &'static [&'static str] = &["hours"];

    fn may(desk: &Desk, on: &JobDetail) -> bool {
        on.may(desk, Self::ROUTE)
    }

    fn button(desk: &Desk, _: &JobDetail) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "minus", label: desk.words().get("pause.title").to_owned() })
    }

    async fn obstacle(desk: &Desk, on: &JobDetail) -> Result<Option<String>, PageError> {
        Ok(why_not(on).map(|why| desk.words().get(why).to_owned()))
    }

    async fn open(_: &Desk, _: &JobDetail, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        Ok(Opened::Form(Self { hours: opening.typed("hours", "12") }))
    }

    async fn read(desk: &Desk, on: &JobDetail, (): &(), form: &Form) -> Result<PauseJob, Unread> {
        let until = read_hours(desk, form)?;
        Ok(PauseJob { job: on.job.name.clone(), until })
    }

    fn render(&self, View { shell, on, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        PauseForm { shell, is_paused: on.job.is_paused(shell.now), hours: &self.hours, seal }.render()
    }
}

/// Until when, as the chosen hours say, and nothing where jobs are to go on at once.
pub(super) fn read_hours(desk: &Desk, form: &Form) -> Result<Option<String>, FieldErrors> {
    let hours = form.trimmed("hours").parse::<i64>().ok();
    let hours = hours.filter(|hours| (0..=LONGEST_PAUSE.num_hours()).contains(hours));
    let hours = hours.ok_or_else(|| FieldErrors::one("hours", wrong::not_a_choice()))?;
    Ok((hours > 0).then(|| desk.now().plus(TimeDelta::hours(hours)).to_string()))
}

fn why_not(on: &JobDetail) -> Option<&'static str> {
    if on.job.is_retired {
        Some("refused-state.job-retired")
    } else if on.definition.schedule.is_none() {
        Some("pause.no-schedule")
    } else {
        None
    }
}

#[derive(Template)]
#[template(path = "batches/pause.html")]
struct PauseForm<'a> {
    shell: &'a Shell,
    /// Whether it is paused, so that it can also go on at once.
    is_paused: bool,
    hours: &'a str,
    seal: &'a SealForm,
}

impl PauseForm<'_> {
    fn is_chosen(&self, hours: i64) -> bool {
        self.hours == hours.to_string()
    }
}
