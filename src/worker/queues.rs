//! One reader for each topic: it shares the partitions with other processes, reads those it has and takes what they hold.

use crate::{
    clock::{Clock, Instant},
    kafka::{Client, Failure, FailureKind},
    queues::{
        Consumed,
        place::{HoldPartitions, KeepLook, Look, ReleasePartitions, TOPIC, next_of},
        take::Taking,
    },
};
use chrono::TimeDelta;
use futures_util::future::join_all;
use std::{collections::HashMap, sync::Mutex, time::Duration};
use tokio::sync::watch;

/// How often it is looked for records where there were none.
const TURN: Duration = Duration::from_millis(200);
/// How long a partition without news is listened to.
const LISTEN: Duration = Duration::from_millis(500);
/// How often partitions are asked for and kept.
const HOLD_EVERY: TimeDelta = TimeDelta::seconds(10);
/// How long a cluster that does not answer is left alone.
const PAUSE: Duration = Duration::from_secs(2);

/// With what a topic is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub consumed: Consumed,
    pub taking: Taking,
    client: Client,
    /// What was written down of each partition last, so that it is not written again.
    told: Mutex<HashMap<i32, Look>>,
}

impl Reading {
    pub(super) fn new(consumed: Consumed, taking: Taking) -> Self {
        let client = Client::new(std::sync::Arc::clone(&consumed.cluster));
        Self { consumed, taking, client, told: Mutex::default() }
    }

    fn clock(&self) -> &Clock {
        &self.taking.clock
    }

    fn topic(&self) -> &str {
        self.consumed.topic.as_str()
    }
}

/// Reads until it is stopped; what is in hand then is taken.
pub(super) async fn run(reading: Reading, mut stopped: watch::Receiver<bool>) {
    let mut held: Vec<(i32, Option<i64>)> = Vec::new();
    let mut asked: Option<Instant> = None;
    let mut pause = TURN;
    while super::turn_after(pause, &mut stopped).await {
        pause = TURN;
        let now = reading.clock().now();
        if asked.is_none_or(|at| now < at || now.since(at) >= HOLD_EVERY) {
            let given = tokio::select! {
                given = reading.hold() => given,
                _ = stopped.changed() => break,
            };
            match given {
                Ok(partitions) => {
                    reading.forget_what_was_told(&held);
                    held = partitions;
                    asked = Some(now);
                }
                Err(error) => {
                    // The leases end by themselves: another process may do better.
                    held.clear();
                    asked = None;
                    pause = PAUSE;
                    tracing::warn!(
                        topic = reading.topic(),
                        error = format!("{error:#}"),
                        "a topic could not be read; trying again"
                    );
                    continue;
                }
            }
        }
        while !*stopped.borrow() {
            let turns = held.iter_mut().map(|(partition, next)| reading.read(*partition, next));
            let are_busy = join_all(turns).await;
            let now = reading.clock().now();
            let is_time = asked.is_none_or(|at| now < at || now.since(at) >= HOLD_EVERY);
            if is_time || !are_busy.contains(&true) {
                break;
            }
        }
    }
    let release = ReleasePartitions { topic: reading.topic().to_owned(), owner: reading.taking.owner.clone() };
    if let Err(error) = reading.taking.gate.run_housekeeping(&release).await {
        tracing::warn!(topic = reading.topic(), %error, "partitions could not be given back; their leases end by themselves");
    }
    reading.client.close().await;
}

impl Reading {
    /// Asks which partitions there are, and takes or keeps those that no other process has.
    async fn hold(&self) -> anyhow::Result<Vec<(i32, Option<i64>)>> {
        let partitions = match self.client.partitions(&self.consumed.topic).await {
            Ok(partitions) => partitions,
            Err(failure) => {
                self.tell(TOPIC, Look::Failed(failure.why.clone())).await?;
                anyhow::bail!(failure.why);
            }
        };
        self.tell(TOPIC, Look::Read { next: 0, end: None }).await?;
        let hold = HoldPartitions { topic: self.topic().to_owned(), owner: self.taking.owner.clone(), partitions };
        Ok(self.taking.gate.run_housekeeping(&hold).await?)
    }

    /// Reads a partition once and takes what it holds; says whether there is more to do at once.
    async fn read(&self, partition: i32, next: &mut Option<i64>) -> bool {
        match self.read_on(partition, next).await {
            Ok(is_busy) => is_busy,
            Err(error) => {
                let why = format!("{error:#}");
                tracing::warn!(topic = self.topic(), partition, why, "a partition could not be read; trying again");
                // Where it really is: part of what was read may have been taken.
                if let Ok(stored) = next_of(&self.taking.reader, self.topic(), partition).await {
                    *next = stored;
                }
                drop(self.tell(partition, Look::Failed(why)).await);
                false
            }
        }
    }

    async fn read_on(&self, partition: i32, next: &mut Option<i64>) -> anyhow::Result<bool> {
        let fetched = match self.client.fetch(&self.consumed.topic, partition, *next, LISTEN).await {
            Ok(fetched) => fetched,
            Err(Failure { kind: FailureKind::Gone { first, .. }, .. }) if next.is_some_and(|next| next < first) => {
                let lost = (next.unwrap_or_default(), first);
                self.taking.pass_over(&self.consumed, partition, lost).await?;
                *next = Some(first);
                return Ok(true);
            }
            Err(failure) => anyhow::bail!(failure.why),
        };
        if next.is_none() {
            // The first time: it begins where the topic does, and that is written down before anything is taken.
            self.tell(partition, Look::Read { next: fetched.from, end: fetched.end }).await?;
        }
        let is_any = !fetched.records.is_empty();
        for record in &fetched.records {
            let taken = self.taking.take(&self.consumed, partition, record).await;
            if !taken
                .map_err(|error| error.context(format!("the record at offset {} could not be taken", record.offset)))?
            {
                // Another process has the partition by now.
                *next = next_of(&self.taking.reader, self.topic(), partition).await?;
                return Ok(false);
            }
            *next = Some(record.offset.saturating_add(1));
        }
        *next = Some(fetched.next);
        self.tell(partition, Look::Read { next: fetched.next, end: fetched.end }).await?;
        Ok(is_any)
    }

    /// What another process had meanwhile is told again: it may have written something else.
    fn forget_what_was_told(&self, but: &[(i32, Option<i64>)]) {
        if let Ok(mut told) = self.told.lock() {
            told.retain(|partition, _| but.iter().any(|(kept, _)| kept == partition));
        }
    }

    /// Writes down what was seen of a partition, where that is news.
    async fn tell(&self, partition: i32, look: Look) -> sqlx::Result<()> {
        let is_news = |told: &HashMap<i32, Look>| told.get(&partition) != Some(&look);
        if !self.told.lock().is_ok_and(|told| is_news(&told)) {
            return Ok(());
        }
        let keep = KeepLook {
            topic: self.topic().to_owned(),
            partition,
            owner: self.taking.owner.clone(),
            look: look.clone(),
        };
        self.taking.gate.run_housekeeping(&keep).await?;
        if let Ok(mut told) = self.told.lock() {
            told.insert(partition, look);
        }
        Ok(())
    }
}
