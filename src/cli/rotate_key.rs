//! `ingam rotate-key`: another secret key, while the console serves.

use super::{
    RefusedToStart, TargetArgs,
    target::{Target, actor},
};
use crate::{
    batches::record,
    clock::Clock,
    gate::{Actor, KeyFits, Meaning, Reason, Refusal, Seal, key_fits},
    id::StaffId,
    secret::{self, SecretKey},
    staff::rotation::{EndKeyRotation, Found, ResealAuthenticator, ResealDrafts, RotateKey},
    ways::reseal::ResealWays,
};
use anyhow::bail;
use clap::Args;
use std::{collections::BTreeSet, path::PathBuf, process::ExitCode};

/// People, drafts or addresses that are looked at in one step.
const STEP: usize = 100;

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// Why, for the audit log and for the owners, who are shown each change from the host.
    #[arg(long, value_parser = super::target::reason, default_value = "The secret key is rotated")]
    reason: Reason,
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(super) async fn run(args: RotateArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let target = Target::open_with_any_key(&TargetArgs { config: args.config, data: None }, clock).await?;
    let done = rotate(&target, args.reason).await;
    target.store.close().await;
    target.gate.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn rotate(target: &Target, reason: Reason) -> anyhow::Result<()> {
    let (reader, key) = (&target.store.reader, &target.config.secret_key);
    let fits = key_fits(reader, key).await?;
    if let KeyFits::No(why) = fits {
        return Err(why.into());
    }
    if key.former().is_none() {
        bail!(RefusedToStart(
            "nothing was changed: INGAM_SECRET_KEY_OLD is not set; set it to the key in use, and INGAM_SECRET_KEY to a new one".to_owned()
        ));
    }
    match fits {
        KeyFits::NotRotated => {
            let change = RotateKey::new(reader, key).await?;
            let sealed =
                target.gate.submit(&actor(), &change, &Seal { reason: reason.clone(), ..Seal::none() }).await?;
            println!("The key of the database is the new one (row {} of the log).", sealed.seq);
        }
        KeyFits::Rotating => println!("The key of the database is the new one already; going on where it was left."),
        KeyFits::Yes | KeyFits::Unrecorded(_) | KeyFits::No(_) => {
            println!(
                "Nothing was changed: INGAM_SECRET_KEY is the key of this database, and nothing is under another one. \
                 INGAM_SECRET_KEY_OLD can go."
            );
            return Ok(());
        }
    }
    let (resealed, unreadable) = reseal(target, key).await?;
    let drafts = reseal_drafts(target, key).await?;
    let ways = reseal_ways(target, key).await?;
    let change = EndKeyRotation { unreadable: i64::try_from(unreadable.len()).unwrap_or(i64::MAX) };
    let sealed = target.gate.submit(&actor(), &change, &Seal { reason, ..Seal::none() }).await?;
    println!(
        "Encrypted again: {resealed} authenticators, {drafts} drafts, {} addresses of people. That was the last of it (row {}).",
        ways.count(),
        sealed.seq
    );
    if ways.unreadable() > 0 {
        println!(
            "No key opens {} addresses at which people are reached: they are told of nothing there until they remove them and add them \
             again (My account, Ways to reach me).",
            ways.unreadable()
        );
    }
    for staff in unreadable {
        println!(
            "No key opens the authenticator of staff {staff}: `ingam staff reset-second-factor` gives a new set-up link."
        );
    }
    tell_what_is_left(target).await
}

/// Encrypts the secrets of authenticators again, and says how many they were and whose no key opens.
async fn reseal(target: &Target, key: &SecretKey) -> anyhow::Result<(usize, BTreeSet<StaffId>)> {
    let system = Actor::system(format!("rotation_{}", hex::encode(secret::random::<10>())));
    let (mut resealed, mut unreadable, mut after) = (0, BTreeSet::new(), StaffId::new(0));
    loop {
        let found = ResealAuthenticator::find(&target.store.reader, key, after, i64::try_from(STEP)?).await?;
        let Some((last, _)) = found.last() else { return Ok((resealed, unreadable)) };
        let last = *last;
        let mut is_over = true;
        for (staff, found) in found {
            match found {
                Found::Done => {}
                Found::Unreadable => {
                    unreadable.insert(staff);
                }
                Found::ToReseal(change) => match target.gate.submit(&system, &change, &Seal::none()).await {
                    Ok(_) => resealed += 1,
                    // The person set up another one at this moment: what is stored now is looked at again.
                    Err(Refusal::Rejected(rejection)) if rejection.meaning == Meaning::Conflict => is_over = false,
                    Err(refusal) => return Err(refusal.into()),
                },
            }
        }
        if is_over {
            after = last;
        }
    }
}

async fn reseal_drafts(target: &Target, key: &SecretKey) -> anyhow::Result<usize> {
    let drafts = ResealDrafts::find(&target.store.reader, key).await?;
    for piece in drafts.pieces(STEP) {
        target.gate.run_housekeeping(&piece).await?;
    }
    Ok(drafts.count())
}

async fn reseal_ways(target: &Target, key: &SecretKey) -> anyhow::Result<ResealWays> {
    let ways = ResealWays::find(&target.store.reader, key).await?;
    for piece in ways.pieces(STEP) {
        target.gate.run_housekeeping(&piece).await?;
    }
    Ok(ways)
}

/// What goes with the former key, so that a person does something first, and what does not.
async fn tell_what_is_left(target: &Target) -> anyhow::Result<()> {
    let reporting = record::external(&mut &target.store.reader).await?;
    if reporting.is_empty() {
        println!("INGAM_SECRET_KEY_OLD can go: take it away and restart each console.");
    } else {
        println!(
            "These jobs report with tokens that go with the former key; give each a new one (`ingam batch token NAME`): {}. Then \
             INGAM_SECRET_KEY_OLD can go: take it away and restart each console.",
            reporting.join(", ")
        );
    }
    println!("Recovery codes keep working.");
    Ok(())
}
