//! What every page says of silences.

use super::record::active;
use crate::{clock::Instant, store::Reader, web::shell::Silenced};

/// How many silences are in force, and when the first of them ends; nothing where there is none.
pub(crate) async fn silenced(mut reader: &Reader, now: Instant) -> sqlx::Result<Option<Silenced>> {
    let active = active(&mut reader, now).await?;
    let n = i64::try_from(active.len()).unwrap_or(i64::MAX);
    Ok(active.first().map(|silence| Silenced { n, until: silence.end() }))
}
