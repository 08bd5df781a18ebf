//! Sending one message over one channel.

use super::{
    Channel, Message,
    channel::Receiver,
    deliver::{ClaimMessages, Claimed, KeepAnswers},
    pagerduty, post,
    records::Publisher,
    slack,
    text::{Said, Setting},
    webhook,
};
use crate::{
    clock::{Clock, Instant},
    gate::Gate,
    id::DeliveryId,
    kafka::Client,
};
use chrono::TimeDelta;
use std::{fmt, sync::Arc};
use tokio::time::sleep;

/// What a receiver said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Taken,
    /// Not now, or there was no answer; it says when where it said so.
    Later {
        why: String,
        after: Option<TimeDelta>,
    },
    /// The address or the key is wrong. A person can mend that, so it is tried again.
    Misconfigured(String),
    /// This message will not be taken, ever.
    Refused(String),
}

impl Answer {
    pub(super) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), after: None }
    }

    /// Why it was not taken.
    pub(crate) fn why(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Later { why, .. } | Self::Misconfigured(why) | Self::Refused(why) => Some(why),
        }
    }
}

/// What sends the messages of one channel.
#[derive(Clone)]
pub(crate) struct Sender {
    channel: Channel,
    setting: Setting,
    agent: ureq::Agent,
    /// Where the channel is a topic.
    publisher: Option<Arc<Publisher>>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Sender {
    pub(crate) fn new(channel: Channel, setting: Setting) -> Self {
        let publisher = match &channel.receiver {
            Receiver::Kafka { cluster, topic } if channel.is_on => {
                let client = Client::new(Arc::clone(cluster));
                Some(Arc::new(Publisher::new(client, topic.clone(), setting.clone(), channel.lang)))
            }
            _ => None,
        };
        Self { channel, setting, agent: post::agent(), publisher }
    }

    /// Sends the next messages that are due, at most this many where each is sent for itself, and says whether there were any.
    pub(crate) async fn send_some(&self, gate: &Gate, clock: &Clock, limit: i64) -> sqlx::Result<bool> {
        if let Some(publisher) = &self.publisher {
            return publisher.publish_some(self.channel(), gate).await;
        }
        let claim = ClaimMessages { channel: self.channel().to_owned(), limit };
        let claimed = gate.run_housekeeping(&claim).await?;
        let is_any = !claimed.is_empty();
        for message in claimed {
            self.send_claimed(gate, clock, message).await?;
            sleep(self.channel.receiver.pace()).await;
        }
        Ok(is_any)
    }

    /// Ends what it keeps open.
    pub(crate) async fn close(&self) {
        if let Some(publisher) = &self.publisher {
            publisher.close().await;
        }
    }

    pub(crate) fn channel(&self) -> &str {
        &self.channel.name
    }

    /// Sends a message, away from the async threads since ureq blocks.
    async fn send(&self, id: DeliveryId, message: Message, now: Instant) -> Answer {
        let sender = self.clone();
        let sent = tokio::task::spawn_blocking(move || sender.send_now(id, &message, now)).await;
        sent.unwrap_or_else(|_| Answer::later("the call was broken off"))
    }

    fn send_now(&self, id: DeliveryId, message: &Message, now: Instant) -> Answer {
        let said = Said::of(message, &self.setting, self.channel.lang);
        if !self.channel.is_on {
            tracing::info!(channel = self.channel.name, kind = message.kind, said = said.head, "not sent from here");
            return Answer::Taken;
        }
        match &self.channel.receiver {
            Receiver::Slack { url } => slack::send(&self.agent, url, message, &said, now),
            Receiver::PagerDuty { url, routing_key } => {
                pagerduty::send(&self.agent, url, routing_key, message, &said, &self.setting, now)
            }
            Receiver::Webhook { url, secret } => {
                webhook::send(&self.agent, url, secret, id, message, &said, &self.setting, now)
            }
            Receiver::Kafka { .. } => Answer::later("a topic is written to by its publisher"),
        }
    }

    /// Sends a message that was claimed, and writes down what its receiver answered.
    async fn send_claimed(&self, gate: &Gate, clock: &Clock, claimed: Claimed) -> sqlx::Result<()> {
        let channel = self.channel();
        let answer = match serde_json::from_str::<Message>(&claimed.message) {
            Ok(message) => self.send(claimed.id, message, clock.now()).await,
            Err(error) => Answer::Refused(format!("the stored message cannot be read: {error}")),
        };
        if let Some(why) = answer.why() {
            tracing::warn!(
                channel,
                delivery = claimed.id.get(),
                attempt = claimed.attempts,
                why,
                "a message was not taken"
            );
        }
        let answers = vec![(claimed.id, answer)];
        gate.run_housekeeping(&KeepAnswers { channel: channel.to_owned(), answers, left: Vec::new() }).await
    }
}
