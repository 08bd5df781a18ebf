//! A change that needs a second person is stored as a request, with everything needed to make it later.

use super::{
    Actor, Change, Fault, Outcome, Seal, Tx,
    audit::noted,
    evaluation::{self, PriorEffect},
    policy::Need,
    tx::Savepoint,
};
use crate::{
    clock::Instant,
    id::{RequestId, Seq, StaffId},
    secret, sql,
};
use serde_json::{Value, json};
use sqlx::types::Json;

crate::gate::topics! {
    /// An urgent change was made, and its approval is owed.
    APPROVALS_OWED = "approvals.owed";
    /// A change waits for approval.
    APPROVALS_REQUESTED = "approvals.requested";
}

/// Applies the change. If what it altered needs a second person, the change is rolled back and held as a request. It is tried
/// first so that the quantities, and what the approvers will look at, are known.
pub(super) async fn apply_or_hold<C: Change>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &C,
    seal: &Seal,
    mark: Savepoint,
    earlier: &mut Vec<PriorEffect>,
) -> Result<Outcome<C::Output>, Fault> {
    tx.savepoint(mark).await?;
    let made = change.apply(tx).await?;
    match evaluation::evaluate(tx, actor, change, earlier).await? {
        Some(need) if !(seal.is_urgent && need.urgent.is_some()) => {
            tx.rollback_to(mark).await?;
            tx.ledger.forget(C::CREATED_IDS);
            hold(tx, actor, change, seal, &need, Hold::Before).await.map(Outcome::Pending)
        }
        need => {
            if let Some(need) = need {
                hold(tx, actor, change, seal, &need, Hold::After).await?;
                tx.ledger.flags = "urgent";
            } else {
                let (before, after) = (tx.ledger.before.clone(), tx.ledger.after.clone());
                earlier.push(PriorEffect { kind: C::KIND, before, after });
            }
            let notices = evaluation::notices(tx, change, actor.staff_id());
            tx.ledger.events.extend(notices);
            Ok(Outcome::Applied(made))
        }
    }
}

/// What of a request never changes, for its fingerprint in the log.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Held {
    pub id: RequestId,
    at: Instant,
    kind: String,
    payload: String,
    target_kind: String,
    target_id: String,
    seen: Option<i64>,
    #[sqlx(json)]
    before: Value,
    #[sqlx(json)]
    after: Value,
    staff_id: StaffId,
    staff_name: String,
    ip: String,
    peer: String,
    user_agent: String,
    session: String,
    reason: String,
    pub change_id: String,
    rule: String,
    beyond: Option<String>,
    role: String,
    expires_at: Instant,
    salt: String,
    reversal_of: Option<Seq>,
}

/// The columns of [`Held`].
#[macro_export]
macro_rules! held_columns {
    () => {
        "id, at, kind, payload, target_kind, target_id, seen, before, after, staff_id, staff_name, ip, peer, user_agent, session, \
         reason, change_id, rule, beyond, role, expires_at, salt, reversal_of"
    };
}

impl Held {
    pub fn fingerprint(&self) -> String {
        let mut all = vec![
            json!(self.salt),
            json!(self.id.get()),
            json!(self.at.to_string()),
            json!(self.kind),
            json!(self.payload),
            json!(self.target_kind),
            json!(self.target_id),
            json!(self.seen),
            json!(self.before),
            json!(self.after),
            json!(self.staff_id.get()),
            json!(self.staff_name),
            json!(self.ip),
            json!(self.peer),
            json!(self.user_agent),
            json!(self.session),
            json!(self.reason),
            json!(self.change_id),
            json!(self.rule),
            json!(self.beyond),
            json!(self.role),
            json!(self.expires_at.to_string()),
        ];
        // Requests from before there were reversals keep their fingerprint.
        all.extend(self.reversal_of.map(|of| json!(of.get())));
        secret::fingerprint(Value::Array(all).to_string().as_bytes())
    }
}

/// When the approval of a request is needed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Before the change: it waits.
    Before,
    /// After the change: it was urgent and is made, and the approval is owed.
    After,
}

/// Stores the request and returns its number. What the change noted is stored with it: what it would alter as of now.
async fn hold<C: Change>(
    tx: &mut Tx<'_>,
    actor: &Actor,
    change: &C,
    seal: &Seal,
    need: &Need,
    when: Hold,
) -> Result<RequestId, Fault> {
    let (state, lasts) = match (when, need.urgent) {
        (Hold::After, Some(urgent)) => ("owed", urgent),
        _ => ("waiting", need.expires),
    };
    let (now, target, origin) = (tx.now(), change.target(), &actor.origin);
    let (before, after, change_id) = (noted(&tx.ledger.before), noted(&tx.ledger.after), tx.change_id().to_owned());
    let version = match seal.seen {
        Some(seen) => Some(seen),
        // Without a version that was seen, the request is about the version of now.
        None => change.version(tx).await?,
    };
    let payload = serde_json::to_string(change).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let ((ip, peer), reverses) = (origin.addresses(), tx.ledger.reverses);
    let held: Held = tx
        .query(sql!(
            "insert into approval_requests (at, state, kind, payload, target_kind, target_id, seen, before, after, staff_id,
               staff_name, ip, peer, user_agent, session, reason, change_id, rule, beyond, role, needs, expires_at, salt, reversal_of)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
             returning ",
            crate::held_columns!()
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
        .bind(secret::salt())
        .bind(reverses)
        .one()
        .await?;
    let request = held.id;
    tx.belongs_to(request);
    tx.note("request_sha256", None::<&str>, held.fingerprint());
    tx.note("approvers", None::<i64>, need.approvers);
    // The target of an invitation is an e-mail address, which does not belong into an event.
    let named = (!target.id.contains('@')).then(|| target.to_string());
    let topic = if when == Hold::After { APPROVALS_OWED } else { APPROVALS_REQUESTED };
    tx.emit(
        topic,
        json!({
            "request": request, "change": C::KIND, "target": named, "staff": actor.staff_id(),
            "role": need.role, "needs": need.approvers, "until": now.plus(lasts).to_string(),
        }),
    );
    Ok(request)
}
