//! Telling of alerts: which channels are told of one, and what.

use super::{
    kind::AlertKind,
    record::{self, Alert},
    silence::record::Silence,
};
use crate::{
    clock::Instant,
    gate::Tx,
    id::{AlertEventId, AlertId, CallId},
    notify::{
        Channels, Message, What, again,
        deliver::{self, About, Recipient},
    },
    sql,
};
use std::collections::HashSet;

/// What alerts are told with.
#[derive(Clone, Debug)]
pub(crate) struct Telling {
    pub channels: Channels,
    /// `prod`
    pub environment: &'static str,
}

/// A call about an alert.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub id: CallId,
    /// By which policy and step.
    pub escalation: Option<String>,
    /// Who had acknowledged the alert, and left it alone.
    pub returned_by: Option<String>,
    /// Whether those are told because no person was reached.
    pub is_unreached: bool,
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
pub(crate) fn is_silenced(silences: &[Silence], alert: &Alert, channel: &str, now: Instant) -> bool {
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
        let key = self.key(alert);
        let mut opening = message(alert, What::Opened, alert.newest_at, key.clone());
        opening.facts.silenced_until = late.and_then(|late| late.silenced_until);
        for (what, event, by) in first_events(tx, alert.id).await? {
            // An acknowledgement that was taken back is no news.
            if what == What::Acknowledged && alert.acknowledged_at.is_none() {
                continue;
            }
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

impl Telling {
    /// Calls these about an alert: those who do not know of it are told that it was opened, and are told how it goes on from then on.
    pub(crate) async fn tell_call(
        &self,
        tx: &mut Tx<'_>,
        alert: &Alert,
        to: &[Recipient],
        call: &Call,
    ) -> sqlx::Result<()> {
        let key = self.key(alert);
        let known = deliver::openings(tx, alert.id).await?;
        let opened = first_events(tx, alert.id).await?.into_iter().find(|(what, ..)| *what == What::Opened);
        for to in to {
            let opening = known.iter().find(|(informed, _)| informed == to).map(|(_, opening)| opening);
            let (what, at, event) = match opening {
                Some(_) => (What::Again, tx.now(), None),
                None => (What::Opened, alert.newest_at, opened.as_ref().map(|(_, event, _)| *event)),
            };
            let mut message =
                message(alert, what, at, opening.map_or_else(|| key.clone(), |opening| opening.key.clone()));
            message.facts.escalation.clone_from(&call.escalation);
            message.facts.returned_by.clone_from(&call.returned_by);
            message.facts.is_unreached = call.is_unreached;
            let about = |opened| About::Call { alert: alert.id, opened, call: call.id };
            if deliver::enqueue(tx, to, about(event), &message).await?.is_none() {
                // They were told in vain that it was opened.
                message.what = What::Again;
                deliver::enqueue(tx, to, about(None), &message).await?;
            }
        }
        Ok(())
    }

    /// Tells those who know of an alert, but for these, that it is open again: the person who acknowledged it left it alone.
    pub(crate) async fn tell_returned(
        &self,
        tx: &mut Tx<'_>,
        alert: &Alert,
        by: &str,
        except: &HashSet<Recipient>,
        silences: &[Silence],
    ) -> sqlx::Result<()> {
        let now = tx.now();
        for (to, opening) in deliver::openings(tx, alert.id).await? {
            if except.contains(&to) || is_silenced(silences, alert, &to.channel, now) {
                continue;
            }
            let mut message = message(alert, What::Again, now, opening.key);
            message.facts.returned_by = Some(by.to_owned());
            deliver::enqueue(tx, &to, About::Silence { alert: alert.id }, &message).await?;
        }
        Ok(())
    }

    fn key(&self, alert: &Alert) -> String {
        format!("ingam:{}:{}:{}", self.environment, alert.kind.as_str(), alert.subject)
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
