//! Signed reports as they are stored.

use super::period::Period;
use crate::{
    clock::Instant,
    id::{ReviewId, Seq},
    sql,
    store::Queries,
};
use std::collections::HashMap;

/// A report that was signed, without its bytes.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Review {
    pub id: ReviewId,
    #[sqlx(try_from = "String")]
    pub period: Period,
    pub staff_name: String,
    pub signed_at: Instant,
    pub sha256: String,
    /// `clear` or `found`.
    pub result: String,
    pub findings: String,
    pub measures: String,
    pub responsible: String,
    /// The one of the same period that was signed before it.
    pub earlier: Option<ReviewId>,
    /// The row of the log that signed it.
    pub seq: Seq,
}

macro_rules! review_columns {
    () => {
        "r.id, r.period, r.staff_name, r.signed_at, r.sha256, r.result, r.findings, r.measures, r.responsible, \
         r.earlier, a.seq from reviews r join audit a on a.change_id = r.change_id"
    };
}

/// The most that are shown of one period.
pub(super) const OF_ONE: i64 = 100;

/// Those of a period, the newest first.
pub(crate) async fn of(db: &mut impl Queries, period: Period, limit: i64) -> sqlx::Result<Vec<Review>> {
    db.query(sql!("select ", review_columns!(), " where r.period = $1 order by r.id desc limit $2"))
        .bind(period.to_string())
        .bind(limit)
        .all()
        .await
}

/// The newest one of each period.
pub(crate) async fn newest_of(
    db: &mut impl Queries,
    periods: impl Iterator<Item = Period>,
) -> sqlx::Result<HashMap<Period, Review>> {
    let periods: Vec<String> = periods.map(|period| period.to_string()).collect();
    let found: Vec<Review> = db
        .query(sql!(
            "select ",
            review_columns!(),
            " where r.id in (select max(n.id) from reviews n where n.period >= $1 and n.period <= $2 group by n.period)"
        ))
        .bind(periods.iter().min().map_or("", String::as_str))
        .bind(periods.iter().max().map_or("", String::as_str))
        .all()
        .await?;
    Ok(found.into_iter().map(|review| (review.period, review)).collect())
}

/// The newest one of a period.
pub(crate) async fn newest(db: &mut impl Queries, period: Period) -> sqlx::Result<Option<ReviewId>> {
    let found: Option<(ReviewId,)> = db
        .query(sql!("select id from reviews where period = $1 order by id desc limit 1"))
        .bind(period.to_string())
        .optional()
        .await?;
    Ok(found.map(|(id,)| id))
}

pub(crate) async fn find(db: &mut impl Queries, id: ReviewId) -> sqlx::Result<Option<Review>> {
    db.query(sql!("select ", review_columns!(), " where r.id = $1")).bind(id).optional().await
}

/// The bytes that were signed.
pub(crate) async fn bytes(db: &mut impl Queries, id: ReviewId) -> sqlx::Result<Option<Vec<u8>>> {
    let found: Option<(Vec<u8>,)> =
        db.query(sql!("select report from reviews where id = $1")).bind(id).optional().await?;
    Ok(found.map(|(bytes,)| bytes))
}

impl Review {
    pub(crate) fn href(&self) -> String {
        format!("/audit/reviews/signed/{}", self.id)
    }

    /// Nothing in it that anything must be done about.
    pub(crate) fn is_clear(&self) -> bool {
        self.result == "clear"
    }

    /// The name of the file with its bytes.
    pub(crate) fn file_name(&self) -> String {
        format!("review-{}-{}.jsonl", self.period, self.id)
    }
}
