//! Taking a rota out of use.

use super::{record, target};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    notify::again::MENDS,
    sql,
};
use serde::{Deserialize, Serialize};

/// Takes a rota out of use. What was stays; an escalation that names it reaches no person by it any more, and says so.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RetireRota {
    pub rota: String,
}

impl Change for RetireRota {
    const KIND: &'static str = "rotas.retire";
    const ADMITS: Admits = Admits::sealed(MENDS);
    type Output = ();

    fn target(&self) -> Target {
        target(&self.rota)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        record::lock(tx, &self.rota).await.map(|found| Some(found.rota.changed))
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        record::lock_used(tx, &self.rota).await.map(drop)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let found = record::lock_used(tx, &self.rota).await?;
        let now = tx.now();
        tx.query(sql!("update rotas set retired_at = $2 where id = $1")).bind(found.rota.id).bind(now).run().await?;
        record::mark(tx, found.rota.id).await?;
        tx.note("retired_at", None::<&str>, now.to_string());
        Ok(())
    }
}
