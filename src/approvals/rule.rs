//! The rules in words beside what waits: why a request waits, and why it cannot be enacted now.

use super::Request;
use crate::{
    digits,
    gate::Rejection,
    money::Money,
    web::shell::{Frame, seal::wrong_state},
};

/// Why a request waits.
pub(crate) fn why(request: &Request, frame: &Frame) -> String {
    let beyond = request.beyond.as_deref().unwrap_or_default();
    let amount = match (beyond.parse::<Money>(), beyond.parse::<i64>()) {
        (Ok(money), _) => money.shown(),
        (_, Ok(n)) if request.kind.starts_with("points.") => format!("{} P", digits::group(n)),
        (_, Ok(n)) => digits::group(n),
        _ => beyond.to_owned(),
    };
    match request.rule.as_str() {
        "over" => frame.with("rule.why-over", &[("over", &amount)]),
        "daily" => frame.with("rule.why-daily", &[("over", &amount)]),
        // No change that can be taken back marks its target.
        "marked" if request.reversal_of.is_some() => frame.t("rule.why-reversal").to_owned(),
        "own" => frame.t("rule.why-own").to_owned(),
        "marked" => frame.t("rule.why-marked").to_owned(),
        _ => frame.t("rule.why-always").to_owned(),
    }
}

/// Why a change cannot be made now, in the words of the panel it would have been refused in.
pub(crate) fn obstacle(why: &Rejection, frame: &Frame) -> String {
    match wrong_state(why, frame) {
        Some(sentence) => sentence,
        None => frame.with("approval.obstacle", &[("why", &frame.name("refusal", why.word.as_str()))]),
    }
}
