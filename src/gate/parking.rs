//! A change that needs a second person is written down as a request, with everything it takes to make it later.

use super::{Actor, Change, Fault, Seal, Tx, audit::noted, policy::Need};
use crate::sql;
use serde_json::json;
use sqlx::types::Json;

/// How a request begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// Nothing was changed yet.
    Waiting,
    /// It was urgent and is done; the approval is owed.
    Owed,
}

/// Writes the request down and says its number. What the change noted is kept beside it: what it would alter as of now.
pub(super) async fn park<C: Change>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &C,
    seal: &Seal,
    need: &Need,
    begins: Begins,
) -> Result<i64, Fault> {
    let (state, lasts) = match (begins, need.urgent) {
        (Begins::Owed, Some(urgent)) => ("owed", urgent),
        _ => ("waiting", need.expires),
    };
    let (now, target, origin) = (tx.now(), change.target(), &actor.origin);
    let (before, after, change_id) = (noted(&tx.before), noted(&tx.after), tx.change_id().to_owned());
    let version = match seal.seen {
        Some(seen) => Some(seen),
        // Whoever did not say what they looked at asked for a change of what is there now.
        None => change.version(tx).await?,
    };
    let payload = serde_json::to_string(change).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let ip = |ip: Option<std::net::IpAddr>| ip.map(|ip| ip.to_string()).unwrap_or_default();
    let (request,): (i64,) = tx
        .query(sql!(
            "insert into approval_requests (at, state, kind, payload, target_kind, target_id, seen, before, after, staff_id,
               staff_name, ip, peer, user_agent, session, reason, change_id, rule, beyond, role, needs, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
             returning id"
        ))
        .bind(now)
        .bind(state)
        .bind(C::KIND)
        .bind(payload)
        .bind(target.kind)
        .bind(target.id.as_str())
        .bind(version)
        .bind(Json(&before))
        .bind(Json(&after))
        .bind(actor.staff_id())
        .bind(actor.who.name())
        .bind(ip(origin.ip))
        .bind(ip(origin.peer))
        .bind(origin.user_agent.as_str())
        .bind(origin.session.as_deref().and_then(|id| id.get(..16)).unwrap_or_default())
        .bind(seal.reason.as_str())
        .bind(change_id)
        .bind(need.rule)
        .bind(need.beyond.map(|beyond| beyond.to_string()))
        .bind(need.role.as_str())
        .bind(need.approvers)
        .bind(now.plus(lasts))
        .one()
        .await?;
    tx.belongs_to(request);
    // An invitation is named by an address, which is no event's business.
    let told = (!target.id.contains('@')).then(|| target.to_string());
    let topic = if begins == Begins::Owed { "approvals.owed" } else { "approvals.requested" };
    tx.emit(
        topic,
        json!({
            "request": request, "change": C::KIND, "target": told, "staff": actor.staff_id(),
            "role": need.role, "needs": need.approvers, "until": now.plus(lasts).to_string(),
        }),
    );
    Ok(request)
}
