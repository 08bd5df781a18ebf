//! Which database a command works on, and what it needs to do so.

use super::TargetArgs;
use crate::{
    changes::{CATALOG, KINDS},
    clock::Clock,
    config::{Config, Settings},
    demo::data::Data,
    gate::{Actor, Gate, HostUser, Reason},
    profile::stamp_fits,
    secret,
    store::{Store, stamp},
    text,
};
use std::{env, ffi::OsStr, fs, path::Path};

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

/// The address of the database, for what needs no key.
pub(super) fn database_url(args: &TargetArgs) -> anyhow::Result<String> {
    match &args.data {
        Some(directory) => Ok(Data::existing(directory)?.config(KINDS)?.database_url),
        None => settings(args.config.as_deref())?.database_url().map_err(|why| super::RefusedToStart(why).into()),
    }
}

/// Who acts on the command line.
pub(super) fn actor() -> Actor {
    Actor::host(host(), user(), format!("cli_{}", hex::encode(secret::random::<10>())))
}

/// Who runs this command: what the kernel knows of the process, and what the environment claims.
fn user() -> HostUser {
    // All bits set is no one: a service, or a machine that does not keep it.
    const UNSET: u32 = u32::MAX;
    let login = fs::read_to_string("/proc/self/loginuid").ok().and_then(|text| text.trim().parse().ok());
    let uid = rustix::process::getuid().as_raw();
    let name = |name: &OsStr| name.to_str().map(printable).unwrap_or_default();
    HostUser {
        uid: Some(uid),
        name: uzers::get_user_by_uid(uid).map(|user| name(user.name())).unwrap_or_default(),
        login_uid: login.filter(|uid| *uid != UNSET),
        sudo_user: env::var_os("SUDO_USER").map(|user| name(&user)).unwrap_or_default(),
    }
}

/// A name as the log can hold it.
fn printable(name: &str) -> String {
    const LONGEST: usize = 64;
    name.chars().filter(|c| text::is_printable(*c)).take(LONGEST).collect()
}

/// Reads a reason that was given to a command.
pub(super) fn reason(text: &str) -> Result<Reason, &'static str> {
    Reason::parse(text).map_err(|_| "a reason has 5 to 500 characters and no invisible characters")
}
