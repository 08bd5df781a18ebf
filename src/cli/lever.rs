//! `ingam lever …`: closing kinds of change for everybody from the host, where no person can sign in to do it.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    changes::KINDS,
    clock::Clock,
    gate::{Change, Reason, Refusal},
    levers::{LEVER_ALREADY, LEVER_OF, close::CloseKind, open::OpenKind, record},
};
use anyhow::bail;
use chrono::TimeDelta;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum LeverCommand {
    /// Lists the kinds of change that are closed: the kind, until when, who closed it and why.
    List {
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Closes a kind of change for everybody, such as `points.adjust`.
    Close {
        kind: String,
        /// For this number of hours.
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=168))]
        hours: i64,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Opens a kind of change before its time.
    Open {
        kind: String,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
}

pub(super) async fn run(command: LeverCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    let now = clock.now();
    match command {
        LeverCommand::List { target } => {
            let target = Target::open(&target, clock).await?;
            for lever in record::closed(&mut &target.store.reader, now).await? {
                println!("{}\t{}\t{}\t{}", lever.kind, lever.until_at, lever.staff_name, lever.reason);
            }
        }
        LeverCommand::Close { kind, hours, why, target } => {
            let target = Target::open(&target, clock).await?;
            let until = now.plus(TimeDelta::hours(hours));
            let change = CloseKind { kind: kind.clone(), until: until.to_string() };
            let seq = submit(&target, &why.reason, &change).await?;
            println!("{kind} is closed until {until}; sealed as audit row #{seq}");
        }
        LeverCommand::Open { kind, why, target } => {
            let target = Target::open(&target, clock).await?;
            let closed = record::closed(&mut &target.store.reader, now).await?;
            let Some(lever) = closed.into_iter().find(|lever| lever.kind == kind) else {
                bail!("{kind} is not closed");
            };
            let seq = submit(&target, &why.reason, &OpenKind { lever: lever.id, kind: kind.clone() }).await?;
            println!("{kind} is open; sealed as audit row #{seq}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn submit<C: Change>(target: &Target, reason: &Reason, change: &C) -> anyhow::Result<crate::id::Seq> {
    match target.gate.submit_for(&actor(), change, reason).await {
        Ok(sealed) => Ok(sealed.seq),
        Err(Refusal::Rejected(rejection)) => match rejection.word {
            LEVER_OF => {
                let kinds: Vec<&str> = KINDS.iter().filter(|kind| kind.may_close).map(|kind| kind.name).collect();
                bail!("no lever closes that kind; those that can be closed are: {}", kinds.join(", "))
            }
            LEVER_ALREADY => bail!("it is closed as long, or longer"),
            _ => bail!("the lever was changed at the same time; try again"),
        },
        Err(refusal) => Err(refusal.into()),
    }
}
