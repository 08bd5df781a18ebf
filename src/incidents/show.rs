//! The page of one incident: the five steps, what is to be done, and the timeline.

use super::{
    INCIDENT, PANELS, WORKS,
    action::FinishPanel,
    markdown::{self, Rendered},
    open::is_of,
    record::{self, Action, Incident, Postmortem},
    step::Step,
    target,
    timeline::{Event, window},
};
use crate::{
    deployments::record::count_before,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::{IncidentEventId, IncidentId},
    store::Reader,
    web::{
        Desk, PageError, PageResult, format,
        list::{Page, pager_within},
        panel::{self, Panel as _, Part as _, Query, Side, Subject},
        problem_page::Problem,
        shell::{Frame, Section, Shell, table::Pager},
    },
};
use actix_web::web;
use askama::Template;

/// What the address calls the place at which the timeline goes on.
pub(crate) const TIMELINE: &str = "timeline";

/// `GET /incidents/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<IncidentId>) -> PageResult {
    panel::show::<IncidentView>(&desk, path.into_inner()).await
}

/// `GET /incidents/{id}/timeline`: the newest entries by themselves, for which the page asks again.
pub(crate) async fn live(desk: Desk, path: web::Path<IncidentId>) -> PageResult {
    let id = path.into_inner();
    let incident = record::find(&mut desk.reader(), id).await?.ok_or(Problem::NotFound)?;
    let timeline = Timeline::read(desk.reader(), &incident, None, desk.may("GET", "/audit")).await?;
    desk.page(200, &TimelineAlone { shell: desk.frame(), timeline })
}

/// An incident with what belongs to it.
pub(crate) struct IncidentView {
    pub(crate) incident: Incident,
    pub(crate) actions: Vec<Action>,
    pub(crate) postmortem: Option<Postmortem>,
}

impl Subject for IncidentView {
    type Id = IncidentId;
    const SECTION: Section = Section::Incidents;
    const PAGE: &'static str = "/incidents/{id}";
    const MISSING: Option<RefusalWord> = Some(INCIDENT);

    fn target(id: &IncidentId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &IncidentId) -> Result<Option<Self>, PageError> {
        let Some(incident) = record::find(&mut desk.reader(), *id).await? else { return Ok(None) };
        let actions = record::actions(&mut desk.reader(), *id).await?;
        let postmortem = record::postmortem(&mut desk.reader(), *id).await?;
        Ok(Some(Self { incident, actions, postmortem }))
    }

    fn path(&self) -> String {
        self.incident.href()
    }

    fn version(&self) -> Option<i64> {
        Some(self.incident.changed)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of(id: &IncidentId, row: &Row) -> bool {
        is_of(*id, row)
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { incident, actions, postmortem } = self;
        let before = Query::of(desk).number(TIMELINE);
        let timeline = Timeline::read(desk.reader(), &incident, before, desk.may("GET", "/audit")).await?;
        let text = postmortem.as_ref().map(|postmortem| markdown::render(&postmortem.text));
        let may_work = desk.person().roles.any_of(WORKS);
        let today = format::day(desk.now(), desk.zone());
        let deployments = count_before(&mut desk.reader(), incident.opened_at).await?;
        let page =
            ShowPage { shell, incident, actions, postmortem, text, timeline, may_work, deployments, today, side };
        desk.page(status, &page)
    }
}

/// A window of the timeline.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) events: Vec<Event>,
    pub(crate) pager: Pager,
    /// Where its newest entries are asked for again, while there may be more.
    pub(crate) live: Option<String>,
    pub(crate) may_audit: bool,
}

impl Timeline {
    async fn read(
        reader: &Reader,
        incident: &Incident,
        before: Option<IncidentEventId>,
        may_audit: bool,
    ) -> sqlx::Result<Self> {
        let found = window(reader, incident.id, before).await?;
        Ok(Self::of(incident, found, before.is_none(), may_audit))
    }

    /// `is_first`: these are the newest ones, which do not move under their reader while they are looked through.
    pub(crate) fn of(
        incident: &Incident,
        found: Page<Event, IncidentEventId>,
        is_first: bool,
        may_audit: bool,
    ) -> Self {
        let live = (is_first && incident.is_open()).then(|| format!("{}/timeline", incident.href()));
        let pager = pager_within(&incident.href(), TIMELINE, is_first, found.next);
        Self { events: found.rows, pager, live, may_audit }
    }
}

/// The timeline by itself.
#[derive(Debug, Template)]
#[template(path = "incidents/timeline.html")]
pub(crate) struct TimelineAlone {
    pub(crate) shell: Frame,
    pub(crate) timeline: Timeline,
}

#[derive(Debug, Template)]
#[template(path = "incidents/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) incident: Incident,
    pub(crate) actions: Vec<Action>,
    pub(crate) postmortem: Option<Postmortem>,
    /// The postmortem as it is shown.
    pub(crate) text: Option<Rendered>,
    pub(crate) timeline: Timeline,
    /// Whether the reader works on incidents.
    pub(crate) may_work: bool,
    /// How many deployments there were in the day before.
    pub(crate) deployments: i64,
    /// In the zone of the reader: `2026-11-20`.
    pub(crate) today: String,
    pub(crate) side: Side,
}

impl ShowPage {
    /// The deployments before it.
    fn deployments_href(&self) -> String {
        self.incident.alert.map_or_else(|| "/deployments".to_owned(), |alert| format!("/deployments?alert={alert}"))
    }

    /// How long it has lasted, or lasted until it was right again.
    fn lasted(&self) -> i64 {
        self.incident.recovered_at.unwrap_or(self.shell.now).since(self.incident.opened_at).num_milliseconds()
    }

    /// Whether the incident has passed this step, is at it, or comes to it yet.
    fn mark(&self, step: Step) -> &'static str {
        match self.incident.step {
            now if now > step || now == Step::Closed => "done",
            now if now == step => "now",
            _ => "later",
        }
    }

    fn done_panel(action: &Action) -> String {
        action.id.open_name(FinishPanel::NAME)
    }
}
