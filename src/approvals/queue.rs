//! Which requests wait for whom.

use super::request::Request;
use crate::{
    clock::Instant,
    id::RequestId,
    request_columns, sql,
    store::Reader,
    web::{Desk, PageError, session::Visitor},
};

/// What waits for the person `$1` with the roles `$2` at the time `$3`, of `approval_requests r`.
macro_rules! waits_for {
    () => {
        "r.state in ('waiting', 'owed') and r.staff_id <> $1 and (r.state = 'owed' or r.expires_at > $3)
           and (' ' || $2 || ' ') like ('% ' || r.role || ' %')
           and not exists (select 1 from approval_votes v where v.request_id = r.id and v.staff_id = $1)"
    };
}

/// More than this is only called many.
const MOST: i64 = 99;

/// The number of requests this person can decide about.
pub(crate) async fn waiting_for(reader: &Reader, person: &Visitor, now: Instant) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!(
            "select count(*) from (select 1 as one from approval_requests r where ",
            waits_for!(),
            " limit $4) mine"
        ))
        .bind(person.id)
        .bind(person.roles.to_string())
        .bind(now)
        .bind(MOST)
        .one()
        .await?;
    Ok(n)
}

/// The requests next to this one that wait for this person: the older and the newer.
pub(crate) async fn neighbours(
    desk: &Desk,
    id: RequestId,
) -> Result<(Option<RequestId>, Option<RequestId>), PageError> {
    let person = desk.person();
    let ids: Vec<(RequestId,)> = desk
        .reader()
        .query(sql!("select r.id from approval_requests r where ", waits_for!(), " order by r.id limit 500"))
        .bind(person.id)
        .bind(person.roles.to_string())
        .bind(desk.now())
        .all()
        .await?;
    let before = ids.iter().map(|(other,)| *other).filter(|other| *other < id).max();
    let after = ids.iter().map(|(other,)| *other).filter(|other| *other > id).min();
    Ok((before, after))
}

/// The open requests about one target, the newest first, so that no one requests the same change twice.
pub(crate) async fn about(reader: &Reader, kind: &str, id: &str) -> sqlx::Result<Vec<Request>> {
    reader
        .query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.target_kind = $1 and r.target_id = $2 and r.state in ('waiting', 'owed') order by r.id desc limit 5"
        ))
        .bind(kind)
        .bind(id)
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
