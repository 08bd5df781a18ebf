//! Sending messages over one channel.

use super::{
    Channel, Message,
    channel::{Receiver, Takes},
    deliver::{ClaimMessages, Claimed, KeepAnswers, Recipient, is_more_due, next_due},
    email, influx, pagerduty,
    personal::Personal,
    post,
    records::Publisher,
    slack,
    text::{Joined, Said, Setting},
    way::{self, Found},
    webhook,
};
use crate::{
    clock::{Clock, Instant},
    gate::Gate,
    id::DeliveryId,
    kafka::Client,
    secret::SecretKey,
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

/// Why a message to a person was dropped, as its row has it.
const GONE: &str = "way-gone";

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
    /// The address of the person is refused for good.
    Unreachable(String),
    /// The person has no such address any more, or is not active.
    Gone,
}

impl Answer {
    pub(super) fn later(why: impl Into<String>) -> Self {
        Self::Later { why: why.into(), after: None }
    }

    /// Why it was not taken.
    pub(crate) fn why(&self) -> Option<&str> {
        match self {
            Self::Taken => None,
            Self::Gone => Some(GONE),
            Self::Later { why, .. } | Self::Misconfigured(why) | Self::Refused(why) | Self::Unreachable(why) => {
                Some(why)
            }
        }
    }

    /// What several answers say of the channel: it works where it took one; otherwise the worst of them. The address of a person says
    /// nothing of it.
    pub(super) fn of_all<'a>(answers: impl Iterator<Item = &'a Self>) -> Option<&'a Self> {
        answers.filter(|answer| !matches!(answer, Self::Gone | Self::Unreachable(_))).min_by_key(
            |answer| match answer {
                Self::Taken | Self::Gone | Self::Unreachable(_) => 0,
                Self::Misconfigured(_) => 1,
                Self::Refused(_) => 2,
                Self::Later { after: Some(_), .. } => 3,
                Self::Later { after: None, .. } => 4,
            },
        )
    }
}

/// What sends the messages of one channel.
#[derive(Clone)]
pub(crate) struct Sender {
    channel: Channel,
    setting: Setting,
    /// Under which the addresses of people are.
    key: SecretKey,
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

/// Who takes messages that were claimed together, and the address of the person where they are for one.
#[derive(Clone)]
struct Destination {
    receiver: Receiver,
    person: Option<String>,
}

impl Sender {
    pub(crate) fn new(channel: Channel, setting: Setting, key: SecretKey) -> Self {
        let publisher = match &channel.receiver {
            Receiver::Kafka { cluster, topic } if channel.is_on => {
                let client = Client::new(Arc::clone(cluster));
                Some(Arc::new(Publisher::new(client, topic.clone(), setting.clone(), channel.lang)))
            }
            _ => None,
        };
        Self { channel, setting, key, agent: post::agent(), publisher }
    }

    /// Sends the next messages that are due, and says whether there were any. Most of the time there are none, and looking does not take
    /// the place of a writer.
    pub(crate) async fn send_some(&self, gate: &Gate, reader: &Reader, clock: &Clock) -> sqlx::Result<bool> {
        let now = clock.now();
        let Some(to) = next_due(reader, self.channel(), now).await? else { return Ok(false) };
        if let Some(publisher) = &self.publisher {
            return publisher.publish_some(self.channel(), gate).await;
        }
        let claim = self.claim(reader, to.clone(), now).await?;
        let claimed = gate.run_housekeeping(&claim).await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        self.send_claimed(gate, reader, clock, &to, claimed).await?;
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
    async fn send_claimed(
        &self,
        gate: &Gate,
        reader: &Reader,
        clock: &Clock,
        to: &Recipient,
        claimed: Vec<Claimed>,
    ) -> sqlx::Result<()> {
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
        let destination = match self.channel.receiver.personal() {
            None => Some(Destination { receiver: self.channel.receiver.clone(), person: None }),
            Some(personal) => self.find_person(reader, personal, to, &mut letters, &mut answers).await?,
        };
        if let Some(destination) = destination {
            answers.extend(self.send(&destination, letters, clock.now()).await);
        }
        for (id, answer) in &answers {
            if let Some(why) = answer.why() {
                tracing::warn!(channel, delivery = id.get(), why, "a message was not taken");
            }
        }
        gate.run_housekeeping(&KeepAnswers { channel: channel.to_owned(), answers, left: Vec::new() }).await
    }

    /// Who takes these messages to a person. What cannot go there is answered: an address that is not proven gets the message that
    /// proves it, and no other.
    async fn find_person(
        &self,
        reader: &Reader,
        personal: &Personal,
        to: &Recipient,
        letters: &mut Vec<Letter>,
        answers: &mut Vec<(DeliveryId, Answer)>,
    ) -> sqlx::Result<Option<Destination>> {
        let found = way::find(reader, &self.key, to).await?;
        let is_proven = found.as_ref().is_some_and(|found| found.is_proven);
        let is_for = |letter: &Letter| found.is_some() && (is_proven || letter.message.kind == way::PROOF);
        answers.extend(letters.iter().filter(|letter| !is_for(letter)).map(|letter| (letter.id, Answer::Gone)));
        letters.retain(is_for);
        let Some(Found { address, code, .. }) = found else { return Ok(None) };
        let Some(address) = address else {
            let why = || Answer::later("no key of this console opens the address; see `ingam rotate-key --help`");
            answers.extend(letters.drain(..).map(|letter| (letter.id, why())));
            return Ok(None);
        };
        for letter in letters.iter_mut() {
            letter.to.clone_from(&address);
            letter.message.facts.code = code.clone().filter(|_| letter.message.kind == way::PROOF);
        }
        if let Some(receiver) = personal.receiver(&address) {
            return Ok(Some(Destination { receiver, person: Some(address) }));
        }
        let why = || Answer::Unreachable("the configuration does not allow its host any more".to_owned());
        answers.extend(letters.drain(..).map(|letter| (letter.id, why())));
        Ok(None)
    }

    /// Sends messages that were claimed together, and returns the answer to each.
    async fn send(&self, to: &Destination, letters: Vec<Letter>, now: Instant) -> Vec<(DeliveryId, Answer)> {
        match to.receiver.takes() {
            Takes::Each => join_all(letters.into_iter().map(|letter| self.call(to, vec![letter], now))).await.concat(),
            Takes::Joined | Takes::Many => self.call(to, letters, now).await,
        }
    }

    /// Away from the async threads, since the calls block.
    async fn call(&self, to: &Destination, letters: Vec<Letter>, now: Instant) -> Vec<(DeliveryId, Answer)> {
        let ids: Vec<DeliveryId> = letters.iter().map(|letter| letter.id).collect();
        let (sender, to) = (self.clone(), to.clone());
        let sent = tokio::task::spawn_blocking(move || sender.call_now(&to, &letters, now)).await;
        sent.unwrap_or_else(|_| ids.into_iter().map(|id| (id, Answer::later("the call was broken off"))).collect())
    }

    fn call_now(&self, to: &Destination, letters: &[Letter], now: Instant) -> Vec<(DeliveryId, Answer)> {
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
        let answers = match (&to.receiver, letters) {
            (Receiver::InfluxDb(influx), letters) => influx::send(&self.agent, influx, letters, &self.setting, now),
            (_, []) => Vec::new(),
            (receiver, [letter]) => vec![(letter.id, self.call_one(receiver, letter, now))],
            (receiver, letters) => all(self.call_joined(receiver, letters, now)),
        };
        match (self.channel.receiver.personal(), &to.person) {
            (Some(personal), Some(address)) => {
                answers.into_iter().map(|(id, answer)| (id, personal.judge(answer, address))).collect()
            }
            _ => answers,
        }
    }

    fn call_one(&self, receiver: &Receiver, Letter { id, to, message }: &Letter, now: Instant) -> Answer {
        let (setting, agent) = (&self.setting, &self.agent);
        let said = Said::of(message, setting, self.channel.lang);
        match receiver {
            Receiver::Slack { url } => slack::send(agent, url, message, &said, now),
            Receiver::PagerDuty { url, routing_key } => {
                pagerduty::send(agent, url, routing_key, message, &said, setting, now)
            }
            Receiver::Webhook { url, secret } => webhook::send(agent, url, secret, *id, message, &said, setting, now),
            Receiver::Email(mail) => email::send(mail, to, *id, message, &said, setting, now),
            Receiver::InfluxDb(_) => Answer::Refused("it takes measurements only".to_owned()),
            Receiver::Kafka { .. } => Answer::later("a topic is written to by its publisher"),
            Receiver::Personal(_) => Answer::Refused("it has no address of its own".to_owned()),
        }
    }

    /// One message that names them all.
    fn call_joined(&self, receiver: &Receiver, letters: &[Letter], now: Instant) -> Answer {
        let joined = Joined::of(letters.iter().map(|letter| &letter.message), &self.setting, self.channel.lang);
        let Some(first) = letters.first() else { return Answer::Taken };
        match receiver {
            Receiver::Slack { url } => slack::send_joined(&self.agent, url, &joined, now),
            Receiver::Email(mail) => email::send_joined(mail, &first.to, first.id, &joined, &self.setting, now),
            _ => Answer::Refused("it takes no joined messages".to_owned()),
        }
    }
}
