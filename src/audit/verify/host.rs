//! Up to where owners have confirmed the changes of commands on the host, against the log.

use super::Unfit;
use crate::{sql, store::Reader};

/// What is confirmed is what the last row of the log says, and nothing where there is none.
pub(super) async fn host_fits(reader: &Reader) -> Result<(), Unfit> {
    let fits: Option<(bool,)> = reader
        .query(sql!(
            "select cast(seen_through as text) = coalesce((select a.after ->> 'seen_through' from audit a
                      where a.action = 'host.confirm' and a.outcome = 'applied' order by a.seq desc limit 1), '-1')
               from host_review where id = 1"
        ))
        .optional()
        .await?;
    match fits {
        Some((true,)) => Ok(()),
        _ => Err(Unfit::Host("more or less is confirmed than an owner has confirmed".to_owned())),
    }
}
