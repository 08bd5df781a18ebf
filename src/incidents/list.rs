//! The list of incidents: those that are open first, then those that are closed.

use super::{
    INCIDENT, LIST_PANELS, WORKS,
    open::{OpenIncident, number_in},
    record::{Incident, incident_columns},
};
use crate::{
    gate::{Change as _, RefusalWord, Target, audit::Entry as Row},
    id::IncidentId,
    list_query, sql,
    store::Reader,
    web::{
        Desk, PageError, PageResult,
        list::{self, ListQuery as _, Page, Tab},
        panel::{self, Query, Side, Subject},
        shell::{
            Section, Shell,
            field::{FieldErrors, wrong},
            table::Pager,
        },
    },
};
use askama::Template;

const PAGE: usize = 50;
/// The number of incidents that a search looks at, at a time.
const SEARCHED: i64 = 500;
/// The most open incidents that are shown; where there are more, something else is wrong.
const OPEN: i64 = 200;

list_query! {
    /// The filters of the list of incidents as they were typed.
    typed Filter at "/incidents" from "before";
    /// What the filters of the list of incidents mean.
    meant Wanted;
    show: Show = |text, _| Show::parse(text).ok_or_else(wrong::not_a_choice);
    /// In small letters.
    q: String = |text, _| match text.trim() {
        text if text.chars().count() > 100 => Err(wrong::too_long(100)),
        text if !crate::text::is_line(text) => Err(wrong::control_characters()),
        text => Ok(text.to_lowercase()),
    };
}

/// Which incidents are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    Open,
    Closed,
}

impl Show {
    const NAMES: [&'static str; 2] = ["open", "closed"];

    fn parse(text: &str) -> Option<Self> {
        match text {
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

/// `GET /incidents`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Incidents>(&desk, ()).await
}

/// The list, as its address asks for it.
#[derive(Default)]
pub(crate) struct Incidents {
    pub(crate) filter: Filter,
}

impl Subject for Incidents {
    type Id = ();
    const SECTION: Section = Section::Incidents;
    const PAGE: &'static str = "/incidents";
    const MISSING: Option<RefusalWord> = Some(INCIDENT);

    /// The list itself is no target.
    fn target((): &()) -> Target {
        Target::new("incident", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        // A form comes back beside the whole list: the one it was opened from is not in its address.
        if !matches!(desk.visit().method.as_str(), "GET" | "HEAD") {
            return Ok(Some(Self::default()));
        }
        Ok(Some(Self { filter: Filter::beside_panels(&Query::of(desk)) }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        LIST_PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        row.action == OpenIncident::KIND && number_in(&row.after).is_some()
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let before = self.filter.place()?;
        let (found, errors) = match self.filter.read(desk.zone()) {
            Ok(wanted) => (find(desk.reader(), &wanted, before).await?, FieldErrors::new()),
            Err(errors) => (Page::default(), errors),
        };
        let status = if errors.is_empty() { status } else { errors.status_of_list() };
        let pager = self.filter.pager(found.next);
        let may_open = desk.person().roles.any_of(WORKS);
        let page = ListPage { shell, filter: self.filter, errors, rows: found.rows, pager, may_open, side };
        desk.page(status, &page)
    }
}

/// What is wanted: on the first page those that are open, and then those that are closed, the newest of each first.
async fn find(
    reader: &Reader,
    wanted: &Wanted,
    before: Option<IncidentId>,
) -> sqlx::Result<Page<Incident, IncidentId>> {
    let says = |incident: &Incident| wanted.q.as_deref().is_none_or(|text| incident.says(text));
    let mut rows = if before.is_none() && wanted.show != Some(Show::Closed) { open(reader).await? } else { Vec::new() };
    rows.retain(says);
    if wanted.show == Some(Show::Open) {
        return Ok(Page { rows, next: None });
    }
    let end = before.unwrap_or(IncidentId::MAX);
    let closed = match wanted.q {
        None => {
            Page::read(PAGE, async |limit| closed(reader, end, limit).await, |incident: &Incident| incident.id).await?
        }
        Some(_) => search(reader, end, says).await?,
    };
    rows.extend(closed.rows);
    Ok(Page { rows, next: closed.next })
}

async fn open(reader: &Reader) -> sqlx::Result<Vec<Incident>> {
    reader
        .query(sql!(
            "select ",
            incident_columns!(),
            " from incidents i where i.step <> 'closed' order by i.id desc limit $1"
        ))
        .bind(OPEN)
        .all()
        .await
}

async fn closed(reader: &Reader, end: IncidentId, limit: usize) -> sqlx::Result<Vec<Incident>> {
    reader
        .query(sql!(
            "select ",
            incident_columns!(),
            " from incidents i where i.step = 'closed' and i.id < $1 order by i.id desc limit $2"
        ))
        .bind(end)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .all()
        .await
}

/// Texts have no index: they are looked for through bounded windows.
async fn search(
    reader: &Reader,
    end: IncidentId,
    says: impl Fn(&Incident) -> bool,
) -> sqlx::Result<Page<Incident, IncidentId>> {
    let (newest,): (Option<IncidentId>,) = reader.query(sql!("select max(id) from incidents")).one().await?;
    let Some(newest) = newest else { return Ok(Page::default()) };
    let end = end.min(IncidentId::new(newest.get().saturating_add(1)));
    let first = IncidentId::new(0);
    let start = async |end: IncidentId| Ok((end > first).then(|| IncidentId::new(end.get().saturating_sub(SEARCHED))));
    let rows = async |from: IncidentId, to: IncidentId, limit: usize| {
        let mut rows: Vec<Incident> = reader
            .query(sql!(
                "select ",
                incident_columns!(),
                " from incidents i where i.step = 'closed' and i.id >= $1 and i.id < $2 order by i.id desc"
            ))
            .bind(from)
            .bind(to)
            .all()
            .await?;
        rows.retain(&says);
        rows.truncate(limit);
        Ok(rows)
    };
    list::walk(PAGE, (first, end), start, rows, |incident: &Incident| incident.id).await
}

#[derive(Template)]
#[template(path = "incidents/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) errors: FieldErrors,
    pub(crate) rows: Vec<Incident>,
    pub(crate) pager: Pager,
    /// Whether the reader works on incidents.
    pub(crate) may_open: bool,
    pub(crate) side: Side,
}

impl ListPage {
    fn tabs(&self) -> Vec<Tab> {
        let [open, closed] = Show::NAMES;
        self.filter.tabs(["", open, closed], |filter| &mut filter.show)
    }
}
