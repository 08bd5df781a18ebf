//! Suspicions that were closed, against the log.

use super::{Unfit, first_unfit, noted::at_fits};
use crate::{sql, store::Reader};

/// The kind of change that closes one.
const CLOSED: &str = "suspicions.close";

/// Each suspicion that is closed ended as its row in the log says, and each such row has its suspicion.
pub(super) async fn suspicions_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select s.id, s.state = 'open' or coalesce(a.outcome = 'applied' and a.action = $3
                    and a.target_kind = 'suspicion' and a.target_id = cast(s.id as text)
                    and a.after ->> 'suspicion_state' = s.state and a.after ->> 'suspicion_outcome' = s.outcome
                    and a.after ->> 'suspicion_rule' = s.rule and a.after ->> 'suspicion_n' = cast(s.n as text) and ",
            at_fits!("s.closed_at"),
            ", false) as fits from suspicions s left join audit a on a.change_id = s.closed_by where s.id > $1 order by s.id limit $2"
        ),
        Some(CLOSED),
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Suspicions(format!("suspicion {odd} differs from the row that closed it")));
    }
    let untold = first_unfit(
        reader,
        sql!(
            "select a.seq, exists (select 1 from suspicions s where s.closed_by = a.change_id) as fits
               from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
        ),
        Some(CLOSED),
    )
    .await?;
    match untold {
        Some(seq) => Err(Unfit::Suspicions(format!("row {seq} of the log closed no suspicion"))),
        None => Ok(()),
    }
}
