//! When a change needs a second person, and when it is reported because of its size.

use super::{
    Kind, Role,
    amount::{Amount, exceeded},
    daily::Totals,
};
use crate::money::Currency;
use crate::zone::Zone;
use chrono::TimeDelta;
use std::sync::Arc;

/// One rule of the configuration: which change needs whom, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `points.adjust`, or every kind with a prefix: `staff.*`. What one person does in a day is added up over all of them.
    pub changes: Vec<String>,
    pub when: When,
    /// The number of approvers besides the requester.
    pub approvers: i64,
    /// The role of the approvers.
    pub role: Role,
    /// How long a request waits before it expires.
    pub expires: TimeDelta,
    /// Within how long the approval is owed, where an urgent change may be made first.
    pub urgent: Option<TimeDelta>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    Always {
        /// Only if an eligible approver exists: a sole owner may proceed alone.
        if_possible: bool,
    },
    /// By a quantity that the change notes: more than this at once, or more than this by one person in a day.
    Beyond { quantity: String, over: Vec<Amount>, daily: Vec<Amount> },
    /// Where the target itself is marked, as a batch job may be.
    Marked,
    /// Where the customer that it is about has the e-mail address of the requester.
    Own,
}

/// A change over a threshold is reported as an event, independent of the approval rules.
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
    pub(super) zone: Zone,
}

/// Why a change waits, and for which approvers.
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

const HOURS: TimeDelta = TimeDelta::hours(24);

impl Policies {
    /// Only the built-in rules: a second person is needed where people act on their own account, where a target asks for it,
    /// and for the changes that say so themselves.
    pub fn built_in(kinds: &[Kind], zone: Zone) -> Self {
        Self::new(kinds, Vec::new(), Vec::new(), zone)
    }

    /// The rules of a configuration, and the built-in ones where it does not say otherwise.
    pub fn new(kinds: &[Kind], mut policies: Vec<Policy>, notices: Vec<Notice>, zone: Zone) -> Self {
        let built_in = |change: &str, when, role, urgent| Policy {
            changes: vec![change.to_owned()],
            when,
            approvers: 1,
            role,
            expires: HOURS,
            urgent,
        };
        let of_everything = [
            built_in("*", When::Own, Role::Approver, None),
            built_in("*", When::Marked, Role::Approver, Some(TimeDelta::hours(8))),
        ];
        let of_kinds = kinds.iter().filter_map(|kind| {
            let role = kind.second_if_possible?;
            Some(built_in(kind.name, When::Always { if_possible: true }, role, None))
        });
        for policy in of_everything.into_iter().chain(of_kinds) {
            let says =
                |other: &Policy| other.when == policy.when && policy.changes.iter().all(|change| other.covers(change));
            if !policies.iter().any(says) {
                policies.push(policy);
            }
        }
        Self { rules: policies.into(), notices: notices.into(), zone }
    }

    /// The rules for a kind of change.
    pub fn of(&self, kind: &str) -> impl Iterator<Item = &Policy> {
        self.rules.iter().filter(move |policy| policy.covers(kind))
    }

    /// Whether a rule for this kind of change has a limit for a day.
    pub(super) fn counts_days(&self, kind: &str) -> bool {
        self.of(kind).any(|policy| matches!(&policy.when, When::Beyond { daily, .. } if !daily.is_empty()))
    }

    /// The rules about how much of a quantity one change of this kind alters.
    pub(super) fn measured<'a>(&'a self, kind: &'a str, quantity: &'a str) -> impl Iterator<Item = Measured<'a>> {
        self.of(kind).filter_map(move |policy| match &policy.when {
            When::Beyond { quantity: measured, over, daily } if measured == quantity => {
                Some(Measured { policy, over, daily })
            }
            _ => None,
        })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.rules.iter()
    }
}

/// A rule about how much of a quantity is altered: at once, and in a day by what the rule covers.
#[derive(Clone, Copy)]
pub(super) struct Measured<'a> {
    pub(super) policy: &'a Policy,
    pub(super) over: &'a [Amount],
    pub(super) daily: &'a [Amount],
}

impl Measured<'_> {
    pub(super) fn exceeds_at_once(self, amount: Amount) -> bool {
        exceeded(self.over, amount).is_some()
    }

    pub(super) fn exceeds_daily(self, amount: Amount) -> bool {
        exceeded(self.daily, amount).is_some()
    }

    /// What of these totals of a day the rule adds up, in this currency.
    pub(super) fn altered(self, totals: &Totals, quantity: &str, currency: Option<Currency>) -> i64 {
        let code = currency.map_or("", Currency::code);
        let covered = |(kind, measured, in_currency): &(String, String, String)| {
            measured == quantity && in_currency == code && self.policy.covers(kind)
        };
        totals.iter().filter(|(key, _)| covered(key)).fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }
}

impl Need {
    /// Merges two needs: the larger approver count wins, the first one if they are equal; urgent only if both allow it.
    pub(super) fn and(self, other: Self) -> Self {
        let urgent = self.urgent.zip(other.urgent).map(|(one, other)| one.min(other));
        // `own` is named in preference to an amount, which is on the page anyway.
        let is_own = self.rule == "own" || other.rule == "own";
        let stricter = if other.approvers > self.approvers { other } else { self };
        let rule = if is_own { "own" } else { stricter.rule };
        Self { rule, urgent, ..stricter }
    }
}

impl Policy {
    /// Whether it demands approvers only if they exist.
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
