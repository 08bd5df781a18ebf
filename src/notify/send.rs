//! Sending one message over one channel.

use super::{
    Channel, Message,
    channel::Receiver,
    deliver::{Claimed, KeepAnswer},
    pagerduty, post, slack,
    text::{Said, Setting},
    webhook,
};
use crate::{
    clock::{Clock, Instant},
    gate::Gate,
    id::DeliveryId,
};
use chrono::TimeDelta;
use std::fmt;

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
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl Sender {
    pub(crate) fn new(channel: Channel, setting: Setting) -> Self {
        Self { channel, setting, agent: post::agent() }
    }

    pub(crate) fn channel(&self) -> &str {
        &self.channel.name
    }

    /// How long it waits between two messages, as its receiver asks.
    pub(crate) fn pace(&self) -> std::time::Duration {
        self.channel.receiver.pace()
    }

    /// Sends a message, away from the async threads since ureq blocks.
    pub(crate) async fn send(&self, id: DeliveryId, message: Message, now: Instant) -> Answer {
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
        }
    }
}

/// Sends a message that was claimed, and writes down what its receiver answered.
pub(crate) async fn send_claimed(sender: &Sender, gate: &Gate, clock: &Clock, claimed: Claimed) -> sqlx::Result<()> {
    let channel = sender.channel();
    let answer = match serde_json::from_str::<Message>(&claimed.message) {
        Ok(message) => sender.send(claimed.id, message, clock.now()).await,
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
    gate.run_housekeeping(&KeepAnswer { channel: channel.to_owned(), id: claimed.id, answer }).await
}
