//! Events of the outbox on their way: each is a line in the server's log, a message to the channels that a notice names, and, of a run
//! that ended, a measurement to those that keep them.

use super::{
    Channels, Facts, Message, Severity, What,
    deliver::{About, Recipient, enqueue},
};
use crate::gate::{CHANGES_HIGH_VALUE, Housekeeping, MarkDelivered, OutboxEvent, Tx};
use serde::Deserialize;

/// Hands these events on, and marks them as delivered in the same transaction: a process that dies hands on all of them or none.
#[derive(Clone, Debug)]
pub(crate) struct FanOut {
    pub topic: String,
    pub channels: Channels,
    pub environment: &'static str,
    pub events: Vec<OutboxEvent>,
}

impl Housekeeping for FanOut {
    const NAME: &'static str = "outbox.fan-out";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        for event in &self.events {
            log(&self.topic, event);
            for (message, to) in [self.notice(event), self.point(event)].into_iter().flatten() {
                for to in &to {
                    enqueue(tx, to, About::Event { event: event.id }, &message).await?;
                }
            }
            MarkDelivered { id: event.id }.run(tx).await?;
        }
        Ok(())
    }
}

impl FanOut {
    /// The message about an event that people are to be told of, and the channels that are.
    fn notice(&self, event: &OutboxEvent) -> Option<(Message, Vec<Recipient>)> {
        if event.topic != CHANGES_HIGH_VALUE.as_str() {
            return None;
        }
        let text = |name: &str| event.body.get(name).and_then(|value| value.as_str()).unwrap_or_default();
        let (change, quantity) = (text("change"), text("quantity"));
        let to = self.channels.told_of_change(change, quantity);
        let message = Message {
            what: What::Notice,
            kind: event.topic.clone(),
            severity: Severity::Warning,
            key: format!("ingam:{}:{}:{}", self.environment, event.topic, event.id),
            title: text("target").to_owned(),
            since: event.at,
            at: event.at,
            n: 1,
            path: format!("/audit/{}", event.seq),
            facts: Facts {
                change: Some(change.to_owned()),
                detail: Some(format!("{} > {}", text("amount"), text("over"))),
                seq: Some(event.seq.get()),
                ..Facts::default()
            },
        };
        Some((message, to)).filter(|(_, to)| !to.is_empty())
    }

    /// The measurement of a run that ended, whose event says how, and the channels that keep it.
    fn point(&self, event: &OutboxEvent) -> Option<(Message, Vec<Recipient>)> {
        let to = self.channels.told_of_runs();
        if to.is_empty() {
            return None;
        }
        let ended: EndedRun = EndedRun::deserialize(&event.body).ok()?;
        let message = Message {
            what: What::Point,
            kind: event.topic.clone(),
            severity: Severity::Warning,
            key: format!("ingam:{}:run:{}", self.environment, ended.run),
            title: ended.job.clone(),
            since: event.at,
            at: event.at,
            n: 1,
            path: format!("/runs/{}", ended.run),
            facts: Facts {
                run: Some(ended.run),
                job: Some(ended.job),
                outcome: Some(ended.state),
                took: ended.duration_ms,
                processed: ended.processed,
                exit_code: ended.exit_code,
                attempt: Some(ended.attempt),
                ..Facts::default()
            },
        };
        Some((message, to))
    }
}

/// What the event of a run that ended says, and no other event does.
#[derive(Debug, Deserialize)]
struct EndedRun {
    run: i64,
    job: String,
    state: String,
    attempt: i64,
    duration_ms: Option<i64>,
    processed: Option<i64>,
    exit_code: Option<i64>,
}

/// The log as a channel.
fn log(topic: &str, event: &OutboxEvent) {
    tracing::info!(
        topic,
        event = event.topic,
        id = event.id.get(),
        audit = event.seq.get(),
        at = %event.at,
        body = %event.body,
        "event"
    );
}
