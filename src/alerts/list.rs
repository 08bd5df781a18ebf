//! The list of alerts.

use super::{
    kind::AlertKind,
    receive::record::stale,
    record::{Alert, alert_columns},
    silence::{
        header::silenced,
        record::{active, silenced_until},
    },
};
use crate::{
    clock::Instant,
    id::AlertId,
    list_query, sql,
    store::Reader,
    web::{
        Desk, PageResult,
        list::{ListQuery as _, Page, Tab},
        shell::{Frame, Section, Shell, Silenced, Tone, field::wrong, table::Pager},
    },
};
use actix_web::web;
use askama::Template;

const PAGE: usize = 50;
/// What the first page shows of what is open.
const FIRST: i64 = 20;

list_query! {
    /// The filters of the list of alerts as they were chosen.
    typed Filter at "/alerts" from "before";
    /// What the filters of the list of alerts mean.
    meant Wanted;
    show: Show = |text, _| Show::parse(text).ok_or_else(wrong::not_a_choice);
    kind: AlertKind = |text, _| AlertKind::parse(text).ok_or_else(wrong::not_a_choice);
}

/// Which alerts are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    All,
}

impl Show {
    const ALL: &'static str = "all";

    fn parse(text: &str) -> Option<Self> {
        (text == Self::ALL).then_some(Self::All)
    }
}

/// The number of alerts that no person looks at yet.
pub(crate) async fn waiting(reader: &Reader) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!("select count(*) from alerts where resolved_at is null and acknowledged_at is null"))
        .one()
        .await?;
    Ok(n)
}

/// An alert as a list shows it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) alert: Alert,
    /// Until when no channel is told of it.
    pub(crate) silenced_until: Option<Instant>,
    /// When it was heard of last, where that is too long ago.
    pub(crate) stale_since: Option<Instant>,
}

impl std::ops::Deref for Shown {
    type Target = Alert;

    fn deref(&self) -> &Alert {
        &self.alert
    }
}

/// The same alerts, each with its silence.
async fn listed(mut reader: &Reader, alerts: Vec<Alert>, now: Instant) -> sqlx::Result<Vec<Shown>> {
    let silences = active(&mut reader, now).await?;
    let is_received = alerts.iter().any(|alert| alert.is_open() && alert.kind == AlertKind::Received);
    let stale = if is_received { stale(reader, now).await? } else { Vec::new() };
    let listed = |alert: Alert| Shown {
        silenced_until: silenced_until(&silences, &alert, now).filter(|_| alert.is_open()),
        stale_since: stale.iter().find(|(subject, _)| *subject == alert.subject).map(|(_, at)| *at),
        alert,
    };
    Ok(alerts.into_iter().map(listed).collect())
}

/// What is open, the worst and newest first, as much as the first page shows.
pub(crate) async fn open(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Shown>> {
    let alerts = reader
        .query(sql!(
            "select ",
            alert_columns!(),
            " from alerts where resolved_at is null
               order by case when acknowledged_at is null then 0 else 1 end, severity, id desc limit $1"
        ))
        .bind(FIRST)
        .all()
        .await?;
    listed(reader, alerts, now).await
}

/// `GET /alerts`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let page = ListPage::of(&desk, filter).await?;
    desk.page(200, &page)
}

/// `GET /alerts/live`: the rows of the list, which it asks for again.
pub(crate) async fn live(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let page = ListPage::of(&desk, filter.into_inner()).await?;
    desk.page(200, &RowsAlone { page })
}

/// `GET /alerts/count`: how many wait, and the silences in force, which every page asks for again.
pub(crate) async fn count(desk: Desk) -> PageResult {
    let waiting = Some(waiting(desk.reader()).await?).filter(|n| *n > 0);
    let silenced = silenced(desk.reader(), desk.now()).await?;
    desk.page(200, &CountAlone { waiting, silenced, shell: desk.frame() })
}

/// `GET /alerts/home`: what the first page shows of what is open, which it asks for again.
pub(crate) async fn home(desk: Desk) -> PageResult {
    desk.page(200, &HomeAlone { alerts: open(desk.reader(), desk.now()).await?, shell: desk.frame() })
}

/// How a list of what is open looks: like the worst of it.
pub(crate) fn worst(alerts: &[Shown]) -> Tone {
    let tones: Vec<Tone> = alerts.iter().map(|alert| alert.tone()).collect();
    [Tone::Bad, Tone::Warn, Tone::Info].into_iter().find(|tone| tones.contains(tone)).unwrap_or(Tone::Ok)
}

/// The newest alerts that are wanted. What is open is few; the rest goes along an index each.
async fn find(reader: &Reader, wanted: &Wanted, before: Option<AlertId>) -> sqlx::Result<Page<Alert, AlertId>> {
    macro_rules! alerts_where {
        ($condition:literal) => {
            sql!(
                "select ",
                alert_columns!(),
                " from alerts where id < $1 and ",
                $condition,
                " order by id desc limit $2"
            )
        };
    }
    let statement = match (wanted.show, wanted.kind) {
        (None, None) => alerts_where!("resolved_at is null"),
        (None, Some(_)) => alerts_where!("resolved_at is null and kind = $3"),
        (Some(Show::All), None) => alerts_where!("true"),
        (Some(Show::All), Some(_)) => alerts_where!("kind = $3"),
    };
    let rows = async |limit| {
        let query = reader.query(statement).bind(before.unwrap_or(AlertId::MAX));
        let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX));
        wanted.kind.into_iter().fold(query, |query, kind| query.bind(kind.as_str())).all().await
    };
    Page::read(PAGE, rows, |alert: &Alert| alert.id).await
}

#[derive(Debug, Template)]
#[template(path = "alerts/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) rows: Vec<Shown>,
    pub(crate) pager: Pager,
}

/// The rows by themselves.
#[derive(Debug, Template)]
#[template(path = "alerts/rows.html")]
pub(crate) struct RowsAlone {
    pub(crate) page: ListPage,
}

impl std::ops::Deref for RowsAlone {
    type Target = ListPage;

    fn deref(&self) -> &ListPage {
        &self.page
    }
}

/// What is open, by itself.
#[derive(Debug, Template)]
#[template(path = "alerts/home.html")]
pub(crate) struct HomeAlone {
    pub(crate) shell: Frame,
    pub(crate) alerts: Vec<Shown>,
}

/// How many wait, and the silences in force, by themselves.
#[derive(Debug, Template)]
#[template(path = "alerts/count.html")]
pub(crate) struct CountAlone {
    pub(crate) shell: Frame,
    pub(crate) waiting: Option<i64>,
    pub(crate) silenced: Option<Silenced>,
}

impl ListPage {
    async fn of(desk: &Desk, filter: Filter) -> Result<Self, crate::web::PageError> {
        let found = find(desk.reader(), &filter.chosen(desk.zone())?, filter.place()?).await?;
        let shell = desk.shell(Some(Section::Alerts), None).await?;
        let rows = listed(desk.reader(), found.rows, desk.now()).await?;
        Ok(Self { shell, rows, pager: filter.pager(found.next), filter })
    }

    fn tabs(&self) -> Vec<Tab> {
        self.filter.tabs(["", Show::ALL], |filter| &mut filter.show)
    }

    /// The key under `alerts-show.`
    fn show(&self) -> &'static str {
        if self.filter.show.is_empty() { "open" } else { Show::ALL }
    }

    /// Where the rows of the first page are asked for again; a further page does not move under its reader.
    fn live(&self) -> Option<String> {
        let is_first = self.filter.place.is_empty();
        is_first.then(|| self.filter.href("").replacen("/alerts", "/alerts/live", 1))
    }
}
