//! Messages on their way: written down, claimed by a lane, sent, and the answer written down.

use super::{
    Message, What, health,
    retry::{self, Next},
    send::Answer,
};
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    id::{AlertEventId, AlertId, DeliveryId, EventId},
    sql,
    store::Reader,
};
use chrono::TimeDelta;

/// How long a lane that died keeps a claim: longer than any receiver may take.
pub(super) const CLAIM: TimeDelta = TimeDelta::seconds(30);

/// What a message is about, for [`enqueue`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    Alert {
        alert: AlertId,
        event: AlertEventId,
    },
    /// An event of the outbox.
    Event {
        event: EventId,
    },
    /// Nothing but the channel itself.
    Channel,
}

/// Writes a message down for a channel. The same one is written once: then there is no new row.
pub(crate) async fn enqueue(
    tx: &mut Tx<'_>,
    channel: &str,
    about: About,
    message: &Message,
) -> sqlx::Result<Option<DeliveryId>> {
    let now = tx.now();
    let (alert, alert_event, event) = match about {
        About::Alert { alert, event } => (Some(alert), Some(event), None),
        About::Event { event } => (None, None, Some(event)),
        About::Channel => (None, None, None),
    };
    let thing = alert.map_or_else(|| message.key.clone(), |alert| format!("alert/{alert}"));
    let row: Option<(DeliveryId,)> = tx
        .query(sql!(
        "insert into deliveries (channel, thing, what, alert, alert_event, event, message, state, created_at, next_at)
         values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8, $8) on conflict do nothing returning id"
    ))
        .bind(channel.to_owned())
        .bind(thing)
        .bind(message.what.as_str())
        .bind(alert)
        .bind(alert_event)
        .bind(event)
        .bind(serde_json::to_string(message).map_err(|error| sqlx::Error::Encode(error.into()))?)
        .bind(now)
        .optional()
        .await?;
    Ok(row.map(|(id,)| id))
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

/// The channels that were told that an alert was opened, or will be or may have been, each with what it was told.
pub(crate) async fn openings(tx: &mut Tx<'_>, alert: AlertId) -> sqlx::Result<Vec<(String, Message)>> {
    let openings: Vec<(String, String)> = tx
        .query(sql!(
            "select channel, message from deliveries
              where alert = $1 and what = 'opened' and (attempts > 0 or state = 'waiting') order by id"
        ))
        .bind(alert)
        .all()
        .await?;
    let read = |(channel, message): (String, String)| Some((channel, serde_json::from_str(&message).ok()?));
    Ok(openings.into_iter().filter_map(read).collect())
}

/// A message that a lane has claimed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Claimed {
    pub id: DeliveryId,
    /// What it is about: of one thing, messages are sent in the order of their ids.
    pub thing: String,
    pub message: String,
    pub attempts: i64,
}

/// Claims the next messages of a channel that are due. Of one thing only the first that waits is taken, so that they arrive in order.
/// The attempt is counted before anything is sent.
#[derive(Clone, Debug)]
pub(crate) struct ClaimMessages {
    pub channel: String,
    pub limit: i64,
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
                                where channel = $1 and state = 'waiting' and next_at <= $2
                                  and (claimed_until is null or claimed_until < $2)
                                  and not exists (select 1 from channels c where c.name = d.channel and c.pause_until > $2)
                                  and not exists (select 1 from deliveries e where e.channel = d.channel and e.thing = d.thing
                                                   and e.state = 'waiting' and e.id < d.id)
                                order by id limit $4)
                    and state = 'waiting' and (claimed_until is null or claimed_until < $2)
                 returning id, thing, message, attempts"
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

/// Writes down what a receiver answered.
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
        let mut noted = None;
        for (id, answer) in &self.answers {
            // Of answers that are alike, once.
            if noted != Some(answer) {
                health::note(tx, &self.channel, answer).await?;
                noted = Some(answer);
            }
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
    let found: Option<(i64, Instant, String, String)> = tx
        .query(sql!("select attempts, created_at, state, what from deliveries where id = $1"))
        .bind(id)
        .optional()
        .await?;
    let Some((attempts, created, state, what)) = found else { return Ok(()) };
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
