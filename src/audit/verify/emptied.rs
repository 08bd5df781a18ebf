//! An empty log where the installation knows that there was more: rows were left out of a restore, or of a copy.

use super::Unfit;
use crate::{sql, store::Reader};

/// Everything here is made by changes or by looking at customers, and the first of them comes with a row of the log. What the shop
/// makes may be there before any change.
pub(super) async fn is_new(reader: &Reader) -> Result<(), Unfit> {
    let (knows_more,): (bool,) = reader
        .query(sql!(
            "select exists (select 1 from staff) or exists (select 1 from access_records) or exists (select 1 from access_heads where size > 0)
                 or exists (select 1 from access_leaves)
                 or exists (select 1 from sessions) or exists (select 1 from outbox) or exists (select 1 from idempotency)
                 or exists (select 1 from batch_jobs) or exists (select 1 from approval_requests) or exists (select 1 from networks)
                 or exists (select 1 from user_notes) or exists (select 1 from order_events) or exists (select 1 from refunds)
                 or exists (select 1 from host_review where seen_through >= 0) or exists (select 1 from verification where size > 0)"
        ))
        .one()
        .await?;
    if knows_more {
        return Err(Unfit::Head(
            "the log is empty, and the database holds people, records or jobs that changes have made: the rows of the log were left out \
             when it was copied or restored",
        ));
    }
    Ok(())
}
