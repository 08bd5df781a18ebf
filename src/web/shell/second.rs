//! The rules in words: who has to agree to what, said before one types.

use super::{Frame, seal::SealForm};
use crate::{
    digits,
    gate::{Amount, Foreseen, Policies, Policy, When},
    web::format,
};

/// What a seal panel says about second people before one types.
#[derive(Clone, Debug, Default)]
pub struct Second {
    /// The rules, one sentence each.
    pub sentences: Vec<String>,
    /// The role of the second person, if one is needed for any input.
    pub role: Option<String>,
    /// Who is needed where it comes to much, which a script sees while one types.
    pub perhaps: Option<String>,
    /// Whether one is needed for what the form says so far.
    pub is_now: bool,
    /// Where it may be done at once if it is urgent: within how long the approval is owed.
    pub urgent: Option<String>,
}

impl Second {
    pub fn of(policies: &Policies, seal: &SealForm, frame: &Frame) -> Self {
        let foreseen = &seal.foreseen;
        let holds = |policy: &&Policy| match policy.when {
            When::Marked => seal.is_marked,
            When::Own => foreseen.is_own,
            // Where no other person could approve, none is asked.
            When::Always { if_possible: true } => !seal.kind.is_empty() && foreseen.eligible(policy.role) != Some(0),
            When::Always { .. } | When::Beyond { .. } => !seal.kind.is_empty(),
        };
        let held: Vec<&Policy> = policies.of(seal.kind).filter(holds).collect();
        let is_certain = |policy: &&&Policy| match policy.when {
            When::Always { if_possible } => !if_possible || foreseen.eligible(policy.role).is_some(),
            When::Marked | When::Own => true,
            When::Beyond { .. } => false,
        };
        let certain = held.iter().find(is_certain);
        let role = |policy: &&Policy| frame.name("role", policy.role.as_str()).to_owned();
        let urgent = held.iter().map(|policy| policy.urgent).collect::<Option<Vec<_>>>();
        let urgent = urgent.and_then(|within| within.into_iter().min()).filter(|_| !seal.must_wait);
        Self {
            sentences: held.iter().filter_map(|policy| sentence(policy, foreseen, frame)).collect(),
            role: certain.map(role),
            is_now: certain.is_some() || seal.is_beyond,
            perhaps: held.iter().find(|policy| matches!(policy.when, When::Beyond { .. })).map(role),
            urgent: urgent.map(|within| format::span(within.num_seconds(), frame.words)),
        }
    }
}

fn sentence(policy: &Policy, foreseen: &Foreseen, frame: &Frame) -> Option<String> {
    let possible = policy.is_only_if_possible().then(|| foreseen.eligible(policy.role)).flatten();
    let who = frame.count("rule.people", &possible.map_or(policy.approvers, |n| policy.approvers.min(n)));
    let role = frame.name("role", policy.role.as_str()).to_owned();
    match &policy.when {
        When::Always { if_possible } if !if_possible || possible.is_some() => {
            Some(frame.with("rule.always", &[("who", &who), ("role", &role)]))
        }
        When::Always { .. } => Some(frame.with("rule.if-possible", &[("who", &who), ("role", &role)])),
        When::Beyond { quantity, over, .. } if !over.is_empty() => {
            let over: Vec<String> = over.iter().map(|amount| shown(*amount, quantity)).collect();
            Some(frame.with("rule.over", &[("over", &over.join(", ")), ("who", &who), ("role", &role)]))
        }
        When::Marked => Some(frame.with("rule.marked", &[("who", &who), ("role", &role)])),
        When::Own => Some(frame.with("rule.own", &[("who", &who), ("role", &role)])),
        // Only the total of a day: it is said with what is left of it, once an amount exceeds that.
        When::Beyond { .. } => None,
    }
}

/// An amount as people read it; of points with their unit.
fn shown(amount: Amount, quantity: &str) -> String {
    match amount.currency {
        Some(currency) => currency.amount(amount.n).shown(),
        None if quantity.starts_with("points") => format!("{} P", digits::group(amount.n)),
        None => digits::group(amount.n),
    }
}
