//! When a change needs a second person, and when it is told of because of its size.

use super::{
    Role,
    amount::{Amount, exceeded},
};
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::sync::Arc;

/// One rule of the configuration: which change needs whom, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `points.adjust`, or everything that begins alike: `staff.*`. What one person does in a day is added up over all of them.
    pub changes: Vec<String>,
    pub when: When,
    /// How many people besides the one who asks.
    pub approvers: i64,
    /// What they must be.
    pub role: Role,
    /// How long a request waits before it is worth nothing.
    pub expires: TimeDelta,
    /// Where it may be done at once if it is urgent: within how long the approval is owed.
    pub urgent: Option<TimeDelta>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    Always {
        /// Only where somebody of the role is there who neither asks nor is what it is about: a single owner can go on.
        if_possible: bool,
    },
    /// By a quantity that the change notes: more than this at once, or more than this by one person in a day.
    Beyond { quantity: String, over: Vec<Amount>, daily: Vec<Amount> },
    /// Where the target itself asks for it, as a batch job may.
    Marked,
    /// Where the customer it is about has the e-mail address of whoever asks.
    Own,
}

/// Changes over a threshold are told, whatever else is said about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub change: String,
    pub quantity: String,
    pub over: Vec<Amount>,
}

/// All rules, and in which zone a day is a day.
#[derive(Clone, Debug)]
pub struct Policies {
    rules: Arc<[Policy]>,
    pub(super) notices: Arc<[Notice]>,
    pub(super) zone: Tz,
}

/// Why a change waits, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// `always`, `over`, `daily`, `marked` or `own`.
    pub rule: &'static str,
    /// The amount that was exceeded.
    pub beyond: Option<Amount>,
    pub role: Role,
    pub approvers: i64,
    pub expires: TimeDelta,
    pub urgent: Option<TimeDelta>,
}

impl Default for Policies {
    /// Nobody is ever needed, except where somebody acts on their own account or a target asks for it.
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new(), Tz::Asia__Seoul)
    }
}

const HOURS: TimeDelta = TimeDelta::hours(24);

impl Policies {
    /// Adds what holds even where the configuration is silent.
    pub fn new(mut policies: Vec<Policy>, notices: Vec<Notice>, zone: Tz) -> Self {
        let built_in = |change: &str, when, role, urgent| Policy {
            changes: vec![change.to_owned()],
            when,
            approvers: 1,
            role,
            expires: HOURS,
            urgent,
        };
        for policy in [
            built_in("*", When::Own, Role::Approver, None),
            built_in("*", When::Marked, Role::Approver, Some(TimeDelta::hours(8))),
            built_in("staff.reset-second-factor", When::Always { if_possible: true }, Role::Owner, None),
        ] {
            let says =
                |other: &Policy| other.when == policy.when && policy.changes.iter().all(|change| other.covers(change));
            if !policies.iter().any(says) {
                policies.push(policy);
            }
        }
        Self { rules: policies.into(), notices: notices.into(), zone }
    }

    /// The rules for a change that everybody can know beforehand.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Policy> {
        self.rules.iter().filter(move |policy| policy.covers(kind))
    }

    /// Whether so much of a quantity at once is more than one person may do alone.
    pub fn exceeds(&self, kind: &str, quantity: &str, amount: Amount) -> bool {
        self.thresholds(kind, quantity).any(|over| exceeded(over, amount).is_some())
    }

    /// The thresholds for so much of a quantity at once.
    pub fn thresholds<'a>(&'a self, kind: &'a str, quantity: &'a str) -> impl Iterator<Item = &'a [Amount]> {
        self.of(kind).filter_map(move |policy| match &policy.when {
            When::Beyond { quantity: measured, over, .. } if measured == quantity => Some(over.as_slice()),
            _ => None,
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.rules.iter()
    }
}

impl Need {
    /// Both: whoever wants more people is heard, the first one said where they want as many, and nothing is urgent that not
    /// everybody lets be.
    pub(super) fn and(self, other: Self) -> Self {
        let urgent = self.urgent.zip(other.urgent).map(|(one, other)| one.min(other));
        // Whom it is about is said first: the amount is on the page anyway.
        let is_own = self.rule == "own" || other.rule == "own";
        let stricter = if other.approvers > self.approvers { other } else { self };
        let rule = if is_own { "own" } else { stricter.rule };
        Self { rule, urgent, ..stricter }
    }
}

impl Policy {
    /// Whether it wants somebody only where somebody is there.
    pub fn is_only_if_possible(&self) -> bool {
        self.when == (When::Always { if_possible: true })
    }

    pub fn covers(&self, kind: &str) -> bool {
        self.changes.iter().any(|change| covers(change, kind))
    }
}

/// Whether a rule for `pattern`, which may end in a star, is one for changes of this kind.
pub fn covers(pattern: &str, kind: &str) -> bool {
    pattern.strip_suffix('*').map_or_else(|| pattern == kind, |start| kind.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_what_begins_alike() {
        assert!(covers("staff.*", "staff.invite") && covers("*", "points.adjust") && covers("a.b", "a.b"));
        assert!(!covers("staff.*", "staffing") && !covers("a.b", "a.bc"));
    }
}
