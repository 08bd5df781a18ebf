//! What is due: a pure function of the alerts that are open, how far each escalation is, and the silences in force.

use super::{policy::Policies, record::Escalation};
use crate::{
    alerts::{record::Alert, silence::record::Silence},
    clock::Instant,
    id::AlertId,
};
use chrono::TimeDelta;
use std::collections::{HashMap, HashSet};

/// How long an alert that was acknowledged may be left alone.
pub(crate) const ALONE: TimeDelta = TimeDelta::hours(1);

/// One thing to do about an alert, which holds it against the version that it was worked out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Begin {
        alert: AlertId,
    },
    /// The next step. `is_refused`: before its time, because all messages of the step before were refused for good.
    Go {
        alert: AlertId,
        changed: i64,
        is_refused: bool,
    },
    /// It was acknowledged and left alone, so it is called about again.
    Return {
        alert: AlertId,
        acknowledged_at: Instant,
    },
}

/// How far the escalations of open alerts are.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub rows: HashMap<AlertId, Escalation>,
    pub refused: HashSet<AlertId>,
    /// When people last attended to alerts that were acknowledged long ago.
    pub attended: HashMap<AlertId, Instant>,
}

/// What is to be done at `now`.
pub(super) fn due(open: &[Alert], known: &Known, silences: &[Silence], policies: &Policies, now: Instant) -> Vec<Due> {
    let is_silent = |alert: &Alert| silences.iter().any(|silence| silence.is_active(now) && silence.is_of(alert));
    open.iter()
        .filter(|alert| alert.cleared_at.is_none() && !is_silent(alert))
        .filter_map(|alert| of_alert(alert, known, policies, now))
        .collect()
}

fn of_alert(alert: &Alert, known: &Known, policies: &Policies, now: Instant) -> Option<Due> {
    let id = alert.id;
    if let Some(acknowledged_at) = alert.acknowledged_at {
        let attended = known.attended.get(&id).copied().unwrap_or(acknowledged_at).max(acknowledged_at);
        let is_alone = now.since(attended) >= ALONE && policies.of(alert).is_some();
        return is_alone.then_some(Due::Return { alert: id, acknowledged_at });
    }
    let Some(row) = known.rows.get(&id) else {
        return policies.of(alert).map(|_| Due::Begin { alert: id });
    };
    let next_at = row.next_at?;
    let is_refused = known.refused.contains(&id);
    (next_at <= now || is_refused).then_some(Due::Go { alert: id, changed: row.changed, is_refused })
}

/// Whether it has to be asked when people last attended to an alert.
pub(super) fn may_be_alone(alert: &Alert, now: Instant) -> bool {
    alert.acknowledged_at.is_some_and(|at| now.since(at) >= ALONE)
}

#[cfg(test)]
#[path = "due/tests.rs"]
mod tests;
