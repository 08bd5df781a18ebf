//! Asking an Alertmanager what is still open. It never tells of an alert that ends under one of its silences, and not of one that
//! opens again soon afterwards.

use super::{
    Receiver, Receivers,
    incoming::{Incoming, Listed, read_list, read_start},
    keep::{firing, good_until, over},
    record::{Received, firing_of},
};
use crate::{
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx},
    outgoing, sql,
    store::Reader,
};
use chrono::TimeDelta;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How often it is asked.
const EVERY: TimeDelta = TimeDelta::minutes(5);
/// One that has just begun does not know yet what is open: Prometheus tells it again every minute.
const YOUNG: TimeDelta = TimeDelta::minutes(10);
const TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const LARGEST: u64 = 32 * 1024 * 1024;

/// What follows for an episode from what an Alertmanager has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is open there.
    Open {
        subject: String,
        is_suppressed: bool,
    },
    Over {
        subject: String,
    },
    /// The same alert is open there since another time, of which it never told.
    Again(Incoming),
}

/// Asks every Alertmanager that can be asked, of which something is open, and which was not asked lately.
pub(crate) async fn poll(reader: &Reader, gate: &Gate, clock: &Clock, receivers: &Receivers) -> sqlx::Result<()> {
    for receiver in receivers.iter() {
        let Some(url) = &receiver.url else { continue };
        if firing_of(&mut &*reader, &receiver.name).await?.is_empty() {
            continue;
        }
        let claim = ClaimPoll { source: receiver.name.clone() };
        if !is_due(reader, &receiver.name, clock.now()).await? || !gate.run_housekeeping(&claim).await? {
            continue;
        }
        let address = url.trim_end_matches('/').to_owned();
        let answer = spawn_blocking(move || ask(&address)).await.unwrap_or_else(|_| Err("it was stopped".to_owned()));
        match answer {
            Ok((listed, began)) => settle_all(reader, gate, clock, receiver, &listed, began).await?,
            Err(why) => {
                tracing::warn!(receiver = receiver.name, why, "its Alertmanager could not be asked what is open");
            }
        }
    }
    Ok(())
}

async fn settle_all(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    receiver: &Receiver,
    listed: &[Listed],
    began: Instant,
) -> sqlx::Result<()> {
    let known = firing_of(&mut &*reader, &receiver.name).await?;
    let verdicts = settle(&known, listed, clock.now().since(began) < YOUNG);
    if verdicts.is_empty() {
        return Ok(());
    }
    let settle = SettleReceived { source: receiver.name.clone(), repeat: receiver.repeat, verdicts };
    gate.run_housekeeping(&settle).await
}

/// What follows for the episodes that are open here. What a young one does not have may still come.
pub(super) fn settle(known: &[Received], listed: &[Listed], is_young: bool) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for episode in known {
        let subject = episode.subject.clone();
        let same: Vec<&Listed> = listed.iter().filter(|one| one.alert.fingerprint == episode.fingerprint).collect();
        match same.iter().find(|one| one.alert.starts_at == episode.starts_at) {
            Some(one) => verdicts.push(Verdict::Open { subject, is_suppressed: one.is_suppressed }),
            None if same.is_empty() && is_young => {}
            None => {
                verdicts.push(Verdict::Over { subject });
                let again = same.iter().filter(|one| !one.is_suppressed && one.alert.starts_at > episode.starts_at);
                verdicts.extend(again.map(|one| Verdict::Again(one.alert.clone())));
            }
        }
    }
    verdicts
}

fn ask(address: &str) -> Result<(Vec<Listed>, Instant), String> {
    let agent = outgoing::agent().timeout_global(Some(TIMEOUT)).build().new_agent();
    let get = |path: &str| {
        let mut answer =
            agent.get(format!("{address}{path}")).call().map_err(|error| outgoing::shortly(&error).to_owned())?;
        if answer.status().as_u16() != 200 {
            return Err(format!("HTTP {}", answer.status().as_u16()));
        }
        let body = answer.body_mut().with_config().limit(LARGEST).read_to_vec();
        body.map_err(|error| outgoing::shortly(&error).to_owned())
    };
    let began = read_start(&get("/api/v2/status")?).ok_or("it does not say since when it runs")?;
    Ok((read_list(&get("/api/v2/alerts")?)?, began))
}

async fn is_due(reader: &Reader, source: &str, now: Instant) -> sqlx::Result<bool> {
    let asked: Option<(Instant,)> = reader
        .query(sql!("select asked_at from received_polls where source = $1"))
        .bind(source.to_owned())
        .optional()
        .await?;
    Ok(asked.is_none_or(|(at,)| now < at || now.since(at) >= EVERY))
}

/// Notes that an Alertmanager is asked now, and says whether it is this process that asks.
#[derive(Clone, Debug)]
pub(crate) struct ClaimPoll {
    pub source: String,
}

impl Housekeeping for ClaimPoll {
    const NAME: &'static str = "alerts.claim-poll";
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let claimed = tx
            .query(sql!(
                "insert into received_polls (source, asked_at) values ($1, $2)
                 on conflict (source) do update set asked_at = excluded.asked_at
                  where received_polls.asked_at <= $3 or received_polls.asked_at > $2"
            ))
            .bind(self.source.as_str())
            .bind(now)
            .bind(now.minus(EVERY))
            .run()
            .await?;
        Ok(claimed > 0)
    }
}

/// Writes down what follows from the answer of an Alertmanager.
#[derive(Clone, Debug)]
pub(crate) struct SettleReceived {
    source: String,
    repeat: TimeDelta,
    verdicts: Vec<Verdict>,
}

impl Housekeeping for SettleReceived {
    const NAME: &'static str = "alerts.settle-received";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        for verdict in &self.verdicts {
            match verdict {
                Verdict::Over { subject } => over(tx, subject).await?,
                Verdict::Again(alert) => firing(tx, &self.source, alert, self.repeat).await?,
                Verdict::Open { subject, is_suppressed } => {
                    tx.query(sql!(
                        "update received_alerts set heard_at = $2, stale_at = $3, is_suppressed = $4
                          where subject = $1 and resolved_at is null"
                    ))
                    .bind(subject.as_str())
                    .bind(now)
                    .bind(good_until(now, self.repeat))
                    .bind(*is_suppressed)
                    .run()
                    .await?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "poll/tests.rs"]
mod tests;
