//! The list of requests.

use super::{Request, request::SEES_ALL, viewer::ViewerPart};
use crate::{
    audit::pages::Row as AuditRow,
    id::RequestId,
    request_columns, sql,
    web::{
        Desk, PageError, PageResult,
        link::link,
        problem_page::Problem,
        shell::{Frame, Section, Shell, table::Pager},
    },
};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::collections::HashSet;

const PAGE: i64 = 50;

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PageQuery {
    show: String,
    before: Option<RequestId>,
}

/// `GET /approvals`
pub(crate) async fn list(desk: Desk, query: web::Query<PageQuery>) -> PageResult {
    let show = Show::parse(&query.show).ok_or(Problem::BadRequest)?;
    let mut requests = find(&desk, show, query.before).await?;
    let is_more = i64::try_from(requests.len()).unwrap_or_default() > PAGE;
    requests.truncate(usize::try_from(PAGE).unwrap_or(50));
    let voted = voted(&desk, &requests).await?;
    let next = requests.last().filter(|_| is_more).map(|last| show.href(&last.id.to_string()));
    let page = ListPage {
        shell: desk.shell(Some(Section::Approvals), None).await?,
        show,
        pager: Pager { first: query.before.map(|_| show.href("")), previous: None, next },
        rows: requests
            .into_iter()
            .map(|request| Row { part: ViewerPart::of(desk.person(), &request, voted.contains(&request.id)), request })
            .collect(),
    };
    desk.page(200, &page)
}

/// The newest requests that fit and that this person may see. A person who sees only some of what was decided sees it
/// as far back as can be looked through at once.
async fn find(desk: &Desk, show: Show, before: Option<RequestId>) -> Result<Vec<Request>, PageError> {
    let person = desk.person();
    let (sees_all, roles) = (person.roles.any_of(SEES_ALL), person.roles.to_string());
    let reader = desk.reader();
    let query = match show {
        Show::Open => reader.query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.id < $1 and r.state in ('waiting', 'owed')
                 and ($4 or r.staff_id = $3 or (' ' || $5 || ' ') like ('% ' || r.role || ' %'))
               order by r.id desc limit $2"
        )),
        Show::Mine => reader.query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.id < $1 and r.staff_id = $3 and ($4 or not $4) and $5 <> '' order by r.id desc limit $2"
        )),
        Show::Decided => reader.query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.id < $1 and r.id > $6 and r.decided_at is not null
                 and ($4 or r.staff_id = $3 or (' ' || $5 || ' ') like ('% ' || r.role || ' %'))
               order by r.id desc limit $2"
        )),
    };
    let query = query.bind(before.unwrap_or(RequestId::MAX)).bind(PAGE + 1).bind(person.id).bind(sees_all).bind(roles);
    let query = if show == Show::Decided { query.bind(earliest(desk, sees_all).await?) } else { query };
    Ok(query.all().await?)
}

/// So far back is looked for what one person of many may see.
const WINDOW: i64 = 20_000;

/// The request after which the list begins: the very first one only for a person who sees them all.
async fn earliest(desk: &Desk, sees_all: bool) -> Result<RequestId, PageError> {
    if sees_all {
        return Ok(RequestId::new(0));
    }
    let (last,): (i64,) = desk.reader().query(sql!("select coalesce(max(id), 0) from approval_requests")).one().await?;
    Ok(RequestId::new(last.saturating_sub(WINDOW)))
}

/// About which of these this person has decided.
async fn voted(desk: &Desk, requests: &[Request]) -> Result<HashSet<RequestId>, PageError> {
    let (Some(first), Some(last)) = (requests.last(), requests.first()) else { return Ok(HashSet::new()) };
    let votes: Vec<(RequestId,)> = desk
        .reader()
        .query(sql!("select request_id from approval_votes where staff_id = $1 and request_id between $2 and $3"))
        .bind(desk.person().id)
        .bind(first.id)
        .bind(last.id)
        .all()
        .await?;
    Ok(votes.into_iter().map(|(request,)| request).collect())
}

#[derive(Debug, Template)]
#[template(path = "approvals/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) show: Show,
    pub(crate) rows: Vec<Row>,
    pub(crate) pager: Pager,
}

/// Which requests are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Show {
    /// What is not decided yet.
    #[default]
    Open,
    /// What this person asked for.
    Mine,
    Decided,
}

impl Show {
    const ALL: [Self; 3] = [Self::Open, Self::Mine, Self::Decided];

    /// As in `?show=`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Decided => "decided",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(Self::Open) } else { Self::ALL.into_iter().find(|show| show.as_str() == text) }
    }

    fn href(self, before: &str) -> String {
        link("/approvals", &[("show", if self == Self::Open { "" } else { self.as_str() }), ("before", before)])
    }
}

/// A request in a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) request: Request,
    pub(crate) part: ViewerPart,
}

impl Row {
    fn headline(&self, frame: &Frame) -> Option<String> {
        self.target().headline(frame)
    }

    /// Like a row of the log, which says it in the same words.
    fn target(&self) -> AuditRow {
        self.request.as_row()
    }
}
