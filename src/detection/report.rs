//! The digest: once a day, in the morning, what is new since the last one. It is a row of the log, an event, and a message to the channels
//! that the configuration names.

use super::{
    SUSPICIONS_FOUND, SUSPICIONS_TOLD,
    look::date_of,
    run::{Detection, last},
};
use crate::{
    clock::Instant,
    gate::{Actor, Admits, Change, Fault, Housekeeping, Refusal, Target, Tx},
    id::{StaffId, SuspicionId},
    notify::{
        Channels, Facts, Message, Severity, What,
        deliver::{About, enqueue},
    },
    secret, sql,
    store::Reader,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The hour from which people are told.
const HOUR: i64 = 8;
/// The most that one digest tells of; the rest is for the next one.
const AT_ONCE: i64 = 200;

/// One that a digest tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Told {
    pub suspicion: SuspicionId,
    pub rule: String,
    pub staff: StaffId,
}

/// Tells of suspicions that are new.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportSuspicions {
    pub found: Vec<Told>,
}

impl Change for ReportSuspicions {
    const KIND: &'static str = "suspicions.report";
    const ADMITS: Admits = Admits::system_only();
    type Output = ();

    /// None of them alone.
    fn target(&self) -> Target {
        Target::new("suspicion", "digest")
    }

    async fn check(&self, _: &mut Tx<'_>) -> Result<(), Fault> {
        if self.found.is_empty() { Err(Fault::conflict(SUSPICIONS_TOLD)) } else { Ok(()) }
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        self.check(tx).await?;
        let n = i64::try_from(self.found.len()).unwrap_or(i64::MAX);
        tx.note("suspicions", None::<i64>, n);
        tx.note("suspicion_rules", None::<&str>, self.rules());
        tx.note("suspicion_first", None::<i64>, self.found.first().map(|told| told.suspicion));
        tx.note("suspicion_last", None::<i64>, self.found.last().map(|told| told.suspicion));
        tx.emit(SUSPICIONS_FOUND, serde_json::json!({ "n": n, "rules": self.counts(), "suspicions": self.found }));
        Ok(())
    }
}

impl ReportSuspicions {
    fn counts(&self) -> BTreeMap<&str, i64> {
        let mut counts = BTreeMap::new();
        for told in &self.found {
            *counts.entry(told.rule.as_str()).or_default() += 1;
        }
        counts
    }

    /// `burst 1, reveals 2`
    fn rules(&self) -> String {
        self.counts().iter().map(|(rule, n)| format!("{rule} {n}")).collect::<Vec<_>>().join(", ")
    }
}

/// Writes the message of a digest down, for one process only.
#[derive(Clone, Debug)]
pub(crate) struct TellSuspicions {
    channels: Channels,
    /// The names of those that are told.
    to: Vec<String>,
    environment: &'static str,
    /// Up to which one the digest before told.
    told: i64,
    through: SuspicionId,
    rules: String,
    n: i64,
}

impl Housekeeping for TellSuspicions {
    const NAME: &'static str = "detection.tell";
    /// Whether it was still to be told.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let marked = tx
            .query(sql!("update detection set told = $1, told_at = $2 where id = 1 and told = $3"))
            .bind(self.through)
            .bind(now)
            .bind(self.told)
            .run()
            .await?;
        if marked == 0 {
            return Ok(false);
        }
        let message = self.message(now);
        for to in self.to.iter().flat_map(|name| self.channels.over(name)) {
            enqueue(tx, &to, About::Channel, &message).await?;
        }
        Ok(true)
    }
}

impl TellSuspicions {
    fn message(&self, now: Instant) -> Message {
        let kind = SUSPICIONS_FOUND.as_str();
        Message {
            what: What::Notice,
            kind: kind.to_owned(),
            severity: Severity::Warning,
            key: format!("ingam:{}:{kind}:{}", self.environment, self.through),
            title: format!("{}: {}", self.n, self.rules),
            since: now,
            at: now,
            n: self.n,
            path: super::list::PATH.to_owned(),
            facts: Facts::default(),
        }
    }
}

/// Tells of what is new, if it is time to.
pub(super) async fn report_if_due(detection: &Detection<'_>) -> anyhow::Result<()> {
    let now = detection.clock.now();
    let (before, today) = (last(&mut &*detection.reader).await?, date_of(now, detection.zone));
    let was_told = before.told_at.is_some_and(|at| at >= today.began && at <= now);
    if was_told || now.since(today.began).num_hours() < HOUR {
        return Ok(());
    }
    let found = after(detection.reader, SuspicionId::new(before.told)).await?;
    let Some(through) = found.last().map(|told| told.suspicion) else { return Ok(()) };
    let change = ReportSuspicions { found };
    let work = TellSuspicions {
        channels: detection.channels.clone(),
        to: detection.thresholds.digest.clone(),
        environment: detection.environment,
        told: before.told,
        through,
        rules: change.rules(),
        n: i64::try_from(change.found.len()).unwrap_or(i64::MAX),
    };
    let actor = Actor::system(format!("detect_{}", hex::encode(secret::random::<10>())));
    match detection.gate.submit_unattended_with(&actor, &change, &work).await {
        // Another process was faster.
        Ok(()) | Err(Refusal::Stale { .. }) => Ok(()),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn after(reader: &Reader, told: SuspicionId) -> sqlx::Result<Vec<Told>> {
    reader
        .query(sql!(
            "select id as suspicion, rule, staff_id as staff from suspicions where id > $1 order by id limit $2"
        ))
        .bind(told)
        .bind(AT_ONCE)
        .all()
        .await
}
