//! One command of a batch job: started without a shell, watched, and ended with everything it started.
//!
//! Nothing here knows of runs, tables or pages. [`prepare`] gives a [`Waiting`], a process that has done nothing yet; it begins
//! as a [`Running`], which can be cancelled and tells the end, and an [`Output`], from which the log is stored while it grows:
//!
//! ```no_run
//! # async fn run(clock: ingam::clock::Clock, cancel: tokio::sync::Notify) -> Result<(), ingam::supervise::Ended> {
//! use ingam::supervise::{Allowed, Launcher, Spec, prepare};
//! use std::time::Duration;
//!
//! let allowed = Allowed::parse("/opt/jobs/").unwrap();
//! let launcher = Launcher::own(None);
//! let spec = Spec { timeout: Some(Duration::from_secs(3600)), ..Spec::new(["/opt/jobs/settle", "--day=2026-11-22"]) };
//! let waiting = prepare(&spec, &allowed, &clock, "console-1", &launcher).await?;
//! // Store waiting.identity(), then:
//! let (mut running, mut output) = waiting.begin().await?;
//! loop {
//!     tokio::select! {
//!         news = output.next() => match news {
//!             Some(news) => drop(news), // store it
//!             None => break,
//!         },
//!         () = cancel.notified() => running.cancel(),
//!     }
//!     tokio::time::sleep(Duration::from_secs(1)).await;
//! }
//! running.ended().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Three processes
//!
//! ```text
//! console ── socket ── launcher        started before the console reads its secrets, with an empty environment
//!    │                    └─ starts ─ the process of a command, which waits
//!    └── socket, two pipes ───────────┘
//! ```
//!
//! The console hands one socket and two pipes over to the launcher for each command, and from then on speaks with the process
//! itself: it says on the socket what is to be executed, and reads both outputs. The launcher starts, signals and reaps.
//!
//! # What it cannot do
//!
//! A child that leaves the process group by `setsid(2)` is not killed; [`Ended::left_behind`] tells where such a one holds the
//! pipes. Where the console or the launcher is killed, commands go on; [`Identity`] is there to find them.

mod allowed;
mod decoding;
mod escapes;
mod group;
mod identity;
mod isolation;
mod launcher;
mod lines;
pub mod log;
mod mask;
mod output;
mod reading;
mod report;
mod row;
mod running;
mod serving;
mod stage;
mod waiting;
mod wire;

pub use allowed::{Allowed, BadEntry, Refused};
pub use decoding::Charset;
pub use identity::{Alive, Identity, host, is_alive};
pub use isolation::{hide, keep_files};
pub use launcher::{Launcher, SERVING, User};
pub(crate) use lines::{Lines, Piece, shown};
pub use log::{Gap, Limits, Line, Log, New, Stream};
pub use mask::Hidden;
pub use output::{News, Output};
pub use report::Counts;
pub(crate) use report::Report;
pub use running::{Ended, Outcome, Running};
pub use serving::{WAITING, serve};
pub use stage::wait;
pub use waiting::Waiting;

use crate::clock::Clock;
use mask::{Mask, Unmaskable};
use std::{fmt, io, path::PathBuf, time::Duration};
use wire::Program;

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
    /// How it writes text.
    pub charset: Charset,
    /// Secrets it knows, of at least four characters each. They are hidden in its output.
    pub masked: Vec<String>,
    /// Secrets it must not know, which are hidden in its output all the same. Shorter ones appear by chance and are not.
    pub own: Hidden,
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
            charset: Charset::default(),
            masked: Vec::new(),
            own: Hidden::default(),
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
    Unmaskable(#[from] Unmaskable),
    #[error("{0:?} cannot be the name of a variable of the environment")]
    BadVariable(String),
    #[error("{} is not the absolute path of a directory to run in", .0.display())]
    NoDirectory(PathBuf),
    #[error("{program} cannot be started: {error}")]
    NotSpawned { program: String, error: io::Error },
}

/// Starts the process of a command on `host`, which is this machine, if `allowed` has its program. It does nothing before it
/// is told to begin. `Err` where it never will.
///
/// # Panics
/// Outside of a tokio runtime with timers and I/O.
pub async fn prepare(
    spec: &Spec,
    allowed: &Allowed,
    clock: &Clock,
    host: &str,
    launcher: &Launcher,
) -> Result<Waiting, Ended> {
    let prepared = Mask::new(&spec.masked, &spec.own)
        .map_err(NotStarted::from)
        .and_then(|mask| Ok((mask, program(spec, allowed)?)));
    let waiting = match prepared {
        Ok((mask, program)) => Waiting::start(spec, program, mask, clock, host, launcher).await,
        Err(error) => Err(error),
    };
    waiting.map_err(|error| Ended::not_started(&error))
}

fn program(spec: &Spec, allowed: &Allowed) -> Result<Program, NotStarted> {
    let Some((name, arguments)) = spec.argv.split_first() else { return Err(NotStarted::NoProgram) };
    if let Some((name, _)) = spec.env.iter().find(|(name, _)| name.is_empty() || name.contains(['=', '\0'])) {
        return Err(NotStarted::BadVariable(name.clone()));
    }
    let directory = spec.directory.clone().unwrap_or_else(|| PathBuf::from("/"));
    // The system would report this as if the program did not exist.
    if !directory.is_absolute() || !directory.is_dir() {
        return Err(NotStarted::NoDirectory(directory));
    }
    let path = allowed.find(name)?;
    if arguments.iter().chain(spec.env.iter().map(|(_, value)| value)).any(|text| text.contains('\0')) {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "an argument or a variable contains NUL");
        return Err(NotStarted::NotSpawned { program: name.clone(), error });
    }
    let (name, arguments, environment) = (name.clone(), arguments.to_vec(), spec.env.clone());
    Ok(Program { path, name, arguments, environment, directory })
}
