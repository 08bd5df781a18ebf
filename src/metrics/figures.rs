//! What only the database knows, asked at most once in five seconds, for all who ask.

use super::log::Counts;
use crate::{
    alerts::silence::record::{Scope, active},
    clock::{Clock, Instant},
    escalation::header::unreached,
    sql,
    store::Reader,
    web::session::Limits,
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, task::JoinHandle, time::timeout};

/// For how long an answer, or that there is none, is good.
const KEPT: TimeDelta = TimeDelta::seconds(5);
/// How long the database may take. Prometheus waits ten seconds for all.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long the first count of everything is waited for. It goes on behind, and until it is done what it counts is left out.
const FIRST: Duration = Duration::from_secs(1);

/// The figures of one moment.
#[derive(Debug)]
pub(super) struct Figures {
    /// Left out until everything has been counted once.
    pub(super) counts: Option<Counts>,
    pub(super) jobs: Vec<Job>,
    /// Of a job, which kind, how often.
    pub(super) lapses: Vec<(String, String, i64)>,
    pub(super) sessions: i64,
    pub(super) pending_orders: i64,
    pub(super) outbox: Outbox,
    /// Checkpoints that wait for a target.
    pub(super) shipments: Outbox,
    pub(super) channels: Vec<Channel>,
    /// The silences in force: of each what it silences.
    pub(super) silences: Vec<Scope>,
    /// Of which kind of alert, how many are open.
    pub(super) alerts: Vec<(String, i64)>,
    /// The outcomes of calls, each with how often it was, and how many open alerts have reached no person.
    pub(super) calls: Vec<(String, i64)>,
    pub(super) unreached: i64,
}

/// A job that is not retired.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) owner: String,
    pub(super) unresolved: i64,
    pub(super) running: i64,
    pub(super) queued: i64,
    pub(super) lost: i64,
    /// When its newest run failed, and when its newest timed out.
    pub(super) failed_at: Option<Instant>,
    pub(super) timed_out_at: Option<Instant>,
    /// Of its newest successful run.
    pub(super) ended_at: Option<Instant>,
    pub(super) duration_ms: Option<i64>,
    pub(super) processed: Option<i64>,
}

/// What waits to be delivered or shipped.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) waiting: i64,
    pub(super) oldest: Option<Instant>,
}

/// A channel that is declared, and what waits for it.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) fails: bool,
    pub(super) waiting: i64,
    pub(super) oldest: Option<Instant>,
}

/// All who ask wait for the one of them who asks the database.
#[derive(Debug)]
pub(super) struct Cached {
    reader: Reader,
    clock: Clock,
    limits: Limits,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    at: Option<Instant>,
    figures: Option<Arc<Figures>>,
    counts: Option<Counts>,
    counting: Option<JoinHandle<sqlx::Result<Counts>>>,
}

impl Cached {
    pub(super) fn new(reader: Reader, clock: Clock, limits: Limits) -> Self {
        Self { reader, clock, limits, kept: Mutex::default() }
    }

    /// The figures as of the last five seconds; none where the database did not give them.
    pub(super) async fn figures(&self) -> Option<Arc<Figures>> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if kept.at.is_some_and(|at| at <= now && now.since(at) < KEPT) {
            return kept.figures.clone();
        }
        let asked = timeout(PATIENCE, self.ask(&mut kept, now)).await;
        kept.at = Some(now);
        kept.figures = match asked {
            Ok(Ok(figures)) => Some(Arc::new(figures)),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the database gave no figures for /metrics");
                None
            }
            Err(_) => {
                tracing::warn!("the database gave no figures for /metrics within {} seconds", PATIENCE.as_secs());
                None
            }
        };
        kept.figures.clone()
    }

    async fn ask(&self, kept: &mut Kept, now: Instant) -> sqlx::Result<Figures> {
        // What was counted stays as it was where something after it fails: the next time goes on from there.
        if let Some(mut counts) = self.counted(kept).await? {
            counts.go_on(&self.reader, now).await?;
            kept.counts = Some(counts);
        }
        let (sessions, pending_orders) = self.console(now).await?;
        Ok(Figures {
            counts: kept.counts.clone(),
            jobs: self.jobs().await?,
            lapses: self.lapses().await?,
            sessions,
            pending_orders,
            outbox: self.outbox().await?,
            shipments: self.shipments().await?,
            channels: self.channels().await?,
            silences: active(&mut &self.reader, now).await?.into_iter().map(|silence| silence.scope).collect(),
            alerts: self.alerts().await?,
            calls: self.calls().await?,
            unreached: unreached(&self.reader).await?.map_or(0, |unreached| unreached.n),
        })
    }

    /// What has been counted so far, if everything has been counted once.
    async fn counted(&self, kept: &mut Kept) -> sqlx::Result<Option<Counts>> {
        if let Some(counts) = &kept.counts {
            return Ok(Some(counts.clone()));
        }
        let reader = self.reader.clone();
        let counting = kept.counting.get_or_insert_with(|| tokio::spawn(async move { Counts::all(&reader).await }));
        let Ok(counted) = timeout(FIRST, counting).await else { return Ok(None) };
        kept.counting = None;
        counted.map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?.map(Some)
    }

    /// All jobs in one statement, each number along an index of its own. Grouped over all jobs at once, SQLite would read every run for it.
    async fn jobs(&self) -> sqlx::Result<Vec<Job>> {
        self.reader
            .query(sql!(
                "select j.name, j.title, j.owner,
                        (select count(*) from batch_runs r where r.job = j.name and r.resolution is null
                            and r.state in ('failed', 'timed_out', 'lost')) as unresolved,
                        (select count(*) from batch_runs r where r.job = j.name
                            and r.state in ('starting', 'running', 'cancelling')) as running,
                        (select count(*) from batch_runs r where r.job = j.name and r.state = 'queued') as queued,
                        (select count(*) from batch_runs r where r.job = j.name and r.state = 'lost') as lost,
                        (select r.ended_at from batch_runs r where r.job = j.name and r.state = 'failed'
                          order by r.id desc limit 1) as failed_at,
                        (select r.ended_at from batch_runs r where r.job = j.name and r.state = 'timed_out'
                          order by r.id desc limit 1) as timed_out_at,
                        s.ended_at, s.duration_ms, s.processed
                   from batch_jobs j
                   left join batch_runs s on s.id = (select r.id from batch_runs r where r.job = j.name and r.state = 'succeeded'
                                                      order by r.id desc limit 1)
                  where not j.is_retired order by j.name"
            ))
            .all()
            .await
    }

    async fn lapses(&self) -> sqlx::Result<Vec<(String, String, i64)>> {
        self.reader
            .query(sql!("select job, kind, cast(n as bigint) from batch_lapses where resolved_at is null"))
            .all()
            .await
    }

    /// People who are signed in, by the rule of sessions, and orders that wait to be shipped.
    async fn console(&self, now: Instant) -> sqlx::Result<(i64, i64)> {
        self.reader
            .query(sql!(
                "select (select count(*) from sessions e join staff s on s.id = e.staff_id
                          where e.stage = 'signed' and s.active and e.created_at > $1 and e.seen_at > $2),
                        (select count(*) from orders where paid_at is not null and shipped_at is null and cancelled_at is null)"
            ))
            .bind(now.minus(self.limits.absolute))
            .bind(now.minus(self.limits.idle))
            .one()
            .await
    }

    /// What waits to be delivered: the one place that says so.
    async fn outbox(&self) -> sqlx::Result<Outbox> {
        let (waiting, oldest) = self
            .reader
            .query(sql!(
                "select (select count(*) from outbox where delivered_at is null),
                        (select at from outbox where delivered_at is null order by id limit 1)"
            ))
            .one()
            .await?;
        Ok(Outbox { waiting, oldest })
    }

    async fn shipments(&self) -> sqlx::Result<Outbox> {
        let (waiting, oldest) = self
            .reader
            .query(sql!("select count(*), min(created_at) from shipments where next_at is not null"))
            .one()
            .await?;
        Ok(Outbox { waiting, oldest })
    }

    async fn channels(&self) -> sqlx::Result<Vec<Channel>> {
        self.reader
            .query(sql!(
                "select c.name, c.failing_since is not null as fails,
                        (select count(*) from deliveries d where d.channel = c.name and d.state = 'waiting') as waiting,
                        (select d.created_at from deliveries d where d.channel = c.name and d.state = 'waiting'
                          order by d.id limit 1) as oldest
                   from channels c where c.is_declared order by c.name"
            ))
            .all()
            .await
    }

    async fn calls(&self) -> sqlx::Result<Vec<(String, i64)>> {
        self.reader.query(sql!("select what, count(*) from escalation_events group by what")).all().await
    }

    async fn alerts(&self) -> sqlx::Result<Vec<(String, i64)>> {
        self.reader.query(sql!("select kind, count(*) from alerts where resolved_at is null group by kind")).all().await
    }
}
