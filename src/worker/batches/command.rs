//! A run as a process of this machine: its log and progress are stored while it goes on, and its end is a change.

use super::Runner;
use crate::{
    batches::{
        claim::{ClaimedRun, StartRun},
        definition::{Definition, Values},
        finish::{End, Outcome},
        log, record,
        report::{Missing, ReportRun, Reported, Stretch},
        state::State,
        to_permille,
    },
    id::RunId,
    supervise::{self, Ended, Identity, Limits, New, Outcome as How, Output, Running, Spec, Stream},
};
use std::{env, time::Duration};
use tokio::{sync::watch as signal, time::sleep};

/// How often a running command is looked after: its news stored, and whether a person wants it to end.
const BEAT: Duration = Duration::from_millis(500);
/// What jobs may take over from the environment of the console, so that none helps itself to the console's own secrets.
const LENT: &str = "INGAM_JOB_";

pub(super) async fn run(
    runner: &Runner,
    claimed: &ClaimedRun,
    definition: &Definition,
    stopped: signal::Receiver<bool>,
) {
    let values: Values = serde_json::from_str(&claimed.params).unwrap_or_default();
    let spec = match spec(runner, definition, &values, claimed.id) {
        Ok(spec) => spec,
        Err(why) => return runner.finish(claimed, super::failed(&why)).await,
    };
    let normal = match runner.normal(&claimed.job).await {
        Ok(normal) => normal,
        Err(error) => return tracing::error!(run = claimed.id.get(), %error, "a claimed run could not be begun"),
    };
    // A process that has done nothing yet, and does nothing before it is in the database. Otherwise a console that dies in
    // between would leave one behind that no console knows of, and the run could be rerun beside it.
    let waiting = supervise::prepare(&spec, &runner.allowed, &runner.clock, &runner.host, &runner.launcher).await;
    let waiting = match waiting {
        Ok(waiting) => waiting,
        Err(ended) => return runner.finish(claimed, end(&ended, &Attended::default())).await,
    };
    let Identity { pid, start, .. } = waiting.identity().clone();
    let start = StartRun {
        id: claimed.id,
        fence: claimed.fence,
        pid: Some(i64::from(pid)),
        pid_started: start,
        elsewhere: None,
        normal,
    };
    match note_start(runner, &start, &stopped).await {
        Some(true) => {}
        // Where it was given up meanwhile, this is a late report.
        Some(false) => return runner.finish(claimed, super::failed("never-began")).await,
        // The lease runs out, and then it is lost.
        None => return,
    }
    // A cancellation meanwhile is seen below.
    let (mut running, output) = match waiting.begin().await {
        Ok(begun) => begun,
        Err(ended) => return runner.finish(claimed, end(&ended, &Attended::default())).await,
    };
    let attended = look_after(runner, claimed, &running, output, stopped).await;
    let ended = running.ended().await;
    runner.finish(claimed, end(&ended, &attended)).await;
}

/// Puts the process of a run into the database, and tries until that takes it or the console stops. Says whether the run is
/// still this console's; nothing where that could not be learned.
async fn note_start(runner: &Runner, start: &StartRun, stopped: &signal::Receiver<bool>) -> Option<bool> {
    loop {
        match runner.gate.run_housekeeping(start).await {
            Ok(is_ours) => return Some(is_ours),
            Err(error) if *stopped.borrow() => {
                tracing::error!(run = start.id.get(), %error, "a run was not begun: its process could not be noted");
                return None;
            }
            Err(error) => {
                tracing::warn!(run = start.id.get(), %error, "the process of a run could not be noted; trying again");
                sleep(BEAT).await;
            }
        }
    }
}

/// What is to be run. A value `$INGAM_JOB_…` of its environment comes from that of the console and is kept out of its log.
fn spec(runner: &Runner, definition: &Definition, values: &Values, run: RunId) -> Result<Spec, String> {
    let mut masked = Vec::new();
    let mut environment = vec![("INGAM_RUN".to_owned(), run.to_string())];
    for (name, value) in definition.environment(values) {
        let value = match value.strip_prefix('$').filter(|name| name.starts_with(LENT)) {
            None => value,
            Some(lent) => {
                let secret =
                    env::var(lent).map_err(|_| format!("{lent} is not set in the environment of the console"))?;
                masked.push(secret.clone());
                secret
            }
        };
        environment.push((name, value));
    }
    let kept = usize::try_from(definition.log_kilobytes).unwrap_or(256) * 1024;
    Ok(Spec {
        env: environment,
        timeout: Some(Duration::from_secs(u64::from(definition.timeout_seconds))),
        limits: Limits { head: kept / 4, tail: kept - kept / 4, ..Limits::default() },
        charset: definition.charset(),
        masked,
        own: runner.own_secrets.clone(),
        ..Spec::new(definition.argv(values))
    })
}

/// What a run said of itself while it was looked after.
#[derive(Debug, Default)]
struct Attended {
    /// It was ended because the console stops.
    drained: bool,
}

/// Stores what the command writes until it writes no more. Reading never waits for this: what cannot be stored yet is held in
/// bounded memory.
async fn look_after(
    runner: &Runner,
    claimed: &ClaimedRun,
    running: &Running,
    mut output: Output,
    stopped: signal::Receiver<bool>,
) -> Attended {
    let mut attended = Attended::default();
    let quiet = runner.lease.to_std().unwrap_or(Duration::from_mins(1)) / 4;
    let mut since_report = Duration::ZERO;
    let mut drain = runner.drain;
    let mut believed = true;
    loop {
        let mut report = tokio::select! {
            news = output.next() => match news {
                Some(news) => ReportRun {
                    progress: news.progress.map(to_permille),
                    processed: news.counts.and_then(|counts| counts.processed),
                    failed: news.counts.and_then(|counts| counts.failed),
                    skipped: news.counts.and_then(|counts| counts.skipped),
                    log: news.log.as_ref().map(stretches).unwrap_or_default(),
                    replaces: news.log.as_ref().and_then(|new| new.replaces),
                    gap: news.log.and_then(|new| new.gap).map(|gap| Missing { from: gap.from, until: gap.until, bytes: gap.bytes }),
                    ..ReportRun::default()
                },
                None => return attended,
            },
            () = sleep(BEAT) => ReportRun::default(),
        };
        since_report += BEAT;
        let has_news = !report.log.is_empty()
            || report.replaces.is_some()
            || report.progress.is_some()
            || report.processed.is_some()
            || report.failed.is_some()
            || report.skipped.is_some();
        if believed && (has_news || since_report >= quiet) {
            report = ReportRun {
                id: claimed.id,
                fence: Some(claimed.fence),
                lease_seconds: Some(runner.lease.num_seconds()),
                ..report
            };
            match report_until_taken(runner, &report).await {
                Reported::GoOn => {}
                Reported::Cancel => running.cancel(),
                Reported::Gone => {
                    // What became of it is for people to say now. It goes on: no one has decided that it should end.
                    tracing::warn!(run = claimed.id.get(), "a run goes on that is not believed any more");
                    believed = false;
                }
            }
            since_report = Duration::ZERO;
        } else if believed && is_unwanted(runner, claimed).await {
            running.cancel();
        }
        if has_news {
            sleep(BEAT / 2).await;
        }
        if *stopped.borrow() {
            drain = drain.saturating_sub(BEAT);
            if drain.is_zero() && !attended.drained {
                tracing::warn!(run = claimed.id.get(), "a run is ended because the console stops");
                attended.drained = true;
                running.cancel();
            }
        }
    }
}

/// Whether a person wants it to end. Read without writing anything.
async fn is_unwanted(runner: &Runner, claimed: &ClaimedRun) -> bool {
    matches!(record::run(&mut &runner.reader, claimed.id).await, Ok(Some(run)) if run.state == State::Cancelling)
}

/// Tries until the database takes it; where that lasts longer than the lease, another process has given the run up by
/// then.
async fn report_until_taken(runner: &Runner, report: &ReportRun) -> Reported {
    loop {
        match runner.gate.run_housekeeping(report).await {
            Ok(reported) => return reported,
            Err(error) => {
                tracing::warn!(run = report.id.get(), %error, "the log of a run could not be stored; trying again");
                sleep(BEAT).await;
            }
        }
    }
}

/// Lines as they are stored; what was dropped between head and tail ends a stretch, and so do the lines that have ended.
fn stretches(new: &New) -> Vec<Stretch> {
    let stretch = |lines: &[supervise::Line], name: fn(Stream) -> &'static str| {
        let (first, last) = (lines.first()?, lines.last()?);
        let text = log::written(lines.iter().map(|line| (line.at, name(line.stream), line.text.as_str())));
        Some(Stretch { from: first.number, until: last.number + 1, lines: text })
    };
    let ended = new.lines.chunk_by(|line, next| line.number + 1 == next.number);
    let ended = ended.filter_map(|lines| stretch(lines, Stream::name));
    ended.chain(stretch(&new.pending, log::pending)).collect()
}

fn end(ended: &Ended, attended: &Attended) -> End {
    let (outcome, exit_code, failure) = match &ended.outcome {
        How::Exited(0) => (Outcome::Succeeded, Some(0), None),
        How::Exited(code) => (Outcome::Failed, Some(i64::from(*code)), None),
        How::Signalled(signal) => (Outcome::Failed, None, Some(format!("signal {signal}"))),
        How::TimedOut => (Outcome::TimedOut, None, None),
        How::Cancelled if attended.drained => (Outcome::Failed, None, Some("shutdown".to_owned())),
        How::Cancelled => (Outcome::Cancelled, None, None),
        How::NotStarted(why) => (Outcome::Failed, None, Some(why.clone())),
        How::Lost(why) => (Outcome::Lost, None, Some(why.clone())),
    };
    let failure = failure.or_else(|| ended.left_behind.then(|| "left-behind".to_owned()));
    let duration = i64::try_from(ended.duration.as_millis()).unwrap_or(i64::MAX);
    let duration_ms = (!matches!(ended.outcome, How::NotStarted(_))).then_some(duration);
    End { outcome, exit_code, failure, duration_ms, ..End::default() }
}
