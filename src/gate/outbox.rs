//! Events leave only if their change commits: rows written in its transaction, delivered afterwards.

use super::{Event, Tx};
use crate::{
    clock::Instant,
    id::{EventId, Seq},
    sql,
};
use serde_json::Value;

/// Writes the events of the change that became audit row `seq`.
pub(super) async fn write(tx: &mut Tx<'_>, seq: Seq, events: &[Event]) -> sqlx::Result<()> {
    let now = tx.now();
    for event in events {
        tx.query(sql!("insert into outbox (seq, topic, body, at) values ($1, $2, $3, $4)"))
            .bind(seq)
            .bind(event.topic.as_str())
            .bind(sqlx::types::Json(&event.body))
            .bind(now)
            .run()
            .await?;
    }
    Ok(())
}

/// An event on its way out.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OutboxEvent {
    pub id: EventId,
    /// The audit row of the change that emitted it.
    pub seq: Seq,
    pub topic: String,
    #[sqlx(json)]
    pub body: Value,
    pub at: Instant,
    pub target_kind: Option<String>,
    pub target_id: Option<String>,
}

impl OutboxEvent {
    /// What the change was made to: `order/42`.
    pub fn target(&self) -> String {
        match (&self.target_kind, &self.target_id) {
            (Some(kind), Some(id)) => format!("{kind}/{id}"),
            _ => format!("audit/{}", self.seq),
        }
    }
}
