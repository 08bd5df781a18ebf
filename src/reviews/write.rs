//! The report on the host: the same bytes, and a row of the log that says who wrote them into a file.

use super::{
    period::Period,
    report::{Asked, collect, hash},
    show::is_over,
    target,
};
use crate::{
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    plan::ReviewPlan,
    store::Reader,
    zone::Zone,
};
use serde::{Deserialize, Serialize};

/// Notes that a report was written on the host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WriteReview {
    pub period: Period,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl Change for WriteReview {
    const KIND: &'static str = "reviews.write";
    const ADMITS: Admits = Admits::host_only();
    type Output = ();

    fn target(&self) -> Target {
        target(self.period)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.note("review_sha256", None::<&str>, self.sha256.as_str());
        Ok(())
    }
}

/// A report that is to be written.
#[derive(Debug)]
pub(crate) struct Written {
    pub bytes: Vec<u8>,
    pub sha256: String,
    /// Whether its period has ended.
    pub is_over: bool,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error("the log has nothing of {0}")]
    Nothing(Period),
    #[error("the report cannot be written: {0}")]
    Bytes(#[from] serde_json::Error),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// The report about a period as it is now.
pub(crate) async fn report(
    reader: &Reader,
    period: Period,
    zone: Zone,
    plan: ReviewPlan,
    now: Instant,
) -> Result<Written, Unwritten> {
    let (asked, mut reader) = (Asked { period, zone, plan }, reader);
    let is_over = is_over(&mut reader, &asked, now).await?.ok_or(Unwritten::Nothing(period))?;
    let bytes = collect(&mut reader, &asked).await?.bytes()?;
    Ok(Written { sha256: hash(&bytes), bytes, is_over })
}
