//! `ingam key …`: the console's secret key.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    gate::{KeyFits, Seal, WrongKey, key_fits},
    staff::key::ReplaceKey,
};
use anyhow::bail;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Makes the key that `INGAM_SECRET_KEY` holds now the key of this database, where the former one is lost. Only that one
    /// could read the authenticators and recovery codes, and every session ends with it: `ingam staff reset-second-factor`
    /// gives each person a new set-up link.
    Replace {
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
}

pub(super) async fn run(command: KeyCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    let KeyCommand::Replace { why, target } = command;
    let target = Target::open_with_any_key(&target, clock).await?;
    let key = &target.config.secret_key;
    match key_fits(&target.store.reader, key).await? {
        KeyFits::No(WrongKey::Former(at)) => {
            bail!("nothing was changed: the key was rotated at {at}, and a former key is not taken again")
        }
        KeyFits::No(WrongKey::Other | WrongKey::NeedsFormer(_)) => {}
        _ => bail!("nothing was changed: the key is the one of this database already"),
    }
    let seal = Seal { reason: why.reason, ..Seal::none() };
    let sealed = target.gate.submit(&actor(), &ReplaceKey::new(key), &seal).await?;
    println!(
        "The key is replaced (row {}). Give each person a new set-up link with `ingam staff reset-second-factor EMAIL --reason …`.",
        sealed.seq
    );
    Ok(ExitCode::SUCCESS)
}
