//! Runs of batches against the log.

use super::{
    AT_ONCE, Unfit, first_unfit, jobs,
    noted::{at_fits, holds},
};
use crate::{id::RunId, sql, store::Reader};
use serde_json::{Map, Value};
use sqlx::types::Json;

/// The kinds of change that leave something to read with a job or a run.
const TELLS: [&str; 4] = ["runs.finish", "runs.lose", "runs.resolve", "runs.flag"];

/// What is stored with runs is in the log too: each event, who asked for a run, and how it ended.
pub(super) async fn runs_fit(reader: &Reader) -> Result<(), Unfit> {
    let event = first_unfit(
        reader,
        sql!(
            "select e.id, coalesce(a.outcome = 'applied' and (a.action = 'sample.load-batches' or (
                      a.staff_name = e.staff_name
                      and e.job = case a.target_kind when 'batch' then a.target_id else a.after ->> 'job' end
                      and coalesce(cast(e.run_id as text), '') in
                          (case a.target_kind when 'run' then a.target_id else '' end, coalesce(a.after ->> 'run', a.after ->> 'rerun', ''))
                      and case e.kind
                            when 'defined' then a.action = 'batches.define' and e.detail = a.after ->> 'version'
                            when 'retired' then a.action = 'batches.retire'
                            when 'paused' then a.action = 'batches.pause' and e.detail = a.after ->> 'paused_until_at'
                            when 'resumed' then a.action = 'batches.pause' and a.after ->> 'paused_until_at' is null
                            when 'missed' then a.action = 'batches.miss'
                                           and e.detail = (a.after ->> 'missed') || case when a.after ->> 'at_least' is null then '' else '+' end
                                                        || ' ' || (a.after ->> 'due_at')
                            when 'requested' then a.action in ('batches.run', 'runs.rerun')
                            when 'rerun' then a.action = 'runs.rerun' and e.detail = a.after ->> 'rerun'
                            when 'cancel-requested' then a.action = 'runs.cancel' and a.after ->> 'run_state' = 'cancelling'
                            when 'new-normal' then a.action = 'runs.accept-normal'
                            when 'slow' then a.after ->> 'slow' is not null
                            when 'late' then a.after ->> 'late' is not null
                            when 'low' then a.after ->> 'low' is not null
                            when 'late-report' then a.after ->> 'late_report' is not null
                            when 'accepted' then a.action in ('runs.resolve', 'runs.accept-normal', 'batches.resolve')
                            when 'false_alarm' then a.after ->> 'resolution' = 'false_alarm'
                            when 'dead' then a.after ->> 'resolution' = 'dead'
                            when 'finished' then a.after ->> 'resolution' = 'finished'
                            else a.after ->> 'run_state' = e.kind end
                      and ",
            at_fits!("e.at"),
            ")), false) as fits
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
            "select r.id, (r.cause in ('schedule', 'report') and r.change_id is null and r.rerun_of is null) or coalesce(
                      a.outcome = 'applied' and a.staff_name = r.staff_name
                      and ((r.cause = 'manual' and a.action = 'batches.run' and a.target_id = r.job
                            and a.after ->> 'run' = cast(r.id as text) and a.after ->> 'version' = cast(r.version as text))
                        or (r.cause = 'rerun' and a.action = 'runs.rerun' and a.target_id = cast(r.rerun_of as text)
                            and r.attempt > 1 and r.root_id = coalesce((select f.root_id from batch_runs f where f.id = r.rerun_of), r.rerun_of)
                            and r.version = coalesce(cast(a.after ->> 'version' as bigint), (select f.version from batch_runs f where f.id = r.rerun_of))
                            and a.after ->> 'rerun' = cast(r.id as text))), false) as fits
               from batch_runs r left join audit a on a.change_id = r.change_id where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    if let Some(run) = run {
        return Err(Unfit::Runs(format!("the log does not name the requester of run {run}")));
    }
    ends_fit(reader).await?;
    states_fit(reader).await?;
    params_fit(reader).await?;
    jobs::jobs_fit(reader).await?;
    jobs::settlements_fit(reader).await
}

/// A run is in the state that the log noted last, it ended as its last row says, and what was decided about it is what its
/// events say. Runs of the sample have one row together, and events.
async fn states_fit(reader: &Reader) -> Result<(), Unfit> {
    let run = first_unfit(
        reader,
        sql!(
            "select r.id, ",
            holds!("run", "= cast(r.id as text)", "run_state", "r.state"),
            " and (r.ended_at is null or coalesce(
                     (select coalesce(a.after ->> 'exit_code', '') || ' ' || coalesce(a.after ->> 'processed', '')
                             || ' ' || coalesce(a.after ->> 'duration_ms', '') || ' ' || coalesce(cast(exists (
                               select 1 from batch_events e where e.run_id = r.id and e.kind = a.after ->> 'run_state'
                                  and e.change_id = a.change_id and coalesce(e.detail, '') = coalesce(r.failure, '') and e.at = r.ended_at) as text), '')
                        from audit a where a.target_kind = 'run' and a.target_id = cast(r.id as text) and a.action = 'runs.finish'
                         and a.outcome = 'applied' and a.after ->> 'run_state' is not null and a.after ->> 'run_state' <> 'lost'
                       order by a.seq desc limit 1)
                     = coalesce(cast(r.exit_code as text), '') || ' ' || coalesce(cast(r.processed as text), '') || ' '
                       || coalesce(cast(r.duration_ms as text), '') || ' ' || cast(1 = 1 as text), true))
              and (r.resolution is null and not exists (select 1 from batch_events e where e.run_id = r.id
                                                           and e.kind in ('accepted', 'false_alarm', 'finished', 'rerun', 'new-normal'))
                   or exists (select 1 from batch_events e where e.run_id = r.id and e.staff_name = r.resolved_by and e.at = r.resolved_at
                                 and (e.kind = r.resolution or (r.resolution = 'accepted' and e.kind in ('finished', 'new-normal'))))
                   or exists (select 1 from batch_events e join audit a on a.change_id = e.change_id
                               where e.run_id = r.id and a.action = 'sample.load-batches'))
              and (r.is_low = exists (select 1 from batch_events e where e.run_id = r.id and e.kind = 'low')
                   or exists (select 1 from batch_events e join audit a on a.change_id = e.change_id
                               where e.run_id = r.id and a.action = 'sample.load-batches')) as fits
               from batch_runs r where r.id > $1 order by r.id limit $2"
        ),
        None,
    )
    .await?;
    match run {
        Some(run) => Err(Unfit::Runs(format!("run {run} is not as it was noted last"))),
        None => Ok(()),
    }
}

/// What a run was given is what the person who asked for it gave it: all of it in the row of a run that is asked for, and of a
/// rerun what differs from the run before.
async fn params_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = RunId::MIN;
    loop {
        let slice: Vec<(RunId, String, Option<String>, Json<Value>)> = reader
            .query(sql!(
                "select r.id, r.params, f.params, a.after from batch_runs r join audit a on a.change_id = r.change_id
                   left join batch_runs f on f.id = r.rerun_of
                  where r.id > $1 and r.cause in ('manual', 'rerun') order by r.id limit $2"
            ))
            .bind(after)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (run, params, former, noted) in &slice {
            let mut wanted = former.as_deref().map(values).unwrap_or_default();
            let given = noted.as_object().into_iter().flatten();
            wanted.extend(
                given.filter_map(|(field, value)| Some((field.strip_prefix("param.")?.to_owned(), value.clone()))),
            );
            let stored = values(params);
            // A parameter that the newer definition no longer has is left out of a rerun.
            let fits = stored.iter().all(|(name, value)| wanted.get(name) == Some(value))
                && (former.is_some() || stored.len() == wanted.len());
            if !fits {
                return Err(Unfit::Runs(format!("the parameters of run {run} are not those that were asked for")));
            }
        }
        super::pause::between_slices().await;
        let Some((last, ..)) = slice.last() else { return Ok(()) };
        after = *last;
    }
}

/// Values by name; one that cannot be read is none.
fn values(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
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
