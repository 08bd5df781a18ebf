//! What cannot be taken back from the log, and why.

use super::table::REVERSALS;

/// The word of a sentence under `reversal-no.`, and the kinds of change that it is about.
const WHY_NOT: &[(&str, &[&str])] = &[
    ("money", &["orders.cancel", "orders.refund", "refunds.retry", "refunds.dismiss", "refunds.settle"]),
    ("shipping", &["orders.ship"]),
    ("closing", &["points.expire", "settlements.settle"]),
    ("invitation", &["staff.invite"]),
    (
        "decision",
        &["approvals.approve", "approvals.reject", "approvals.withdraw", "approvals.expire", "suspicions.close"],
    ),
    ("run", &["batches.run", "runs.rerun", "runs.cancel", "runs.finish", "runs.lose", "runs.flag"]),
    (
        "job",
        &[
            "batches.pause",
            "batches.resolve",
            "batches.define",
            "batches.retire",
            "batches.miss",
            "runs.resolve",
            "runs.accept-normal",
        ],
    ),
    ("toggle", &["silences.begin", "silences.end", "levers.close", "levers.open"]),
    (
        "duty",
        &[
            "rotas.define",
            "rotas.override",
            "rotas.swap",
            "rotas.remove-override",
            "rotas.retire",
            "calendars.create",
            "calendars.revoke",
        ],
    ),
    ("export", &["exports.create", "exports.finish"]),
    ("message", &["deliveries.send-again", "deliveries.give-up", "channels.test"]),
    ("queue", &["queues.set-place"]),
];

/// The same for whole families of kinds, which are named before the dot.
const WHY_NOT_FAMILY: &[(&str, &[&str])] = &[
    ("record", &["incidents", "alerts", "deployments"]),
    ("own", &["session", "account", "ways"]),
    ("access", &["staff"]),
];

/// The word of the sentence that says why a change of this kind cannot be taken back and what to do instead; `None` where it can be.
pub(super) fn why_not(kind: &str) -> Option<&'static str> {
    if REVERSALS.kinds.contains(&kind) {
        return None;
    }
    let family = kind.split('.').next().unwrap_or_default();
    let of = |list: &'static [(&'static str, &[&str])], name: &str| {
        list.iter().find(|(_, kinds)| kinds.contains(&name)).map(|(why, _)| *why)
    };
    of(WHY_NOT, kind).or_else(|| of(WHY_NOT_FAMILY, family)).or(Some("system"))
}
