//! `ingam migrate`

use super::{ConfigArgs, RefusedToStart, target::settings};
use crate::{clock::Clock, config::stamp_fits, store};
use std::process::ExitCode;

pub(super) async fn run(args: ConfigArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let settings = settings(args.config.as_deref())?;
    let profile = settings.profile().map_err(RefusedToStart)?;
    let url = settings.database_url().map_err(RefusedToStart)?;
    let stamp = store::migrate(&url, profile, clock.now()).await?;
    stamp_fits(profile, stamp.environment).map_err(RefusedToStart)?;
    println!("The schema is up to date; the database is stamped {} since {}.", stamp.environment, stamp.stamped_at);
    Ok(ExitCode::SUCCESS)
}
