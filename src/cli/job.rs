//! `ingam job …`: the programs that the demo's jobs start. What they do is in [`night`].

use super::{TargetArgs, target::Target};
use crate::{
    clock::Clock,
    demo::night::{self, Opened},
};
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct JobArgs {
    #[command(subcommand)]
    job: Job,
}

#[derive(Debug, Subcommand)]
enum Job {
    /// Works out what came in on a day and what of it has been refunded.
    DailySettlement {
        /// The day, in Seoul: 2026-11-19.
        #[arg(long)]
        date: NaiveDate,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Lets points expire that are a year old.
    PointExpiry {
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Puts back what customers are found by, where it is missing.
    SearchReindex {
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Issues the coupons of a campaign.
    CouponIssue {
        #[arg(long)]
        campaign: String,
        #[command(flatten)]
        target: TargetArgs,
    },
}

pub(super) async fn run(args: JobArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let (now, open) = (clock.now(), |target| open(target, clock));
    let is_done = match args.job {
        Job::DailySettlement { date, target } => night::told(Box::pin(night::settle(date, now, open(target))).await),
        Job::PointExpiry { target } => night::told(Box::pin(night::expire(now, open(target))).await),
        Job::SearchReindex { target } => night::told(Box::pin(night::reindex(open(target))).await),
        Job::CouponIssue { campaign, target } => night::told(Box::pin(night::issue(&campaign, open(target))).await),
    };
    Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Opens the database when the job comes to it, after its first lines.
async fn open(args: TargetArgs, clock: Clock) -> anyhow::Result<Opened> {
    let Target { store, gate, .. } = Target::open(&args, clock).await?;
    Ok(Opened { store, gate })
}
