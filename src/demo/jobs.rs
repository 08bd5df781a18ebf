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
    sql,
    store::Sql,
};
use chrono::TimeDelta;
use history::{Past, Shop, history};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::types::Json;

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
        insert(tx, &entries).await?;
        tell(tx, &known).await?;
        let runs = i64::try_from(entries.len()).unwrap_or(i64::MAX);
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

/// Writes the runs down, all at once, with their logs.
async fn insert(tx: &mut Tx<'_>, entries: &[Entry<'_>]) -> Result<(), Fault> {
    let by = tx.by().to_owned();
    let runs: Value = entries.iter().map(Entry::columns).collect();
    tx.query(runs_made()).bind(Json(runs)).bind(by).run().await?;
    for Entry { definition, past, .. } in entries.iter().filter(|entry| !entry.past.log.is_empty()) {
        let written = log::written(past.log.iter().map(|(at, text)| (*at, "out", text.as_str())));
        tx.query(sql!(
            "insert into batch_log (run_id, n, until, lines)
             select id, 0, next_line, $3 from batch_runs where job = $1 and started_at = $2"
        ))
        .bind(definition.name.as_str())
        .bind(past.started)
        .bind(written)
        .run()
        .await?;
    }
    Ok(())
}

impl Entry<'_> {
    /// What a row of `batch_runs` is made of.
    fn columns(&self) -> Value {
        let Entry { version, definition, past } = self;
        let is_external = definition.kind() == Kind::External;
        json!({
            "job": definition.name,
            "version": version,
            "state": past.state.as_str(),
            "cause": if is_external { "report" } else { "schedule" },
            "is_single": !is_external && definition.overlap != Overlap::Allow,
            "scheduled_for": past.scheduled_for.map(|at| at.to_string()),
            "params": serde_json::to_string(&past.params).unwrap_or_else(|_| "{}".to_owned()),
            // What runs here was claimed once; what reports from elsewhere never is.
            "fence": i64::from(!is_external),
            "queued_at": past.scheduled_for.unwrap_or(past.started).to_string(),
            "started_at": past.started.to_string(),
            "ended_at": past.ended.to_string(),
            "duration_ms": past.duration_ms,
            "processed": past.processed,
            "exit_code": past.exit_code,
            "baseline_ms": past.normal.duration,
            "baseline_count": past.normal.processed,
            "baseline_runs": past.normal.runs,
            "is_slow": past.is_slow,
            "is_low": past.is_low,
            "lines": past.log.len(),
            "resolved_at": past.resolved_at.map(|at| at.to_string()),
        })
    }
}

/// The engines read a list of JSON in different words, and times are text in one of them.
macro_rules! runs_made {
    ($list:literal, $time:literal) => {
        concat!(
            "insert into batch_runs (job, version, state, cause, is_single, scheduled_for, params, fence, queued_at, started_at,
                    ended_at, duration_ms, processed, exit_code, baseline_ms, baseline_count, baseline_runs, is_slow, is_low,
                    next_line, resolution, resolved_by, resolved_at)
             select value ->> 'job', cast(value ->> 'version' as bigint), value ->> 'state', value ->> 'cause',
                    cast(value ->> 'is_single' as boolean), cast(value ->> 'scheduled_for' as ", $time, "), value ->> 'params',
                    cast(value ->> 'fence' as bigint), cast(value ->> 'queued_at' as ", $time, "),
                    cast(value ->> 'started_at' as ", $time, "), cast(value ->> 'ended_at' as ", $time, "),
                    cast(value ->> 'duration_ms' as bigint), cast(value ->> 'processed' as bigint),
                    cast(value ->> 'exit_code' as bigint), cast(value ->> 'baseline_ms' as bigint),
                    cast(value ->> 'baseline_count' as bigint), cast(value ->> 'baseline_runs' as bigint),
                    cast(value ->> 'is_slow' as boolean), cast(value ->> 'is_low' as boolean), cast(value ->> 'lines' as bigint),
                    case when value ->> 'resolved_at' is not null then 'accepted' end,
                    case when value ->> 'resolved_at' is not null then cast($2 as text) end,
                    cast(value ->> 'resolved_at' as ", $time, ")
               from ", $list, " order by key"
        )
    };
}

fn runs_made() -> Sql {
    sql!(
        sqlite: runs_made!("json_each($1)", "text"),
        postgres: runs_made!("jsonb_array_elements(cast($1 as jsonb)) with ordinality as list (value, key)", "timestamptz"),
    )
}

/// Says how each run ended, and when: unlike what happens from now on, not at the time of the change.
async fn tell(tx: &mut Tx<'_>, known: &[(i64, Definition)]) -> Result<(), Fault> {
    let (by, change) = (tx.by().to_owned(), tx.change_id().to_owned());
    for (_, Definition { name, .. }) in known {
        // None of these jobs had run before.
        tx.query(sql!(
            "insert into batch_events (job, run_id, at, kind, staff_name, change_id)
             select job, id, ended_at, state, cast($2 as text), cast($3 as text) from batch_runs where job = $1 order by id"
        ))
        .bind(name.as_str())
        .bind(by.as_str())
        .bind(change.as_str())
        .run()
        .await?;
    }
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
