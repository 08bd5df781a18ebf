//! Received alerts as they are stored.

use crate::{
    clock::Instant,
    notify::Severity,
    sql,
    store::{Queries, Reader},
};
use std::collections::BTreeMap;

/// An episode of an alert of another system.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Received {
    /// By which its alert here is known.
    pub subject: String,
    pub source: String,
    pub fingerprint: String,
    pub starts_at: Instant,
    pub title: String,
    #[sqlx(try_from = "String")]
    pub severity: Severity,
    /// JSON.
    pub labels: String,
    pub url: Option<String>,
    pub summary: Option<String>,
    /// When anything was told of it last, and until when that is good.
    pub heard_at: Instant,
    pub stale_at: Instant,
    /// Whether its system said that it keeps quiet about it.
    pub is_suppressed: bool,
}

macro_rules! received_columns {
    () => {
        "subject, source, fingerprint, starts_at, title, severity, labels, url, summary, heard_at, stale_at, is_suppressed"
    };
}

impl Received {
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        serde_json::from_str(&self.labels).unwrap_or_default()
    }

    /// Whether nothing was heard of it for too long.
    pub(crate) fn is_stale(&self, now: Instant) -> bool {
        self.stale_at <= now
    }
}

/// All that are not over.
pub(crate) async fn firing(db: &mut impl Queries) -> sqlx::Result<Vec<Received>> {
    db.query(sql!("select ", received_columns!(), " from received_alerts where resolved_at is null order by subject"))
        .all()
        .await
}

/// Those of one sender.
pub(super) async fn firing_of(db: &mut impl Queries, source: &str) -> sqlx::Result<Vec<Received>> {
    let mut firing = firing(db).await?;
    firing.retain(|received| received.source == source);
    Ok(firing)
}

/// An episode, where it is known.
pub(crate) async fn find(db: &mut impl Queries, subject: &str) -> sqlx::Result<Option<Received>> {
    db.query(sql!("select ", received_columns!(), " from received_alerts where subject = $1"))
        .bind(subject.to_owned())
        .optional()
        .await
}

/// Of which nothing was heard for too long, and when it was last.
pub(crate) async fn stale(reader: &Reader, now: Instant) -> sqlx::Result<Vec<(String, Instant)>> {
    reader
        .query(sql!("select subject, heard_at from received_alerts where resolved_at is null and stale_at <= $1"))
        .bind(now)
        .all()
        .await
}
