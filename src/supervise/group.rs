//! A process group: a command together with everything it started.

use super::identity::{self, members};
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid},
};
use std::{io, process::ExitStatus, time::Duration};
use tokio::{
    process::Child,
    signal::unix,
    task,
    time::{self, Instant},
};

/// How often is looked for processes that remain.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The group of a child that was started as the leader of its own.
///
/// The id of a group is the pid of its leader, and is free for others once the leader was reaped and the last member is
/// gone. So the leader stays a zombie until the group has got its last signal: no signal can reach another process.
#[derive(Debug)]
pub(super) struct Group {
    leader: Child,
    pid: Pid,
    /// Tells that some child of this process has changed.
    children: unix::Signal,
    ended: Option<Instant>,
    reaped: bool,
}

/// Hears of children that end. To be had before the first one is started, or its end could be missed.
pub(super) fn children() -> io::Result<unix::Signal> {
    unix::signal(unix::SignalKind::child())
}

impl Group {
    /// `None` where the child was waited for already.
    pub(super) fn new(leader: Child, children: unix::Signal) -> Option<Self> {
        let pid = leader.id().and_then(identity::raw)?;
        Some(Self { leader, pid, children, ended: None, reaped: false })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid.as_raw_pid().unsigned_abs()
    }

    pub(super) fn signal(&self, signal: Signal) {
        if self.reaped {
            return;
        }
        // The group has at least its leader, if only as a zombie. What may not be signalled runs as another user.
        if let Err(error) = kill_process_group(self.pid, signal) {
            tracing::warn!(pid = self.pid(), ?signal, %error, "a process group could not be signalled");
        }
    }

    /// When the leader has ended, if it has; it is not reaped.
    pub(super) fn leader_end(&mut self) -> Option<Instant> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if self.ended.is_none() {
            self.ended = match waitid(WaitId::Pid(self.pid), options) {
                Ok(None) | Err(Errno::INTR) => None,
                // What cannot be waited for is no child any more.
                Ok(Some(_)) | Err(_) => Some(Instant::now()),
            };
        }
        self.ended
    }

    /// Waits for that.
    pub(super) async fn leader_ended(&mut self) -> Instant {
        loop {
            if let Some(ended) = self.leader_end() {
                return ended;
            }
            if self.children.recv().await.is_none() {
                time::sleep(LOOK_EVERY).await;
            }
        }
    }

    /// Waits until no member lives. Where the system does not show that, until the leader has ended.
    pub(super) async fn all_ended(&mut self) {
        self.leader_ended().await;
        let pid = self.pid();
        // Reading /proc takes milliseconds where there are thousands of processes.
        while task::spawn_blocking(move || members(pid))
            .await
            .is_ok_and(|found| found.is_some_and(|pids| !pids.is_empty()))
        {
            time::sleep(LOOK_EVERY).await;
        }
    }

    /// Asks for the exit status of the leader. The group gets no signals after that.
    pub(super) async fn reap(&mut self) -> io::Result<ExitStatus> {
        let status = self.leader.wait().await;
        self.reaped = true;
        status
    }
}

/// When the caller no longer waits for a command, none of its processes goes on.
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}
