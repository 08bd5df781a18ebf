//! A change that needs a second person is written down as a request, with everything it takes to make it later.

use super::{Actor, Change, Fault, Given, Seal, Tx, audit::noted, judge, policy::Need};
use crate::sql;
use serde_json::json;
use sqlx::types::Json;

/// Makes the change, and takes it back again where what it altered needs a second person: then it waits as a request. Trying
/// it first is how the quantities are known, and what the others will look at.
pub(super) async fn make_or_park<C: Change>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &C,
    seal: &Seal,
    earlier: &mut judge::Earlier,
) -> Result<Given<C::Output>, Fault> {
    tx.mark_one().await?;
    let made = change.apply(tx).await?;
    match judge::judge(tx, actor, change, earlier).await? {
        Some(need) if !(seal.is_urgent && need.urgent.is_some()) => {
            tx.undo_one().await?;
            tx.forget(C::MAKES);
            park(tx, actor, change, seal, &need, Begins::Waiting).await.map(Given::Waits)
        }
        need => {
            if let Some(need) = need {
                park(tx, actor, change, seal, &need, Begins::Owed).await?;
                tx.flags = "urgent";
            } else {
                earlier.push((C::KIND, tx.before.clone(), tx.after.clone()));
            }
            let told = judge::notices(tx, change, actor.staff_id());
            tx.events.extend(told);
            Ok(Given::Made(made))
        }
    }
}

/// How a request begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// Nothing was changed yet.
    Waiting,
    /// It was urgent and is done; the approval is owed.
    Owed,
}

/// Writes the request down and says its number. What the change noted is kept beside it: what it would alter as of now.
async fn park<C: Change>(
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
    let (ip, peer) = origin.addresses();
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
        .bind(ip)
        .bind(peer)
        .bind(origin.user_agent.as_str())
        .bind(origin.session_prefix())
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
