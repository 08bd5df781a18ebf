//! Events of the outbox on their way: each is a line in the server's log, a message to each channel that takes events, one to the
//! channels that a notice names, and, of a run that ended, a measurement to those that keep them.
//!
//! Several processes do this, and the messages of one target are in the order of its events all the same. The events are numbered in the
//! order of their commits, because each is written under the lock of the audit log's head. A transaction locks the oldest that wait,
//! writes their messages and marks them: another process waits for that lock, and then finds what comes after. Without it, two processes
//! would take fifty each, and the second fifty could be written down first.

use super::{
    Channels, Facts, Message, Severity, What,
    deliver::{About, Recipient, enqueue},
};
use crate::{
    gate::{CHANGES_HIGH_VALUE, Housekeeping, OutboxEvent, Tx},
    sql,
};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;

/// Hands the oldest events on, and marks them as delivered in the same transaction: a process that dies hands on all of them or none.
/// Returns how many there were.
#[derive(Clone, Debug)]
pub(crate) struct FanOut {
    pub topic: String,
    pub channels: Channels,
    pub environment: &'static str,
    pub limit: i64,
}

macro_rules! oldest_events {
    () => {
        "select o.id, o.seq, o.topic, o.body, o.at, a.target_kind, a.target_id
           from outbox o left join audit a on a.seq = o.seq where o.delivered_at is null order by o.id limit $1"
    };
}

impl Housekeeping for FanOut {
    const NAME: &'static str = "outbox.fan-out";
    type Output = usize;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<usize> {
        let now = tx.now();
        // Not `skip locked`: what another process has in hand comes first.
        let events: Vec<OutboxEvent> = tx
            .query(sql!(sqlite: oldest_events!(), postgres: concat!(oldest_events!(), " for update of o")))
            .bind(self.limit)
            .all()
            .await?;
        let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(0) };
        let (first, last) = (first.id, last.id);
        // The same for all of them.
        let (of_events, of_runs) = (self.channels.of_events(), self.channels.told_of_runs());
        for event in &events {
            log(&self.topic, event);
            for (message, to) in self.messages(event, &of_events, &of_runs) {
                for to in to.iter() {
                    enqueue(tx, to, About::Event { event: event.id }, &message).await?;
                }
            }
        }
        let marked = tx
            .query(sql!(
                "update outbox set delivered_at = $3, attempts = attempts + 1
                  where id >= $1 and id <= $2 and delivered_at is null"
            ))
            .bind(first)
            .bind(last)
            .bind(now)
            .run()
            .await?;
        // Among the oldest that wait there is none that was not handed on.
        if usize::try_from(marked).ok() != Some(events.len()) {
            return Err(sqlx::Error::Protocol("events came between those that are handed on".to_owned()));
        }
        Ok(events.len())
    }
}

impl FanOut {
    /// What is told of an event, each with those who are.
    fn messages<'r>(
        &self,
        event: &OutboxEvent,
        of_events: &'r [Recipient],
        of_runs: &'r [Recipient],
    ) -> Vec<(Message, Cow<'r, [Recipient]>)> {
        let notice = self.notice(event).map(|(message, to)| (message, Cow::Owned(to)));
        let event_itself = (!of_events.is_empty()).then(|| (self.event(event), Cow::Borrowed(of_events)));
        let point = if of_runs.is_empty() { None } else { self.point(event) };
        let point = point.map(|message| (message, Cow::Borrowed(of_runs)));
        [event_itself, notice, point].into_iter().flatten().collect()
    }

    /// The event as programs get it. Its key is what the change was made to, so that all that happens to one thing stays in order.
    fn event(&self, event: &OutboxEvent) -> Message {
        let target = event.target();
        Message {
            what: What::Event,
            kind: event.topic.clone(),
            severity: Severity::Warning,
            title: format!("{} {target}", event.topic),
            since: event.at,
            at: event.at,
            n: 1,
            path: format!("/audit/{}", event.seq),
            facts: Facts {
                event: Some(json!({
                    "id": event.id,
                    "topic": self.topic,
                    "environment": self.environment,
                    "event": event.topic,
                    "target": target,
                    "audit": event.seq,
                    "at": event.at.to_string(),
                    "body": event.body,
                })),
                ..Facts::default()
            },
            key: target,
        }
    }

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

    /// The measurement of a run that ended, whose event says how.
    fn point(&self, event: &OutboxEvent) -> Option<Message> {
        let ended: EndedRun = EndedRun::deserialize(&event.body).ok()?;
        Some(Message {
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
        })
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
