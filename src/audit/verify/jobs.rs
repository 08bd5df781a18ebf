//! Jobs, their definitions and the settlements of days, against the log.

use super::{AT_ONCE, Unfit, noted::noted};
use crate::{clock::Instant, secret::sha256, sql, store::Reader};
use serde_json::Value;

/// Job, number, definition, digest, and the digest that was noted.
type Version = (String, i64, String, Vec<u8>, Option<String>);

#[derive(sqlx::FromRow)]
struct Job {
    name: String,
    title: String,
    owner: String,
    kind: String,
    version: i64,
    is_retired: bool,
    paused_until: Option<Instant>,
    baseline_from: Option<Instant>,
    definition: Option<String>,
    noted_version: Option<String>,
    noted_retired: bool,
    noted_pause: Option<String>,
    noted_normal: Option<String>,
}

/// A job is as it was defined, retired and paused last.
pub(super) async fn jobs_fit(reader: &Reader) -> Result<(), Unfit> {
    versions_fit(reader).await?;
    let mut after = String::new();
    loop {
        let slice: Vec<Job> = reader
            .query(sql!(
                "select j.name, j.title, j.owner, j.kind, j.version, j.is_retired, j.paused_until, j.baseline_from, v.definition, ",
                "(select '=' || (a.after ->> 'version') from audit a where a.target_kind = 'batch' and a.target_id = j.name
                    and a.outcome = 'applied' and a.after ->> 'sha256' is not null order by a.seq desc limit 1) as noted_version,
                  coalesce((select a.action = 'batches.retire' from audit a where a.target_kind = 'batch' and a.target_id = j.name
                               and a.outcome = 'applied' and (a.after ->> 'retired' is not null or a.after ->> 'sha256' is not null)
                             order by a.seq desc limit 1), false) as noted_retired, ",
                noted!("batch", "= j.name", "paused_until_at"),
                " as noted_pause,
                  (select a.after ->> 'normal_from_at' from batch_events e join audit a on a.change_id = e.change_id
                    where e.job = j.name and e.kind = 'new-normal' order by e.id desc limit 1) as noted_normal
                   from batch_jobs j left join batch_versions v on v.job = j.name and v.n = j.version
                  where j.name > $1 order by j.name limit $2"
            ))
            .bind(after.as_str())
            .bind(AT_ONCE)
            .all()
            .await?;
        if let Some(odd) = slice.iter().find(|job| !job.fits()) {
            return Err(Unfit::Runs(format!("job {} is not as it was noted last", odd.name)));
        }
        super::pause::between_slices().await;
        let Some(last) = slice.last() else { return Ok(()) };
        after.clone_from(&last.name);
    }
}

impl Job {
    fn fits(&self) -> bool {
        let definition: Value =
            self.definition.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let says = |field: &str, value: &str| definition.get(field).and_then(Value::as_str) == Some(value);
        let kind = match (definition.get("external"), definition.get("url")) {
            (Some(Value::Bool(true)), _) => "external",
            (_, Some(Value::String(_))) => "http",
            _ => "command",
        };
        let at = |value: Option<Instant>| value.map(|at| at.to_string()).unwrap_or_default();
        let noted_version = self.noted_version.as_deref().and_then(|noted| noted.strip_prefix('='));
        says("title", &self.title)
            && says("owner", &self.owner)
            && kind == self.kind
            && self.is_retired == self.noted_retired
            && noted_version.is_none_or(|noted| noted == self.version.to_string())
            && self.noted_pause.as_deref().unwrap_or("=").strip_prefix('=') == Some(&at(self.paused_until))
            && self.noted_normal.clone().unwrap_or_default() == at(self.baseline_from)
    }
}

/// Each definition is the one whose digest was noted when the job was defined, to the byte.
async fn versions_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = (String::new(), i64::MIN);
    loop {
        let slice: Vec<Version> = reader
            .query(sql!(
                "select v.job, v.n, v.definition, v.sha256,
                        (select a.after ->> 'sha256' from audit a where a.target_kind = 'batch' and a.target_id = v.job
                            and a.action = 'batches.define' and a.outcome = 'applied' and a.after ->> 'version' = cast(v.n as text)
                          order by a.seq limit 1)
                   from batch_versions v where (v.job, v.n) > ($1, $2) order by v.job, v.n limit $3"
            ))
            .bind(after.0.as_str())
            .bind(after.1)
            .bind(AT_ONCE)
            .all()
            .await?;
        for (job, n, definition, digest, noted) in &slice {
            if sha256(definition.as_bytes()).as_slice() != digest || noted.as_deref() != Some(&hex::encode(digest)) {
                return Err(Unfit::Runs(format!("version {n} of job {job} is not the one that was noted")));
            }
        }
        super::pause::between_slices().await;
        let Some((job, n, ..)) = slice.last() else { return Ok(()) };
        after = (job.clone(), *n);
    }
}

/// The settlement of a day is the one that was noted last, and its orders are as many as were counted.
pub(super) async fn settlements_fit(reader: &Reader) -> Result<(), Unfit> {
    let mut after = (String::new(), String::new());
    loop {
        let slice: Vec<(String, String, bool)> = reader
            .query(sql!(
                "select s.day, s.currency,
                        coalesce((select a.after ->> ('settled' || '.' || s.currency) from audit a
                                   where a.target_kind = 'settlement' and a.target_id = s.day and a.outcome = 'applied'
                                     and a.after ->> ('settled' || '.' || s.currency) is not null order by a.seq desc limit 1)
                                 = s.currency || ' ' || cast(s.captured as text), false)
                        and coalesce((select a.after ->> 'processed' from audit a
                                   where a.target_kind = 'settlement' and a.target_id = s.day and a.outcome = 'applied'
                                   order by a.seq desc limit 1)
                                 = (select cast(sum(d.orders) as text) from settlements d where d.day = s.day), false)
                   from settlements s where (s.day, s.currency) > ($1, $2) order by s.day, s.currency limit $3"
            ))
            .bind(after.0.as_str())
            .bind(after.1.as_str())
            .bind(AT_ONCE)
            .all()
            .await?;
        if let Some((day, currency, _)) = slice.iter().find(|(.., fits)| !fits) {
            return Err(Unfit::Runs(format!(
                "the settlement of {day} in {currency} is not the one that was noted last"
            )));
        }
        super::pause::between_slices().await;
        let Some((day, currency, _)) = slice.last() else { return Ok(()) };
        after = (day.clone(), currency.clone());
    }
}
