//! `ingam queue …`: the topics that are read, from the host.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    gate::{Reason, Refusal},
    kafka::{Client, Topic},
    queues::{
        Consumed,
        set_place::{QUEUE_HELD, QUEUE_OUTSIDE, QUEUE_PARTITION, QUEUE_SAME, SetPlace},
    },
};
use anyhow::{anyhow, bail};
use clap::Subcommand;
use std::{process::ExitCode, sync::Arc};

#[derive(Debug, Subcommand)]
pub(super) enum QueueCommand {
    /// Sets which record of a partition is read next: where the place that is stored is not there any more, because the topic was made
    /// again or its cluster has lost records. No console may read the topic meanwhile.
    Place {
        /// A topic under `[[consume]]`.
        topic: String,
        #[arg(value_parser = clap::value_parser!(i32).range(0..))]
        partition: i32,
        /// The record that comes next. What lies before it is not read, and what was read and lies behind it is read again.
        #[arg(value_parser = clap::value_parser!(i64).range(0..))]
        offset: i64,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
}

pub(super) async fn run(command: QueueCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    let QueueCommand::Place { topic, partition, offset, why, target } = command;
    let target = Target::open(&target, clock).await?;
    let consumers = &target.config.consumers;
    let Some(consumed) = consumers.iter().find(|consumed| consumed.topic.as_str() == topic) else {
        let topics: Vec<&str> = consumers.iter().map(|consumed| consumed.topic.as_str()).collect();
        bail!("no [[consume]] reads the topic {topic:?}; those that are read: {}", topics.join(", "));
    };
    let (first, end) = bounds(consumed, partition).await?;
    let change = SetPlace { topic, partition, offset, first, end };
    place(&target, &why.reason, &change).await
}

/// Where a partition begins and ends, as its cluster says.
async fn bounds(consumed: &Consumed, partition: i32) -> anyhow::Result<(i64, i64)> {
    let client = Client::new(Arc::clone(&consumed.cluster));
    let answer = ask(&client, &consumed.topic, partition).await;
    client.close().await;
    answer.map_err(|error| error.context("nothing was changed"))
}

async fn ask(client: &Client, topic: &Topic, partition: i32) -> anyhow::Result<(i64, i64)> {
    let known = client.partitions(topic).await.map_err(|failure| anyhow!(failure.why))?;
    if !known.contains(&partition) {
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        bail!("the topic {topic} has no partition {partition}; it has {}", known.join(", "));
    }
    client.bounds(topic, partition).await.map_err(|failure| anyhow!(failure.why))
}

async fn place(target: &Target, reason: &Reason, change: &SetPlace) -> anyhow::Result<ExitCode> {
    let SetPlace { topic, partition, offset, first, end } = change;
    let sealed = match target.gate.submit_for(&actor(), change, reason).await {
        Ok(sealed) => sealed,
        Err(Refusal::Rejected(rejection)) => match rejection.word {
            QUEUE_PARTITION => bail!(
                "nothing was changed: partition {partition} of {topic} was never read, and is read from its beginning"
            ),
            QUEUE_HELD => bail!(
                "nothing was changed: a console reads partition {partition} of {topic}. Stop each console with this [[consume]]; one that was killed \
                 keeps the partition for 30 seconds"
            ),
            QUEUE_OUTSIDE => bail!(
                "nothing was changed: partition {partition} of {topic} has the places {first} to {end}, and not {offset}"
            ),
            QUEUE_SAME => {
                bail!("nothing was changed: {offset} is what comes next in partition {partition} of {topic} already")
            }
            _ => bail!("nothing was changed: {rejection}"),
        },
        Err(refusal) => return Err(refusal.into()),
    };
    let before = sealed.output.map_or_else(|| "its beginning".to_owned(), |before| before.to_string());
    println!(
        "Partition {partition} of {topic} is read from {offset} on, in place of {before}; it has {first} to {end}. Sealed as audit row #{}",
        sealed.seq
    );
    Ok(ExitCode::SUCCESS)
}
