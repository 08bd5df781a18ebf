//! Pausing all jobs of an owner at once: a row in the log for each of them, all or none, under one code.

use super::{
    definition::Definition,
    list::JobList,
    pause::{HOURS, PauseJob, read_hours},
};
use crate::{
    clock::Instant,
    sql,
    web::{
        Desk, PageError, PageResult,
        form::Form,
        panel::{Button, Made, Many, Opened, Opening, Panel, Query, Unread, View},
        shell::{
            Shell,
            field::{FieldErrors, wrong},
            seal::SealForm,
        },
    },
};
use askama::Template;

/// A job that is not retired.
#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    title: String,
    owner: String,
    paused_until: Option<Instant>,
    definition: String,
}

/// A job of an owner, and whether a person can pause it.
#[derive(Clone, Debug)]
pub(crate) struct Pausable {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) is_paused: bool,
    pub(crate) has_schedule: bool,
    /// Whether it is for people of their roles.
    pub(crate) is_theirs: bool,
}

impl Pausable {
    pub(crate) fn can_be(&self) -> bool {
        self.has_schedule && self.is_theirs
    }
}

/// The owners with their jobs, both by name: jobs are locked in this order, so that two people do not wait for each other.
async fn owners(desk: &Desk) -> Result<Vec<(String, Vec<Pausable>)>, PageError> {
    let rows: Vec<Row> = desk
        .reader()
        .query(sql!(
            "select j.name, j.title, j.owner, j.paused_until, v.definition
               from batch_jobs j join batch_versions v on v.job = j.name and v.n = j.version
              where not j.is_retired order by j.owner, j.name"
        ))
        .all()
        .await?;
    let mut owners: Vec<(String, Vec<Pausable>)> = Vec::new();
    for row in rows {
        let Ok(definition) = serde_json::from_str::<Definition>(&row.definition) else { continue };
        let job = Pausable {
            name: row.name,
            title: row.title,
            is_paused: row.paused_until.is_some_and(|until| until > desk.now()),
            has_schedule: definition.schedule.is_some(),
            is_theirs: desk.person().roles.any_of(&definition.roles),
        };
        match owners.last_mut() {
            Some((owner, jobs)) if *owner == row.owner => jobs.push(job),
            _ => owners.push((row.owner, vec![job])),
        }
    }
    Ok(owners)
}

/// The form.
pub(crate) struct PauseOwnerPanel {
    /// As chosen.
    pub(crate) owner: String,
    /// As chosen: how many hours, `0` to go on at once.
    pub(crate) hours: String,
    pub(crate) owners: Vec<(String, Vec<Pausable>)>,
}

impl Panel for PauseOwnerPanel {
    type On = JobList;
    type Part = ();
    type Asks = Many<PauseJob>;
    const NAME: &'static str = "pause-owner";
    const ROUTE: &'static str = "/batches";
    const FIELDS: &'static [&'static str] = &["owner", "hours"];

    fn button(desk: &Desk, _: &JobList) -> Option<Button> {
        Some(Button { name: Self::NAME, icon: "minus", label: desk.words().get("pause-owner.title").to_owned() })
    }

    async fn open(desk: &Desk, _: &JobList, (): &(), opening: Opening<'_>) -> Result<Opened<Self>, PageError> {
        let query = Query::of(desk);
        Ok(Opened::Form(Self {
            owner: opening.typed("owner", query.get("owner")),
            hours: opening.typed("hours", "12"),
            owners: owners(desk).await?,
        }))
    }

    async fn read(desk: &Desk, _: &JobList, (): &(), form: &Form) -> Result<Many<PauseJob>, Unread> {
        let owner = form.trimmed("owner");
        let (until, mut errors) = match read_hours(desk, form) {
            Ok(until) => (until, FieldErrors::new()),
            Err(errors) => (None, errors),
        };
        let goes_on = errors.is_empty() && until.is_none();
        let owners = owners(desk).await?;
        let jobs = owners.into_iter().find(|(name, _)| name == owner).map(|(_, jobs)| jobs);
        let mut jobs = jobs.unwrap_or_default();
        // Jobs that go on anyway need not be told to.
        jobs.retain(|job| job.can_be() && (job.is_paused || !goes_on));
        if jobs.is_empty() {
            let none = crate::web::words::Message::new("pause-owner.none");
            errors.add("owner", if owner.is_empty() { wrong::required() } else { none });
        }
        if !errors.is_empty() {
            return Err(errors.into());
        }
        Ok(Many(jobs.into_iter().map(|job| PauseJob { job: job.name, until: until.clone() }).collect()))
    }

    fn render(&self, View { shell, seal, .. }: View<'_, Self>) -> askama::Result<String> {
        PauseOwnerForm { shell, panel: self, seal }.render()
    }

    async fn answer(desk: &Desk, _: &JobList, _: Made<Many<PauseJob>>) -> PageResult {
        Ok(desk.see_other("/batches?show=paused"))
    }
}

#[derive(Template)]
#[template(path = "batches/pause_owner.html")]
struct PauseOwnerForm<'a> {
    shell: &'a Shell,
    panel: &'a PauseOwnerPanel,
    seal: &'a SealForm,
}

impl PauseOwnerForm<'_> {
    /// Whether any job is paused, so that those of its owner can go on.
    fn is_any_paused(&self) -> bool {
        self.panel.owners.iter().any(|(_, jobs)| jobs.iter().any(|job| job.is_paused))
    }

    fn is_chosen(&self, hours: i64) -> bool {
        self.panel.hours == hours.to_string()
    }
}
