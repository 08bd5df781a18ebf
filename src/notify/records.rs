//! Messages as records of a topic: many at once, and of one thing one after the other.

use super::{
    Message,
    deliver::{Claimed, KeepAnswers, is_behind_refused, is_held},
    send::Answer,
    text::{Said, Setting},
};
use crate::{
    gate::{Gate, Housekeeping, Tx},
    id::DeliveryId,
    kafka::{Client, Failure, FailureKind, Outgoing, Topic},
    sql,
    web::words::Lang,
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::Instant as Moment;

/// How long a process that died keeps a claim.
const CLAIM: TimeDelta = TimeDelta::seconds(30);
/// Messages that are claimed at once.
const AT_ONCE: i64 = 500;
/// After this no further round begins: the last one takes as long as the client waits at most, and the claim is still good then.
const ENOUGH: Duration = Duration::from_secs(10);
/// How long a cluster that does not answer is left alone.
const PAUSE: TimeDelta = TimeDelta::seconds(2);

/// Claims the next messages of a channel that takes events, also several of one thing. What follows a message that is not due, is in
/// another process's hands or has failed for good stays where it is: nothing overtakes.
#[derive(Clone, Debug)]
pub(crate) struct ClaimEvents {
    pub channel: String,
    pub limit: i64,
}

impl Housekeeping for ClaimEvents {
    const NAME: &'static str = "deliveries.claim-events";
    type Output = Vec<Claimed>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Vec<Claimed>> {
        let now = tx.now();
        // One process claims at a time. What another one has claimed meanwhile would else be seen as it was before, and what follows
        // it would be taken.
        tx.query(sql!(
            sqlite: "select name from channels where name = $1",
            postgres: "select name from channels where name = $1 for update",
        ))
        .bind(self.channel.as_str())
        .optional::<(String,)>()
        .await?;
        let mut claimed: Vec<Claimed> = tx
            .query(sql!(
                "update deliveries set claimed_until = $3, attempts = attempts + 1
                  where id in (select id from deliveries d
                                where channel = $1 and state = 'waiting' and next_at <= $2
                                  and (claimed_until is null or claimed_until < $2)
                                  and not exists (select 1 from channels c where c.name = d.channel and c.pause_until > $2)
                                  and not exists (select 1 from deliveries e where e.channel = d.channel and e.thing = d.thing
                                                   and e.state = 'waiting' and e.id < d.id
                                                   and (e.next_at > $2 or e.claimed_until >= $2))
                                  and not (",
                is_behind_refused!(),
                ") and not (",
                is_held!(),
                ") order by id limit $4)
                 returning id, recipient, thing, message"
            ))
            .bind(self.channel.as_str())
            .bind(now)
            .bind(now.plus(CLAIM))
            .bind(self.limit)
            .all()
            .await?;
        claimed.sort_by_key(|message| message.id);
        Ok(claimed)
    }
}

/// What writes the messages of one channel to its topic.
#[derive(Debug)]
pub(super) struct Publisher {
    client: Client,
    topic: Topic,
    setting: Setting,
    lang: Lang,
}

impl Publisher {
    pub(super) fn new(client: Client, topic: Topic, setting: Setting, lang: Lang) -> Self {
        Self { client, topic, setting, lang }
    }

    /// Claims the next messages and writes them; says whether there were any.
    pub(super) async fn publish_some(self: &Arc<Self>, channel: &str, gate: &Gate) -> sqlx::Result<bool> {
        let claim = ClaimEvents { channel: channel.to_owned(), limit: AT_ONCE };
        let claimed = gate.run_housekeeping(&claim).await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        let kept = self.publish(channel, claimed).await;
        for (id, answer) in &kept.answers {
            if let Some(why) = answer.why() {
                tracing::warn!(channel, delivery = id.get(), why, "a record was not taken");
                break;
            }
        }
        gate.run_housekeeping(&kept).await?;
        Ok(true)
    }

    /// Writes messages in rounds: in each, the next one of every thing. Where one is not taken, the others of its thing are left.
    pub(super) async fn publish(&self, channel: &str, claimed: Vec<Claimed>) -> KeepAnswers {
        let begun = Moment::now();
        let mut kept = KeepAnswers { channel: channel.to_owned(), answers: Vec::new(), left: Vec::new() };
        let mut held: HashSet<String> = HashSet::new();
        let mut rest = claimed;
        while !rest.is_empty() {
            if begun.elapsed() > ENOUGH {
                kept.left.extend(rest.iter().map(|message| message.id));
                break;
            }
            let mut of_now: HashSet<String> = HashSet::new();
            let (mut now, mut later) = (Vec::new(), Vec::new());
            for message in rest {
                if held.contains(&message.thing) {
                    kept.left.push(message.id);
                } else if of_now.insert(message.thing.clone()) {
                    now.push(message);
                } else {
                    later.push(message);
                }
            }
            for (message, answer) in self.round(now).await {
                if answer != Answer::Taken {
                    held.insert(message.thing);
                }
                kept.answers.push((message.id, answer));
            }
            rest = later;
        }
        kept
    }

    async fn round(&self, messages: Vec<Claimed>) -> Vec<(Claimed, Answer)> {
        let mut readable = Vec::with_capacity(messages.len());
        let (mut records, mut done) = (Vec::new(), Vec::new());
        for claimed in messages {
            match serde_json::from_str::<Message>(&claimed.message) {
                Ok(message) => {
                    records.push(self.record(claimed.id, &message));
                    readable.push(claimed);
                }
                Err(error) => {
                    let why = format!("the stored message cannot be read: {error}");
                    done.push((claimed, Answer::Refused(why)));
                }
            }
        }
        let answers = self.client.publish(&self.topic, &records).await;
        done.extend(readable.into_iter().zip(answers).map(|(claimed, answer)| (claimed, judged(answer))));
        done
    }

    /// An event as it is; what is told of the channel itself in a form that is like one.
    fn record(&self, id: DeliveryId, message: &Message) -> Outgoing {
        match &message.facts.event {
            Some(event) => Outgoing {
                key: message.key.clone(),
                id: event.get("id").map_or_else(|| format!("delivery-{id}"), Value::to_string),
                value: event.to_string(),
            },
            None => Outgoing {
                key: message.key.clone(),
                id: format!("delivery-{id}"),
                value: json!({
                    "id": Value::Null,
                    "environment": self.setting.profile.as_str(),
                    "event": message.kind,
                    "at": message.at.to_string(),
                    "body": { "text": Said::of(message, &self.setting, self.lang).head },
                })
                .to_string(),
            },
        }
    }

    pub(super) async fn close(&self) {
        self.client.close().await;
    }
}

fn judged(answer: Result<(), Failure>) -> Answer {
    match answer {
        Ok(()) => Answer::Taken,
        Err(Failure { kind: FailureKind::Later | FailureKind::Gone { .. }, why }) => {
            Answer::Later { why, after: Some(PAUSE) }
        }
        Err(Failure { kind: FailureKind::Misconfigured, why }) => Answer::Misconfigured(why),
        Err(Failure { kind: FailureKind::Refused, why }) => Answer::Refused(why),
    }
}
