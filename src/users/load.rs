//! Loading sample customers, for trying the console out and for measuring it.

use super::sample;
use crate::gate::{Admits, Change, Fault, Target, Tx};
use serde::{Deserialize, Serialize};

/// Adds the sample customers numbered `first` and up, `count` of the `total` there will be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadSample {
    pub first: i64,
    pub count: i64,
    pub total: i64,
}

/// A good step: fewer cost more commits, more hold the writer for many seconds.
pub const STEP: i64 = 50_000;

impl Change for LoadSample {
    const KIND: &'static str = "sample.load";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        Target::new("sample", "users")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        sample::insert(tx, self.first, self.count, self.total, now).await?;
        tx.note("users", self.first - 1, self.first - 1 + self.count);
        Ok(())
    }
}
