//! `ingam audit ship`: copies of checkpoints away from here, by hand.

use super::{RefusedToStart, TargetArgs, target::Target};
use crate::{
    clock::Clock,
    evidence::ship::{Shipping, queue::Hasten, record, ship_due, target::Target as ShipTarget},
};
use anyhow::bail;
use clap::Args;
use std::{process::ExitCode, sync::Arc};
use tokio::task;

#[derive(Debug, Args)]
pub struct ShipArgs {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    target: TargetArgs,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Ships all that waits, also what is to be tried later.
    #[arg(long)]
    now: bool,
    /// Tries whether something can be put there, and whether it is kept; ships nothing.
    #[arg(long)]
    check: bool,
}

pub(super) async fn run(args: ShipArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    if args.what.check {
        // No database, and none of its settings: an auditor can check it too.
        let settings = super::target::settings(args.target.config.as_deref())?;
        return check(&settings.shipping().map_err(RefusedToStart)?, &clock).await;
    }
    let target = Target::open(&args.target, clock.clone()).await?;
    let shipped = ship(&target, &clock).await;
    target.store.close().await;
    shipped
}

/// Exits with 1 where one does not keep what is put there, or has something without a lock.
async fn check(shipping: &Shipping, clock: &Clock) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for target in targets(shipping)? {
        let (asked, clock) = (Arc::clone(&target), clock.clone());
        let fault = match task::spawn_blocking(move || asked.check(&clock)).await? {
            Ok(checked) => {
                println!("ok       {}  {}", target.name(), checked.said);
                checked.fault
            }
            Err(why) => Some(why.to_string()),
        };
        if let Some(fault) = fault {
            println!("REFUSED  {}  {fault}", target.name());
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

async fn ship(target: &Target, clock: &Clock) -> anyhow::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    let (reader, gate) = (&target.store.reader, &target.gate);
    for to in targets(&target.config.shipping)? {
        let name = to.name();
        gate.run_housekeeping(&Hasten { target: name.clone() }).await?;
        let shipped = ship_due(reader, gate, clock, &to, target.config.shipping.within).await?;
        let (waiting, error) = record::waiting(reader, &name).await?;
        println!("{name}: {shipped} shipped, {waiting} waiting");
        if let Some(error) = error {
            eprintln!("ingam: {name}: {error}");
        }
        if waiting > 0 {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn targets(shipping: &Shipping) -> anyhow::Result<Vec<Arc<ShipTarget>>> {
    if shipping.targets.is_empty() {
        bail!(RefusedToStart("INGAM_AUDIT_SHIP names no target".to_owned()));
    }
    Ok(shipping.targets.iter().cloned().map(Arc::new).collect())
}
