//! The rules in words: who has to agree to what, said before one types.

use super::{Frame, seal::SealForm};
use crate::{
    digits,
    gate::{Amount, Policies, Policy, When},
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
    /// Where it may be done at once if it is urgent: within how long the approval is owed.
    pub urgent: Option<String>,
}

impl Second {
    pub fn of(policies: &Policies, seal: &SealForm, frame: &Frame) -> Self {
        let holds = |policy: &&Policy| match policy.when {
            When::Marked => seal.is_marked,
            When::Own => false,
            When::Always { .. } | When::Beyond { .. } => !seal.kind.is_empty(),
        };
        let held: Vec<&Policy> = policies.of(seal.kind).filter(holds).collect();
        let is_certain = |policy: &&&Policy| match policy.when {
            When::Always { if_possible } => !if_possible,
            When::Marked => true,
            When::Beyond { .. } | When::Own => false,
        };
        let certain = held.iter().find(is_certain);
        let role = |policy: &&Policy| frame.name("role", policy.role.as_str()).to_owned();
        let urgent = held.iter().map(|policy| policy.urgent).collect::<Option<Vec<_>>>();
        let urgent = urgent.and_then(|within| within.into_iter().min()).filter(|_| !seal.must_wait);
        Self {
            sentences: held.iter().filter_map(|policy| sentence(policy, frame)).collect(),
            role: certain.map(role),
            perhaps: held.iter().find(|policy| matches!(policy.when, When::Beyond { .. })).map(role),
            urgent: urgent.map(|within| format::span(within.num_seconds(), frame.words)),
        }
    }
}

fn sentence(policy: &Policy, frame: &Frame) -> Option<String> {
    let who = frame.count("rule.people", &policy.approvers);
    let role = frame.name("role", policy.role.as_str()).to_owned();
    match &policy.when {
        When::Always { if_possible: false } => Some(frame.with("rule.always", &[("who", &who), ("role", &role)])),
        When::Always { if_possible: true } => Some(frame.with("rule.if-possible", &[("who", &who), ("role", &role)])),
        When::Beyond { quantity, over, .. } if !over.is_empty() => {
            let over: Vec<String> = over.iter().map(|amount| shown(*amount, quantity)).collect();
            Some(frame.with("rule.over", &[("over", &over.join(", ")), ("who", &who), ("role", &role)]))
        }
        When::Marked => Some(frame.with("rule.marked", &[("who", &who), ("role", &role)])),
        // What one has done today is not known to the page.
        When::Beyond { .. } | When::Own => None,
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
