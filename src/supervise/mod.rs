//! One command of a batch job: started without a shell, watched, and ended with everything it started.
//!
//! Nothing here knows of runs, tables or pages. [`start`] gives a [`Running`], which can be cancelled and tells the end,
//! and an [`Output`], from which the log is stored while it grows:
//!
//! ```no_run
//! # async fn run(clock: ingam::clock::Clock, cancel: tokio::sync::Notify) {
//! use ingam::supervise::{Allowed, Spec, start};
//! use std::time::Duration;
//!
//! let allowed = Allowed::parse("/opt/jobs/").unwrap();
//! let spec = Spec { timeout: Some(Duration::from_secs(3600)), ..Spec::new(["/opt/jobs/settle", "--day=2026-11-22"]) };
//! let ended = match start(&spec, &allowed, &clock, "console-1") {
//!     Ok((mut running, mut output)) => {
//!         // Store running.identity(), then:
//!         loop {
//!             tokio::select! {
//!                 news = output.next() => match news {
//!                     Some(news) => drop(news), // store it
//!                     None => break,
//!                 },
//!                 () = cancel.notified() => running.cancel(),
//!             }
//!             tokio::time::sleep(Duration::from_secs(1)).await;
//!         }
//!         running.ended().await
//!     }
//!     Err(ended) => ended,
//! };
//! # }
//! ```
//!
//! # What it cannot do
//!
//! A child that leaves the process group by `setsid(2)` is not killed; [`Ended::left_behind`] tells where such a one holds the
//! pipes. Where the console itself is killed, its commands go on; [`Identity`] is there to find them.

mod allowed;
mod group;
mod identity;
mod lines;
pub mod log;
mod mask;
mod output;
mod reading;
mod report;
mod running;
#[cfg(test)]
mod tests;

pub use allowed::{Allowed, BadEntry, Refused};
pub use identity::{Alive, Identity, host, is_alive};
pub use log::{Gap, Limits, Line, Log, New, Stream};
pub use output::{News, Output};
pub use report::Counts;
pub(crate) use report::Report;
pub use running::{Ended, Outcome, Running};

use crate::clock::Clock;
use group::Group;
use mask::{Mask, TooShort};
use reading::Reading;
use std::{fmt, io, path::PathBuf, process::Stdio, time::Duration};
use tokio::process::{Child, Command};

/// What is to be run, and within which bounds.
#[derive(Clone)]
pub struct Spec {
    /// The absolute path of the program, then its arguments as they are: no shell sees them.
    pub argv: Vec<String>,
    /// The whole environment; nothing is inherited, not even `PATH`.
    pub env: Vec<(String, String)>,
    /// The directory it runs in; `/` by default, rather than the one the console was started in.
    pub directory: Option<PathBuf>,
    pub timeout: Option<Duration>,
    /// How long it may take to end after SIGTERM.
    pub grace: Duration,
    pub limits: Limits,
    /// Secrets it knows, of at least four characters each. They are hidden in its output.
    pub masked: Vec<String>,
}

impl Spec {
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            env: Vec::new(),
            directory: None,
            timeout: None,
            grace: Duration::from_secs(10),
            limits: Limits::default(),
            masked: Vec::new(),
        }
    }
}

/// Arguments and the environment may hold secrets.
impl fmt::Debug for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("program", &self.argv.first())
            .field("directory", &self.directory)
            .field("timeout", &self.timeout)
            .field("grace", &self.grace)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Why a command was not started.
#[derive(Debug, thiserror::Error)]
enum NotStarted {
    #[error("the command is empty; name a program")]
    NoProgram,
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    TooShort(#[from] TooShort),
    #[error("{0:?} cannot be the name of a variable of the environment")]
    BadVariable(String),
    #[error("{} is not the absolute path of a directory to run in", .0.display())]
    NoDirectory(PathBuf),
    #[error("{program} cannot be started: {error}")]
    NotSpawned { program: String, error: io::Error },
    #[error("the system gives no handle to the process that was started")]
    NoHandle,
}

/// Starts a command on `host`, which is this machine, if `allowed` has its program. `Err` where it never ran.
///
/// # Panics
/// Outside of a tokio runtime with timers and I/O.
pub fn start(spec: &Spec, allowed: &Allowed, clock: &Clock, host: &str) -> Result<(Running, Output), Ended> {
    begin(spec, allowed, clock, host).map_err(|error| Ended::not_started(&error))
}

fn begin(spec: &Spec, allowed: &Allowed, clock: &Clock, host: &str) -> Result<(Running, Output), NotStarted> {
    let mask = Mask::new(&spec.masked)?;
    let mut command = prepared(spec, allowed)?;
    let not_spawned = |error| NotStarted::NotSpawned { program: spec.argv.first().cloned().unwrap_or_default(), error };
    let children = group::children().map_err(not_spawned)?;
    let mut child: Child = command.spawn().map_err(not_spawned)?;
    let (out, err) = child.stdout.take().zip(child.stderr.take()).ok_or(NotStarted::NoHandle)?;
    let group = Group::new(child, children).ok_or(NotStarted::NoHandle)?;
    let (sink, output) = output::channel(spec.limits);
    let reading = Reading::start(out, err, mask, spec.limits.line, sink, clock.clone());
    Ok((Running::attend(group, reading, spec.timeout, spec.grace, host), output))
}

fn prepared(spec: &Spec, allowed: &Allowed) -> Result<Command, NotStarted> {
    let Some((program, arguments)) = spec.argv.split_first() else { return Err(NotStarted::NoProgram) };
    if let Some((name, _)) = spec.env.iter().find(|(name, _)| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(NotStarted::BadVariable(name.clone()));
    }
    let directory = spec.directory.clone().unwrap_or_else(|| PathBuf::from("/"));
    // The system would report this as if the program did not exist.
    if !directory.is_absolute() || !directory.is_dir() {
        return Err(NotStarted::NoDirectory(directory));
    }
    let mut command = Command::new(allowed.find(program)?);
    command
        // Programs that are one file with many names (busybox) go by the name they are called.
        .arg0(program)
        .args(arguments)
        .env_clear()
        .envs(spec.env.iter().map(|(name, value)| (name, value)))
        .current_dir(directory)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Only until its group is in hand, which kills all of it.
        .kill_on_drop(true);
    Ok(command)
}
