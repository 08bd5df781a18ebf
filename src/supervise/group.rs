//! A process group: a command together with everything it started.

use super::{
    identity::{Alive, Identity, members},
    launcher::Started,
    wire::{Send, Told},
};
use std::{io, os::unix::process::ExitStatusExt as _, process::ExitStatus, time::Duration};
use tokio::{
    task,
    time::{self, Instant},
};

/// How often is looked for processes that remain.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The group of a process that the launcher started as the leader of its own.
///
/// The id of a group is the pid of its leader, and is free for others once the leader was reaped and the last member is
/// gone. So the leader stays a zombie until the group has got its last signal: no signal can reach another process. Where the
/// launcher has died, that is not certain any more, and nothing is signalled.
#[derive(Debug)]
pub(super) struct Group {
    leader: Started,
    identity: Identity,
    ended: Option<Instant>,
    reaped: bool,
    /// The launcher has died, and how the leader ends cannot be learned.
    forsaken: bool,
}

impl Group {
    pub(super) fn new(leader: Started, host: &str) -> Self {
        let identity = Identity::of(leader.pid, host);
        Self { leader, identity, ended: None, reaped: false, forsaken: false }
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn is_forsaken(&self) -> bool {
        self.forsaken
    }

    pub(super) fn signal(&self, what: Send) {
        if !self.reaped {
            self.leader.send(what);
        }
    }

    /// When the leader has ended, if it has, or the launcher; it is not reaped.
    pub(super) fn leader_end(&mut self) -> Option<Instant> {
        while let Ok(told) = self.leader.next_now() {
            self.take(told.as_ref());
            if self.ended.is_some() {
                break;
            }
        }
        // Word of it may still be on its way.
        if self.ended.is_none() && self.identity.is_alive(&self.identity.host) == Alive::No {
            self.ended = Some(Instant::now());
        }
        self.ended
    }

    /// Waits for that.
    pub(super) async fn leader_ended(&mut self) -> Instant {
        loop {
            if let Some(ended) = self.ended {
                return ended;
            }
            let told = self.leader.next().await;
            self.take(told.as_ref());
        }
    }

    fn take(&mut self, told: Option<&Told>) {
        match told {
            Some(Told::Ended { .. }) => {}
            Some(_) => return,
            None => self.forsaken = true,
        }
        self.ended.get_or_insert_with(Instant::now);
    }

    /// Waits until no member lives. Where the system does not show that, until the leader has ended.
    pub(super) async fn all_ended(&mut self) {
        self.leader_ended().await;
        let pid = self.identity.pid;
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
        self.reaped = true;
        self.leader.reap();
        loop {
            match self.leader.next().await {
                Some(Told::Reaped { status, .. }) => return Ok(ExitStatus::from_raw(status)),
                Some(Told::NotReaped { why, .. }) => return Err(io::Error::other(why)),
                Some(_) => {}
                None => {
                    self.forsaken = true;
                    return Err(io::Error::other("the process that started it has died"));
                }
            }
        }
    }
}

/// When the caller no longer waits for a command, none of its processes goes on.
impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Send::Kill);
    }
}
