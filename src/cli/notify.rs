//! `ingam notify …`: the channels, from the host.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    gate::Refusal,
    notify::{deliver, health::declare, send::Sender, test::TestChannel, text::Setting},
};
use anyhow::bail;
use clap::Subcommand;
use std::{process::ExitCode, time::Duration};
use tokio::time::sleep;

#[derive(Debug, Subcommand)]
pub(super) enum NotifyCommand {
    /// Sends a test message over a channel and prints what its receiver answered. Exits with 1 where it was not taken.
    Test {
        /// The name of a `[[channel]]`.
        channel: String,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
}

/// A console that serves may be at it already; together they take no longer than this.
const TURNS: usize = 150;
const TURN: Duration = Duration::from_millis(200);

pub(super) async fn run(command: NotifyCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    let NotifyCommand::Test { channel, why, target } = command;
    let target = Target::open(&target, clock.clone()).await?;
    let config = &target.config;
    let Some(declared) = config.channels.iter().find(|declared| declared.name == channel) else {
        let names: Vec<&str> = config.channels.iter().map(|channel| channel.name.as_str()).collect();
        bail!("no channel is called {channel:?}; those declared are: {}", names.join(", "));
    };
    declare(&target.store.reader, &target.gate, &config.channels).await?;
    let change = TestChannel { channel: channel.clone() };
    let sealed = match target.gate.submit_for(&actor(), &change, &why.reason).await {
        Ok(sealed) => sealed,
        Err(Refusal::Unrecorded(error)) => return Err(error),
        Err(refusal) => bail!("{refusal}"),
    };
    let origin = config.public_origin.clone().unwrap_or_default();
    let setting = Setting { profile: config.profile, origin, zone: config.time_zone };
    let sender = Sender::new(declared.clone(), setting, config.secret_key.clone());
    let mut waiting = sealed.output;
    if waiting.is_empty() {
        bail!("the test message was not written down");
    }
    let mut is_taken = true;
    for _ in 0..TURNS {
        sender.send_some(&target.gate, &target.store.reader, &clock).await?;
        let mut still = Vec::new();
        for id in waiting {
            match deliver::outcome(&target.store.reader, id).await? {
                Some((state, _)) if state == "told" => {}
                Some((state, error)) if state != "waiting" || error.is_some() => {
                    eprintln!("not taken: {}", error.unwrap_or(state));
                    is_taken = false;
                }
                _ => still.push(id),
            }
        }
        if still.is_empty() && is_taken {
            println!("taken (audit row {})", sealed.seq);
        }
        if still.is_empty() {
            return Ok(if is_taken { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        waiting = still;
        sleep(TURN).await;
    }
    bail!("the channel did not come to the test message; see /deliveries");
}
