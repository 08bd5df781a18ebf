//! `ingam check`: everything the server checks before it starts, with the verdict of each. A gate for deployments.

use super::{ConfigArgs, EX_CONFIG, target::settings};
use crate::{
    config::{Check, stamp_fits},
    profile::Profile,
    store::{Store, safeguards, stamp},
};
use std::process::ExitCode;

pub(super) async fn run(args: ConfigArgs) -> anyhow::Result<ExitCode> {
    let settings = settings(args.config.as_deref())?;
    let mut checks = settings.checks();
    if let (Ok(profile), Ok(url)) = (settings.profile(), settings.database_url()) {
        match Store::open(&url, 1).await {
            Ok(store) => {
                checks.extend(of_database(&store, profile).await);
                store.close().await;
            }
            Err(error) => checks.push(Check { name: "database", verdict: Err(format!("{error:#}")) }),
        }
    }
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in &checks {
        match &check.verdict {
            Ok(detail) => println!("ok       {:width$}  {detail}", check.name),
            Err(why) => println!("REFUSED  {:width$}  {why}", check.name),
        }
    }
    Ok(if checks.iter().all(|check| check.verdict.is_ok()) { ExitCode::SUCCESS } else { ExitCode::from(EX_CONFIG) })
}

/// The rules that need the database: its schema, its stamp, and the safeguards of the audit log.
pub(super) async fn of_database(store: &Store, profile: Profile) -> Vec<Check> {
    let stamp = match stamp(&store.reader, store.engine).await {
        Ok(stamp) => stamp,
        Err(error) => return vec![Check { name: "database schema", verdict: Err(format!("{error:#}")) }],
    };
    let mut checks = vec![Check { name: "database stamp", verdict: stamp_fits(profile, stamp.environment) }];
    match safeguards(&store.reader, store.engine).await {
        Ok(found) => checks.extend(
            found
                .into_iter()
                .map(|safeguard| Check { name: safeguard.name, verdict: safeguard.holds.map(|()| "holds".to_owned()) }),
        ),
        Err(error) => checks.push(Check { name: "audit log safeguards", verdict: Err(format!("{error:#}")) }),
    }
    checks
}
