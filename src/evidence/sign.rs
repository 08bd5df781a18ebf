//! Signing the next checkpoint. The tree begins with the one that was signed last, which only the signer has, and goes on with the
//! rows of the log: what comes out is signed only if it is the root of the log. So a row that was rewritten, a row that is missing
//! and an older copy of the database are refused, though the database fits itself (a tree that continues another one: RFC 9162,
//! section 2.1.4).

use super::{
    rows::{Unfit, extend},
    signing::Signing,
    state::{Lock, State, Unreadable},
};
use crate::{sql, store::Reader, tlog::Fault};
use tokio::task;

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(
        "the log has {rows} rows and had {signed} when it was signed last: rows were cut off, or an older copy was put in its place"
    )]
    Shorter { rows: u64, signed: u64 },
    #[error(
        "the log no longer contains what was signed at size {signed}: rows were rewritten, or another log is in its place"
    )]
    Rewritten { signed: u64 },
    #[error("row {0} of the log is missing")]
    Missing(i64),
    #[error("the rows of the log from {0} on are not one line each: rows were rewritten")]
    Lines(i64),
    #[error("{0}")]
    State(#[from] Unreadable),
    #[error("the checkpoint cannot be signed: {0}")]
    Fault(#[from] Fault),
    #[error("what was signed cannot be kept: {0:#}")]
    File(anyhow::Error),
    #[error("another process signs just now; try again")]
    Busy,
    #[error("the log cannot be read: {0}")]
    Store(#[from] sqlx::Error),
}

impl From<Unfit> for Refused {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Missing(seq) => Self::Missing(seq),
            Unfit::Lines(seq) => Self::Lines(seq),
            Unfit::Store(error) => Self::Store(error),
        }
    }
}

/// Signs the log as it is now, or says again what is signed where it has not grown. The state is in its file before anyone learns of
/// a new checkpoint.
pub(crate) async fn sign(reader: &Reader, signing: &Signing) -> Result<State, Refused> {
    // One signer at a time.
    let _lock = Lock::take(&signing.state).map_err(|error| Refused::File(error.into()))?.ok_or(Refused::Busy)?;
    let last = State::read(&signing.state, signing.verifier())?;
    let (rows, root): (i64, Vec<u8>) =
        reader.query(sql!("select size, root from audit_head where id = 1")).one().await?;
    let (rows, signed) = (u64::try_from(rows).unwrap_or_default(), last.checkpoint.size());
    if rows < signed {
        return Err(Refused::Shorter { rows, signed });
    }
    let mut frontier = last.frontier.clone();
    extend(reader, &mut frontier, rows).await?;
    if frontier.root().as_slice() != root {
        return Err(Refused::Rewritten { signed });
    }
    if rows == signed {
        return Ok(last);
    }
    let next = State::of(&signing.signer, frontier)?;
    let (path, written) = (signing.state.clone(), next.clone());
    let written =
        task::spawn_blocking(move || written.write(&path)).await.map_err(|error| Refused::File(error.into()))?;
    written.map_err(Refused::File)?;
    Ok(next)
}
