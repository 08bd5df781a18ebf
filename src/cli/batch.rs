//! `ingam batch …`

mod exec;
mod pipe;
mod reporter;
mod summary;

use super::{TargetArgs, target::Target};
use crate::{
    batches::{ping, record},
    clock::Clock,
};
use anyhow::{Context as _, bail};
use clap::Subcommand;
use std::{
    ffi::OsString,
    fmt::Display,
    io::{self, Write as _},
    process::ExitCode,
};

#[derive(Debug, Subcommand)]
pub(super) enum BatchCommand {
    /// Runs a command, reports its start, progress, counts and end to the console, and keeps its exit code.
    Exec {
        /// The name of the job in the configuration of the console.
        name: String,
        /// Where it reports: `https://console/ping/TOKEN`. The default is `INGAM_PING_URL`.
        #[arg(long)]
        url: Option<String>,
        /// How the command writes text, for its reports: a label of the Encoding standard, such as `euc-kr`. The default is UTF-8.
        #[arg(long)]
        encoding: Option<String>,
        /// The command and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Prints the token with which a job that runs elsewhere reports.
    Token {
        name: String,
        #[command(flatten)]
        target: TargetArgs,
    },
}

pub(super) async fn run(command: BatchCommand, clock: Clock) -> anyhow::Result<ExitCode> {
    match command {
        BatchCommand::Exec { name, url, encoding, command } => {
            Ok(exec::run(&name, url, encoding.as_deref(), &command).await)
        }
        BatchCommand::Token { name, target } => token(&name, target, clock).await,
    }
}

async fn token(name: &str, args: TargetArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let target = Target::open(&args, clock).await?;
    let found = async {
        let mut reader = &target.store.reader;
        let job = record::job(&mut reader, name).await?.with_context(|| format!("no job is called {name:?}"))?;
        if job.is_retired {
            bail!("the job {name:?} is no longer in the configuration and takes no reports");
        }
        let definition = record::definition(&mut reader, name, job.version).await?;
        definition.with_context(|| format!("the job {name:?} has no definition"))
    }
    .await;
    target.store.close().await;
    target.gate.close().await;
    let definition = found?;
    if !definition.kind().reports() {
        bail!("the console runs {name:?} itself and takes no reports for it");
    }
    let token = ping::token(&target.config.secret_key, name, definition.ping_revision);
    let origin = target.config.public_origin.unwrap_or_else(|| format!("http://{}", target.config.listen));
    println!("{token}");
    eprintln!("INGAM_PING_URL={origin}/ping/{token}  (a secret: it allows reports for {name:?})");
    Ok(ExitCode::SUCCESS)
}

/// Writes it to stderr if that is open. If it is closed, `eprintln!` would end this process, and with it the command's
/// exit code.
fn say(what: impl Display) {
    let _ = writeln!(io::stderr(), "ingam: {what}");
}
