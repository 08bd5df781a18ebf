//! `ingam deployment …`: recording a deployment where no pipeline reports it.

use super::{
    TargetArgs, WhyArgs,
    target::{Target, actor},
};
use crate::{
    clock::Clock,
    deployments::{DEPLOYMENT_KNOWN, record_change::RecordDeployment, report::Report},
    gate::Refusal,
};
use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum DeploymentCommand {
    /// Records that a service was deployed, for the page of deployments and those who look at alerts.
    Record {
        #[command(flatten)]
        what: WhatArgs,
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
}

#[derive(Debug, Args)]
pub(super) struct WhatArgs {
    #[arg(long)]
    service: String,
    #[arg(long)]
    version: String,
    #[arg(long, default_value = "")]
    environment: String,
    /// Who deployed it.
    #[arg(long, default_value = "")]
    by: String,
    /// The page of the release or of the pipeline.
    #[arg(long, default_value = "")]
    url: String,
    #[arg(long, default_value = "")]
    notes: String,
    /// When, as in `2026-03-01T09:30:00+09:00`; without it, now.
    #[arg(long, default_value = "")]
    at: String,
}

pub(super) async fn run(command: DeploymentCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    let DeploymentCommand::Record { what, why, target } = command;
    let WhatArgs { service, version, environment, by, url, notes, at } = what;
    let report = Report { service, environment, version, at, by, url, notes };
    let report = report.checked(clock.now()).map_err(|why| anyhow!(why))?;
    let target = Target::open(&target, clock).await?;
    let (service, version) = (report.service.clone(), report.version.clone());
    match target.gate.submit_for(&actor(), &RecordDeployment { report }, &why.reason).await {
        Ok(sealed) => println!("{service} {version} was recorded; sealed as audit row #{}", sealed.seq),
        Err(Refusal::Rejected(rejection)) if rejection.word == DEPLOYMENT_KNOWN => {
            println!("{service} {version} was recorded before");
        }
        Err(Refusal::Unrecorded(error)) => return Err(error),
        Err(refusal) => bail!("{refusal}"),
    }
    Ok(ExitCode::SUCCESS)
}
