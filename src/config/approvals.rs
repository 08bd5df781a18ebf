//! Which changes need a second person, and which are told of because of their size.

use crate::zone::Zone;
use crate::{
    gate::{Amount, Kind, Notice, Policies, Policy, Role, When, covers},
    money::Currency,
    notify::channel::NoticeRoute,
    web::number,
};
use chrono::TimeDelta;
use serde::Deserialize;

/// What holds where nothing is said.
pub(super) const USUAL: &str = include_str!("approvals.toml");

/// `[[approval]]` and `[[notice]]` of the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declared {
    pub approval: Option<Vec<Approval>>,
    pub notice: Option<Vec<NoticeConfig>>,
}

/// `[[approval]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// `points.adjust`, or all that begin alike: `staff.*`; one, or a list.
    change: Kinds,
    /// What is measured: a field the change notes.
    quantity: Option<String>,
    #[serde(default)]
    over: Thresholds,
    /// By one person in one day.
    #[serde(default)]
    daily: Thresholds,
    /// Where the target asks for it.
    #[serde(default)]
    marked: bool,
    /// Where the customer has the requester's address.
    #[serde(default)]
    own: bool,
    /// Only where another person has the role.
    #[serde(default)]
    if_possible: bool,
    #[serde(default = "one")]
    approvers: i64,
    #[serde(default = "approver")]
    role: Role,
    #[serde(default = "a_day")]
    expires_hours: i64,
    urgent_hours: Option<i64>,
}

/// `[[notice]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeConfig {
    change: Kinds,
    quantity: String,
    over: Thresholds,
    /// The channels that are told.
    #[serde(default)]
    to: Vec<String>,
}

/// `10_000`, `"KRW 1,000,000"`, or a list of the latter.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Thresholds {
    Number(i64),
    Money(String),
    Moneys(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Kinds {
    One(String),
    Many(Vec<String>),
}

impl Kinds {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::Moneys(Vec::new())
    }
}

const fn one() -> i64 {
    1
}

const fn approver() -> Role {
    Role::Approver
}

const fn a_day() -> i64 {
    24
}

impl Declared {
    /// The rules, or what is wrong with them. What is not declared is as usual.
    pub(super) fn policies(&self, kinds: &[Kind], zone: Zone) -> Result<Policies, String> {
        let usual: Self = toml::from_str(USUAL).map_err(|error| error.to_string())?;
        let approvals = self.approval.as_ref().or(usual.approval.as_ref());
        let notices = self.notice.as_ref().or(usual.notice.as_ref());
        let mut policies = Vec::new();
        for approval in approvals.into_iter().flatten() {
            policies.push(approval.policy(kinds)?);
        }
        let mut told = Vec::new();
        for notice in notices.into_iter().flatten() {
            for change in notice.change.all() {
                told.push(notice.notice(kinds, change)?);
            }
        }
        Ok(Policies::new(kinds, policies, told, zone))
    }

    /// Which channels the notices tell.
    pub(super) fn told(&self) -> Vec<NoticeRoute> {
        let route = |notice: &NoticeConfig, change: &String| NoticeRoute {
            change: change.clone(),
            quantity: notice.quantity.clone(),
            to: notice.to.clone(),
        };
        let notices = self.notice.iter().flatten();
        notices.flat_map(|notice| notice.change.all().iter().map(move |change| route(notice, change))).collect()
    }

    /// The rules that hold where no file says others.
    pub fn usual(kinds: &[Kind], zone: Zone) -> Policies {
        // The text is ours, and a test reads it.
        Self::default().policies(kinds, zone).unwrap_or_else(|_| Policies::built_in(kinds, zone))
    }
}

impl Approval {
    fn policy(&self, kinds: &[Kind]) -> Result<Policy, String> {
        let changes = self.change.all();
        let wrong = |what: &str| format!("approval of {:?}: {what}", changes.join(", "));
        if changes.is_empty() {
            return Err(wrong("`change` is empty"));
        }
        let when = match (&self.quantity, self.marked, self.own) {
            (Some(quantity), false, false) => {
                for change in changes {
                    measured(kinds, change, quantity).map_err(|error| wrong(&error))?;
                }
                let read = |thresholds: &Thresholds| thresholds.read().map_err(|error| wrong(&error));
                let (over, daily) = (read(&self.over)?, read(&self.daily)?);
                if over.is_empty() && daily.is_empty() {
                    return Err(wrong("a quantity needs `over`, `daily` or both"));
                }
                When::Beyond { quantity: quantity.clone(), over, daily }
            }
            (None, true, false) => When::Marked,
            (None, false, true) => When::Own,
            (None, false, false) => When::Always { if_possible: self.if_possible },
            _ => return Err(wrong("only one of `quantity`, `marked` and `own` can be set")),
        };
        let has_threshold = !self.over.is_empty() || !self.daily.is_empty();
        if has_threshold && !matches!(when, When::Beyond { .. }) {
            return Err(wrong("`over` and `daily` need a `quantity`"));
        }
        if self.own && self.urgent_hours.is_some() {
            return Err(wrong("`own` and `urgent_hours` exclude each other: such a change cannot be urgent"));
        }
        if self.if_possible && !matches!(when, When::Always { .. }) {
            return Err(wrong("`if_possible` cannot be combined with another condition"));
        }
        for change in changes {
            covered(kinds, change).map_err(|error| wrong(&error))?;
        }
        if !(1..=9).contains(&self.approvers) {
            return Err(wrong("`approvers` must be between 1 and 9"));
        }
        let hours = |name: &str, hours: i64| match hours {
            1..=720 => Ok(TimeDelta::hours(hours)),
            _ => Err(wrong(&format!("`{name}` must be between 1 and 720"))),
        };
        Ok(Policy {
            changes: changes.to_vec(),
            when,
            approvers: self.approvers,
            role: self.role,
            expires: hours("expires_hours", self.expires_hours)?,
            urgent: self.urgent_hours.map(|n| hours("urgent_hours", n)).transpose()?,
        })
    }
}

impl NoticeConfig {
    fn notice(&self, kinds: &[Kind], change: &str) -> Result<Notice, String> {
        let wrong = |error: String| format!("notice of {change:?}: {error}");
        measured(kinds, change, &self.quantity).map_err(wrong)?;
        let over = self.over.read().map_err(wrong)?;
        if over.is_empty() {
            return Err(wrong("`over` is empty".to_owned()));
        }
        Ok(Notice { change: change.to_owned(), quantity: self.quantity.clone(), over })
    }
}

/// A misspelt name would be a rule that never holds.
fn covered(kinds: &[Kind], pattern: &str) -> Result<(), String> {
    let is_covered = kinds.iter().any(|kind| kind.can_be_held_up() && covers(pattern, kind.name));
    if is_covered { Ok(()) } else { Err("no change with this name is made with a code".to_owned()) }
}

fn measured(kinds: &[Kind], pattern: &str, quantity: &str) -> Result<(), String> {
    let mut kinds = kinds.iter().filter(|kind| covers(pattern, kind.name));
    if kinds.any(|kind| kind.quantities.contains(&quantity)) {
        Ok(())
    } else {
        Err(format!("it does not record a quantity {quantity:?}"))
    }
}

impl Thresholds {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Moneys(list) if list.is_empty())
    }

    fn read(&self) -> Result<Vec<Amount>, String> {
        match self {
            Self::Number(n) if *n >= 0 => Ok(vec![Amount { n: *n, currency: None }]),
            Self::Number(n) => Err(format!("{n} is below zero")),
            Self::Money(text) => money(text).map(|amount| vec![amount]),
            Self::Moneys(list) => list.iter().map(|text| money(text)).collect(),
        }
    }
}

/// `KRW 1,000,000`, `USD 800.50`: as people write it, not in minor units.
fn money(text: &str) -> Result<Amount, String> {
    let wrong = || format!("{text:?} is not an amount such as \"KRW 1,000,000\"");
    let (code, amount) = text.split_once(' ').ok_or_else(wrong)?;
    let currency: Currency = code.parse().map_err(|error: crate::money::UnknownCurrency| error.to_string())?;
    let n = number::money(amount, currency).map_err(|_| wrong())?;
    Ok(Amount { n, currency: Some(currency) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Policies, String> {
        let declared: Declared = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        declared.policies(crate::changes::KINDS, Zone::seoul())
    }

    fn approval(rest: &str) -> Result<Policies, String> {
        read(&format!("[[approval]]\n{rest}"))
    }

    #[test]
    fn the_usual_rules_are_readable() {
        let usual = read("").unwrap();
        let points: Vec<_> = usual.of("points.adjust").map(|policy| policy.when.clone()).collect();
        let over = vec![Amount { n: 10_000, currency: None }];
        assert!(points.iter().any(|when| matches!(when, When::Beyond { over: is, .. } if *is == over)), "{points:?}");
        let refunds = usual.of("orders.refund").find_map(|policy| match &policy.when {
            When::Beyond { over, .. } => Some(over.clone()),
            _ => None,
        });
        let refunds = refunds.unwrap();
        assert!(refunds.contains(&Amount { n: 1_000_000, currency: Some(Currency::KRW) }));
        assert!(refunds.contains(&Amount { n: 80_000, currency: Some(Currency::USD) }));
    }

    #[test]
    fn a_file_that_declares_none_switches_the_usual_ones_off() {
        let none = read("approval = []\nnotice = []").unwrap();
        assert!(!none.of("points.adjust").any(|policy| matches!(policy.when, When::Beyond { .. })));
        // No one approves their own benefit alone, even if the file allows it.
        assert!(none.of("points.adjust").any(|policy| policy.when == When::Own));
    }

    #[test]
    fn what_could_never_hold_is_refused() {
        for (rest, says) in [
            ("change = \"points.ajust\"", "no change with this name"),
            ("change = \"account.password\"", "no change with this name"),
            ("change = \"approvals.approve\"", "no change with this name"),
            ("change = \"points.adjust\"\nquantity = \"amount\"\nover = 1", "does not record"),
            ("change = \"points.adjust\"\nquantity = \"points\"", "needs `over`"),
            ("change = \"points.adjust\"\nover = 5", "need a `quantity`"),
            ("change = \"points.adjust\"\nquantity = \"points\"\nover = -5", "below zero"),
            ("change = \"orders.refund\"\nquantity = \"amount\"\nover = \"1000\"", "not an amount"),
            ("change = \"orders.refund\"\nquantity = \"amount\"\nover = \"XAU 10\"", "not the code of a currency"),
            ("change = \"runs.rerun\"\nmarked = true\nown = true", "only one of"),
            ("change = \"runs.rerun\"\nmarked = true\nif_possible = true", "cannot be combined"),
            ("change = \"*\"\nown = true\nurgent_hours = 1", "exclude each other"),
            ("change = \"staff.*\"\napprovers = 0", "between 1 and 9"),
            ("change = \"staff.*\"\nexpires_hours = 0", "between 1 and 720"),
            ("change = \"staff.*\"\nurgent_hours = 1000", "between 1 and 720"),
            ("change = \"staff.*\"\nrole = \"boss\"", "unknown variant"),
            ("change = \"staff.*\"\nrol = \"owner\"", "unknown field"),
        ] {
            let error = approval(rest).unwrap_err();
            assert!(error.contains(says), "{rest}: {error}");
        }
    }
}
