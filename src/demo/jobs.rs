//! The jobs of the demo, and a month in which they ran: most nights well, some not, and two of them for a person to
//! look at.

mod history;

use super::present;
use crate::{
    batches::{
        definition::{Definition, Kind, Overlap, literal},
        log,
        record::{self, JOB},
    },
    clock::Instant,
    gate::{Admits, Change, Fault, Target, Tx},
    id::RunId,
    sql,
};
use chrono::TimeDelta;
use history::{Past, Shop, history};
use serde::{Deserialize, Serialize};

const JOBS: &str = include_str!("jobs/jobs.toml");

/// What a configuration file says of jobs.
#[derive(Debug, Default, Deserialize)]
struct Declared {
    job: Vec<Definition>,
}

/// The jobs of the demo: `program` runs them, on the data in the directory `data`. Both are absolute paths.
pub fn jobs(program: &str, data: &str) -> Vec<Definition> {
    // Put in after parsing, so that no path needs to be quoted. That the text can be parsed is tested below.
    let mut jobs = toml::from_str::<Declared>(JOBS).unwrap_or_default().job;
    for argument in jobs.iter_mut().flat_map(|job| &mut job.command) {
        match argument.as_str() {
            // A path may hold braces.
            "PROGRAM" => *argument = literal(program),
            "DATA" => *argument = literal(data),
            _ => {}
        }
    }
    jobs
}

/// Adds what the demo's jobs did in the month before. They must have been defined; a job that has run already is left alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoadBatches {
    /// The present of the sample, in seconds since 1970, where the time of the log is an earlier one. Then nothing that failed
    /// is acknowledged yet: people do that in the time between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present: Option<i64>,
}

/// A run that is to be written down, and of which job and definition it was.
struct Entry<'d> {
    version: i64,
    definition: &'d Definition,
    past: Past,
}

impl Change for LoadBatches {
    const KIND: &'static str = "sample.load-batches";
    const ADMITS: Admits = Admits::host_only();
    /// The number of runs added.
    type Output = i64;

    fn target(&self) -> Target {
        Target::new("sample", "batches")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<i64, Fault> {
        let now = present(tx, self.present);
        let shop = shop(tx, now).await?;
        let mut known = Vec::new();
        for Definition { name, .. } in jobs("", "") {
            let job = record::job(tx, &name).await?.ok_or_else(|| Fault::missing(JOB))?;
            let (ran,): (bool,) = tx
                .query(sql!("select exists (select 1 from batch_runs where job = $1)"))
                .bind(name.as_str())
                .one()
                .await?;
            if !ran && let Some(definition) = record::definition(tx, &name, job.version).await? {
                known.push((job.version, definition));
            }
        }
        let mut entries = Vec::new();
        for (version, definition) in &known {
            let pasts = history(definition, shop, now).into_iter();
            let pasts = pasts.map(|past| match self.present {
                Some(_) => Past { resolved_at: None, ..past },
                None => past,
            });
            entries.extend(pasts.map(|past| Entry { version: *version, definition, past }));
        }
        // Runs are told apart by their numbers, and a later one has a higher one whichever job it is of.
        entries.sort_by_key(|entry| entry.past.started);
        let mut runs = 0;
        for entry in &entries {
            let run = insert(tx, entry).await?;
            tell(tx, entry, run).await?;
            runs += 1;
        }
        tx.note("runs", 0, runs);
        Ok(runs)
    }
}

/// How large the shop is, so that what the jobs will do from now on fits what they did.
async fn shop(tx: &mut Tx<'_>, now: Instant) -> Result<Shop, Fault> {
    let week = now.minus(TimeDelta::days(7));
    let (customers, orders): (i64, i64) = tx
        .query(sql!(
            "select (select count(*) from users), (select count(distinct order_id) from payments where captured_at >= $1)"
        ))
        .bind(week)
        .one()
        .await?;
    Ok(Shop { customers, orders_a_day: orders / 7 })
}

/// Writes a run down with its log; its number.
async fn insert(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<RunId, Fault> {
    let Entry { version, definition, past } = entry;
    let by = tx.by().to_owned();
    let is_external = definition.kind() == Kind::External;
    let params = serde_json::to_string(&past.params).unwrap_or_else(|_| "{}".to_owned());
    let lines = i64::try_from(past.log.len()).unwrap_or_default();
    let (run,): (RunId,) = tx
        .query(sql!(
            "insert into batch_runs (job, version, state, cause, is_single, scheduled_for, params, fence, queued_at, started_at,
                    ended_at, duration_ms, processed, exit_code, baseline_ms, baseline_count, baseline_runs, is_slow, is_low,
                    next_line, resolution, resolved_by, resolved_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
             returning id"
        ))
        .bind(definition.name.as_str())
        .bind(*version)
        .bind(past.state.as_str())
        .bind(if is_external { "report" } else { "schedule" })
        .bind(!is_external && definition.overlap != Overlap::Allow)
        .bind(past.scheduled_for)
        .bind(params)
        // What runs here was claimed once; what reports from elsewhere never is.
        .bind(i64::from(!is_external))
        .bind(past.scheduled_for.unwrap_or(past.started))
        .bind(past.started)
        .bind(past.ended)
        .bind(past.duration_ms)
        .bind(past.processed)
        .bind(past.exit_code)
        .bind(past.normal.duration)
        .bind(past.normal.processed)
        .bind(past.normal.runs)
        .bind(past.is_slow)
        .bind(past.is_low)
        .bind(lines)
        .bind(past.resolved_at.map(|_| "accepted"))
        .bind(past.resolved_at.map(|_| by))
        .bind(past.resolved_at)
        .one()
        .await?;
    if lines > 0 {
        let written = log::written(past.log.iter().map(|(at, text)| (*at, "out", text.as_str())));
        tx.query(sql!("insert into batch_log (run_id, n, until, lines) values ($1, 0, $2, $3)"))
            .bind(run)
            .bind(lines)
            .bind(written)
            .run()
            .await?;
    }
    Ok(run)
}

/// Says how it ended, and when: unlike what happens from now on, not at the time of the change.
async fn tell(tx: &mut Tx<'_>, entry: &Entry<'_>, run: RunId) -> Result<(), Fault> {
    let (by, change) = (tx.by().to_owned(), tx.change_id().to_owned());
    tx.query(sql!(
        "insert into batch_events (job, run_id, at, kind, staff_name, change_id) values ($1, $2, $3, $4, $5, $6)"
    ))
    .bind(entry.definition.name.as_str())
    .bind(run)
    .bind(entry.past.ended)
    .bind(entry.past.state.as_str())
    .bind(by)
    .bind(change)
    .run()
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jobs_are_five_that_a_configuration_could_declare() {
        let jobs = jobs("/opt/in gam\"/{x}/ingam", "/home/${date}/{{date}}/data");
        let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert_eq!(names, ["daily-settlement", "point-expiry", "search-reindex", "coupon-issue", "warehouse-sync"]);
        for job in &jobs {
            job.check().unwrap();
            assert!(job.runbook.is_some());
        }
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let argv = jobs[0].argv(&jobs[0].defaults(day));
        let expected = [
            "/opt/in gam\"/{x}/ingam",
            "job",
            "daily-settlement",
            "--data",
            "/home/${date}/{{date}}/data",
            "--date",
            "2026-11-19",
        ];
        assert_eq!(argv, expected);
    }
}
