//! Messages on their way: written down, claimed by a lane, sent, and the answer written down.

use super::{
    Message, What, health,
    retry::{self, Next},
    send::Answer,
    way,
};
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    id::{AlertEventId, AlertId, CallId, DeliveryId, EventId},
    sql,
    store::Reader,
};
use chrono::TimeDelta;

/// Who gets a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Recipient {
    pub channel: String,
    /// Empty where the channel has only one.
    pub address: String,
}

/// What a message is about, for [`enqueue`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    Alert {
        alert: AlertId,
        event: AlertEventId,
    },
    /// An alert that is still open at the end of a silence, or open again.
    Silence {
        alert: AlertId,
    },
    /// A call about an alert. `opened`: the event of its opening, for those who do not know of it.
    Call {
        alert: AlertId,
        opened: Option<AlertEventId>,
        call: CallId,
    },
    /// An event of the outbox.
    Event {
        event: EventId,
    },
    /// Nothing but the channel itself.
    Channel,
}

/// Writes a message down for a recipient. The same one is written once: then there is no new row.
pub(crate) async fn enqueue(
    tx: &mut Tx<'_>,
    to: &Recipient,
    about: About,
    message: &Message,
) -> sqlx::Result<Option<DeliveryId>> {
    let now = tx.now();
    let (alert, alert_event, event) = match about {
        About::Alert { alert, event } => (Some(alert), Some(event), None),
        About::Silence { alert } => (Some(alert), None, None),
        About::Call { alert, opened, .. } => (Some(alert), opened, None),
        About::Event { event } => (None, None, Some(event)),
        About::Channel => (None, None, None),
    };
    let call = match about {
        About::Call { call, .. } => Some(call),
        _ => None,
    };
    let thing = alert.map_or_else(|| message.key.clone(), |alert| format!("alert/{alert}"));
    // What one recipient does not take holds back no other.
    let thing = if to.address.is_empty() { thing } else { format!("{thing} {}", to.address) };
    let row: Option<(DeliveryId,)> = tx
        .query(sql!(
            "insert into deliveries
               (channel, recipient, thing, what, alert, alert_event, event, message, state, created_at, next_at, called_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $9, $10) on conflict do nothing returning id"
        ))
        .bind(to.channel.as_str())
        .bind(to.address.as_str())
        .bind(thing)
        .bind(message.what.as_str())
        .bind(alert)
        .bind(alert_event)
        .bind(event)
        .bind(written(message)?)
        .bind(now)
        .bind(call)
        .optional()
        .await?;
    Ok(row.map(|(id,)| id))
}

pub(super) fn written(message: &Message) -> sqlx::Result<String> {
    serde_json::to_string(message).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// Drops what waits about an alert that is over. One that was tried may have arrived without an answer, so its end is told in any
/// case.
pub(crate) async fn drop_waiting(tx: &mut Tx<'_>, alert: AlertId) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!(
        "update deliveries set state = 'dropped', error = 'resolved'
          where alert = $1 and state = 'waiting' and (claimed_until is null or claimed_until < $2)"
    ))
    .bind(alert)
    .bind(now)
    .run()
    .await
    .map(drop)
}

/// What waited for the end of a silence of its channel is tried for a whole day from now.
pub(crate) async fn begin_again(tx: &mut Tx<'_>, channel: &str) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!("update deliveries set created_at = $2 where channel = $1 and state = 'waiting'"))
        .bind(channel.to_owned())
        .bind(now)
        .run()
        .await
        .map(drop)
}

/// Those who were told that an alert was opened, or will be or may have been, each with what they were told.
pub(crate) async fn openings(tx: &mut Tx<'_>, alert: AlertId) -> sqlx::Result<Vec<(Recipient, Message)>> {
    let openings: Vec<(String, String, String)> = tx
        .query(sql!(
            "select channel, recipient, message from deliveries
              where alert = $1 and what = 'opened' and (attempts > 0 or state = 'waiting') order by id"
        ))
        .bind(alert)
        .all()
        .await?;
    let read = |(channel, address, message): (String, String, String)| {
        Some((Recipient { channel, address }, serde_json::from_str(&message).ok()?))
    };
    Ok(openings.into_iter().filter_map(read).collect())
}

/// Whether a message of `deliveries d` waits for one of its thing that was written down before.
macro_rules! is_behind_another {
    () => {
        "exists (select 1 from deliveries e where e.channel = d.channel and e.thing = d.thing and e.state = 'waiting' \
                    and e.id < d.id)"
    };
}

/// Whether a message of `deliveries d` comes behind an event of its thing that was refused for good.
macro_rules! is_behind_refused {
    () => {
        "exists (select 1 from deliveries f where f.channel = d.channel and f.thing = d.thing and f.state = 'failed' \
                    and f.what = 'event' and f.id < d.id)"
    };
}
pub(super) use is_behind_refused;

/// Whether a message of `deliveries d` waits for the end of a silence of its channel at the time of the second parameter. A test does not.
macro_rules! is_held {
    () => {
        "d.what <> 'test' and exists (select 1 from silences s where s.scope = 'channel' and s.name = d.channel \
                                         and s.until_at > $2 and s.ended_at is null)"
    };
}
pub(super) use is_held;

/// A message that a lane has claimed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Claimed {
    pub id: DeliveryId,
    pub recipient: String,
    /// What it is about: of one thing, messages are sent in the order of their ids.
    pub thing: String,
    pub message: String,
}

/// The recipient whose message is due next, where there is one.
pub(crate) async fn next_due(reader: &Reader, channel: &str, now: Instant) -> sqlx::Result<Option<Recipient>> {
    let next: Option<(String,)> = reader
        .query(sql!(
            "select recipient from deliveries d
              where channel = $1 and state = 'waiting' and next_at <= $2 and (claimed_until is null or claimed_until < $2)
                and not exists (select 1 from channels c where c.name = d.channel and c.pause_until > $2)
                and not (",
            is_held!(),
            ") and not (",
            is_behind_refused!(),
            ") and not (",
            is_behind_another!(),
            ") order by next_at limit 1"
        ))
        .bind(channel.to_owned())
        .bind(now)
        .optional()
        .await?;
    Ok(next.map(|(address,)| Recipient { channel: channel.to_owned(), address }))
}

/// Whether a message was due before this time and no lane has taken it. One that waits for another of its thing is not due, and neither
/// is what waits for a receiver that asked for time, or for the end of a silence.
pub(crate) async fn is_any_overdue(reader: &Reader, before: Instant) -> sqlx::Result<bool> {
    let (is_any,): (bool,) = reader
        .query(sql!(
            "select exists (select 1 from channels c join deliveries d on d.channel = c.name
                             where c.is_declared and d.state = 'waiting' and d.next_at < $1
                               and (d.claimed_until is null or d.claimed_until < $1)
                               and (c.pause_until is null or c.pause_until < $1)
                               and (d.what = 'test' or not exists (select 1 from silences s where s.scope = 'channel' and s.name = c.name
                                                                    and s.until_at > $1 and (s.ended_at is null or s.ended_at > $1)))
                               and not (",
            is_behind_another!(),
            "))"
        ))
        .bind(before)
        .one()
        .await?;
    Ok(is_any)
}

/// Whether more than this number of messages wait for a recipient and are due.
pub(crate) async fn is_more_due(reader: &Reader, to: &Recipient, than: i64, now: Instant) -> sqlx::Result<bool> {
    let due: Vec<(DeliveryId,)> = reader
        .query(sql!(
            "select id from deliveries d
              where channel = $1 and recipient = $3 and state = 'waiting' and next_at <= $2
                and (claimed_until is null or claimed_until < $2) and not (",
            is_held!(),
            ") order by id limit $4"
        ))
        .bind(to.channel.clone())
        .bind(now)
        .bind(to.address.clone())
        .bind(than.saturating_add(1))
        .all()
        .await?;
    Ok(i64::try_from(due.len()).is_ok_and(|due| due > than))
}

/// Claims the next messages of a recipient that are due. Of one thing only the first that waits is taken, so that they arrive in order.
/// The attempt is counted before anything is sent.
#[derive(Clone, Debug)]
pub(crate) struct ClaimMessages {
    pub to: Recipient,
    pub limit: i64,
    /// How long a lane that died keeps its claim.
    pub lasts: TimeDelta,
}

impl Housekeeping for ClaimMessages {
    const NAME: &'static str = "deliveries.claim";
    type Output = Vec<Claimed>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Vec<Claimed>> {
        let now = tx.now();
        let mut claimed: Vec<Claimed> = tx
            .query(sql!(
                "update deliveries set claimed_until = $3, attempts = attempts + 1
                  where id in (select id from deliveries d
                                where channel = $1 and recipient = $5 and state = 'waiting' and next_at <= $2
                                  and (claimed_until is null or claimed_until < $2)
                                  and not exists (select 1 from channels c where c.name = d.channel and c.pause_until > $2)
                                  and not (",
                is_held!(),
                ") and not (",
                is_behind_another!(),
                ") order by id limit $4)
                    and state = 'waiting' and (claimed_until is null or claimed_until < $2)
                 returning id, recipient, thing, message"
            ))
            .bind(self.to.channel.as_str())
            .bind(now)
            .bind(now.plus(self.lasts))
            .bind(self.limit)
            .bind(self.to.address.as_str())
            .all()
            .await?;
        claimed.sort_by_key(|message| message.id);
        Ok(claimed)
    }
}

/// Writes down what a receiver answered to messages that it was sent together or side by side.
#[derive(Clone, Debug)]
pub(crate) struct KeepAnswers {
    pub channel: String,
    pub answers: Vec<(DeliveryId, Answer)>,
    /// What was claimed and not sent after all.
    pub left: Vec<DeliveryId>,
}

impl Housekeeping for KeepAnswers {
    const NAME: &'static str = "deliveries.answers";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        if let Some(answer) = Answer::of_all(self.answers.iter().map(|(_, answer)| answer)) {
            health::note(tx, &self.channel, answer).await?;
        }
        for (id, answer) in &self.answers {
            keep(tx, *id, answer).await?;
        }
        for id in &self.left {
            tx.query(sql!(
                "update deliveries set claimed_until = null, attempts = attempts - 1 where id = $1 and state = 'waiting'"
            ))
            .bind(*id)
            .run()
            .await?;
        }
        Ok(())
    }
}

async fn keep(tx: &mut Tx<'_>, id: DeliveryId, answer: &Answer) -> sqlx::Result<()> {
    let now = tx.now();
    let found: Option<(i64, Instant, String, String, String)> = tx
        .query(sql!("select attempts, created_at, state, what, recipient from deliveries where id = $1"))
        .bind(id)
        .optional()
        .await?;
    let Some((attempts, created, state, what, recipient)) = found else { return Ok(()) };
    if let Answer::Unreachable(why) = answer {
        way::note_fault(tx, &recipient, why).await?;
    }
    let spread = id.get().wrapping_mul(7919).rem_euclid(1000);
    let next = if what == What::Event.as_str() {
        retry::next_of_event(answer, attempts, now)
    } else {
        retry::next(answer, attempts, created, now, spread)
    };
    // A person may have given it up meanwhile; that it was taken all the same is the truth.
    if state != "waiting" && next != Next::Told {
        return Ok(());
    }
    let (state, told, at) = match next {
        Next::Told => ("told", Some(now), now),
        Next::Failed => ("failed", None, now),
        Next::Dropped => ("dropped", None, now),
        Next::At(at) => ("waiting", None, at),
    };
    tx.query(sql!(
        "update deliveries set state = $2, told_at = $3, next_at = $4, error = $5, claimed_until = null where id = $1"
    ))
    .bind(id)
    .bind(state)
    .bind(told)
    .bind(at)
    .bind(answer.why().map(str::to_owned))
    .run()
    .await
    .map(drop)
}

/// How far a message is, and the last answer that was not good.
pub(crate) async fn outcome(reader: &Reader, id: DeliveryId) -> sqlx::Result<Option<(String, Option<String>)>> {
    reader.query(sql!("select state, error from deliveries where id = $1")).bind(id).optional().await
}
