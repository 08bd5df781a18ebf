//! `ingam restore FILE`

use super::{
    RefusedToStart, TargetArgs,
    audit::tell,
    check,
    migrate::{refused, say_repaired},
    target::settings,
};
use crate::{
    audit::verify::{Verified, verify},
    changes::KINDS,
    clock::{Clock, Instant},
    config::Config,
    demo::data::Data,
    profile::Profile,
    secret::SecretKey,
    store::{
        self, Engine, Store, WithoutWal,
        backup::{Format, Partial, There, postgres, sqlite},
    },
};
use anyhow::{Context as _, bail};
use clap::Args;
use std::{path::PathBuf, process::ExitCode};

#[derive(Debug, Args)]
pub(super) struct RestoreArgs {
    /// A file that `ingam backup` wrote; also another copy of a SQLite database, or a dump in PostgreSQL's custom format.
    file: PathBuf,
    /// Replaces the rows that are in the database now. They are gone then.
    #[arg(long)]
    replace: bool,
    /// Restores even what is known to lack its newest changes, or a SQLite database whose log does not fit.
    #[arg(long)]
    unverified: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// Where it is restored to.
struct Target {
    url: String,
    profile: Profile,
    /// Compared with the database where it is known.
    key: Option<SecretKey>,
}

impl Target {
    fn of(args: &TargetArgs) -> anyhow::Result<Self> {
        let of =
            |config: Config| Self { url: config.database_url, profile: config.profile, key: Some(config.secret_key) };
        if let Some(directory) = &args.data {
            return Ok(of(Data::existing(directory)?.config(KINDS)?));
        }
        let settings = settings(args.config.as_deref())?;
        let profile = settings.profile().map_err(RefusedToStart)?;
        let url = settings.database_url().map_err(RefusedToStart)?;
        Ok(Self { url, profile, key: settings.config().ok().map(|config| config.secret_key) })
    }
}

pub(super) async fn run(args: RestoreArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let target = Target::of(&args.target)?;
    let (engine, format) = (Engine::of(&target.url)?, Format::of(&args.file)?);
    let restored = match (engine, format) {
        (Engine::Sqlite, Format::Sqlite) => into_sqlite(&args, &target, clock.now()).await,
        (Engine::Postgres, Format::Postgres) => into_postgres(&args, &target, clock.now()).await,
        (Engine::Sqlite, Format::Postgres) => {
            bail!("{} is a dump of PostgreSQL, and DATABASE_URL names SQLite", args.file.display())
        }
        (Engine::Postgres, Format::Sqlite) => {
            bail!("{} is a SQLite database, and DATABASE_URL names PostgreSQL", args.file.display())
        }
    };
    let verified = restored.map_err(refused)?;
    warn_of_key(&target).await?;
    println!("Restored {} to {}.", args.file.display(), store::shown(&target.url));
    match verified {
        Some(verified) => tell(&verified),
        None => println!("The audit log does not fit; `ingam audit verify` says where."),
    }
    Ok(ExitCode::SUCCESS)
}

fn refuse_rows(there: There, args: &RestoreArgs) -> anyhow::Result<()> {
    match there {
        There::Rows(table) if !args.replace => bail!(
            "the database has rows, in the table {table} for example, and restoring would replace all of them; restore into an empty \
             database, or say --replace"
        ),
        _ => Ok(()),
    }
}

/// Everything is done to a copy beside the database, which then takes its place.
async fn into_sqlite(args: &RestoreArgs, target: &Target, now: Instant) -> anyhow::Result<Option<Verified>> {
    let database = sqlite::path(&target.url)?;
    if sqlite::is_of(&args.file, &database) && !args.unverified {
        bail!("{} is the database itself", args.file.display());
    }
    match sqlite::there(&target.url).await {
        Ok(there) => refuse_rows(there, args)?,
        Err(_) if args.replace => {}
        Err(error) => {
            return Err(error)
                .with_context(|| format!("{} is there and cannot be read; --replace replaces it", database.display()));
        }
    }
    let fetched = Partial::begin(&database)?;
    sqlite::fetch(&args.file, &fetched)?;
    let facts = sqlite::examine(&fetched, &args.file, args.unverified).await;
    let facts = facts.map_err(|error| {
        let way = if error.is::<WithoutWal>() { "; --unverified restores what is there" } else { "" };
        error.context(format!("nothing was changed{way}"))
    })?;
    facts.check(Format::Sqlite, target.profile)?;
    let url = sqlite::url(fetched.path())?;
    say_repaired(&store::migrate(&url, target.profile, now).await?);
    let verified = verified(&url).await;
    let verified = match verified {
        Err(unfit) if !args.unverified => {
            return Err(unfit.context("nothing was changed; --unverified restores it all the same"));
        }
        verified => verified.ok(),
    };
    sqlite::swap(fetched, &database).await?;
    Ok(verified)
}

async fn into_postgres(args: &RestoreArgs, target: &Target, now: Instant) -> anyhow::Result<Option<Verified>> {
    let facts = postgres::facts(&target.url, &args.file).await?;
    facts.check(Format::Postgres, target.profile)?;
    refuse_rows(postgres::there(&target.url).await?, args)?;
    postgres::replace(&target.url, &args.file).await?;
    let migrated = store::migrate(&target.url, target.profile, now).await;
    say_repaired(&migrated.context("the rows are restored, and the schema is not up to date: run `ingam migrate`")?);
    let verified = verified(&target.url).await;
    if args.unverified {
        return Ok(verified.ok());
    }
    verified.context("restored").map(Some)
}

async fn verified(url: &str) -> anyhow::Result<Verified> {
    let store = Store::open(url, 1).await?;
    let verified = verify(&store.reader, KINDS).await;
    store.close().await;
    verified.map_err(|unfit| anyhow::anyhow!("the audit log does not fit: {unfit}"))
}

/// A backup does not hold the key, and without its own no person signs in: better said now than at the start.
async fn warn_of_key(target: &Target) -> anyhow::Result<()> {
    let Some(key) = &target.key else { return Ok(()) };
    let store = Store::open(&target.url, 1).await?;
    let fits = check::of_key(&store, key).await.verdict;
    store.close().await;
    if let Err(why) = fits {
        eprintln!("ingam: warning: {why}");
    }
    Ok(())
}
