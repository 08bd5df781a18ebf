//! Which database a command works on, and what it needs to do so.

use super::TargetArgs;
use crate::{
    changes::{CATALOG, KINDS},
    clock::Clock,
    config::{Config, Settings},
    demo::data::Data,
    gate::{Actor, Gate, Reason},
    profile::stamp_fits,
    secret,
    store::{Store, stamp},
};
use anyhow::anyhow;
use std::{env, path::Path};

/// Environment and file, as they are.
pub(super) fn settings(file: Option<&Path>) -> anyhow::Result<Settings> {
    Settings::gather(KINDS, |name| env::var(name).ok().filter(|value| !value.is_empty()), file, host())
        .map_err(|error| super::RefusedToStart(error).into())
}

pub(super) use crate::supervise::host;

/// An open database with a gate before it.
pub(super) struct Target {
    pub(super) config: Config,
    pub(super) store: Store,
    pub(super) gate: Gate,
}

impl Target {
    /// Opens the demo's database where `--data` names one, and the environment's otherwise.
    pub(super) async fn open(args: &TargetArgs, clock: Clock) -> anyhow::Result<Self> {
        let target = Self::open_with_any_key(args, clock).await?;
        target.gate.check_key(&target.store.reader).await?;
        Ok(target)
    }

    /// The same without looking at the key: for replacing one that was lost.
    pub(super) async fn open_with_any_key(args: &TargetArgs, clock: Clock) -> anyhow::Result<Self> {
        let config = match &args.data {
            Some(directory) => Data::existing(directory)?.config(KINDS)?,
            None => settings(args.config.as_deref())?.config().map_err(super::RefusedToStart)?,
        };
        let store = Store::open(&config.database_url, 2).await?;
        let stamp = stamp(&store.reader, store.engine).await?;
        stamp_fits(config.profile, stamp.environment).map_err(super::RefusedToStart)?;
        let (key, networks) = (config.secret_key.clone(), config.allowed_networks.clone());
        let gate = Gate::open_with_any_key(&store, CATALOG, clock, key, networks)
            .await?
            .with_separate_duties(config.separate_duties);
        Ok(Self { config, store, gate })
    }
}

/// Reads a reason that was given to a command.
pub(super) fn reason(text: &str) -> anyhow::Result<Reason> {
    Reason::parse(text).map_err(|_| anyhow!("a reason has 5 to 500 characters and no invisible characters"))
}

/// Who acts on the command line.
pub(super) fn actor() -> Actor {
    Actor::console(host(), format!("cli_{}", hex::encode(secret::random::<10>())))
}
