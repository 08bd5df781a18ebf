//! Taking back what one asked for.

use super::{
    request::{self, State, settle},
    target,
};
use crate::gate::{Admits, Change, Fault, Target, Tx};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Takes a request back, as whoever made it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Withdraw {
    pub request: i64,
}

impl Change for Withdraw {
    const KIND: &'static str = "approvals.withdraw";
    const ADMITS: Admits = Admits::own();
    const IS_DECISION: bool = true;
    type Output = ();

    fn target(&self) -> Target {
        target(self.request)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        request::lock_version(tx, self.request).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        tx.belongs_to(request.id);
        match request.state {
            _ if tx.staff() != Some(request.staff_id) => Err(Fault::forbidden("approval-not-yours")),
            State::Waiting => Ok(()),
            // It is done, and its approval stays owed.
            State::Owed => Err(Fault::conflict("approval-owed")),
            _ => Err(Fault::conflict("approval-decided")),
        }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let request = request::lock(tx, self.request).await?;
        settle(tx, &request, State::Withdrawn).await?;
        tx.emit("approvals.withdrawn", json!({ "request": request.id, "change": request.kind }));
        Ok(())
    }
}
