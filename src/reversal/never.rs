//! What cannot be taken back from the log, and why.

/// The word of the sentence, under `reversal-no.`, that says why a change of this kind cannot be taken back and what to do instead; `None`
/// where it can be.
pub(super) fn why_not(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "points.adjust" | "users.status" | "users.note" | "orders.note" | "staff.roles" | "staff.status"
        | "staff.networks" | "networks.add" | "networks.change" | "networks.remove" => return None,
        "orders.cancel" | "orders.refund" | "refunds.retry" | "refunds.dismiss" | "refunds.settle" => "money",
        "orders.ship" => "shipping",
        "points.expire" | "settlements.settle" => "closing",
        "staff.invite" => "invitation",
        "approvals.approve" | "approvals.reject" | "approvals.withdraw" | "approvals.expire" => "decision",
        "batches.run" | "runs.rerun" | "runs.cancel" | "runs.finish" | "runs.lose" | "runs.flag" => "run",
        "batches.pause" | "runs.resolve" | "runs.accept-normal" | "batches.resolve" | "batches.define"
        | "batches.retire" | "batches.miss" => "job",
        "silences.begin" | "silences.end" | "levers.close" | "levers.open" => "toggle",
        "rotas.define"
        | "rotas.override"
        | "rotas.swap"
        | "rotas.remove-override"
        | "rotas.retire"
        | "calendars.create"
        | "calendars.revoke" => "duty",
        "exports.create" | "exports.finish" => "export",
        "deliveries.send-again" | "deliveries.give-up" | "channels.test" => "message",
        "queues.set-place" => "queue",
        _ => return never_by_family(kind),
    })
}

fn never_by_family(kind: &str) -> Option<&'static str> {
    Some(match kind.split('.').next().unwrap_or_default() {
        "incidents" | "alerts" | "deployments" => "record",
        "session" | "account" | "ways" => "own",
        "staff" => "access",
        _ => "system",
    })
}
