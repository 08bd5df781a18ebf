//! Background work: hands on what changes asked to be told, sends messages, opens and ends alerts, asks payment providers for the refunds that were decided, and
//! forgets what has run out. Looks for what people should explain. Ends requests that were not decided in time, records refusals that were counted, and indexes names.
//!
//! Several processes do this at once on one database; the claim of a row decides who does it.

pub(crate) mod batches;
mod detection;
pub(crate) mod forget;
pub(crate) mod future;
mod heartbeat;
mod lanes;
mod log;
mod queues;
mod refunds;

use crate::{
    access::seal::Sealing,
    alerts::{
        judge::judge,
        receive::{Receivers, poll::poll},
        telling::Telling,
    },
    approvals::expire,
    audit::background::Verifying,
    clock::{Clock, Instant},
    detection::{Detecting, Thresholds},
    escalation::{
        Policies,
        turn::{Escalating, escalate},
    },
    evidence::{
        ship::{Shipping, queue::DeclareTargets, target::Target},
        signing::Signing,
        timestamp::{Stamping, record::DeclareAuthority},
        witness::{Witness, Witnesses, record::DeclareWitnesses},
    },
    gate::{Gate, Judging, lead, lead::Lead},
    incidents::{collect::collect, remind::remind},
    memory,
    notify::{Channels, Heartbeat, fan_out::FanOut, health::declare, idle::TestIdle, send::Sender, text::Setting},
    oncall::{
        announce::{BACK, announce},
        gap, record,
    },
    payments::Provider,
    queues::{Consumers, place::DeclareTopics, take::Taking},
    retention::{Purging, Retention},
    secret::{self, SecretKey},
    sql,
    store::Reader,
    users::index::index_some,
};
use chrono::TimeDelta;
use forget::ForgetExpired;
use heartbeat::{Pulse, Pulses};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle, time};

/// A worker that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Worker {
    stop: watch::Sender<bool>,
    done: Vec<JoinHandle<()>>,
}

impl Worker {
    /// Lets what is in hand finish: deliveries, and questions to the payment provider.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        for done in self.done {
            if done.await.is_err() {
                tracing::error!("the worker ended badly");
            }
        }
    }
}

const TICK: Duration = Duration::from_millis(500);
const JUDGE_EVERY: TimeDelta = TimeDelta::seconds(30);
const REMIND_EVERY: TimeDelta = TimeDelta::minutes(1);
const FORGET_EVERY: TimeDelta = TimeDelta::minutes(10);
const AT_ONCE: i64 = 200;

/// What a worker works with.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub gate: Gate,
    pub clock: Clock,
    /// What events are published under.
    pub topic: String,
    pub session_absolute: TimeDelta,
    pub payments: Provider,
    pub batches: batches::Runner,
    /// Where messages go, and what they say of this console.
    pub channels: Channels,
    /// Who is called about alerts.
    pub policies: Policies,
    /// Who posts alerts, and can be asked what is open.
    pub receivers: Receivers,
    /// The topics that are read.
    pub consumers: Consumers,
    pub setting: Setting,
    /// Under which the addresses of people are.
    pub key: SecretKey,
    /// Where signs of life go.
    pub heartbeats: Vec<Heartbeat>,
    /// Nothing where what lies ahead of the clock is left as it is.
    pub judging: Option<Judging>,
    /// Nothing where the log is not verified in the background.
    pub verifying: Option<Verifying>,
    /// From where on something is suspicious.
    pub detection: Thresholds,
    /// Nothing where that is not looked for.
    pub detecting: Option<Detecting>,
    /// Nothing where access records are not sealed.
    pub sealing: Option<Sealing>,
    /// How long things are kept; what is older is removed.
    pub retention: Retention,
    /// Nothing where nothing is removed.
    pub purging: Option<Purging>,
    /// Nothing where the log is not signed.
    pub signing: Option<Signing>,
    /// Where checkpoints are shipped to.
    pub shipping: Shipping,
    /// Who signs checkpoints too.
    pub witnesses: Witnesses,
    pub stamping: Stamping,
}

pub(crate) fn start(work: &Work) -> Worker {
    let (stop, stopped) = watch::channel(false);
    // Apart from each other: a payment provider that does not answer must not hold up what is to be told.
    let pulses = Pulses::default();
    let mut done = vec![
        tokio::spawn(deliver_and_forget(work.clone(), pulses.add("handing on events"), stopped.clone())),
        tokio::spawn(batches::run(work.batches.clone(), pulses.add("running batches"), stopped.clone())),
        tokio::spawn(log::verify(work.clone(), stopped.clone())),
        tokio::spawn(log::sign(work.clone(), stopped.clone())),
        tokio::spawn(detection::run(work.clone(), stopped.clone())),
        tokio::spawn(log::seal_access(work.clone(), stopped.clone())),
        tokio::spawn(log::purge(work.clone(), stopped.clone())),
        tokio::spawn(index_names(work.clone(), stopped.clone())),
        tokio::spawn(mark_file(work.clone(), stopped.clone())),
        tokio::spawn(judge_alerts(work.clone(), pulses.add("opening alerts"), stopped.clone())),
        tokio::spawn(ask_senders(work.clone(), stopped.clone())),
        tokio::spawn(follow_incidents(work.clone(), stopped.clone())),
        tokio::spawn(ask_providers(work.clone(), stopped.clone())),
    ];
    for target in &work.shipping.targets {
        // A directory on a machine that is gone may hang, and holds up no other target.
        done.push(tokio::spawn(log::ship(work.clone(), Arc::new(target.clone()), stopped.clone())));
    }
    for witness in &work.witnesses.all {
        done.push(tokio::spawn(log::ask_witness(work.clone(), Arc::new(witness.clone()), stopped.clone())));
    }
    if let Some(authority) = work.stamping.authority.clone() {
        done.push(tokio::spawn(log::stamp(work.clone(), authority, stopped.clone())));
    }
    for channel in work.channels.iter() {
        let sender = Sender::new(channel.clone(), work.setting.clone(), work.key.clone());
        let (gate, reader, clock) = (work.gate.clone(), work.batches.reader.clone(), work.clock.clone());
        let pulse = pulses.add(&format!("channel {}", channel.name));
        done.push(tokio::spawn(lanes::run(lanes::Lane { gate, reader, clock, sender, pulse }, stopped.clone())));
    }
    for heartbeat in work.heartbeats.clone() {
        done.push(tokio::spawn(heartbeat::run(work.clone(), heartbeat, pulses.clone(), stopped.clone())));
    }
    for consumed in work.consumers.iter() {
        let taking = Taking {
            gate: work.gate.clone(),
            reader: work.batches.reader.clone(),
            clock: work.clock.clone(),
            owner: hex::encode(secret::random::<8>()),
        };
        done.push(tokio::spawn(queues::run(queues::Reading::new(consumed.clone(), taking), stopped.clone())));
    }
    Worker { stop, done }
}

/// Waits for the next turn; false where there is none.
async fn turn(stopped: &mut watch::Receiver<bool>) -> bool {
    turn_after(TICK, stopped).await
}

async fn turn_after(pause: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
    tokio::select! {
        _ = stopped.changed() => false,
        () = time::sleep(pause) => true,
    }
}

async fn deliver_and_forget(work: Work, pulse: Pulse, mut stopped: watch::Receiver<bool>) {
    let mut forgot: Option<Instant> = None;
    let mut judged: Option<Instant> = None;
    let mut lead = None;
    while turn(&mut stopped).await {
        memory::give_back();
        match hand_on(&work, &stopped).await {
            Ok(()) => pulse.beat(),
            Err(error) => tracing::warn!(%error, "events could not be delivered; trying again"),
        }
        if let Err(error) = expire::sweep(&work.batches.reader, &work.gate, &work.clock).await {
            tracing::warn!(%error, "requests that ran out could not be ended; trying again");
        }
        if let Err(error) = work.gate.record_counts(false).await {
            tracing::error!(%error, "refusals that were counted could not be recorded; trying again");
        }
        let now = work.clock.now();
        // A clock that was set back is noticed at once.
        if judged.is_none_or(|at| now < at || now.since(at) >= JUDGE_EVERY) {
            let judge = async {
                match work.judging {
                    Some(judging) => future::judge(&work.batches.reader, &work.gate, now, judging).await,
                    None => Ok(()),
                }
            };
            match judge.await {
                Ok(()) => judged = Some(now),
                Err(error) => tracing::warn!(%error, "what lies ahead of the clock could not be judged; trying again"),
            }
            lead = tell_lead(&work.batches.reader, now, lead).await;
        }
        if forgot.is_none_or(|at| now < at || now.since(at) >= FORGET_EVERY) {
            if let Err(error) = test_idle(&work, now).await {
                tracing::warn!(%error, "idle channels could not be tested; trying again");
            }
            match work.gate.run_housekeeping(&ForgetExpired).await {
                Ok(()) => forgot = Some(now),
                Err(error) => tracing::warn!(%error, "what has expired could not be removed; trying again"),
            }
        }
    }
}

async fn test_idle(work: &Work, now: Instant) -> sqlx::Result<()> {
    match TestIdle::due(&work.batches.reader, &work.channels, work.setting.zone, now).await? {
        Some(test) => work.gate.run_housekeeping(&test).await,
        None => Ok(()),
    }
}

/// Says in the server's log that the newest row of the audit log is ahead of the clock, and that it is no longer. Returns what
/// was said last.
async fn tell_lead(mut reader: &Reader, now: Instant, told: Option<Lead>) -> Option<Lead> {
    let lead = match lead::lead(&mut reader, now).await {
        Ok(lead) => lead,
        Err(error) => {
            tracing::warn!(%error, "the newest row of the audit log could not be read; trying again");
            return told;
        }
    };
    match (lead, told) {
        (Some(lead), told) if told.is_none_or(|told| told.is_held != lead.is_held || told.newest != lead.newest) => {
            tracing::error!(
                newest = %lead.newest,
                ahead_seconds = lead.by.num_seconds(),
                held = lead.is_held,
                "the newest row of the audit log is ahead of the clock; see `ingam audit hold-time --help`"
            );
        }
        (None, Some(_)) => tracing::info!("the clock has passed the newest row of the audit log"),
        _ => {}
    }
    lead
}

/// Brings the names of customers who came or changed into the index, a few hundred in a transaction.
async fn index_names(work: Work, mut stopped: watch::Receiver<bool>) {
    while turn(&mut stopped).await {
        while !*stopped.borrow() {
            match index_some(&work.batches.reader, &work.gate).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "names could not be indexed; trying again");
                    break;
                }
            }
        }
    }
}

/// Marks the file of a SQLite database as one without its newest changes, and moves them into it where they have become many.
async fn mark_file(work: Work, mut stopped: watch::Receiver<bool>) {
    while turn(&mut stopped).await {
        if let Err(error) = work.gate.mark_file().await {
            tracing::debug!(%error, "the file of the database could not be marked; trying again");
        }
    }
}

async fn ask_providers(work: Work, mut stopped: watch::Receiver<bool>) {
    while turn(&mut stopped).await {
        // Until nothing is due: what has no answer yet is due later.
        while !*stopped.borrow() {
            match refunds::settle(&work.gate, &work.clock, &work.payments).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "refunds could not be settled; trying again");
                    break;
                }
            }
        }
    }
}

/// Hands on the events that wait, oldest first, until none does or the worker is stopped.
async fn hand_on(work: &Work, stopped: &watch::Receiver<bool>) -> sqlx::Result<()> {
    while !*stopped.borrow() {
        let (waits,): (bool,) = work
            .batches
            .reader
            .query(sql!("select exists (select 1 from outbox where delivered_at is null)"))
            .one()
            .await?;
        if !waits {
            return Ok(());
        }
        let (topic, channels) = (work.topic.clone(), work.channels.clone());
        let environment = work.setting.profile.as_str();
        work.gate.run_housekeeping(&FanOut { topic, channels, environment, limit: AT_ONCE }).await?;
    }
    Ok(())
}

/// Tells people of their duty, opens and ends alerts, and calls people about them. The channels are stored first: what cannot be sent yet waits for them.
async fn judge_alerts(work: Work, pulse: Pulse, mut stopped: watch::Receiver<bool>) {
    let telling = Telling { channels: work.channels.clone(), environment: work.setting.profile.as_str() };
    let escalating = Escalating { policies: work.policies.clone(), telling };
    let mut is_declared = false;
    while turn(&mut stopped).await {
        let turned = async {
            if !is_declared {
                declare(&work.batches.reader, &work.gate, &work.channels).await?;
                let topics = work.consumers.iter().map(|consumed| consumed.topic.as_str().to_owned()).collect();
                work.gate.run_housekeeping(&DeclareTopics { topics }).await?;
                let targets = work.shipping.targets.iter().map(Target::name).collect();
                work.gate.run_housekeeping(&DeclareTargets { targets }).await?;
                let names = work.witnesses.all.iter().map(|witness| Witness::name(witness).to_owned()).collect();
                work.gate.run_housekeeping(&DeclareWitnesses { names }).await?;
                let authority = work.stamping.authority.as_ref().map(|authority| authority.name().to_owned());
                work.gate.run_housekeeping(&DeclareAuthority { authority }).await?;
            }
            let now = work.clock.now();
            let rotas = record::all(&mut &work.batches.reader, now.minus(BACK)).await?;
            if let Err(error) = announce(&rotas, &work.gate, now).await {
                tracing::warn!(%error, "people could not be told that they are on duty; trying again");
            }
            let gaps = gap::conditions(&work.batches.reader, &rotas, now).await?;
            judge(&work.batches.reader, &work.gate, &work.clock, &escalating.telling, gaps).await?;
            // In the same turn, so that the person on duty is called as soon as the alert is open.
            escalate(&work.batches.reader, &work.gate, &work.clock, &escalating).await
        };
        match turned.await {
            Ok(()) => {
                is_declared = true;
                pulse.beat();
            }
            Err(error) => tracing::warn!(%error, "alerts could not be judged; trying again"),
        }
    }
}

/// Fills the timelines of incidents, and reminds of what is to be done after them.
async fn follow_incidents(work: Work, mut stopped: watch::Receiver<bool>) {
    let mut reminded: Option<Instant> = None;
    while turn(&mut stopped).await {
        if let Err(error) = collect(&work.batches.reader, &work.gate, &work.clock).await {
            tracing::warn!(%error, "timelines of incidents could not be filled; trying again");
        }
        let now = work.clock.now();
        if reminded.is_none_or(|at| now < at || now.since(at) >= REMIND_EVERY) {
            let (environment, at) = (work.setting.profile.as_str(), (work.setting.zone, now));
            match remind(&work.batches.reader, &work.gate, &work.channels, environment, at).await {
                Ok(()) => reminded = Some(now),
                Err(error) => tracing::warn!(%error, "reminders of what is due could not be written; trying again"),
            }
        }
    }
}

/// Asks those who posted alerts what is still open. One that hangs delays nothing else.
async fn ask_senders(work: Work, mut stopped: watch::Receiver<bool>) {
    while turn(&mut stopped).await {
        if let Err(error) = poll(&work.batches.reader, &work.gate, &work.clock, &work.receivers).await {
            tracing::warn!(%error, "received alerts could not be settled; trying again");
        }
    }
}
