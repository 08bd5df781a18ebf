//! A command that was not begun: its process is there, and waits.

use super::{
    Ended, NotStarted, Output, Running, Spec,
    group::Group,
    identity::Identity,
    launcher::Launcher,
    mask::Mask,
    output,
    reading::Reading,
    wire::{Program, say},
};
use crate::clock::Clock;
use std::{
    io::{self, Read as _},
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};
use tokio::{net::unix::pipe::Receiver, task};

/// How long the process may take to become the command. A program that lies on a slow disk may take longer: then it counts
/// as begun.
const PATIENCE: Duration = Duration::from_secs(10);

/// The process of a command, which waits for what it is to do.
///
/// It has done nothing yet and does nothing before [`begin`](Self::begin). Where this is dropped, or this program ends, it
/// ends too. So what names it can be stored first, and of a command whose process was not stored it is certain that it never
/// began.
#[derive(Debug)]
pub struct Waiting {
    group: Group,
    console: UnixStream,
    program: Program,
    out: Receiver,
    err: Receiver,
    mask: Mask,
    spec: Spec,
    clock: Clock,
}

impl Waiting {
    pub(super) async fn start(
        spec: &Spec,
        program: Program,
        mask: Mask,
        clock: &Clock,
        host: &str,
        launcher: &Launcher,
    ) -> Result<Self, NotStarted> {
        let not_spawned = |error| NotStarted::NotSpawned { program: program.name.clone(), error };
        let (console, there) = UnixStream::pair().map_err(not_spawned)?;
        let (out, out_there) = pipe().map_err(not_spawned)?;
        let (err, err_there) = pipe().map_err(not_spawned)?;
        let handed = [OwnedFd::from(there), out_there, err_there];
        let group = Group::new(launcher.start(handed).await.map_err(not_spawned)?, host);
        let (spec, clock) = (spec.clone(), clock.clone());
        Ok(Self { group, console, program, out, err, mask, spec, clock })
    }

    /// The process that it waits in, and that the command will be.
    pub fn identity(&self) -> &Identity {
        self.group.identity()
    }

    /// Begins the command. `Err` where its program cannot be executed, and nothing was done.
    pub async fn begin(self) -> Result<(Running, Output), Ended> {
        let Self { mut group, console, program, out, err, mask, spec, clock } = self;
        let name = program.name.clone();
        if let Some(why) = task::spawn_blocking(move || refused(&console, &program)).await.unwrap_or_default() {
            // It ends now.
            let _ = group.reap().await;
            let error = io::Error::other(why);
            return Err(Ended::not_started(&NotStarted::NotSpawned { program: name, error }));
        }
        let (sink, output) = output::channel(spec.limits);
        let reading = Reading::start([out, err], mask, &spec, sink, clock);
        Ok((Running::attend(group, reading, spec.timeout, spec.grace), output))
    }
}

/// Says what is to be executed, and why it was not: nothing where it was, which closes the other end, or where the process
/// has died, which shows in how it ended.
fn refused(mut console: &UnixStream, program: &Program) -> Option<String> {
    say(console, program, &[]).ok()?;
    console.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut why = String::new();
    let _ = console.read_to_string(&mut why);
    Some(why).filter(|why| !why.is_empty())
}

/// Both ends of a pipe: the one that is read here, and the one that is handed over.
fn pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (read, write) = io::pipe()?;
    Ok((Receiver::from_owned_fd(read.into())?, write.into()))
}
