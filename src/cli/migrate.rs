//! `ingam migrate`

use super::{ConfigArgs, RefusedToStart, target::settings};
use crate::{
    clock::Clock,
    store::{self, Migrated},
};
use std::process::ExitCode;

pub(super) async fn run(args: ConfigArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let settings = settings(args.config.as_deref())?;
    let profile = settings.profile().map_err(RefusedToStart)?;
    let url = settings.database_url().map_err(RefusedToStart)?;
    let migrated = store::migrate(&url, profile, clock.now()).await.map_err(refused)?;
    say_repaired(&migrated);
    let stamp = migrated.stamp;
    println!("The schema is up to date; the database is stamped {} since {}.", stamp.environment, stamp.stamped_at);
    Ok(ExitCode::SUCCESS)
}

/// Says what the database lacked.
pub(super) fn say_repaired(migrated: &Migrated) {
    for repaired in &migrated.repaired {
        println!("Repaired: {repaired}.");
    }
}

pub(super) fn refused(error: anyhow::Error) -> anyhow::Error {
    if error.is::<store::ForeignDatabase>() { RefusedToStart(error.to_string()).into() } else { error }
}
