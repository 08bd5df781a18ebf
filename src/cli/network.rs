//! `ingam network …`: the list of networks, and the way back in for a person who is shut out.

use super::{
    WhyArgs,
    target::{Target, actor},
};
use crate::{
    allowlist::{explain, net},
    clock::{Clock, Instant},
    gate::{Change, Reason, Refusal, Sealed},
    networks::{
        add::AddNetwork,
        change::ChangeNetwork,
        open::{self, Network},
        remove::RemoveNetwork,
        rules::{NETWORK_EXPIRY, NOTE_LONG, NOTE_UNPRINTABLE},
    },
};
use anyhow::{anyhow, bail};
use chrono::TimeDelta;
use clap::Subcommand;
use ipnet::IpNet;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum NetworkCommand {
    /// Lists the networks that may use the console: those of the environment and those in the database.
    List {
        #[command(flatten)]
        target: super::TargetArgs,
    },
    /// Allows a network, or changes its end and its note. Takes effect at once in every process.
    Allow {
        /// `10.20.0.0/16`, `2001:db8::/32` or a single address.
        net: String,
        /// Who uses this network, or what it is for.
        #[arg(long)]
        note: Option<String>,
        /// Allows it for this number of days; without it, there is no end.
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=366))]
        days: Option<i64>,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: super::TargetArgs,
    },
    /// Removes a network from the list. The next request from there is refused.
    Remove {
        net: String,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: super::TargetArgs,
    },
}

pub(super) async fn run(command: NetworkCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    match command {
        NetworkCommand::List { target } => list(&Target::open(&target, clock.clone()).await?, clock.now()).await,
        NetworkCommand::Allow { net, note, days, why, target } => {
            let net = parse(&net)?;
            let until = days.map(|days| clock.now().plus(TimeDelta::days(days)));
            allow(&Target::open(&target, clock).await?, &why.reason, net, note, until).await
        }
        NetworkCommand::Remove { net, why, target } => {
            let net = parse(&net)?;
            remove(&Target::open(&target, clock).await?, &why.reason, net).await
        }
    }
}

fn parse(text: &str) -> anyhow::Result<IpNet> {
    net::parse(text.trim()).map_err(|unfit| anyhow!(explain(text.trim(), unfit)))
}

async fn list(target: &Target, now: Instant) -> anyhow::Result<ExitCode> {
    for net in target.config.allowed_networks.iter() {
        println!("{net}\tenvironment\t\t");
    }
    for row in rows(target).await? {
        let until = row.expires_at.map(|at| at.to_string()).unwrap_or_default();
        let state = if row.is_over(now) { "expired" } else { "list" };
        println!("{}\t{state}\t{until}\t{}", row.net, row.note);
    }
    Ok(ExitCode::SUCCESS)
}

async fn rows(target: &Target) -> anyhow::Result<Vec<Network>> {
    Ok(open::all(&mut &target.store.reader).await?)
}

async fn allow(
    target: &Target,
    reason: &Reason,
    net: IpNet,
    note: Option<String>,
    until: Option<Instant>,
) -> anyhow::Result<ExitCode> {
    let known = rows(target).await?.into_iter().find(|row| row.net == net);
    let expires_at = until.map(|at| at.to_string());
    let seq = match known {
        Some(row) if row.expires_at == until && note.as_ref().is_none_or(|note| *note == row.note) => {
            println!("{net} is already allowed");
            return Ok(ExitCode::SUCCESS);
        }
        Some(row) => {
            let note = note.unwrap_or(row.note);
            let change = ChangeNetwork { id: row.id, was: net, net, note, expires_at, wide_confirmed: true };
            submit(target, reason, &change).await?.seq
        }
        None => {
            let note = note.unwrap_or_default();
            submit(target, reason, &AddNetwork { net, note, expires_at, wide_confirmed: true }).await?.seq
        }
    };
    match until {
        Some(at) => println!("{net} is allowed until {at}; sealed as audit row #{seq}"),
        None => println!("{net} is allowed; sealed as audit row #{seq}"),
    }
    Ok(ExitCode::SUCCESS)
}

async fn remove(target: &Target, reason: &Reason, net: IpNet) -> anyhow::Result<ExitCode> {
    let Some(row) = rows(target).await?.into_iter().find(|row| row.net == net) else {
        if target.config.allowed_networks.iter().any(|fixed| *fixed == net) {
            bail!("{net} is allowed by INGAM_ALLOWED_NETWORKS, not by the list; change it there");
        }
        bail!("{net} is not on the list");
    };
    let seq = submit(target, reason, &RemoveNetwork { id: row.id, net }).await?.seq;
    println!("{net} was removed from the list; sealed as audit row #{seq}");
    Ok(ExitCode::SUCCESS)
}

async fn submit<C: Change>(target: &Target, reason: &Reason, change: &C) -> anyhow::Result<Sealed<C::Output>> {
    match target.gate.submit_for(&actor(), change, reason).await {
        Err(Refusal::Rejected(rejection)) => match rejection.word {
            NOTE_LONG | NOTE_UNPRINTABLE => bail!("a note has at most 200 characters and no invisible characters"),
            NETWORK_EXPIRY => bail!("the end has to lie within 366 days; leave it out for no end"),
            _ => bail!("the list was changed at the same time; try again"),
        },
        sealed => Ok(sealed?),
    }
}
