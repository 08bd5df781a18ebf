//! Watching over the runs under way, of all processes.

use super::Runner;
use crate::{
    batches::{
        definition::Definition,
        lapse::LONG_PAUSE,
        watch::{Flag, FlagRun, LoseRun, NoteGone, NoteLongPause, Why},
    },
    clock::Instant,
    gate::{Change, Refusal},
    id::RunId,
    sql,
    supervise::{Alive, is_alive},
};
use chrono::TimeDelta;

#[derive(sqlx::FromRow)]
struct UnderWay {
    id: RunId,
    fence: i64,
    runner: Option<String>,
    started_at: Option<Instant>,
    baseline_ms: Option<i64>,
    is_slow: bool,
    deadline_at: Option<Instant>,
    /// Whether its lease has been over for half as long again, by the clock of the database.
    is_over: bool,
}

macro_rules! under_way {
    ($over:literal) => {
        concat!(
            "select id, fence, runner, started_at, baseline_ms, is_slow, deadline_at, coalesce(",
            $over,
            // Said twice: the longer list is the one that has an index.
            ", false) as is_over from batch_runs
              where state in ('queued', 'starting', 'running', 'cancelling', 'lost')
                and state in ('starting', 'running', 'cancelling') order by id"
        )
    };
}

pub(super) async fn watch(runner: &Runner) -> sqlx::Result<()> {
    let runs: Vec<UnderWay> = runner
        .reader
        .query(sql!(
            sqlite: under_way!("lease_until < strftime('%Y-%m-%dT%H:%M:%f', 'now', '-' || $1 || ' seconds') || '000Z'"),
            postgres: under_way!("lease_until < clock_timestamp() - cast($1 as bigint) * interval '1 second'"),
        ))
        .bind((runner.lease.num_seconds() / 2).max(1))
        .all()
        .await?;
    let now = runner.clock.now();
    for run in runs {
        if let Some(why) = lost(runner, &run, now) {
            submit(runner, &LoseRun { run: run.id, fence: run.fence, why }, run.id).await;
        } else if is_slow(&run, now) {
            submit(runner, &FlagRun { run: run.id, flag: Flag::Slow }, run.id).await;
        }
    }
    gone(runner).await?;
    late(runner, now).await?;
    pauses(runner, now).await
}

/// Lost runs of this machine whose process is dead by now.
async fn gone(runner: &Runner) -> sqlx::Result<()> {
    let lost: Vec<(RunId, i64, String, i64, i64)> = runner
        .reader
        .query(sql!(
            "select id, fence, runner, pid, pid_started from batch_runs
              where state in ('queued', 'starting', 'running', 'cancelling', 'lost') and state = 'lost'
                and runner is not null and pid is not null and pid_started is not null and not is_process_gone order by id"
        ))
        .all()
        .await?;
    for (run, fence, name, pid, started) in lost {
        let is_here = name.rsplitn(3, '/').nth(2) == Some(runner.host.as_str());
        if is_here && u32::try_from(pid).is_ok_and(|pid| is_alive(pid, started) == Alive::No) {
            runner.gate.run_housekeeping(&NoteGone { run, fence }).await?;
        }
    }
    Ok(())
}

fn lost(runner: &Runner, run: &UnderWay, now: Instant) -> Option<Why> {
    if run.deadline_at.is_some_and(|deadline| deadline < now) {
        return Some(Why::NoReport);
    }
    if run.is_over {
        return Some(if run.deadline_at.is_some() { Why::NoReport } else { Why::LeaseOver });
    }
    let is_gone = run.runner.as_deref().is_some_and(|name| is_gone(name, runner));
    (is_gone && run.deadline_at.is_none()).then_some(Why::RunnerGone)
}

/// Whether a runner was a process of this machine, and is no more. So a console that is started again after a crash does not
/// have to wait for leases.
fn is_gone(name: &str, runner: &Runner) -> bool {
    let mut parts = name.rsplitn(3, '/');
    let (start, pid, host) = (parts.next(), parts.next(), parts.next());
    let known = start.and_then(|text| text.parse().ok()).zip(pid.and_then(|text| text.parse().ok()));
    host == Some(runner.host.as_str()) && known.is_some_and(|(start, pid)| is_alive(pid, start) == Alive::No)
}

fn is_slow(run: &UnderWay, now: Instant) -> bool {
    let (Some(usual), Some(started)) = (run.baseline_ms, run.started_at) else { return false };
    !run.is_slow && now.since(started).num_milliseconds() >= usual.saturating_mul(2).max(1)
}

/// Runs of a schedule that still wait for their turn after the time they may start late.
async fn late(runner: &Runner, now: Instant) -> sqlx::Result<()> {
    let waiting: Vec<(RunId, Instant, String)> = runner
        .reader
        .query(sql!(
            "select r.id, r.scheduled_for, v.definition from batch_runs r join batch_versions v on v.job = r.job and v.n = r.version
              where r.state = 'queued' and r.scheduled_for < $1 and not r.is_late order by r.id limit 100"
        ))
        .bind(now.minus(TimeDelta::seconds(1)))
        .all()
        .await?;
    for (id, scheduled, definition) in waiting {
        let Ok(definition) = serde_json::from_str::<Definition>(&definition) else { continue };
        if now.since(scheduled).num_seconds() > i64::from(definition.start_grace_seconds) {
            submit(runner, &FlagRun { run: id, flag: Flag::Late }, id).await;
        }
    }
    Ok(())
}

/// Jobs that have been paused for long, and those that were and are no longer.
async fn pauses(runner: &Runner, now: Instant) -> sqlx::Result<()> {
    let paused: Vec<(String, Option<Instant>)> = runner
        .reader
        .query(sql!(
            "select j.name, (select e.at from batch_events e
                              where e.job = j.name and e.run_id is null and e.kind = 'paused' order by e.id desc limit 1) as since
               from batch_jobs j where j.paused_until > $1 and not j.is_retired
                and not exists (select 1 from batch_lapses l where l.job = j.name and l.kind = 'paused') order by j.name"
        ))
        .bind(now)
        .all()
        .await?;
    for (job, since) in paused {
        if let Some(since) = since.filter(|since| now.since(*since) >= LONG_PAUSE) {
            runner.gate.run_housekeeping(&NoteLongPause { job, since: Some(since) }).await?;
        }
    }
    let resumed: Vec<(String,)> = runner
        .reader
        .query(sql!(
            "select l.job from batch_lapses l join batch_jobs j on j.name = l.job
              where l.kind = 'paused' and coalesce(j.paused_until, $1) <= $1"
        ))
        .bind(now)
        .all()
        .await?;
    for (job,) in resumed {
        runner.gate.run_housekeeping(&NoteLongPause { job, since: None }).await?;
    }
    Ok(())
}

async fn submit<C: Change>(runner: &Runner, change: &C, run: RunId) {
    match runner.gate.submit_unattended(&Runner::actor(), change).await {
        Ok(_) => {}
        Err(Refusal::Unrecorded(error)) => {
            tracing::error!(
                run = run.get(),
                error = format!("{error:#}"),
                "what was noticed of a run could not be recorded; trying again"
            );
        }
        // Another process saw it too.
        Err(refusal) => tracing::debug!(run = run.get(), %refusal, "already noticed"),
    }
}
