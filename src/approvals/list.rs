//! The list of requests.

use super::{
    Request,
    request::{self, SEES_ALL},
    viewer::ViewerPart,
};
use crate::{
    audit::pages::Row as AuditRow,
    id::RequestId,
    list_query, request_columns, sql,
    web::{
        Desk, PageError, PageResult,
        list::{ListQuery as _, Page, Tab},
        shell::{Frame, Section, Shell, field::wrong, table::Pager},
    },
};
use actix_web::web;
use askama::Template;
use std::collections::HashMap;

const PAGE: usize = 50;

list_query! {
    /// The filters of the list of requests as they were chosen.
    typed Filter at "/approvals" from "before";
    /// What the filters of the list of requests mean.
    meant Wanted;
    show: Show = |text, _| Show::parse(text).ok_or_else(wrong::not_a_choice);
}

/// `GET /approvals`
pub(crate) async fn list(desk: Desk, filter: web::Query<Filter>) -> PageResult {
    let filter = filter.into_inner();
    let show = filter.chosen(desk.zone())?.show.unwrap_or_default();
    let found = find(&desk, show, filter.place()?).await?;
    let voters = voters(&desk, &found.rows).await?;
    // What is open is the list without a filter, also where the address names it.
    let filter = Filter { show: show.in_address().to_owned(), ..filter };
    let since = desk.decisions_seen();
    let row = |request: Request| {
        let voters = voters.get(&request.id).map_or(&[][..], Vec::as_slice);
        Row {
            part: ViewerPart::of(desk.person(), &request, voters, desk.now()),
            is_news: request.is_news_for(desk.person().id, since),
            request,
        }
    };
    let page = ListPage {
        shell: desk.shell(Some(Section::Approvals), None).await?,
        show,
        pager: filter.pager(found.next),
        rows: found.rows.into_iter().map(row).collect(),
        filter,
    };
    let page = desk.page(200, &page)?;
    // What is shown here counts as seen.
    Ok(if show == Show::Mine { desk.with_decisions_seen(page) } else { page })
}

/// The newest requests that fit and that this person may see. A person who sees only some of what was decided sees it
/// as far back as can be looked through at once.
async fn find(desk: &Desk, show: Show, before: Option<RequestId>) -> Result<Page<Request, RequestId>, PageError> {
    let person = desk.person();
    let (sees_all, roles) = (person.roles.any_of(SEES_ALL), person.roles.to_string());
    let statement = match show {
        Show::Open => sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.id < $1 and r.state in ('waiting', 'owed')
                 and ($4 or r.staff_id = $3 or (' ' || $5 || ' ') like ('% ' || r.role || ' %'))
               order by r.id desc limit $2"
        ),
        Show::Mine => sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.id < $1 and r.staff_id = $3 and ($4 or not $4) and $5 <> '' order by r.id desc limit $2"
        ),
        Show::Decided => sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.id < $1 and r.id > $6 and r.decided_at is not null
                 and ($4 or r.staff_id = $3 or (' ' || $5 || ' ') like ('% ' || r.role || ' %'))
               order by r.id desc limit $2"
        ),
    };
    let earliest = if show == Show::Decided { Some(earliest(desk, sees_all).await?) } else { None };
    let rows = async |limit| {
        let query = desk.reader().query(statement).bind(before.unwrap_or(RequestId::MAX));
        let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).bind(person.id).bind(sees_all).bind(roles);
        let query = if let Some(earliest) = earliest { query.bind(earliest) } else { query };
        Ok(query.all().await?)
    };
    Page::read(PAGE, rows, |request: &Request| request.id).await
}

/// The number of requests that are searched for those one person may see.
const WINDOW: i64 = 20_000;

/// The request after which the list begins: the very first one only for a person who sees them all.
async fn earliest(desk: &Desk, sees_all: bool) -> Result<RequestId, PageError> {
    if sees_all {
        return Ok(RequestId::new(0));
    }
    let (last,): (i64,) = desk.reader().query(sql!("select coalesce(max(id), 0) from approval_requests")).one().await?;
    Ok(RequestId::new(last.saturating_sub(WINDOW)))
}

/// Who has decided about those of these that are open.
async fn voters(desk: &Desk, requests: &[Request]) -> Result<HashMap<RequestId, Vec<String>>, PageError> {
    let (Some(first), Some(last)) = (requests.last(), requests.first()) else { return Ok(HashMap::new()) };
    let mut voters: HashMap<RequestId, Vec<String>> = HashMap::new();
    for (request, email) in request::open_voters(&mut desk.reader(), (first.id, last.id)).await? {
        voters.entry(request).or_default().push(email);
    }
    Ok(voters)
}

#[derive(Debug, Template)]
#[template(path = "approvals/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) show: Show,
    pub(crate) filter: Filter,
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

    /// Under `approvals-show.`
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Decided => "decided",
        }
    }

    /// As in `?show=`; what is open is shown where it names nothing.
    pub(crate) fn in_address(self) -> &'static str {
        if self == Self::Open { "" } else { self.as_str() }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|show| show.as_str() == text)
    }
}

impl ListPage {
    /// How many of a tab are new to the reader.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    fn new_in(&self, show: &Show) -> i64 {
        if *show == Show::Mine { self.shell.news(Section::Approvals) } else { 0 }
    }

    fn tabs(&self) -> impl Iterator<Item = (Show, Tab)> {
        Show::ALL.into_iter().zip(self.filter.tabs(Show::ALL.map(Show::in_address), |filter| &mut filter.show))
    }
}

/// A request in a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) request: Request,
    pub(crate) part: ViewerPart,
    /// Whether it is the reader's own and was decided since they last looked.
    pub(crate) is_news: bool,
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
