//! `ingam audit compare`: the rows against checkpoints that were kept elsewhere.

use super::{
    TargetArgs,
    evidence::{open, verifier},
};
use crate::{
    clock::Clock,
    digits::group,
    evidence::{
        compare::{self, Differs},
        offline,
        ship::{BEGINNING, bucket::Bucket, record, target::Target},
    },
    tlog::{checkpoint::Checkpoint, verifier::Verifier},
};
use anyhow::{Context as _, bail};
use clap::Args;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};
use tokio::task;

#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A checkpoint that was kept elsewhere, a directory of them, or a bucket as in `INGAM_AUDIT_SHIP`.
    path: PathBuf,
    /// The public key of the log, as `ingam audit keygen` printed it.
    #[arg(long, value_parser = verifier)]
    vkey: Verifier,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: CompareArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let (name, bucket) = place(&args)?;
    let store = open(&args.target).await?;
    // Before looking there: what is shipped meanwhile is not missed. A database of an earlier version, such as a restored one, knows of
    // no shipments.
    let shipped = record::sizes(&store.reader, &name).await.unwrap_or_default();
    let (checkpoints, findings) = elsewhere(&args, &name, bucket, clock).await?;
    let (count, largest) = (checkpoints.len(), checkpoints.iter().map(Checkpoint::size).max().unwrap_or_default());
    let sizes: BTreeSet<u64> = checkpoints.iter().map(Checkpoint::size).collect();
    let compared = compare::compare(&store.reader, checkpoints).await;
    store.close().await;
    for finding in &findings {
        eprintln!("ingam: {name}: {finding}");
    }
    let gone = shipped.into_iter().find(|size| !sizes.contains(&size.unsigned_abs()));
    match compared {
        Ok(()) => {
            if let Some(size) = gone {
                bail!("the checkpoint of {} rows was shipped to {name} and is not there any more", group(size));
            }
            if !findings.is_empty() {
                bail!(
                    "the database fits the oldest versions of {name}; what came later is {} findings",
                    findings.len()
                );
            }
            println!(
                "The database fits {count} checkpoints, up to {} rows.",
                group(i64::try_from(largest).unwrap_or(i64::MAX))
            );
            Ok(ExitCode::SUCCESS)
        }
        Err(differs @ Differs::Unfit(_)) => Err(differs.into()),
        Err(differs) => bail!("the database does not fit what was signed: {differs}"),
    }
}

/// What a place is called among the shipments, and its bucket where it is one.
fn place(args: &CompareArgs) -> anyhow::Result<(String, Option<Bucket>)> {
    let written = args.path.display().to_string();
    if !written.starts_with("s3://") {
        return Ok((args.path.components().collect::<PathBuf>().display().to_string(), None));
    }
    let settings = super::target::settings(args.target.config.as_deref())?;
    let target = settings.ship_target(&written).map_err(super::RefusedToStart)?;
    let name = target.name();
    match target {
        Target::Bucket(bucket) => Ok((name, Some(bucket))),
        Target::Directory(_) => bail!("{name} is no bucket"),
    }
}

/// The checkpoints that are there, and what is wrong with the place.
async fn elsewhere(
    args: &CompareArgs,
    name: &str,
    bucket: Option<Bucket>,
    clock: Clock,
) -> anyhow::Result<(Vec<Checkpoint>, Vec<String>)> {
    let Some(bucket) = bucket else { return Ok((read(&args.path, &args.vkey)?, Vec::new())) };
    let found = task::spawn_blocking(move || bucket.oldest(BEGINNING, &clock)).await??;
    if found.objects.is_empty() {
        bail!("{name} holds no checkpoint");
    }
    let read = |(key, bytes): &(String, Vec<u8>)| {
        compare::read(bytes, &args.vkey).with_context(|| format!("{key} is no checkpoint of this key"))
    };
    Ok((found.objects.iter().map(read).collect::<anyhow::Result<_>>()?, found.findings))
}

/// The checkpoints of a file or a directory.
pub(super) fn read(path: &Path, verifier: &Verifier) -> anyhow::Result<Vec<Checkpoint>> {
    let files = if path.is_dir() { offline::checkpoints(path)? } else { vec![path.to_owned()] };
    let read = |file: &PathBuf| {
        let bytes = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
        compare::read(&bytes, verifier).with_context(|| format!("{} is no checkpoint of this key", file.display()))
    };
    files.iter().map(read).collect()
}
