//! The command line: one file per command.

mod audit;
mod backup;
mod batch;
mod check;
mod code;
mod compare;
mod demo;
mod deployment;
mod evidence;
mod export;
mod healthcheck;
mod job;
mod key;
mod lever;
mod migrate;
mod network;
mod notify;
mod queue;
mod report;
mod restore;
mod rotate_key;
mod seed;
mod serve;
mod ship;
mod staff;
mod target;
mod zones;

use crate::{
    clock::Clock,
    gate::{Reason, WrongKey},
    supervise,
};
use clap::{Args, Parser, Subcommand};
use std::{env, net::SocketAddr, path::PathBuf, process::ExitCode};

/// An admin console in which every change is sealed.
#[derive(Debug, Parser)]
#[command(name = "ingam", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a console with sample data on this machine. The default.
    Demo(DemoArgs),
    /// Prints the current one-time code of a demo account.
    Code(CodeArgs),
    /// Serves the console, configured by the environment.
    Serve(ConfigArgs),
    /// Brings the database up to date, makes again what a restore left out, and stamps a new one with its environment.
    Migrate(ConfigArgs),
    /// Checks everything the server checks before it starts. Exits with 78 if the server would refuse to start.
    Check(CheckArgs),
    /// Checks whether the running server answers.
    Healthcheck,
    /// Staff accounts: the first one, and repairs when no owner can sign in.
    #[command(subcommand)]
    Staff(staff::StaffCommand),
    /// The secret key: what to do where it is lost.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Replaces the secret key while the console serves: `INGAM_SECRET_KEY` is the new one, `INGAM_SECRET_KEY_OLD` the one in use.
    RotateKey(rotate_key::RotateArgs),
    /// The networks that may use the console.
    #[command(subcommand)]
    Network(network::NetworkCommand),
    /// The channels over which others are told.
    #[command(subcommand)]
    Notify(notify::NotifyCommand),
    /// The topics that are read.
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// Kinds of change that are closed for everybody.
    #[command(subcommand)]
    Lever(lever::LeverCommand),
    /// What was deployed, where no pipeline reports it.
    #[command(subcommand)]
    Deployment(deployment::DeploymentCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Writes the whole database into a file, also while the console serves, and verifies the log in it.
    Backup(backup::BackupArgs),
    /// Restores a database from a file of `ingam backup`, brings it up to date and verifies its log. No console may serve meanwhile.
    Restore(restore::RestoreArgs),
    /// Batch jobs that run elsewhere.
    #[command(subcommand)]
    Batch(batch::BatchCommand),
    /// Fills a database with sample customers and orders; not in production.
    Seed(SeedArgs),
    /// The programs that the jobs of the demo start.
    #[command(hide = true)]
    Job(job::JobArgs),
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The address to listen on; port 0 takes a free port.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The directory for the data.
    #[arg(long, default_value = "./ingam-demo")]
    data: PathBuf,
    /// The number of customers of a new demo.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(i64).range(1..=5_000_000))]
    users: i64,
    /// Replaces existing data.
    #[arg(long)]
    fresh: bool,
    /// Prints QR codes, by which an authenticator app takes over the accounts.
    #[arg(long)]
    qr: bool,
}

#[derive(Debug, Args)]
pub struct CodeArgs {
    email: String,
    #[arg(long, default_value = "./ingam-demo")]
    data: PathBuf,
}

#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// A TOML file with the settings that are not secret.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What `ingam check` reads, and whether for production.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Prints the four checklists of a console that is ready for production instead (deployment, batches, admin, monitoring), with
    /// a verdict for each line. Exits with 1 where a line is not so.
    #[arg(long)]
    readiness: bool,
}

/// Why a command changes something.
#[derive(Debug, Args)]
pub struct WhyArgs {
    /// Why, for the audit log and for the owners, who are shown each change from the host.
    #[arg(long, value_parser = target::reason)]
    reason: Reason,
}

/// Which database a command is about: the one of the environment, or a demo's.
#[derive(Debug, Args)]
pub struct TargetArgs {
    #[arg(long)]
    config: Option<PathBuf>,
    /// A demo's data directory, in place of `DATABASE_URL`.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Recomputes the whole log from its rows and names the first row that does not fit. With a file: verifies a checkpoint or a
    /// receipt without a database.
    Verify {
        #[command(flatten)]
        offline: evidence::OfflineArgs,
        /// Holds only the bytes of the rows against their leaves, the root and the checkpoints, in a fraction of the time: neither
        /// columns nor other tables.
        #[arg(long, conflicts_with = "path")]
        leaves: bool,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Writes rows of the log into a file, as a change with its reason: a bundle that proves them, or lines to read.
    Export(export::ExportArgs),
    /// Writes the report about the access records and the log of a month or a quarter, as it is signed under `/audit/reviews`.
    Report(report::ReportArgs),
    /// Makes a key that signs the log, and prints the public key.
    Keygen(evidence::KeygenArgs),
    /// Signs the log as it is now and prints the checkpoint, or says why it cannot be signed.
    Sign {
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Writes the receipt of a row and its bytes into files, with which others verify that it is in the log.
    Prove(evidence::ProveArgs),
    /// Prints the proof that the log of one checkpoint begins with the log of an earlier one.
    Consistency(evidence::ConsistencyArgs),
    /// Holds the rows of the database against checkpoints that were kept elsewhere.
    Compare(compare::CompareArgs),
    /// Ships checkpoints to the targets of `INGAM_AUDIT_SHIP`, or checks whether they can be.
    Ship(ship::ShipArgs),
    /// Lets people change things again, where the newest row of the log is ahead of the clock because that was ahead once: until the
    /// clock has passed it, rows have its time and name the time of the clock besides. Set the clock right first.
    HoldTime {
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
    /// Takes over the entries that the shop added to the ledger of points since the last time.
    TakeOverLedger {
        #[command(flatten)]
        why: WhyArgs,
        #[command(flatten)]
        target: TargetArgs,
    },
}

#[derive(Debug, Args)]
pub struct SeedArgs {
    /// The number of customers.
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=100_000_000))]
    users: i64,
    /// The number of orders.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=100_000_000))]
    orders: i64,
    #[command(flatten)]
    why: WhyArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// What the server's rules of environment isolation refused: exit code 78, `EX_CONFIG` of sysexits.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RefusedToStart(pub String);

const EX_CONFIG: u8 = 78;

/// Arguments that do not fit together, found after they were read: exit code 2, as for those that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(&'static str);

const EX_USAGE: u8 = 2;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    // First of all: from here on no job of the same user reads the secrets of this process.
    supervise::hide();
    // What a console starts, and no person.
    match env::args().nth(1).as_deref() {
        Some(supervise::SERVING) => return ended(supervise::serve().map(|()| ExitCode::SUCCESS)),
        Some(supervise::WAITING) => return supervise::wait(),
        _ => {}
    }
    let cli = Cli::parse();
    let clock = Clock::system();
    let command = cli.command.unwrap_or_else(|| {
        Command::Demo(DemoArgs {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            data: PathBuf::from("./ingam-demo"),
            users: 2000,
            fresh: false,
            qr: false,
        })
    });
    let outcome = match command {
        // Asked every few seconds by a container runtime: no runtime of our own, no database.
        Command::Healthcheck => healthcheck::run(),
        command => actix_web::rt::System::new().block_on(dispatch(command, clock)),
    };
    ended(outcome)
}

fn ended(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ingam: {}", one_line(&error));
            if error.is::<RefusedToStart>() || error.is::<WrongKey>() {
                ExitCode::from(EX_CONFIG)
            } else if error.is::<Usage>() {
                ExitCode::from(EX_USAGE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

async fn dispatch(command: Command, clock: Clock) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(args) => Box::pin(demo::run(args, clock)).await,
        Command::Code(args) => code::run(args, clock).await,
        Command::Serve(args) => Box::pin(serve::run(args, clock)).await,
        Command::Migrate(args) => migrate::run(args, clock).await,
        Command::Check(args) => check::run(args, clock).await,
        Command::Healthcheck => healthcheck::run(),
        Command::Staff(command) => Box::pin(staff::run(command, clock)).await,
        Command::Key(command) => key::run(command, clock).await,
        Command::RotateKey(args) => rotate_key::run(args, clock).await,
        Command::Network(command) => Box::pin(network::run(command, clock)).await,
        Command::Notify(command) => notify::run(command, clock).await,
        Command::Queue(command) => queue::run(command, clock).await,
        Command::Lever(command) => lever::run(command, clock).await,
        Command::Deployment(command) => deployment::run(command, clock).await,
        Command::Audit(AuditCommand::Verify { offline, leaves, target }) => match evidence::verify(&offline) {
            Some(code) => Ok(code),
            None if leaves => audit::verify_leaves(target).await,
            None => audit::verify(target).await,
        },
        Command::Audit(AuditCommand::Keygen(args)) => evidence::keygen(&args),
        Command::Audit(AuditCommand::Sign { target }) => evidence::sign(target, clock).await,
        Command::Audit(AuditCommand::Export(args)) => Box::pin(export::run(args, clock)).await,
        Command::Audit(AuditCommand::Report(args)) => Box::pin(report::run(args, clock)).await,
        Command::Audit(AuditCommand::Prove(args)) => evidence::prove(args).await,
        Command::Audit(AuditCommand::Consistency(args)) => evidence::consistency(args).await,
        Command::Audit(AuditCommand::Compare(args)) => compare::run(args, clock).await,
        Command::Audit(AuditCommand::Ship(args)) => ship::run(args, clock).await,
        Command::Audit(AuditCommand::HoldTime { why, target }) => audit::hold_time(&why.reason, target, clock).await,
        Command::Audit(AuditCommand::TakeOverLedger { why, target }) => {
            audit::take_over_ledger(&why.reason, target, clock).await
        }
        Command::Backup(args) => Box::pin(backup::run(args)).await,
        Command::Restore(args) => Box::pin(restore::run(args, clock)).await,
        Command::Batch(command) => batch::run(command, clock).await,
        Command::Seed(args) => seed::run(args, clock).await,
        Command::Job(args) => Box::pin(job::run(args, clock)).await,
    }
}

/// An error and its causes in one clear line.
fn one_line(error: &anyhow::Error) -> String {
    format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
