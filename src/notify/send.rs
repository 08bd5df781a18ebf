//! Sending messages over one channel.

use super::{
    Channel, Message,
    channel::{Receiver, Takes},
    deliver::{ClaimMessages, Claimed, KeepAnswers, Recipient, is_more_due, next_due},
    email, influx, pagerduty, post,
    records::Publisher,
    slack,
    text::{Joined, Said, Setting},
    webhook,
};
use crate::{
    clock::{Clock, Instant},
    gate::Gate,
    id::DeliveryId,
    kafka::Client,
    store::Reader,
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use std::{fmt, sync::Arc};
use tokio::time::sleep;

/// Messages that are sent side by side, each by itself.
const SIDE_BY_SIDE: i64 = 32;
/// Beyond this number of messages that wait for a person, one names them all.
const APART: i64 = 5;
/// Messages that one names.
const JOINED: i64 = 50;
/// Messages of one call.
const TOGETHER: i64 = 1000;

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

    /// What several answers say of the channel: it works where it took one; otherwise the worst of them.
    pub(super) fn of_all<'a>(answers: impl Iterator<Item = &'a Self>) -> Option<&'a Self> {
        answers.min_by_key(|answer| match answer {
            Self::Taken => 0,
            Self::Misconfigured(_) => 1,
            Self::Refused(_) => 2,
            Self::Later { after: Some(_), .. } => 3,
            Self::Later { after: None, .. } => 4,
        })
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

/// A message that can be read.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub id: DeliveryId,
    pub to: String,
    pub message: Message,
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

    /// Sends the next messages that are due, and says whether there were any. Most of the time there are none, and looking does not take
    /// the place of a writer.
    pub(crate) async fn send_some(&self, gate: &Gate, reader: &Reader, clock: &Clock) -> sqlx::Result<bool> {
        let now = clock.now();
        let Some(to) = next_due(reader, self.channel(), now).await? else { return Ok(false) };
        if let Some(publisher) = &self.publisher {
            return publisher.publish_some(self.channel(), gate).await;
        }
        let claim = self.claim(reader, to, now).await?;
        let claimed = gate.run_housekeeping(&claim).await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        self.send_claimed(gate, clock, claimed).await?;
        sleep(self.channel.receiver.pace()).await;
        Ok(true)
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

    /// What of the messages that are due for a recipient is to be claimed.
    async fn claim(&self, reader: &Reader, to: Recipient, now: Instant) -> sqlx::Result<ClaimMessages> {
        let receiver = &self.channel.receiver;
        let limit = match receiver.takes() {
            Takes::Each => SIDE_BY_SIDE,
            Takes::Many => TOGETHER,
            Takes::Joined if is_more_due(reader, &to, APART, now).await? => JOINED,
            Takes::Joined => 1,
        };
        Ok(ClaimMessages { to, limit, lasts: receiver.claim() })
    }

    /// Sends messages that were claimed, and writes down what their receiver answered.
    async fn send_claimed(&self, gate: &Gate, clock: &Clock, claimed: Vec<Claimed>) -> sqlx::Result<()> {
        let channel = self.channel();
        let (mut letters, mut answers) = (Vec::new(), Vec::new());
        for Claimed { id, recipient: to, message, .. } in claimed {
            match serde_json::from_str(&message) {
                Ok(message) => letters.push(Letter { id, to, message }),
                Err(error) => {
                    answers.push((id, Answer::Refused(format!("the stored message cannot be read: {error}"))));
                }
            }
        }
        answers.extend(self.send(letters, clock.now()).await);
        for (id, answer) in &answers {
            if let Some(why) = answer.why() {
                tracing::warn!(channel, delivery = id.get(), why, "a message was not taken");
            }
        }
        gate.run_housekeeping(&KeepAnswers { channel: channel.to_owned(), answers, left: Vec::new() }).await
    }

    /// Sends messages that were claimed together, and returns the answer to each.
    async fn send(&self, letters: Vec<Letter>, now: Instant) -> Vec<(DeliveryId, Answer)> {
        match self.channel.receiver.takes() {
            Takes::Each => join_all(letters.into_iter().map(|letter| self.call(vec![letter], now))).await.concat(),
            Takes::Joined | Takes::Many => self.call(letters, now).await,
        }
    }

    /// Away from the async threads, since the calls block.
    async fn call(&self, letters: Vec<Letter>, now: Instant) -> Vec<(DeliveryId, Answer)> {
        let ids: Vec<DeliveryId> = letters.iter().map(|letter| letter.id).collect();
        let sender = self.clone();
        let sent = tokio::task::spawn_blocking(move || sender.call_now(&letters, now)).await;
        sent.unwrap_or_else(|_| ids.into_iter().map(|id| (id, Answer::later("the call was broken off"))).collect())
    }

    fn call_now(&self, letters: &[Letter], now: Instant) -> Vec<(DeliveryId, Answer)> {
        let all = |answer: Answer| letters.iter().map(|letter| (letter.id, answer.clone())).collect();
        if !self.channel.is_on {
            for letter in letters {
                let said = Said::of(&letter.message, &self.setting, self.channel.lang);
                tracing::info!(
                    channel = self.channel.name,
                    kind = letter.message.kind,
                    said = said.head,
                    "not sent from here"
                );
            }
            return all(Answer::Taken);
        }
        match (&self.channel.receiver, letters) {
            (Receiver::InfluxDb(influx), letters) => influx::send(&self.agent, influx, letters, &self.setting, now),
            (_, [letter]) => vec![(letter.id, self.call_one(letter, now))],
            (_, letters) => all(self.call_joined(letters, now)),
        }
    }

    fn call_one(&self, Letter { id, to, message }: &Letter, now: Instant) -> Answer {
        let (setting, agent) = (&self.setting, &self.agent);
        let said = Said::of(message, setting, self.channel.lang);
        match &self.channel.receiver {
            Receiver::Slack { url } => slack::send(agent, url, message, &said, now),
            Receiver::PagerDuty { url, routing_key } => {
                pagerduty::send(agent, url, routing_key, message, &said, setting, now)
            }
            Receiver::Webhook { url, secret } => webhook::send(agent, url, secret, *id, message, &said, setting, now),
            Receiver::Email(mail) => email::send(mail, to, *id, message, &said, setting, now),
            Receiver::InfluxDb(_) => Answer::Refused("it takes measurements only".to_owned()),
            Receiver::Kafka { .. } => Answer::later("a topic is written to by its publisher"),
        }
    }

    /// One message that names them all.
    fn call_joined(&self, letters: &[Letter], now: Instant) -> Answer {
        let joined = Joined::of(letters.iter().map(|letter| &letter.message), &self.setting, self.channel.lang);
        let Some(first) = letters.first() else { return Answer::Taken };
        match &self.channel.receiver {
            Receiver::Slack { url } => slack::send_joined(&self.agent, url, &joined, now),
            Receiver::Email(mail) => email::send_joined(mail, &first.to, first.id, &joined, &self.setting, now),
            _ => Answer::Refused("it takes no joined messages".to_owned()),
        }
    }
}
