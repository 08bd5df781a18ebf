//! Expiry of requests that were not decided in time.

use super::{
    request::{self, State, settle},
    target,
};
use crate::{
    approvals::APPROVAL_DECIDED,
    clock::Clock,
    gate::{Actor, Admits, By, Change, Fault, Gate, Refusal, Target, Tx},
    id::RequestId,
    secret, sql,
    store::Reader,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

crate::gate::topics! {
    /// A request expired before it was decided.
    APPROVALS_EXPIRED = "approvals.expired";
    /// The approval that an urgent change owes is overdue.
    pub(crate) APPROVALS_OVERDUE = "approvals.overdue";
}

/// Ends a request whose time is over. An approval that is owed does not end: it is overdue, and that is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpireRequest {
    pub request: RequestId,
}

impl Change for ExpireRequest {
    const KIND: &'static str = "approvals.expire";
    const ADMITS: Admits = Admits { by: By::SystemOnly, code: false, host: false };
    const IS_DECISION: bool = true;
    type Output = ();

    fn target(&self) -> Target {
        target(self.request)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        let is_due = request.expires_at <= tx.now() && request.state.is_open() && !request.is_overdue;
        if is_due { Ok(()) } else { Err(Fault::conflict(APPROVAL_DECIDED)) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        let body = json!({ "request": request.id, "change": request.kind, "staff": request.staff_id });
        if request.state == State::Waiting {
            settle(tx, &request, State::Expired).await?;
            tx.emit(APPROVALS_EXPIRED, body);
            return Ok(());
        }
        tx.query(sql!("update approval_requests set is_overdue = true, version = version + 1 where id = $1"))
            .bind(request.id)
            .run()
            .await?;
        tx.belongs_to(request.id);
        tx.note("overdue", false, true);
        tx.emit(APPROVALS_OVERDUE, body);
        Ok(())
    }
}

const AT_ONCE: i64 = 50;

/// Ends what is over. Several processes may do so at once; the second one finds nothing to end.
pub(crate) async fn sweep(reader: &Reader, gate: &Gate, clock: &Clock) -> anyhow::Result<()> {
    let due: Vec<(RequestId,)> = reader
        .query(sql!(
            "select id from approval_requests
              where state in ('waiting', 'owed') and expires_at <= $1 and not is_overdue order by expires_at limit $2"
        ))
        .bind(clock.now())
        .bind(AT_ONCE)
        .all()
        .await?;
    for (request,) in due {
        let actor = Actor::system(format!("job_{}", hex::encode(secret::random::<10>())));
        match gate.submit_unattended(&actor, &ExpireRequest { request }).await {
            Ok(_) | Err(Refusal::Rejected(_)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    Ok(())
}
