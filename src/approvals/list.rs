//! The list of requests.

use super::{
    Request,
    list_pages::{ListPage, Row, Show},
    pages::Standing,
    request::SEES_ALL,
};
use crate::{
    gate::is_same_mailbox,
    request_columns, sql,
    web::{
        Answer, Desk, Stop,
        problem_page::Problem,
        shell::{Section, table::Pager},
    },
};
use actix_web::web;
use serde::Deserialize;
use std::collections::HashSet;

const PAGE: i64 = 50;
/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    before: Option<i64>,
}

/// `GET /approvals`
pub async fn list(desk: Desk, asked: web::Query<Asked>) -> Answer {
    let show = Show::parse(&asked.show).ok_or(Problem::BadRequest)?;
    let mut requests = find(&desk, show, asked.before).await?;
    let is_more = i64::try_from(requests.len()).unwrap_or_default() > PAGE;
    requests.truncate(usize::try_from(PAGE).unwrap_or(50));
    let voted = voted(&desk, &requests).await?;
    let next = requests.last().filter(|_| is_more).map(|last| show.href(&last.id.to_string()));
    let page = ListPage {
        shell: desk.shell(Some(Section::Approvals), None).await?,
        show,
        pager: Pager { first: asked.before.map(|_| show.href("")), previous: None, next },
        rows: requests
            .into_iter()
            .map(|request| Row { standing: standing(&desk, &request, voted.contains(&request.id)), request })
            .collect(),
    };
    desk.page(200, &page)
}

/// The newest requests that fit and that this person may see. Who sees only some of what was decided sees it as far back as
/// can be looked through at once.
async fn find(desk: &Desk, show: Show, before: Option<i64>) -> Result<Vec<Request>, Stop> {
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
    let query = query.bind(before.unwrap_or(i64::MAX)).bind(PAGE + 1).bind(person.id).bind(sees_all).bind(roles);
    let query = if show == Show::Decided { query.bind(earliest(desk, sees_all).await?) } else { query };
    Ok(query.all().await?)
}

/// So far back is looked for what one person of many may see.
const WINDOW: i64 = 20_000;

/// Before which request nobody looks: at all of them only for whoever sees them all.
async fn earliest(desk: &Desk, sees_all: bool) -> Result<i64, Stop> {
    if sees_all {
        return Ok(0);
    }
    let (last,): (i64,) = desk.reader().query(sql!("select coalesce(max(id), 0) from approval_requests")).one().await?;
    Ok(last.saturating_sub(WINDOW))
}

/// Whether this person may look at a request at all.
pub(super) fn may_see(desk: &Desk, request: &Request) -> bool {
    request.is_for(desk.person().id, &desk.person().roles)
}

/// What this person has to do with it.
pub(super) fn standing(desk: &Desk, request: &Request, has_voted: bool) -> Standing {
    let person = desk.person();
    if person.id == request.staff_id {
        Standing::Yours
    } else if has_voted {
        Standing::YouVoted
    } else if is_same_mailbox(&person.email, &request.staff_email) {
        Standing::Others
    } else if request.role().is_some_and(|role| person.roles.any_of(&[role])) {
        Standing::YourTurn
    } else {
        Standing::Others
    }
}

/// About which of these this person has decided.
async fn voted(desk: &Desk, requests: &[Request]) -> Result<HashSet<i64>, Stop> {
    let (Some(first), Some(last)) = (requests.last(), requests.first()) else { return Ok(HashSet::new()) };
    let votes: Vec<(i64,)> = desk
        .reader()
        .query(sql!("select request_id from approval_votes where staff_id = $1 and request_id between $2 and $3"))
        .bind(desk.person().id)
        .bind(first.id)
        .bind(last.id)
        .all()
        .await?;
    Ok(votes.into_iter().map(|(request,)| request).collect())
}
