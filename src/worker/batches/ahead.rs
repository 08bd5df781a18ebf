//! Schedules whose next time was worked out by a clock that was ahead, or from other zone files: judged again, so that they do not stay
//! silent until then.

use super::Runner;
use crate::{
    batches::{claim::TickJob, define, record},
    clock::Instant,
};
use std::collections::HashMap;

/// What has been judged: a next time that was right stays right until it has come, unless the clock is set back.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Job → version and next time.
    right: HashMap<String, (i64, Instant)>,
    at: Option<Instant>,
}

/// Puts every schedule whose next time is not the next one that it names back to that.
pub(super) async fn judge(runner: &Runner, judged: &mut Judged) -> sqlx::Result<()> {
    let now = runner.clock.now();
    if judged.at.is_some_and(|at| now < at) {
        judged.right.clear();
    }
    judged.at = Some(now);
    for job in define::ahead(&runner.reader, now).await? {
        let Some(next_at) = job.next_at else { continue };
        if judged.right.get(&job.name) == Some(&(job.version, next_at)) {
            continue;
        }
        let definition = record::definition(&mut &runner.reader, &job.name, job.version).await?;
        let Some((definition, schedule)) = definition.and_then(|it| it.schedule.clone().map(|schedule| (it, schedule)))
        else {
            continue;
        };
        let next = schedule.next(now);
        // What runs elsewhere may have reported the run of the next time shortly before it.
        let after = next.and_then(|next| schedule.next(next)).filter(|_| !definition.kind().starts_here());
        if next != Some(next_at) && after != Some(next_at) {
            let tick = TickJob { job: job.name.clone(), due: next_at, next, is_scheduled: true, run: None };
            if runner.gate.run_housekeeping(&tick).await? {
                tracing::warn!(job = job.name, was = %next_at, next = ?next.map(|at| at.to_string()), "a schedule was put right");
            }
        }
        judged.right.insert(job.name, (job.version, next.filter(|_| after != Some(next_at)).unwrap_or(next_at)));
    }
    Ok(())
}
