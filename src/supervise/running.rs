//! A command while it runs, and how it ends.

use super::{group::Group, identity::Identity, reading::Reading, wire::Send};
use std::{io, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{self, Instant},
};

/// How long what a command leaves behind may still write when the command itself has ended, and how long after SIGKILL the
/// last process may take to vanish.
const LINGER: Duration = Duration::from_secs(1);

/// Why a command is lost of which only the launcher could learn how it ended.
const FORSAKEN: &str = "launcher-gone";

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal from another process, or of its own.
    Signalled(i32),
    /// It exceeded its time limit. It was told to end and has ended, with any exit code.
    TimedOut,
    /// [`Running::cancel`] was called. It was told to end and has ended, with any exit code.
    Cancelled,
    /// It never ran, and why: to be shown to the person who set up the job.
    NotStarted(String),
    /// It ran, but how it ended could not be learned from the system: it is unknown what it did.
    Lost(String),
}

/// The end of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub outcome: Outcome,
    /// From its start until its main process ended; children that remained had up to a second more, or what was left of
    /// the grace.
    pub duration: Duration,
    /// Something that it started escaped from its process group (`setsid(2)`) or from SIGKILL (a system call that hangs), and
    /// may still be at work.
    pub left_behind: bool,
}

impl Ended {
    pub(super) fn not_started(why: &dyn ToString) -> Self {
        Self::without_duration(Outcome::NotStarted(why.to_string()))
    }

    fn without_duration(outcome: Outcome) -> Self {
        Self { outcome, duration: Duration::ZERO, left_behind: false }
    }
}

/// A command that was started. It is attended to by a task of its own, however this value is used.
///
/// Where it is dropped before the end, the whole process group is killed at once.
#[derive(Debug)]
pub struct Running {
    identity: Identity,
    cancel: watch::Sender<bool>,
    task: JoinHandle<Ended>,
    ended: Option<Ended>,
}

impl Running {
    pub(super) fn attend(group: Group, reading: Reading, timeout: Option<Duration>, grace: Duration) -> Self {
        let identity = group.identity().clone();
        let (cancel, cancelled) = watch::channel(false);
        let attendance = Attendance { group, reading, cancelled, timeout, grace, started: Instant::now() };
        Self { identity, cancel, task: tokio::spawn(attendance.until_the_end()), ended: None }
    }

    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Tells the command to end, and sees to it that it does. Has no effect on one that has ended or was told before.
    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    /// Waits for the end; may be dropped while it waits, and called again. By then [`Output`](super::Output) is complete.
    pub async fn ended(&mut self) -> Ended {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let ended = (&mut self.task).await.unwrap_or_else(|error| {
            Ended::without_duration(Outcome::Lost(format!("the command was not attended to until its end: {error}")))
        });
        self.ended.insert(ended).clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Attendance {
    group: Group,
    reading: Reading,
    cancelled: watch::Receiver<bool>,
    timeout: Option<Duration>,
    grace: Duration,
    started: Instant,
}

impl Attendance {
    async fn until_the_end(mut self) -> Ended {
        let cause = self.cause().await;
        if self.group.is_forsaken() {
            self.reading.stop().await;
            return Ended::without_duration(Outcome::Lost(FORSAKEN.to_owned()));
        }
        let limit = if cause.is_some() { self.grace } else { LINGER };
        if cause.is_some() {
            self.group.signal(Send::Terminate);
            // What is stopped hears of SIGTERM only when it goes on.
            self.group.signal(Send::Continue);
        }
        // A shell dies of SIGTERM at once while what it started still puts things in order, so the grace is for all.
        let _ = time::timeout(limit, self.quiet()).await;
        self.group.signal(Send::Kill);
        // A process that hangs in a system call outlives SIGKILL. A run is not over while its main process lives.
        let ended = self.group.leader_ended().await;
        let left_behind = time::timeout(LINGER, self.quiet()).await.is_err();
        self.reading.stop().await;
        let status = self.group.reap().await;
        let outcome = if self.group.is_forsaken() {
            Outcome::Lost(FORSAKEN.to_owned())
        } else {
            cause.unwrap_or(outcome(status))
        };
        Ended { outcome, duration: ended - self.started, left_behind }
    }

    /// Waits until the command has ended by itself, or is to be ended for this reason.
    async fn cause(&mut self) -> Option<Outcome> {
        let timeout = self.timeout;
        let cause = tokio::select! {
            _ = self.group.leader_ended() => None,
            () = wanted(&mut self.cancelled) => Some(Outcome::Cancelled),
            () = after(timeout) => Some(Outcome::TimedOut),
        };
        // What has ended is neither cancelled nor late, even where word of it is still on its way.
        cause.filter(|_| self.group.leader_end().is_none())
    }

    /// Waits until all processes of the group have ended, and no process can write to its pipes any more.
    async fn quiet(&mut self) {
        self.group.all_ended().await;
        self.reading.ended().await;
    }
}

async fn wanted(cancelled: &mut watch::Receiver<bool>) {
    if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
        // No receiver is left; this task is about to be aborted.
        std::future::pending::<()>().await;
    }
}

async fn after(timeout: Option<Duration>) {
    match timeout {
        Some(timeout) => time::sleep(timeout).await,
        None => std::future::pending().await,
    }
}

fn outcome(status: io::Result<ExitStatus>) -> Outcome {
    match status.map(|status| (status.code(), status.signal())) {
        Ok((Some(code), _)) => Outcome::Exited(code),
        Ok((None, Some(signal))) => Outcome::Signalled(signal),
        Ok((None, None)) => Outcome::Lost("the system told neither an exit code nor a signal".to_owned()),
        Err(error) => Outcome::Lost(format!("the system did not tell the exit code: {error}")),
    }
}
