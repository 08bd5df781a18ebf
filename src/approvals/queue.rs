//! Which requests wait for whom.

use super::{
    request::{self, Request},
    viewer::ViewerPart,
};
use crate::{
    clock::Instant,
    id::RequestId,
    request_columns, sql,
    store::Reader,
    web::{Desk, PageError, session::Visitor},
};
use chrono::TimeDelta;

/// More than this is only called many.
const MOST: i64 = 200;

/// The requests that wait for this person, the oldest first: those that the pages offer them to decide about.
async fn for_person(reader: &Reader, person: &Visitor, now: Instant) -> sqlx::Result<Vec<Request>> {
    let candidates: Vec<Request> = reader
        .query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.state in ('waiting', 'owed') and r.staff_id <> $1
                 and (' ' || $2 || ' ') like ('% ' || r.role || ' %') order by r.id limit $3"
        ))
        .bind(person.id)
        .bind(person.roles.to_string())
        .bind(MOST)
        .all()
        .await?;
    let (Some(first), Some(last)) = (candidates.first(), candidates.last()) else { return Ok(Vec::new()) };
    let voters = request::open_voters(&mut &*reader, (first.id, last.id)).await?;
    let waits = |request: &Request| {
        let voters: Vec<String> =
            voters.iter().filter(|(id, _)| *id == request.id).map(|(_, email)| email.clone()).collect();
        ViewerPart::of(person, request, &voters, now) == ViewerPart::YourTurn
    };
    Ok(candidates.into_iter().filter(waits).collect())
}

/// The number of requests this person can decide about.
pub(crate) async fn waiting_for(reader: &Reader, person: &Visitor, now: Instant) -> sqlx::Result<i64> {
    for_person(reader, person, now).await.map(|requests| i64::try_from(requests.len()).unwrap_or_default())
}

/// The requests next to this one that wait for this person: the older and the newer.
pub(crate) async fn neighbours(
    desk: &Desk,
    id: RequestId,
) -> Result<(Option<RequestId>, Option<RequestId>), PageError> {
    let waiting = for_person(desk.reader(), desk.person(), desk.now()).await?;
    let before = waiting.iter().map(|other| other.id).filter(|other| *other < id).max();
    let after = waiting.iter().map(|other| other.id).filter(|other| *other > id).min();
    Ok((before, after))
}

/// For how long a page still says that a request about its target came to nothing.
const LATELY: TimeDelta = TimeDelta::days(2);

/// The open requests about one target, the newest first, so that no one requests the same change twice; and those that were
/// rejected or expired lately, so that no one takes them for done.
pub(crate) async fn about(desk: &Desk, kind: &str, id: &str) -> sqlx::Result<Vec<Request>> {
    desk.reader()
        .query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.target_kind = $1 and r.target_id = $2 and (r.state in ('waiting', 'owed') or r.state in ('rejected', 'expired', 'obsolete') and r.decided_at > $3)
               order by r.id desc limit 5"
        ))
        .bind(kind)
        .bind(id)
        .bind(desk.now().minus(LATELY))
        .all()
        .await
}

/// The requests that were made at once and still lack their approval, the most pressing first: everybody's affair.
pub(crate) async fn owed(reader: &Reader) -> sqlx::Result<Vec<Request>> {
    reader
        .query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.state = 'owed' order by r.expires_at, r.id limit 5"
        ))
        .all()
        .await
}
