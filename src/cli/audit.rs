//! `ingam audit …`

use super::{
    TargetArgs,
    target::{Target, actor, database_url},
};
use crate::{
    audit::{
        hold_time::HoldTime,
        verify::{self, AccessTree, Unfit, Verified, coverage::listing},
    },
    changes::KINDS,
    clock::Clock,
    digits::group,
    gate::{Reason, lead::lead},
    store::{Store, stamp},
    users::take_over::TakeOverLedger,
};
use anyhow::{anyhow, bail};
use std::process::ExitCode;

/// Needs no key and no gate: anybody who can read the rows can verify them.
pub(super) async fn verify(args: TargetArgs) -> anyhow::Result<ExitCode> {
    let store = open(&args).await?;
    let outcome = verify::verify(&store.reader, KINDS).await;
    store.close().await;
    let verified = outcome.map_err(|why| unfit(&why))?;
    println!("{}\n", listing());
    tell(&verified);
    Ok(ExitCode::SUCCESS)
}

/// The same of the bytes of the rows alone.
pub(super) async fn verify_leaves(args: TargetArgs) -> anyhow::Result<ExitCode> {
    let store = open(&args).await?;
    let outcome = verify::verify_leaves(&store.reader).await;
    store.close().await;
    let (rows, root) = outcome.map_err(|why| unfit(&why))?;
    println!("The leaves of the audit log fit: {} rows, root {}", group(rows), hex::encode(root));
    println!(
        "Neither the columns of its rows nor other tables were held against them: `ingam audit verify` without --leaves does so."
    );
    Ok(ExitCode::SUCCESS)
}

async fn open(args: &TargetArgs) -> anyhow::Result<Store> {
    let store = Store::open(&database_url(args)?, 1).await?;
    stamp(&store.reader, store.engine).await?;
    Ok(store)
}

fn unfit(unfit: &Unfit) -> anyhow::Error {
    anyhow!("the audit log does not fit: {unfit}")
}

/// Says that a log fits.
pub(super) fn tell(verified: &Verified) {
    println!("The audit log fits: {} rows, root {}", group(verified.rows), hex::encode(verified.root));
    let AccessTree { leaves, root, first, tied, purged, removals } = &verified.access;
    match first {
        Some(first) => println!(
            "The tree of the access records fits: {} records from record {first} on, root {}; the log has it of {} records. Those before \
             are in chains alone, and so are those of the last seconds.",
            group(*leaves),
            hex::encode(root),
            group(*tied),
        ),
        None => println!("No access record is in a tree yet."),
    }
    if let Some((first, newest)) = removals {
        println!(
            "Of the first {} of them the time was over, and they were removed: for the first time on {} (row {} of the log), the last time on {} \
             (row {}). Of these the hashes of their leaves are verified.",
            group(*purged),
            first.at,
            first.seq,
            newest.at,
            newest.seq,
        );
    }
}

pub(super) async fn hold_time(reason: &Reason, args: TargetArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let now = clock.now();
    let target = Target::open(&args, clock).await?;
    if lead(&mut &target.store.reader, now).await?.is_none() {
        bail!("nothing was changed: the newest row of the audit log is not ahead of the clock");
    }
    let until = target.gate.submit_for(&actor(), &HoldTime {}, reason).await?.output;
    println!("People can change things again. Rows of the log have the time {until} until the clock has passed it.");
    Ok(ExitCode::SUCCESS)
}

/// The shop's entries are its own affair; from here on they are what they are now.
pub(super) async fn take_over_ledger(reason: &Reason, args: TargetArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let target = Target::open(&args, clock).await?;
    let taken = target.gate.submit_for(&actor(), &TakeOverLedger {}, reason).await?.output;
    println!("Took over {} entries of the shop.", group(taken));
    Ok(ExitCode::SUCCESS)
}
