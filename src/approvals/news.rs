//! What became of one's own requests since one last looked.

use super::request::{Request, State};
use crate::{
    clock::Instant,
    id::{RequestId, StaffId},
    request_columns, sql,
    store::Reader,
    web::{session::Visitor, shell::Frame},
};

/// The newest requests of a person that are looked through.
const LATEST: i64 = 200;
/// Those of them that the first page tells of.
const SHOWN: usize = 5;

/// A request of one's own that was decided, and who decided it why.
#[derive(Clone, Debug)]
pub(crate) struct News {
    pub(crate) request: Request,
    /// The last decision, where a person made it: their name and their reason.
    pub(crate) decision: Option<(String, String)>,
}

impl News {
    /// What was asked for: "Points 12,450 → 62,450 (user/482913)".
    pub(crate) fn what(&self, frame: &Frame) -> String {
        let row = self.request.as_row();
        let what = row.headline(frame).unwrap_or_else(|| frame.name("action", &self.request.kind).to_owned());
        format!("{what} ({})", row.target)
    }
}

impl Request {
    /// Whether it is this person's own and was decided by another person or by time after `since`.
    pub(crate) fn is_news_for(&self, staff: StaffId, since: Instant) -> bool {
        let is_decided = self.decided_at.is_some_and(|at| at > since);
        is_decided && self.staff_id == staff && self.state != State::Withdrawn
    }
}

/// The number of requests of this person that were decided after `since`.
pub(crate) async fn count(reader: &Reader, person: &Visitor, since: Instant) -> sqlx::Result<i64> {
    let (n,): (i64,) = reader
        .query(sql!(
            "select count(*) from (select state, decided_at from approval_requests where staff_id = $1 order by id desc limit $3) latest
              where decided_at > $2 and state <> 'withdrawn'"
        ))
        .bind(person.id)
        .bind(since)
        .bind(LATEST)
        .one()
        .await?;
    Ok(n)
}

/// The newest of them, with their decisions.
pub(crate) async fn read(reader: &Reader, person: &Visitor, since: Instant) -> sqlx::Result<Vec<News>> {
    let mut requests: Vec<Request> = reader
        .query(sql!(
            "select ",
            request_columns!(),
            " from approval_requests r join staff s on s.id = r.staff_id
               where r.staff_id = $1 and r.decided_at > $2 and r.state <> 'withdrawn' order by r.id desc limit $3"
        ))
        .bind(person.id)
        .bind(since)
        .bind(LATEST)
        .all()
        .await?;
    requests.sort_by_key(|request| std::cmp::Reverse(request.decided_at));
    requests.truncate(SHOWN);
    let mut news = Vec::with_capacity(requests.len());
    for request in requests {
        news.push(News { decision: decision(reader, request.id).await?, request });
    }
    Ok(news)
}

async fn decision(reader: &Reader, request: RequestId) -> sqlx::Result<Option<(String, String)>> {
    reader
        .query(sql!(
            "select staff_name, reason from approval_votes where request_id = $1 order by at desc, staff_id desc limit 1"
        ))
        .bind(request)
        .optional()
        .await
}
