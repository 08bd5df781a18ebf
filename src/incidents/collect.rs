//! The timeline fills itself: what other slices wrote down of an incident becomes its entries.
//!
//! Each source is a statement over their tables for all incidents that collect, less what is in the timelines already. So nothing is
//! lost while no worker runs, and the unique key of an entry keeps two of them from writing it twice.

use super::timeline::{ASKED, CHANGED};
use crate::{
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx},
    id::IncidentId,
    sql,
    store::{Reader, Sql},
};
use chrono::TimeDelta;

/// Entries of one source that are written down in one transaction.
const AT_ONCE: i64 = 200;
/// How long an incident that was closed still collects: messages about its end may arrive late.
const LINGERS: TimeDelta = TimeDelta::hours(1);

/// Where entries come from.
#[derive(Clone, Copy, Debug)]
struct Source {
    name: &'static str,
    /// What is new there: the columns of [`Found`], at most as many as its parameter says.
    news: Sql,
}

/// An entry that is not in its timeline yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Found {
    incident: IncidentId,
    at: Instant,
    what: String,
    staff_name: Option<String>,
    text: String,
    source_id: String,
    link: String,
}

/// A source: what its rows say, where they are, and the number by which each is in a timeline once. `cross join` makes SQLite begin with
/// the incidents, which are few.
macro_rules! source {
    ($name:literal, $columns:literal, $from:literal, $id:literal) => {
        Source {
            name: $name,
            news: sql!(
                "select i.id as incident, ",
                $columns,
                ", cast(",
                $id,
                " as text) as source_id from incidents i ",
                $from,
                " and i.collects and not exists (select 1 from incident_events t where t.incident = i.id and t.source = '",
                $name,
                "' and t.source_id = cast(",
                $id,
                " as text)) limit $1"
            ),
        }
    };
}

/// All of them. A slice that has something to tell of incidents adds its table here.
fn sources() -> [Source; 11] {
    [
        source!(
            "alert",
            "e.at, 'alert-' || e.what as what, e.staff_name,
             coalesce(e.reason, case when e.n > 1 then '×' || cast(e.n as text) else '' end) as text,
             '/alerts/' || cast(e.alert as text) as link",
            "cross join alert_events e where e.alert = i.alert",
            "e.id"
        ),
        // Who was called, and what people noted.
        source!(
            "call",
            "e.at, 'call-' || e.what as what, e.staff_name,
             case when e.what = 'noted' then coalesce(e.detail, '') else coalesce(e.target, '') end as text,
             '/alerts/' || cast(e.alert as text) as link",
            "cross join escalation_events e where e.alert = i.alert",
            "e.id"
        ),
        // The person that a way leads to is named, and an address is in no timeline.
        source!(
            "told",
            "d.told_at as at, 'told-' || d.what as what, cast(null as text) as staff_name, d.channel || coalesce(' · ' || s.name, '') as text,
             '/alerts/' || cast(d.alert as text) as link",
            "cross join deliveries d
               left join ways w on w.id = case when d.recipient like 'way/%' then cast(substr(d.recipient, 5) as bigint) end
               left join staff s on s.id = w.staff
              where d.alert = i.alert and d.told_at is not null",
            "d.id"
        ),
        source!(
            "not-told",
            "d.next_at as at, 'told-failed' as what, cast(null as text) as staff_name, d.channel || coalesce(' · ' || s.name, '') as text,
             '/alerts/' || cast(d.alert as text) as link",
            "cross join deliveries d
               left join ways w on w.id = case when d.recipient like 'way/%' then cast(substr(d.recipient, 5) as bigint) end
               left join staff s on s.id = w.staff
              where d.alert = i.alert and d.state = 'failed'",
            "d.id"
        ),
        // Runs of the alert's job: those that people asked for, and how each one ended.
        source!(
            "run-asked",
            "r.queued_at as at, 'run-' || r.cause as what, r.staff_name, '#' || cast(r.id as text) as text,
             '/runs/' || cast(r.id as text) as link",
            "cross join alerts a cross join batch_runs r
              where a.id = i.alert and (a.kind like 'runs.%' or a.kind like 'batches.%') and r.job = a.subject
                and r.staff_name is not null and r.queued_at >= i.opened_at",
            "r.id"
        ),
        source!(
            "run",
            "r.ended_at as at, 'run-' || r.state as what, cast(null as text) as staff_name, '#' || cast(r.id as text) as text,
             '/runs/' || cast(r.id as text) as link",
            "cross join alerts a cross join batch_runs r
              where a.id = i.alert and (a.kind like 'runs.%' or a.kind like 'batches.%') and r.job = a.subject
                and r.ended_at >= i.opened_at",
            "r.id"
        ),
        // What was deployed while it was open, and what else the console saw change.
        source!(
            "deployment",
            "d.at, 'deployed' as what, d.by_name as staff_name, d.service || ' ' || d.version as text, '/deployments' as link",
            "cross join deployments d where d.at >= i.opened_at",
            "d.id"
        ),
        source!(
            "configuration",
            "c.seen_at as at, 'configured' as what, cast(null as text) as staff_name, c.program as text, '/deployments' as link",
            "cross join configurations c where c.seen_at >= i.opened_at and c.previous > 0",
            "c.id"
        ),
        source!(
            "definition",
            "v.at, 'job-defined' as what, cast(null as text) as staff_name, v.job as text, '/batches/' || v.job as link",
            "cross join batch_versions v where v.at >= i.opened_at",
            "v.job || ' ' || cast(v.n as text)"
        ),
        // Changes whose reason names the incident. Its own are in its timeline as they are made.
        source!(
            "log",
            "a.at, a.action as what, a.staff_name, a.reason as text, '/audit/' || cast(a.seq as text) as link",
            "cross join incident_mentions m cross join audit a
              where m.incident = i.id and a.seq = m.seq and a.outcome = 'applied' and a.at >= i.opened_at
                and not (a.target_kind = 'incident' and a.target_id = cast(i.id as text))",
            "a.seq"
        ),
        source!(
            "log-asked",
            "a.at, a.action as what, a.staff_name, a.reason as text, '/audit/' || cast(a.seq as text) as link",
            "cross join incident_mentions m cross join audit a
              where m.incident = i.id and a.seq = m.seq and a.outcome = 'requested' and a.at >= i.opened_at
                and not (a.target_kind = 'incident' and a.target_id = cast(i.id as text))",
            "a.seq"
        ),
    ]
}

/// Writes down what is new. Most of the time that is nothing, and no transaction begins.
pub(crate) async fn collect(reader: &Reader, gate: &Gate, clock: &Clock) -> sqlx::Result<()> {
    let since = clock.now().minus(LINGERS);
    let (collects, is_over): (bool, bool) = reader
        .query(sql!(
            "select exists (select 1 from incidents where collects),
                    exists (select 1 from incidents where collects and closed_at < $1)"
        ))
        .bind(since)
        .one()
        .await?;
    if !collects {
        return Ok(());
    }
    for Source { name, news } in sources() {
        loop {
            let found: Vec<Found> = reader.query(news).bind(AT_ONCE).all().await?;
            if found.is_empty() {
                break;
            }
            let is_last = i64::try_from(found.len()).is_ok_and(|n| n < AT_ONCE);
            gate.run_housekeeping(&CollectEvents { source: name, found, over_since: None }).await?;
            if is_last {
                break;
            }
        }
    }
    if is_over {
        gate.run_housekeeping(&CollectEvents { source: "", found: Vec::new(), over_since: Some(since) }).await?;
    }
    Ok(())
}

/// Writes entries into their timelines, each once.
#[derive(Clone, Debug)]
pub(crate) struct CollectEvents {
    source: &'static str,
    found: Vec<Found>,
    /// What was closed before this time collects no more.
    over_since: Option<Instant>,
}

impl Housekeeping for CollectEvents {
    const NAME: &'static str = "incidents.collect";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        for found in &self.found {
            tx.query(sql!(
                "insert into incident_events (incident, at, recorded_at, what, staff_name, text, source, source_id, link)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (incident, source, source_id) do nothing"
            ))
            .bind(found.incident)
            .bind(found.at)
            .bind(now)
            .bind(self.what(found))
            .bind(found.staff_name.clone())
            .bind(found.text.as_str())
            .bind(self.source)
            .bind(found.source_id.as_str())
            .bind(found.link.as_str())
            .run()
            .await?;
        }
        if let Some(since) = self.over_since {
            tx.query(sql!("update incidents set collects = false where collects and closed_at < $1"))
                .bind(since)
                .run()
                .await?;
        }
        Ok(())
    }
}

impl CollectEvents {
    /// Changes are named by their kind.
    fn what(&self, found: &Found) -> String {
        match self.source {
            "log" => format!("{CHANGED}{}", found.what),
            "log-asked" => format!("{ASKED}{}", found.what),
            _ => found.what.clone(),
        }
    }
}
