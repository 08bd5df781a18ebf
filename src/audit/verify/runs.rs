//! Runs of batches against the log.

use super::{Unfit, first_unfit};
use crate::{sql, store::Reader};

/// The kinds of change that leave something to read with a job or a run.
const TELLS: [&str; 4] = ["runs.finish", "runs.lose", "runs.resolve", "runs.flag"];

/// What is stored with runs is in the log too: each event, who asked for a run, and how it ended.
pub(super) async fn runs_fit(reader: &Reader) -> Result<(), Unfit> {
    let event = first_unfit(
        reader,
        sql!(
            "select e.id, coalesce(a.outcome = 'applied', false) as fits
               from batch_events e left join audit a on a.change_id = e.change_id where e.id > $1 order by e.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(event) = event {
        return Err(Unfit::Runs(format!("event {event} of a batch has no matching row in the log")));
    }
    let run = first_unfit(
        reader,
        sql!(
            "select r.id, r.cause not in ('manual', 'rerun') or coalesce(
                      a.outcome = 'applied' and a.staff_name = r.staff_name
                      and ((r.cause = 'manual' and a.action = 'batches.run' and a.target_id = r.job
                            and a.after ->> 'run' = cast(r.id as text))
                        or (r.cause = 'rerun' and a.action = 'runs.rerun' and a.target_id = cast(r.rerun_of as text)
                            and a.after ->> 'rerun' = cast(r.id as text))), false) as fits
               from batch_runs r left join audit a on a.change_id = r.change_id where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(run) = run {
        return Err(Unfit::Runs(format!("the log does not name the requester of run {run}")));
    }
    ends_fit(reader).await
}

/// A run that came to an end has an event that says so, and every such row of the log its event.
async fn ends_fit(reader: &Reader) -> Result<(), Unfit> {
    let run = first_unfit(
        reader,
        sql!(
            "select r.id, r.state in ('queued', 'starting', 'running', 'cancelling', 'skipped')
                       or exists (select 1 from batch_events e where e.run_id = r.id
                                     and (e.kind = r.state or (e.kind = 'dead' and r.state = 'failed')
                                          or (e.kind = 'finished' and r.state = 'succeeded'))) as fits
               from batch_runs r where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(run) = run {
        return Err(Unfit::Runs(format!("the log has no row for the end of run {run}")));
    }
    for action in TELLS {
        let seq = first_unfit(
            reader,
            sql!(
                "select a.seq, exists (select 1 from batch_events e
                                        where e.run_id = cast(a.target_id as bigint) and e.change_id = a.change_id)
                   from audit a where a.action = $3 and a.outcome = 'applied' and a.seq > $1 order by a.seq limit $2"
            ),
            Some(action),
        )
        .await?;
        if let Some(seq) = seq {
            return Err(Unfit::Runs(format!("row {seq} of the log has no matching event of its run")));
        }
    }
    Ok(())
}
