//! What is wrong now, read from the tables of the slices in which it is.

use super::{
    kind::AlertKind,
    receive::record::{Received, firing},
    record::Alert,
};
use crate::{
    audit::background,
    batches::{eligible::is_under_way, lapse::LapseKind, record::needs_attention, state::State},
    clock::Instant,
    evidence::{
        keep,
        ship::record::{Late, late},
        timestamp::record::{Trouble, troubles},
        witness::record::{Away, Refusal, away, refusals},
    },
    id::RunId,
    notify::{Facts, Severity, health},
    queues::place,
    sql,
    store::Reader,
};
use chrono::TimeDelta;
use std::collections::HashSet;

/// How long a witness, or an authority for time stamps, may be away before it is an alert.
const UNANSWERED: TimeDelta = TimeDelta::hours(24);

/// Something that is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    pub kind: AlertKind,
    /// Never empty: it is part of the key under which others know it.
    pub subject: String,
    pub title: String,
    pub severity: Severity,
    pub newest_at: Instant,
    pub n: i64,
    /// The newest run or request of it: where it is another one, it happened again.
    pub reference: Option<String>,
    pub facts: Facts,
}

/// All that is wrong, and the jobs of which a run is being made again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    pub all: Vec<Condition>,
    pub rerunning: HashSet<String>,
}

impl Conditions {
    /// What is asked only for the sake of an alert that is open is not asked where there is none.
    pub(crate) async fn read(reader: &Reader, open: &[Alert], now: Instant) -> sqlx::Result<Self> {
        let waits = open.iter().any(|alert| alert.kind.waits_for_rerun());
        // Before and after what is wrong is read: a run that is made again just then, or ends just then, is in one of the two.
        let before = if waits { rerunning(reader).await? } else { HashSet::new() };
        let mut all = runs(reader, now).await?;
        all.extend(lapses(reader).await?);
        all.extend(overdue(reader).await?);
        all.extend(unfit(reader).await?);
        all.extend(unsigned(reader).await?);
        all.extend(unshipped(reader, now).await?);
        all.extend(disputed(reader).await?);
        all.extend(unanswered(reader, now).await?);
        all.extend(failing(reader).await?);
        all.extend(firing(&mut &*reader).await?.into_iter().map(Condition::from));
        all.extend(stuck(reader, now).await?);
        let after = if waits { rerunning(reader).await? } else { HashSet::new() };
        Ok(Self { all, rerunning: before.into_iter().chain(after).collect() })
    }
}

async fn rerunning(reader: &Reader) -> sqlx::Result<HashSet<String>> {
    let jobs: Vec<(String,)> = reader
        .query(sql!("select distinct job from batch_runs where rerun_of is not null and ", is_under_way!()))
        .all()
        .await?;
    Ok(jobs.into_iter().map(|(job,)| job).collect())
}

#[derive(sqlx::FromRow)]
struct FaultyRun {
    id: RunId,
    job: String,
    title: String,
    #[sqlx(try_from = "String")]
    state: State,
    is_slow: bool,
    is_low: bool,
    attempt: i64,
    queued_at: Instant,
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
    duration_ms: Option<i64>,
    baseline_ms: Option<i64>,
    processed: Option<i64>,
    baseline_count: Option<i64>,
    exit_code: Option<i64>,
    failure: Option<String>,
}

impl FaultyRun {
    fn condition(self, kind: AlertKind, now: Instant) -> Condition {
        let took = self.duration_ms.or_else(|| Some(now.since(self.started_at?).num_milliseconds()));
        let is_under_way = self.ended_at.is_none();
        Condition {
            kind,
            severity: kind.severity(),
            newest_at: self.ended_at.or(self.started_at).unwrap_or(self.queued_at),
            n: 1,
            reference: Some(self.id.to_string()),
            facts: Facts {
                run: Some(self.id.get()),
                attempt: Some(self.attempt),
                // Of one that is under way it is another number each time, which would be news each time.
                took: took.filter(|_| !is_under_way),
                usual: self.baseline_ms.filter(|_| took.is_some()),
                processed: self.processed.filter(|_| !is_under_way),
                usually_processed: self.baseline_count,
                exit_code: self.exit_code,
                failure: self.failure,
                due: Some(self.queued_at).filter(|_| kind == AlertKind::RunLate),
                ..Facts::default()
            },
            subject: self.job,
            title: self.title,
        }
    }
}

/// The runs that a person should look at, at most the newest 2,000, one condition for each job and kind, with the newest of them.
async fn runs(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Condition>> {
    let runs: Vec<FaultyRun> = reader
        .query(sql!(
            "select r.id, r.job, j.title, r.state, r.is_slow, r.is_low, r.attempt, r.queued_at, r.started_at, r.ended_at,
                    r.duration_ms, r.baseline_ms, r.processed, r.baseline_count, r.exit_code, r.failure
               from (select * from batch_runs where ",
            needs_attention!(),
            " order by id desc limit 2000) r join batch_jobs j on j.name = r.job where not j.is_retired order by r.id desc"
        ))
        .all()
        .await?;
    let mut found: Vec<Condition> = Vec::new();
    for run in runs {
        let Some(kind) = AlertKind::of_run(run.state, run.is_slow, run.is_low) else { continue };
        match found.iter_mut().find(|known| known.kind == kind && known.subject == run.job) {
            Some(known) => known.n += 1,
            None => found.push(run.condition(kind, now)),
        }
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct OpenLapse {
    job: String,
    title: String,
    #[sqlx(try_from = "String")]
    kind: LapseKind,
    since: Instant,
    newest_at: Instant,
    n: i64,
}

async fn lapses(reader: &Reader) -> sqlx::Result<Vec<Condition>> {
    let lapses: Vec<OpenLapse> = reader
        .query(sql!(
            "select l.job, j.title, l.kind, l.since, l.newest_at, l.n from batch_lapses l join batch_jobs j on j.name = l.job
              where l.resolved_at is null and not j.is_retired order by l.job, l.kind"
        ))
        .all()
        .await?;
    let condition = |lapse: OpenLapse| Condition {
        kind: AlertKind::of_lapse(lapse.kind),
        severity: AlertKind::of_lapse(lapse.kind).severity(),
        subject: lapse.job,
        title: lapse.title,
        newest_at: lapse.newest_at,
        n: lapse.n,
        reference: None,
        facts: Facts { due: Some(lapse.since), ..Facts::default() },
    };
    Ok(lapses.into_iter().map(condition).collect())
}

/// Approvals that are owed and late.
async fn overdue(reader: &Reader) -> sqlx::Result<Vec<Condition>> {
    let requests: Vec<(i64, String, String, String, Instant)> = reader
        .query(sql!(
            "select id, kind, target_kind, target_id, expires_at from approval_requests
              where state = 'owed' and is_overdue order by id limit 200"
        ))
        .all()
        .await?;
    let condition = |(id, kind, target, of, due): (i64, String, String, String, Instant)| Condition {
        kind: AlertKind::ApprovalOverdue,
        severity: AlertKind::ApprovalOverdue.severity(),
        subject: id.to_string(),
        title: format!("{target}/{of}"),
        newest_at: due,
        n: 1,
        reference: Some(id.to_string()),
        facts: Facts { change: Some(kind), due: Some(due), ..Facts::default() },
    };
    Ok(requests.into_iter().map(condition).collect())
}

/// A log that did not verify when it was verified last.
async fn unfit(reader: &Reader) -> sqlx::Result<Option<Condition>> {
    let last = background::last(&mut &*reader).await?;
    let found = last.finding.zip(last.finished_at);
    Ok(found.map(|(finding, at)| of_log(AlertKind::Unfit, "audit verify", finding, at)))
}

/// A log that the signer refuses to sign.
async fn unsigned(reader: &Reader) -> sqlx::Result<Option<Condition>> {
    let found = keep::finding(&mut &*reader).await?;
    Ok(found.map(|finding| of_log(AlertKind::Unsigned, "audit sign", finding.text, finding.since)))
}

/// Targets to which checkpoints do not get.
async fn unshipped(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Condition>> {
    let condition = |late: Late| of_one(AlertKind::Unshipped, late.target, late.error, late.since);
    Ok(late(reader, now).await?.into_iter().map(condition).collect())
}

/// Witnesses that refuse the history of the log.
async fn disputed(reader: &Reader) -> sqlx::Result<Vec<Condition>> {
    let condition = |refusal: Refusal| of_one(AlertKind::Disputed, refusal.name, Some(refusal.why), refusal.since);
    Ok(refusals(&mut &*reader).await?.into_iter().map(condition).collect())
}

/// Witnesses and authorities for time stamps that have not answered for a day, or not as they should. What they sign is an addition to the
/// log's own checkpoints, which go on.
async fn unanswered(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Condition>> {
    let before = now.minus(UNANSWERED);
    let witness = |away: Away| of_one(AlertKind::WitnessAway, away.name, away.error, away.since);
    let authority = |one: Trouble| of_one(AlertKind::Unstamped, one.authority, Some(one.error), one.since);
    let witnesses = away(&mut &*reader, before).await?.into_iter().map(witness);
    let authorities = troubles(&mut &*reader, before).await?.into_iter().map(authority);
    Ok(witnesses.chain(authorities).collect())
}

/// `command`: what finds it again.
fn of_log(kind: AlertKind, command: &str, finding: String, at: Instant) -> Condition {
    Condition { title: command.to_owned(), ..of_one(kind, "log".to_owned(), Some(finding), at) }
}

/// What is wrong with one thing, which is called by its name.
fn of_one(kind: AlertKind, name: String, detail: Option<String>, since: Instant) -> Condition {
    Condition {
        kind,
        severity: kind.severity(),
        title: name.clone(),
        subject: name,
        newest_at: since,
        n: 1,
        reference: None,
        facts: Facts { detail, ..Facts::default() },
    }
}

/// Channels that take no messages.
async fn failing(reader: &Reader) -> sqlx::Result<Vec<Condition>> {
    let failing = health::all(&mut &*reader)
        .await?
        .into_iter()
        .filter_map(|health| Some(of_one(AlertKind::ChannelFailing, health.name, health.error, health.failing_since?)));
    Ok(failing.collect())
}

/// Alerts of other systems. What is said of one later is no news: it began once.
impl From<Received> for Condition {
    fn from(received: Received) -> Self {
        let labels = received.labels();
        Self {
            kind: AlertKind::Received,
            subject: received.subject,
            title: received.title,
            severity: received.severity,
            newest_at: received.starts_at,
            n: 1,
            reference: None,
            facts: Facts {
                source: Some(received.source),
                labels,
                link: received.url,
                detail: received.summary,
                ..Facts::default()
            },
        }
    }
}

/// Partitions that do not move, though records wait or because they cannot be read.
async fn stuck(reader: &Reader, now: Instant) -> sqlx::Result<Vec<Condition>> {
    let stuck = place::all(reader).await?.into_iter().filter_map(|place| {
        let since = place.stuck_since(now)?;
        let title = if place.is_topic() { place.topic.clone() } else { format!("{} {}", place.topic, place.partition) };
        let at = place.next_offset.map(|next| format!("offset {next}"));
        let said: Vec<String> = at.into_iter().chain(place.error).collect();
        Some(Condition {
            kind: AlertKind::QueueStuck,
            severity: AlertKind::QueueStuck.severity(),
            subject: title.replace(' ', "/"),
            title,
            newest_at: since,
            n: 1,
            reference: None,
            facts: Facts { detail: Some(said.join(": ")).filter(|said| !said.is_empty()), ..Facts::default() },
        })
    });
    Ok(stuck.collect())
}
