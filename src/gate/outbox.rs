//! What is to be told leaves only if the change did: rows written in its transaction, delivered afterwards.

use super::{Event, Tx};
use crate::{clock::Instant, sql};
use serde_json::Value;

/// Writes the events of the change that became audit row `seq`.
pub(super) async fn write(tx: &mut Tx<'_>, seq: i64, events: &[Event]) -> sqlx::Result<()> {
    let now = tx.now();
    for event in events {
        tx.query(sql!("insert into outbox (seq, topic, body, at) values ($1, $2, $3, $4)"))
            .bind(seq)
            .bind(event.topic)
            .bind(sqlx::types::Json(&event.body))
            .bind(now)
            .run()
            .await?;
    }
    Ok(())
}

/// An event on its way out. It may be delivered twice, if a process dies between delivering and saying so; `id` is the
/// same both times.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Delivery {
    pub id: i64,
    /// The audit row of the change that is told of.
    pub seq: i64,
    pub topic: String,
    #[sqlx(json)]
    pub body: Value,
    pub at: Instant,
    pub attempts: i64,
}
