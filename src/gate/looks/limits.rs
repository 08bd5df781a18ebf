//! How often a person may look, by role.

use super::{LookKind, Span};
use crate::gate::{Role, Roles};
use std::{fmt, sync::Arc};

/// Up to `first` looks need nothing. From there to `second` a reason and a code are due; there is no more than `second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub first: i64,
    pub second: i64,
}

/// How often one kind of look is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub hour: Limit,
    pub day: Limit,
}

impl Limits {
    /// What holds where the configuration says nothing. A person who works through a queue of calls opens a customer in two
    /// minutes and reveals a contact in four; these leave ten times that, and a copy of all customers takes weeks.
    pub const fn usual(kind: LookKind) -> Self {
        match kind {
            LookKind::Reveals => {
                Self { hour: Limit { first: 60, second: 120 }, day: Limit { first: 300, second: 600 } }
            }
            LookKind::Searches | LookKind::Opened => {
                Self { hour: Limit { first: 600, second: 1_200 }, day: Limit { first: 3_000, second: 6_000 } }
            }
        }
    }

    pub const fn over(&self, span: Span) -> Limit {
        match span {
            Span::Hour => self.hour,
            Span::Day => self.day,
        }
    }

    fn max(self, other: Self) -> Self {
        let larger = |one: Limit, other: Limit| Limit {
            first: one.first.max(other.first),
            second: one.second.max(other.second),
        };
        Self { hour: larger(self.hour, other.hour), day: larger(self.day, other.day) }
    }
}

/// The limits of all roles. A person with several has the highest of them.
#[derive(Clone, Debug, Default)]
pub struct LookLimits {
    /// What differs from the usual, each pair once.
    own: Arc<[(Role, LookKind, Limits)]>,
}

impl LookLimits {
    pub fn new(own: impl IntoIterator<Item = (Role, LookKind, Limits)>) -> Self {
        Self { own: own.into_iter().collect() }
    }

    /// The limits of a person with these roles.
    pub fn of(&self, roles: &Roles, kind: LookKind) -> Limits {
        let each = roles.iter().map(|role| self.of_role(role, kind));
        each.reduce(Limits::max).unwrap_or(Limits::usual(kind))
    }

    fn of_role(&self, role: Role, kind: LookKind) -> Limits {
        let own = self.own.iter().find(|(of, what, _)| (*of, *what) == (role, kind));
        own.map_or(Limits::usual(kind), |(.., limits)| *limits)
    }
}

/// In one line, as `ingam check` shows them: the usual ones, and those that differ.
impl fmt::Display for LookLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let say = |kind: LookKind, Limits { hour, day }: Limits| {
            format!("{kind} {}/{} an hour, {}/{} a day", hour.first, hour.second, day.first, day.second)
        };
        let usual: Vec<String> = LookKind::ALL.into_iter().map(|kind| say(kind, Limits::usual(kind))).collect();
        write!(f, "{}", usual.join("; "))?;
        for (role, kind, limits) in self.own.iter() {
            write!(f, "; {role}: {}", say(*kind, *limits))?;
        }
        Ok(())
    }
}
