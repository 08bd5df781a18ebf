//! Levers as they are stored.

use crate::{
    clock::Instant,
    id::LeverId,
    sql,
    store::{Queries, Reader},
};

/// A time in which a kind of change is closed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Lever {
    pub id: LeverId,
    pub kind: String,
    pub closed_at: Instant,
    pub until_at: Instant,
    pub reason: String,
    pub staff_name: String,
    /// When a person opened it before its end, and who.
    pub opened_at: Option<Instant>,
    pub opened_by: Option<String>,
}

macro_rules! lever_columns {
    () => {
        "id, kind, closed_at, until_at, reason, staff_name, opened_at, opened_by"
    };
}

impl Lever {
    pub(crate) fn is_closed(&self, now: Instant) -> bool {
        self.opened_at.is_none() && self.until_at > now
    }

    /// When it opens, or opened.
    pub(crate) fn end(&self) -> Instant {
        self.opened_at.map_or(self.until_at, |at| at.min(self.until_at))
    }

    /// Who opened it before its end.
    pub(crate) fn opener(&self) -> Option<&str> {
        self.opened_by.as_deref().filter(|_| self.opened_at.is_some_and(|at| at < self.until_at))
    }
}

pub(super) async fn find(db: &mut impl Queries, id: LeverId) -> sqlx::Result<Option<Lever>> {
    db.query(sql!("select ", lever_columns!(), " from levers where id = $1")).bind(id).optional().await
}

/// The one of a kind that is not marked as opened, also where its end has come.
pub(super) async fn of_kind(db: &mut impl Queries, kind: &str) -> sqlx::Result<Option<Lever>> {
    db.query(sql!("select ", lever_columns!(), " from levers where kind = $1 and opened_at is null"))
        .bind(kind.to_owned())
        .optional()
        .await
}

/// Those that are closed now, the one that opens first comes first.
pub(crate) async fn closed(db: &mut impl Queries, now: Instant) -> sqlx::Result<Vec<Lever>> {
    db.query(sql!(
        "select ",
        lever_columns!(),
        " from levers where opened_at is null and until_at > $1 order by until_at, kind"
    ))
    .bind(now)
    .all()
    .await
}

/// Those that are over, the newest first. Those that are closed are few, and are left out as they are read.
pub(super) async fn over(
    reader: &Reader,
    before: Option<LeverId>,
    now: Instant,
    limit: i64,
) -> sqlx::Result<Vec<Lever>> {
    reader
        .query(sql!(
            "select ",
            lever_columns!(),
            " from levers where id < $1 and (opened_at is not null or until_at <= $2) order by id desc limit $3"
        ))
        .bind(before.unwrap_or(LeverId::MAX))
        .bind(now)
        .bind(limit)
        .all()
        .await
}
