//! What has changed since alerts were written down: a pure function of what is open and what is wrong now.

use super::{
    condition::{Condition, Conditions},
    record::Alert,
};
use crate::clock::Instant;
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
}

/// What is to be written down at `now`.
pub(super) fn steps(open: &[Alert], conditions: &Conditions, now: Instant) -> Vec<Step> {
    let mut steps = Vec::new();
    for alert in open {
        let condition = conditions.all.iter().find(|condition| condition.is_of(alert));
        steps.extend(match condition {
            Some(condition) => still_wrong(alert, condition, now),
            None => right_again(alert, conditions, now),
        });
    }
    let is_new = |condition: &&Condition| !open.iter().any(|alert| condition.is_of(alert));
    steps.extend(conditions.all.iter().filter(is_new).cloned().map(Step::Open));
    steps
}

fn still_wrong(alert: &Alert, condition: &Condition, now: Instant) -> Option<Step> {
    let tell = now.since(alert.told_at) >= REPEATS;
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
