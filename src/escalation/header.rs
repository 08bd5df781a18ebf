//! Alerts of which no step of an escalation reaches a person, for the header of every page of an owner.

use crate::{clock::Instant, id::AlertId, sql, store::Reader, web::shell::Unreached};

/// The alert that has reached no person for the longest time, and how many there are; nothing where all reach one.
pub(crate) async fn unreached(reader: &Reader) -> sqlx::Result<Option<Unreached>> {
    let found: Vec<(AlertId, String, Instant)> = reader
        .query(sql!(
            "select a.id, a.title, e.unreached_at from escalations e join alerts a on a.id = e.alert
              where e.unreached_at is not null and a.resolved_at is null and a.cleared_at is null and a.acknowledged_at is null
              order by e.unreached_at, a.id limit 100"
        ))
        .all()
        .await?;
    let n = i64::try_from(found.len()).unwrap_or(i64::MAX);
    Ok(found.into_iter().next().map(|(id, title, since)| Unreached { n, title, since, href: format!("/alerts/{id}") }))
}
