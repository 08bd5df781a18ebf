//! What has changed since alerts were written down: a pure function of what is open and what is wrong now.

use super::{
    condition::{Condition, Conditions},
    record::Alert,
    silence::record::{Known, Silence},
    telling::{is_silenced, recipients_of},
};
use crate::{
    clock::Instant,
    id::AlertId,
    notify::{Channels, deliver::Recipient},
};
use chrono::TimeDelta;
use std::cmp::Ordering;

/// Between two messages that an alert goes on.
const REPEATS: TimeDelta = TimeDelta::minutes(5);

/// One thing to write down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Open(Condition),
    /// It happened again, or is wrong again before the alert was over. `tell`: the last message is long enough ago.
    Again {
        alert: Box<Alert>,
        condition: Condition,
        tell: bool,
    },
    /// What happened since the last message is told now.
    Tell {
        alert: Box<Alert>,
    },
    /// It is right again, which has to last.
    Clear {
        alert: Box<Alert>,
    },
    Resolve {
        alert: Box<Alert>,
    },
    /// These do not know of an alert that is open: their channel was silenced, or was not declared before.
    Inform {
        alert: AlertId,
        to: Vec<Recipient>,
        /// Until when a silence kept them from knowing.
        silenced_until: Option<Instant>,
    },
    /// A silence has ended, and of the alerts that it covered these are still open.
    EndSilence {
        silence: Box<Silence>,
        open: Vec<AlertId>,
    },
}

/// What is to be written down at `now`.
pub(super) fn steps(
    open: &[Alert],
    conditions: &Conditions,
    known: &Known,
    channels: &Channels,
    now: Instant,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut still_open = Vec::new();
    for alert in open {
        let step = match conditions.all.iter().find(|condition| condition.is_of(alert)) {
            Some(condition) => still_wrong(alert, condition, known, now),
            None => right_again(alert, conditions, now),
        };
        if alert.cleared_at.is_none() && !matches!(step, Some(Step::Clear { .. } | Step::Resolve { .. })) {
            still_open.push(alert);
        }
        steps.extend(step);
    }
    // First, so that what a silence held back is told once: it alters the alerts, and their other steps fit no more.
    steps.splice(0..0, ended_silences(&still_open, known, now));
    steps.extend(still_open.iter().filter_map(|alert| unknown_to(alert, known, channels, now)));
    let is_new = |condition: &&Condition| !open.iter().any(|alert| condition.is_of(alert));
    steps.extend(conditions.all.iter().filter(is_new).cloned().map(Step::Open));
    steps
}

/// The silences that have ended, each with what is open that it covered.
fn ended_silences(open: &[&Alert], known: &Known, now: Instant) -> Vec<Step> {
    let step = |silence: &Silence| {
        let informed = |alert: &Alert| known.informed.get(&alert.id).into_iter().flatten();
        let is_covered =
            |alert: &&&Alert| silence.is_of(alert) || informed(alert).any(|to| silence.covers(alert, &to.channel));
        let open = open.iter().filter(is_covered).map(|alert| alert.id).collect();
        Step::EndSilence { silence: Box::new(silence.clone()), open }
    };
    known.silences.iter().filter(|silence| !silence.is_active(now)).map(step).collect()
}

/// Those who are to know of an open alert and do not.
fn unknown_to(alert: &Alert, known: &Known, channels: &Channels, now: Instant) -> Option<Step> {
    let is_informed = |to: &Recipient| known.informed.get(&alert.id).is_some_and(|informed| informed.contains(to));
    let to: Vec<Recipient> = recipients_of(channels, alert)
        .into_iter()
        .filter(|to| !is_informed(to) && !is_silenced(&known.silences, alert, &to.channel, now))
        .collect();
    let was_silenced =
        |silence: &&Silence| !silence.is_active(now) && to.iter().any(|to| silence.covers(alert, &to.channel));
    let silenced_until = known.silences.iter().filter(was_silenced).map(Silence::end).max();
    (!to.is_empty()).then_some(Step::Inform { alert: alert.id, to, silenced_until })
}

fn still_wrong(alert: &Alert, condition: &Condition, known: &Known, now: Instant) -> Option<Step> {
    let is_silent = known.silences.iter().any(|silence| silence.is_active(now) && silence.is_of(alert));
    let tell = !is_silent && now.since(alert.told_at) >= REPEATS;
    let alert_of = || Box::new(alert.clone());
    if condition.is_news_for(alert) || alert.cleared_at.is_some() {
        return Some(Step::Again { alert: alert_of(), condition: condition.clone(), tell });
    }
    (alert.n > alert.told_n && tell).then(|| Step::Tell { alert: alert_of() })
}

fn right_again(alert: &Alert, conditions: &Conditions, now: Instant) -> Option<Step> {
    let alert_of = || Box::new(alert.clone());
    if alert.kind.waits_for_rerun() && conditions.rerunning.contains(&alert.subject) {
        return None;
    }
    match alert.cleared_at {
        _ if alert.kind.settles().is_zero() => Some(Step::Resolve { alert: alert_of() }),
        None => Some(Step::Clear { alert: alert_of() }),
        Some(at) if now.since(at) >= alert.kind.settles() => Some(Step::Resolve { alert: alert_of() }),
        Some(_) => None,
    }
}

impl Condition {
    fn is_of(&self, alert: &Alert) -> bool {
        self.kind == alert.kind && self.subject == alert.subject
    }

    /// Whether more happened than the alert knows of. A run that is older than the one it knows is none: the newer one was seen to.
    fn is_news_for(&self, alert: &Alert) -> bool {
        let number = |reference: &Option<String>| reference.as_ref().and_then(|text| text.parse::<i64>().ok());
        match (number(&self.reference), number(&alert.reference)) {
            (Some(now), Some(known)) => now > known,
            _ => self.n > alert.n || self.newest_at.cmp(&alert.newest_at) == Ordering::Greater,
        }
    }
}

#[cfg(test)]
#[path = "steps/tests.rs"]
mod tests;
