//! `ingam backup FILE`

use super::{TargetArgs, audit::tell, target::database_url};
use crate::{
    audit::verify::{Unfit, Verified, verify},
    changes::KINDS,
    store::{
        Engine, Store,
        backup::{Format, Partial, beside, postgres, sqlite},
        stamp,
    },
};
use anyhow::{Context as _, bail};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write, readable by its owner only. It has this name only once it is whole and its log was verified.
    file: PathBuf,
    /// Replaces an earlier backup of this name, once the new one is verified.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: BackupArgs) -> anyhow::Result<ExitCode> {
    let url = database_url(&args.target)?;
    let engine = Engine::of(&url)?;
    let file = args.file.as_path();
    refuse_taken(&args, engine, &url)?;
    let store = Store::open_unchanging(&url).await?;
    let written = write(&store, &url, file).await;
    store.close().await;
    let (partial, stamp, outcome) = written?;
    match outcome {
        Ok(verified) => {
            partial.finish(file)?;
            println!("Wrote {}, the whole database of {stamp}.", file.display());
            println!("INGAM_SECRET_KEY is not in it; keep that apart.");
            tell(&verified);
            Ok(ExitCode::SUCCESS)
        }
        // Evidence of what is wrong, and it must not take the place of a backup that is right.
        Err(unfit) => {
            let aside = beside(file, ".unfit");
            partial.finish(&aside)?;
            bail!(
                "the audit log does not fit: {unfit}; what was written is {}, and {} is as it was",
                aside.display(),
                file.display()
            )
        }
    }
}

/// Only a backup is replaced, and only where that was asked for; the database itself never.
fn refuse_taken(args: &BackupArgs, engine: Engine, url: &str) -> anyhow::Result<()> {
    let file = args.file.as_path();
    if file.file_name().is_none() {
        bail!("{} names no file", file.display());
    }
    if engine == Engine::Sqlite && sqlite::is_of(file, &sqlite::path(url)?) {
        bail!("{} is the database itself; name another file", file.display());
    }
    let there = match fs::symlink_metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        there => there.with_context(|| format!("{} cannot be looked at", file.display()))?,
    };
    if !args.replace {
        bail!("{} is there already; choose another name, or replace it with --replace", file.display());
    }
    let is_backup = there.is_file() && Format::of(file).is_ok();
    if !is_backup || beside(file, "-wal").exists() {
        bail!("{} is there already and is no backup, so it is not replaced; choose another name", file.display());
    }
    Ok(())
}

/// Writes what is there now, and verifies what was written.
async fn write(store: &Store, url: &str, file: &Path) -> anyhow::Result<(Partial, String, Result<Verified, Unfit>)> {
    let stamp = stamp(&store.reader, store.engine)
        .await
        .context("a backup is made with the program that serves the database, before a newer one migrates it")?;
    let environment = stamp.environment.to_string();
    let partial = Partial::begin(file)?;
    let outcome = match store.engine {
        Engine::Sqlite => {
            sqlite::write(url, &partial).await?;
            let written = Store::open_file(partial.path()).await?;
            let outcome = verify(&written.reader, KINDS).await;
            written.close().await;
            outcome
        }
        // What is in the file is what the store goes on seeing.
        Engine::Postgres => {
            postgres::dump(url, store, &partial).await?;
            verify(&store.reader, KINDS).await
        }
    };
    Ok((partial, environment, outcome))
}
