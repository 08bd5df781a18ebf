//! What happened to a job or a run that somebody should be able to read later, a row each.

use crate::{
    gate::{Fault, Tx},
    sql,
};

pub(super) async fn append(
    tx: &mut Tx<'_>,
    job: &str,
    run: Option<i64>,
    kind: &'static str,
    detail: Option<&str>,
) -> Result<(), Fault> {
    let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
    tx.query(sql!(
        "insert into batch_events (job, run_id, at, kind, detail, staff_name, change_id) values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(job)
    .bind(run)
    .bind(now)
    .bind(kind)
    .bind(detail)
    .bind(by)
    .bind(change)
    .run()
    .await?;
    Ok(())
}
