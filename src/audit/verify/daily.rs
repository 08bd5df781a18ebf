//! The running totals of what people altered alone in a day, against the log.

use super::{Unfit, pause};
use crate::{
    clock::Instant,
    gate::{
        Kind,
        daily::{from_log, stored},
        day::Day,
    },
    id::StaffId,
    sql,
    store::Reader,
};

const DAYS_AT_ONCE: i64 = 200;

/// The totals of each counted day are the sums of the log, and there are none of a day that is not counted.
pub(super) async fn totals_fit(reader: &Reader, kinds: &[Kind]) -> Result<(), Unfit> {
    let odd: Option<(StaffId,)> = reader
        .query(sql!(
            "select t.staff_id from counted_amounts t where not exists (
               select 1 from counted_days d where d.staff_id = t.staff_id and d.began = t.began and d.ends = t.ends) limit 1"
        ))
        .optional()
        .await?;
    if let Some((staff,)) = odd {
        return Err(Unfit::Totals(format!("there are totals of member of staff {staff} of a day that is not counted")));
    }
    let mut after = (StaffId::MIN, Instant::earliest(), Instant::earliest());
    loop {
        let (staff, began, ends) = after;
        let days: Vec<(StaffId, Instant, Instant)> = reader
            .query(sql!(
                "select staff_id, began, ends from counted_days
                  where staff_id > $1 or (staff_id = $1 and (began > $2 or (began = $2 and ends > $3)))
                  order by staff_id, began, ends limit $4"
            ))
            .bind(staff)
            .bind(began)
            .bind(ends)
            .bind(DAYS_AT_ONCE)
            .all()
            .await?;
        for (staff, began, ends) in &days {
            day_fits(reader, kinds, *staff, Day { began: *began, ends: *ends }).await?;
        }
        let Some(last) = days.last() else { return Ok(()) };
        after = *last;
    }
}

/// The totals are read together with the size of the log, and the log is added up to that size: what is changed meanwhile
/// alters neither.
async fn day_fits(reader: &Reader, kinds: &[Kind], staff: StaffId, day: Day) -> Result<(), Unfit> {
    // A day that was forgotten since it was listed.
    let Some((size, mut stored)) = stored(&mut &*reader, staff, day).await? else { return Ok(()) };
    let mut logged = from_log(&mut &*reader, kinds, staff, day, size, pause::between_slices).await?;
    // An urgent change that was approved leaves a total of zero.
    stored.retain(|_, total| *total != 0);
    logged.retain(|_, total| *total != 0);
    if stored == logged {
        return Ok(());
    }
    let Day { began, .. } = day;
    Err(Unfit::Totals(format!(
        "what member of staff {staff} altered in the day that began at {began} is counted wrongly"
    )))
}
