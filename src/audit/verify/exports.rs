//! Files of the log that were taken, against the log.

use super::{
    Unfit, first_unfit,
    noted::{at_fits, holds},
};
use crate::{sql, store::Reader};

/// The kind of change with which a file is asked for.
const CREATED: &str = "exports.create";
/// The kind of change that says that a file was sent whole.
const FINISHED: &str = "exports.finish";

/// Each export is what its row in the log says, and was sent if and only if the log says so; each such row has its export.
pub(super) async fn exports_fit(reader: &Reader) -> Result<(), Unfit> {
    let odd = first_unfit(
        reader,
        sql!(
            "select e.id, coalesce(a.outcome = 'applied' and a.action = $3
                    and a.after ->> 'export_number' = cast(e.id as text) and coalesce(a.staff_id, 0) = coalesce(e.staff_id, 0)
                    and coalesce(a.after ->> 'export_holds', 'log') = e.holds and a.after ->> 'export_format' = e.format and a.after ->> 'export_purpose' = e.purpose
                    and coalesce(a.after ->> 'export_filter', '') = e.filter
                    and a.after ->> 'export_first' = cast(e.first_seq as text) and a.after ->> 'export_last' = cast(e.end_seq - 1 as text)
                    and a.after ->> 'rows' = cast(e.row_count as text) and a.after ->> 'persons' = cast(e.person_count as text)
                    and ",
            at_fits!("e.at"),
            ", false) as fits from exports e left join audit a on a.change_id = e.change_id where e.id > $1 order by e.id limit $2"
        ),
        Some(CREATED),
    )
    .await?;
    if let Some(odd) = odd {
        return Err(Unfit::Exports(format!("export {odd} differs from the row that it was made with")));
    }
    let unsent = first_unfit(
        reader,
        sql!(
            "select e.id, ",
            holds!("export", "= cast(e.id as text)", "export_sha256", "e.sha256"),
            " and ",
            holds!("export", "= cast(e.id as text)", "export_bytes", "e.bytes"),
            " and (e.state = 'finished') = exists (select 1 from audit f where f.target_kind = 'export'
                    and f.target_id = cast(e.id as text) and f.action = $3 and f.outcome = 'applied') as fits
              from exports e where e.id > $1 order by e.id limit $2"
        ),
        Some(FINISHED),
    )
    .await?;
    if let Some(odd) = unsent {
        return Err(Unfit::Exports(format!("whether and what was sent of export {odd} is not what was noted last")));
    }
    let untold = first_unfit(
        reader,
        sql!(
            "select a.seq, exists (select 1 from exports e where e.change_id = a.change_id) as fits
               from audit a where a.seq > $1 and a.action = $3 and a.outcome = 'applied' order by a.seq limit $2"
        ),
        Some(CREATED),
    )
    .await?;
    match untold {
        Some(seq) => Err(Unfit::Exports(format!("row {seq} of the log has no export"))),
        None => Ok(()),
    }
}
