//! `ingam audit export`: rows of the log as a file on the host, sealed like every export.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    audit::{background::report_unsigned, filter::Filter},
    clock::{Clock, Instant},
    digits::group,
    evidence::{
        keep::{self, sign_and_keep},
        sign::Refused,
    },
    exports::{EXPORT_EMPTY, EXPORT_UNSIGNED, PURPOSES, create::CreateExport, format::Format, host},
    gate::{Refusal, Sealed},
    id::{ExportId, Seq},
    store::backup::Partial,
    web::list::read::day,
    zone::Zone,
};
use anyhow::{Context as _, anyhow, bail};
use clap::{Args, builder::PossibleValuesParser};
use std::{io::BufWriter, path::PathBuf, process::ExitCode};

#[derive(Debug, Args)]
pub struct ExportArgs {
    /// What the file is written as: `bundle` is JSON Lines with all that proves them.
    #[arg(long, default_value = "bundle", value_parser = PossibleValuesParser::new(Format::ALL.map(Format::as_str)))]
    format: String,
    /// The first day, as 2026-11-01, in the time zone of the settings.
    #[arg(long)]
    from: Option<String>,
    /// The last day.
    #[arg(long)]
    to: Option<String>,
    /// What the file is for.
    #[arg(long, value_parser = PossibleValuesParser::new(PURPOSES))]
    purpose: String,
    /// The file, which is not there yet; one in this directory, with the name that the console would give it, where it is a directory.
    #[arg(long, default_value = ".")]
    out: PathBuf,
    #[command(flatten)]
    why: WhyArgs,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: ExportArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    if !args.out.is_dir() && args.out.exists() {
        bail!("{} is there already; take another name", args.out.display());
    }
    let format = Format::parse(&args.format).context("this is no format")?;
    let target = Target::open(&args.target, clock).await?;
    let times = days(&args, target.config.time_zone)?;
    let given = |day: &Option<String>| day.clone().unwrap_or_default();
    let days = Filter { from: given(&args.from), to: given(&args.to), ..Filter::default() };
    if format == Format::Bundle {
        sign(&target).await?;
    }
    let change = host::select(&target.store.reader, format, &args.purpose, &days, times).await?;
    let (sealed, actor) = (seal(&target, &change, &args).await?, actor());
    let export = host::made(&target.store.reader, sealed.output).await?;
    let path = if args.out.is_dir() { args.out.join(export.file_name()) } else { args.out };
    let partial = Partial::begin(&path)?;
    let mut out = BufWriter::new(partial.file()?);
    let written = host::write(&target.store.reader, &target.gate, &actor, &export, &mut out).await?;
    partial.finish(&path)?;
    println!("Wrote {}: {} rows, {} bytes.", path.display(), group(written.rows), group(written.bytes));
    println!("SHA-256 {}", written.sha256);
    println!("Sealed as audit row #{}.", sealed.seq);
    Ok(ExitCode::SUCCESS)
}

/// The beginning of the first day and the end of the last one.
fn days(args: &ExportArgs, zone: Zone) -> anyhow::Result<(Option<Instant>, Option<Instant>)> {
    let read = |text: &Option<String>, after| match text {
        Some(text) => day(text, zone, after).map(Some).map_err(|_| anyhow!("{text:?} is no day such as 2026-11-01")),
        None => Ok(None),
    };
    let (from, to) = (read(&args.from, 0)?, read(&args.to, 1)?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        bail!("the last day is before the first one");
    }
    Ok((from, to))
}

/// Has the newest rows signed where this command has the key, so that the bundle holds them.
async fn sign(target: &Target) -> anyhow::Result<()> {
    let Some(signing) = &target.config.signing else { return Ok(()) };
    match sign_and_keep(&target.store.reader, &target.gate, signing).await {
        Ok(_) | Err(Refused::Busy) => Ok(()),
        Err(Refused::Store(error)) => Err(error.into()),
        Err(refused) => {
            report_unsigned(&target.gate, &refused).await?;
            Err(anyhow::Error::new(refused).context("nothing was exported, because the log cannot be signed"))
        }
    }
}

async fn seal(target: &Target, change: &CreateExport, args: &ExportArgs) -> anyhow::Result<Sealed<ExportId>> {
    let signed = keep::last(&mut &target.store.reader).await?.map_or(0, |kept| kept.size);
    if change.format == Format::Bundle && signed > 0 && change.selection.end > Seq::new(signed) {
        bail!("nothing was exported: rows after {signed} are not signed yet; run `ingam audit sign` where the key is");
    }
    match target.gate.submit_for(&actor(), change, &args.why.reason).await {
        Err(Refusal::Rejected(rejection)) => match rejection.word {
            EXPORT_EMPTY => bail!("nothing was exported: the log has no row of these days"),
            EXPORT_UNSIGNED => bail!("nothing was exported: a bundle needs a checkpoint; run `ingam audit sign`"),
            _ => Err(Refusal::Rejected(rejection).into()),
        },
        sealed => Ok(sealed?),
    }
}
