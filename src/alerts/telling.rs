//! Telling of alerts: which channels are told of one, and what.

use super::{
    kind::AlertKind,
    record::{self, Alert},
    silence::record::Silence,
};
use crate::{
    clock::Instant,
    gate::Tx,
    id::{AlertEventId, AlertId},
    notify::{
        Channels, Message, What, again,
        deliver::{self, About, Recipient},
    },
    sql,
};

/// What alerts are told with.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub channels: Channels,
    /// `prod`
    pub environment: &'static str,
}

/// Why an opening is told late: a silence, or a channel that was not declared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Late {
    /// Until when a silence kept it from being told.
    pub silenced_until: Option<Instant>,
}

/// Those who are told of an alert where no silence is in force.
pub(super) fn recipients_of(channels: &Channels, alert: &Alert) -> Vec<Recipient> {
    match alert.kind {
        // Not through itself, and by all others.
        AlertKind::ChannelFailing => channels.beside(&alert.subject),
        kind => channels.told_of(kind.as_str(), alert.job()),
    }
}

/// Whether any of these silences that is in force keeps this channel from being told of an alert.
pub(super) fn is_silenced(silences: &[Silence], alert: &Alert, channel: &str, now: Instant) -> bool {
    silences.iter().any(|silence| silence.is_active(now) && silence.covers(alert, channel))
}

impl Telling {
    /// Tells these that an alert was opened, and who looks at it where a person does. One that was told is told no second time.
    /// `late`: they did not know of it when it was opened.
    pub(super) async fn tell_opening(
        &self,
        tx: &mut Tx<'_>,
        alert: &Alert,
        to: &[Recipient],
        late: Option<Late>,
    ) -> sqlx::Result<()> {
        let key = format!("ingam:{}:{}:{}", self.environment, alert.kind.as_str(), alert.subject);
        let mut opening = message(alert, What::Opened, alert.newest_at, key.clone());
        opening.facts.silenced_until = late.and_then(|late| late.silenced_until);
        for (what, event, by) in first_events(tx, alert.id).await? {
            let message = match what {
                What::Opened => opening.clone(),
                what => {
                    let mut message = message(alert, what, tx.now(), key.clone());
                    message.facts.by = by;
                    message
                }
            };
            for to in to {
                if late.is_none() || !again::take_up(tx, to, event, &message).await? {
                    deliver::enqueue(tx, to, About::Alert { alert: alert.id, event }, &message).await?;
                }
            }
        }
        Ok(())
    }
}

/// That an alert was opened, and that it was acknowledged where it was: what a channel is to know that is told late.
async fn first_events(tx: &mut Tx<'_>, alert: AlertId) -> sqlx::Result<Vec<(What, AlertEventId, Option<String>)>> {
    let events: Vec<(AlertEventId, String, Option<String>)> = tx
        .query(sql!(
            "select id, what, staff_name from alert_events where alert = $1 and what in ('opened', 'acknowledged') order by id"
        ))
        .bind(alert)
        .all()
        .await?;
    let read = |(id, what, by): (AlertEventId, String, Option<String>)| {
        let what = if what == What::Opened.as_str() { What::Opened } else { What::Acknowledged };
        (what, id, by)
    };
    Ok(events.into_iter().map(read).collect())
}

/// Tells what happened to an alert to the channels that know of it and are not silenced, under the key by which they do.
pub(super) async fn tell(
    tx: &mut Tx<'_>,
    id: AlertId,
    event: AlertEventId,
    what: What,
    by: Option<&str>,
    silences: &[Silence],
) -> sqlx::Result<()> {
    let Some(alert) = record::find(tx, id).await? else { return Ok(()) };
    let now = tx.now();
    for (to, opening) in deliver::openings(tx, id).await? {
        if is_silenced(silences, &alert, &to.channel, now) {
            continue;
        }
        let mut message = message(&alert, what, now, opening.key);
        message.facts.by = by.map(str::to_owned);
        deliver::enqueue(tx, &to, About::Alert { alert: id, event }, &message).await?;
    }
    Ok(())
}

/// Tells that a silence has ended and the alert is still open to the channels that knew of it before, which the silence covered and
/// no other does.
pub(super) async fn tell_still_open(
    tx: &mut Tx<'_>,
    alert: &Alert,
    ended: &Silence,
    silences: &[Silence],
) -> sqlx::Result<()> {
    let now = tx.now();
    for (to, opening) in deliver::openings(tx, alert.id).await? {
        if !ended.covers(alert, &to.channel) || is_silenced(silences, alert, &to.channel, now) {
            continue;
        }
        let mut message = message(alert, What::Again, now, opening.key);
        message.facts.silenced_until = Some(ended.end());
        deliver::enqueue(tx, &to, About::Silence { alert: alert.id }, &message).await?;
    }
    Ok(())
}

fn message(alert: &Alert, what: What, at: Instant, key: String) -> Message {
    Message {
        what,
        kind: alert.kind.as_str().to_owned(),
        severity: alert.severity,
        key,
        title: alert.title.clone(),
        since: alert.opened_at,
        at,
        n: alert.n,
        path: alert.href(),
        facts: alert.facts(),
    }
}
