//! Everything that is measured, written in one of two forms.

use super::{
    families::{
        ALERTS, BUILD, CALLS, CHANGES, CHANNEL_FAILS, JOB, LAPSES, LAST_DURATION, LAST_FAILURE, LAST_PROCESSED,
        LAST_SUCCESS, LOST, MESSAGES_OLDEST, MESSAGES_WAITING, ORDERS, OUTBOX_OLDEST, OUTBOX_WAITING, POOL_IDLE,
        POOL_MOST, POOL_OPEN, QUEUED, REACHABLE, RUN_SECONDS, RUNNING, RUNS, SESSIONS, SHIPMENTS_OLDEST,
        SHIPMENTS_WAITING, SILENCES, UNREACHED, UNRESOLVED, write, write_one,
    },
    figures::{Figures, Job},
    log::{Counts, ENDS, OUTCOMES},
    process,
};
use crate::{
    alerts::{call::What, kind::AlertKind, silence::record::Scope},
    batches::lapse::LapseKind,
    clock::Instant,
    gate::Kind,
    profile::Profile,
    store::{Engine, PoolState},
    web::traffic::Traffic,
};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, prometheus_text, text},
    registry::Registry,
};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// How it is written. A reader goes by the content type of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    OpenMetrics,
}

impl Form {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    pub(super) fn write(self, exposition: Exposition) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(exposition));
        let mut written = String::with_capacity(64 * 1024);
        match self {
            Self::Text => prometheus_text::encode(&mut written, &registry)?,
            Self::OpenMetrics => text::encode(&mut written, &registry)?,
        }
        Ok(written)
    }
}

/// What is written.
#[derive(Debug)]
pub(super) struct Exposition {
    pub(super) traffic: Arc<Traffic>,
    pub(super) kinds: &'static [Kind],
    pub(super) now: Instant,
    pub(super) pools: [(&'static str, PoolState); 2],
    pub(super) profile: Profile,
    pub(super) engine: Engine,
    pub(super) figures: Option<Arc<Figures>>,
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        let environment = self.profile.to_string();
        let engine = match self.engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        };
        let build =
            [("version", env!("CARGO_PKG_VERSION")), ("environment", environment.as_str()), ("database", engine)];
        write(encoder, &BUILD, [(build, 1_i64)])?;
        self.traffic.encode(encoder)?;
        for (family, of) in [
            (&POOL_OPEN, (|pool| pool.open) as fn(&PoolState) -> u32),
            (&POOL_IDLE, |pool| pool.idle),
            (&POOL_MOST, |pool| pool.most),
        ] {
            write(encoder, family, self.pools.iter().map(|(name, pool)| ([("pool", *name)], of(pool))))?;
        }
        process::encode(encoder)?;
        write_one(encoder, &REACHABLE, self.figures.is_some())?;
        let Some(figures) = &self.figures else { return Ok(()) };
        self.console(encoder, figures)?;
        batches(encoder, figures)
    }
}

/// The outcomes of calls, and that an alert came back.
const OUTCOMES_OF_CALLS: [What; 4] = [What::Called, What::Unreachable, What::Returned, What::Ended];

impl Exposition {
    fn console(&self, encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
        write_one(encoder, &SESSIONS, figures.sessions)?;
        write_one(encoder, &ORDERS, figures.pending_orders)?;
        write_one(encoder, &OUTBOX_WAITING, figures.outbox.waiting)?;
        write_one(encoder, &OUTBOX_OLDEST, self.age(figures.outbox.oldest))?;
        write_one(encoder, &SHIPMENTS_WAITING, figures.shipments.waiting)?;
        write_one(encoder, &SHIPMENTS_OLDEST, self.age(figures.shipments.oldest))?;
        self.messages(encoder, figures)?;
        let Some(counts) = &figures.counts else { return Ok(()) };
        let changes = self.changes(counts);
        let pairs =
            changes.iter().flat_map(|(kind, counted)| OUTCOMES.iter().zip(counted).map(move |pair| (*kind, pair)));
        write(encoder, &CHANGES, pairs.map(|(kind, (outcome, n))| ([("kind", kind), ("outcome", *outcome)], *n)))
    }

    fn messages(&self, encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
        let each = || figures.channels.iter().map(|channel| ([("channel", channel.name.as_str())], channel));
        write(encoder, &CHANNEL_FAILS, each().map(|(labels, channel)| (labels, channel.fails)))?;
        write(encoder, &MESSAGES_WAITING, each().map(|(labels, channel)| (labels, channel.waiting)))?;
        write(encoder, &MESSAGES_OLDEST, each().map(|(labels, channel)| (labels, self.age(channel.oldest))))?;
        let of = |scope: Scope| figures.silences.iter().filter(|silenced| **silenced == scope).count();
        let silences = Scope::ALL.iter().map(|scope| ([("scope", scope.as_str())], of(*scope)));
        write(encoder, &SILENCES, silences.map(|(labels, n)| (labels, i64::try_from(n).unwrap_or(i64::MAX))))?;
        let called =
            |outcome: &What| figures.calls.iter().find(|(what, _)| what == outcome.as_str()).map_or(0, |(_, n)| *n);
        let calls = OUTCOMES_OF_CALLS.iter().map(|outcome| ([("outcome", outcome.as_str())], called(outcome)));
        write(encoder, &CALLS, calls)?;
        write_one(encoder, &UNREACHED, figures.unreached)?;
        let open =
            |kind: &AlertKind| figures.alerts.iter().find(|(open, _)| open == kind.as_str()).map_or(0, |(_, n)| *n);
        write(encoder, &ALERTS, AlertKind::ALL.iter().map(|kind| ([("kind", kind.as_str())], open(kind))))
    }

    /// The age in seconds of the oldest thing that waits; 0 where none does.
    fn age(&self, oldest: Option<Instant>) -> f64 {
        oldest.map_or(0.0, |at| seconds(self.now.since(at).num_milliseconds().max(0)))
    }

    /// Every kind at zero, and over that what there was: also of kinds that this version does not know any more.
    fn changes<'c>(&self, counts: &'c Counts) -> BTreeMap<&'c str, [i64; OUTCOMES.len()]> {
        let zero = self.kinds.iter().map(|kind| (kind.name, [0; OUTCOMES.len()]));
        zero.chain(counts.changes().iter().map(|(kind, counted)| (kind.as_str(), *counted))).collect()
    }
}

fn batches(encoder: &mut DescriptorEncoder<'_>, figures: &Figures) -> fmt::Result {
    let jobs = &figures.jobs;
    write(
        encoder,
        &JOB,
        jobs.iter().map(|job| {
            ([("job_name", job.name.as_str()), ("title", job.title.as_str()), ("owner", job.owner.as_str())], 1_i64)
        }),
    )?;
    if let Some(counts) = &figures.counts {
        let pairs = jobs.iter().flat_map(|job| ENDS.map(|end| (job.name.as_str(), end)));
        write(encoder, &RUNS, pairs.map(|(job, end)| ([("job_name", job), ("outcome", end)], counts.ended(job, end))))?;
        write(encoder, &RUN_SECONDS, jobs.iter().map(|job| (label(job), seconds(counts.took_ms(&job.name)))))?;
    }
    for (family, of) in [
        (&UNRESOLVED, (|job| job.unresolved) as fn(&Job) -> i64),
        (&RUNNING, |job| job.running),
        (&QUEUED, |job| job.queued),
        (&LOST, |job| job.lost),
    ] {
        write(encoder, family, jobs.iter().map(|job| (label(job), of(job))))?;
    }
    let known = |of: fn(&Job) -> Option<f64>| jobs.iter().filter_map(move |job| Some((label(job), of(job)?)));
    write(encoder, &LAST_SUCCESS, known(|job| job.ended_at.map(unix)))?;
    write(encoder, &LAST_FAILURE, known(|job| job.failed_at.max(job.timed_out_at).map(unix)))?;
    write(encoder, &LAST_DURATION, known(|job| job.duration_ms.map(seconds)))?;
    let processed = jobs.iter().filter_map(|job| Some((label(job), job.processed?)));
    write(encoder, &LAST_PROCESSED, processed)?;
    let open: BTreeMap<(&str, &str), i64> =
        figures.lapses.iter().map(|(job, kind, n)| ((job.as_str(), kind.as_str()), *n)).collect();
    let kinds = jobs.iter().flat_map(|job| LapseKind::ALL.map(|kind| (job.name.as_str(), kind.as_str())));
    write(
        encoder,
        &LAPSES,
        kinds.map(|(job, kind)| {
            ([("job_name", job), ("kind", kind)], open.get(&(job, kind)).copied().unwrap_or_default())
        }),
    )
}

fn unix(at: Instant) -> f64 {
    seconds(at.utc().timestamp_millis())
}

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "exact for the first two hundred thousand years")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

fn label(job: &Job) -> [(&'static str, &str); 1] {
    [("job_name", job.name.as_str())]
}
