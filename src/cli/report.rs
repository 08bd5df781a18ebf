//! `ingam audit report`: the report about a month or a quarter as a file, the same bytes that are signed on the page.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    reviews::{
        Period,
        write::{WriteReview, report},
    },
    store::backup::Partial,
};
use anyhow::bail;
use clap::{ArgGroup, Args};
use std::{
    io::{Write as _, stdout},
    path::PathBuf,
    process::ExitCode,
};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("period").required(true)))]
pub struct ReportArgs {
    /// The month, as 2026-11, in the time zone of the settings.
    #[arg(long, group = "period")]
    month: Option<Period>,
    /// The quarter, as 2026-Q4.
    #[arg(long, group = "period")]
    quarter: Option<Period>,
    /// The file, which is not there yet; `-` is the standard output.
    #[arg(long, default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    why: WhyArgs,
    #[command(flatten)]
    target: TargetArgs,
}

pub(super) async fn run(args: ReportArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let Some(period) = args.month.or(args.quarter) else { bail!("name a month or a quarter") };
    let is_output = args.out.as_os_str() == "-";
    if !is_output && args.out.exists() {
        bail!("{} is there already; take another name", args.out.display());
    }
    let now = clock.now();
    let target = Target::open(&args.target, clock).await?;
    let (zone, plan) = (target.config.time_zone, target.config.review_plan.clone());
    let written = report(&target.store.reader, period, zone, plan, now).await?;
    let change = WriteReview { period, sha256: written.sha256.clone() };
    let sealed = target.gate.submit_for(&actor(), &change, &args.why.reason).await?;
    if is_output {
        stdout().write_all(&written.bytes)?;
    } else {
        let partial = Partial::begin(&args.out)?;
        partial.file()?.write_all(&written.bytes)?;
        partial.finish(&args.out)?;
        eprintln!("Wrote {}: {} bytes.", args.out.display(), written.bytes.len());
    }
    eprintln!("SHA-256 {}", written.sha256);
    eprintln!("Sealed as audit row #{}.", sealed.seq);
    if !written.is_over {
        eprintln!("The period has not ended: this report is provisional.");
    }
    Ok(ExitCode::SUCCESS)
}
