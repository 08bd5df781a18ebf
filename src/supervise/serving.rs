//! The launcher: a process that starts the commands of jobs for the console, and that never knew what the console knows.
//!
//! It is started with an empty environment and executes this program from its beginning, so neither its environment nor its
//! memory ever held the key or the address of the database, and a job that looks at its parent looks at this. It does not
//! know what it starts either: that goes from the console to the process that waits for it ([`super::stage`]).

use super::{
    identity,
    wire::{Order, Send, Told, hear, say},
};
use rustix::process::{Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::{
    collections::HashMap,
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{net::UnixStream, process::CommandExt as _, process::ExitStatusExt as _},
    },
    path::PathBuf,
    process::{Child, Command},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::signal::unix::{SignalKind, signal};

/// The argument with which this program is a process that waits for its command.
pub const WAITING: &str = "launch";

/// This program, even where another version has been installed in its place since.
pub(super) fn own_program() -> PathBuf {
    let running = PathBuf::from("/proc/self/exe");
    // Where there is no /proc: by the name it was started under.
    let named = || std::env::args_os().next().map(PathBuf::from).filter(|path| path.is_absolute());
    if running.exists() { running } else { std::env::current_exe().ok().or_else(named).unwrap_or(running) }
}

/// Starts what the console at the other end of standard input asks for, until the console is gone. What runs then goes on.
pub fn serve() -> anyhow::Result<()> {
    super::hide();
    super::keep_files();
    // The console says when it is over, by ending. A service manager that tells all processes to end must not take the
    // ends of runs along, which are still to be told. Children get the usual meaning of these signals back.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _entered = runtime.enter();
    let _heard = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()]
        .into_iter()
        .map(signal)
        .collect::<io::Result<Vec<_>>>()?;
    let socket = Arc::new(Line::new(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?)));
    let mut started: HashMap<u64, Started> = HashMap::new();
    let mut descriptors = Vec::new();
    while let Some(order) = hear(&socket.hearing, &mut descriptors)? {
        match order {
            Order::Start { id } => match start(std::mem::take(&mut descriptors)) {
                Ok(child) => {
                    let pid = child.id();
                    socket.tell(&Told::Started { id, pid });
                    started.insert(id, Started { pid, reap: attend(id, child, Arc::clone(&socket)) });
                }
                Err(error) => socket.tell(&Told::NotStarted { id, why: error.to_string() }),
            },
            Order::Send { id, what } => {
                if let Some(started) = started.get(&id) {
                    started.send(what);
                }
            }
            Order::Reap { id } => {
                if let Some(started) = started.remove(&id) {
                    let _ = started.reap.send(());
                }
            }
        }
    }
    Ok(())
}

/// A process that is not reaped.
struct Started {
    pid: u32,
    reap: mpsc::Sender<()>,
}

impl Started {
    /// The group has at least its leader, if only as a zombie, so its number cannot belong to another.
    fn send(&self, what: Send) {
        let signal = match what {
            Send::Terminate => Signal::TERM,
            Send::Continue => Signal::CONT,
            Send::Kill => Signal::KILL,
        };
        // What may not be signalled runs as another user.
        if let Some(Err(error)) = identity::raw(self.pid).map(|pid| kill_process_group(pid, signal)) {
            eprintln!("ingam launcher: the process group {} could not be sent {signal:?}: {error}", self.pid);
        }
    }
}

/// Starts a process that waits, with these as its standard input, output and error, at the head of its own group.
fn start(descriptors: Vec<OwnedFd>) -> io::Result<Child> {
    let [input, output, error] = <[OwnedFd; 3]>::try_from(descriptors).map_err(|_| io::ErrorKind::InvalidInput)?;
    Command::new(own_program())
        .arg0("ingam")
        .arg(WAITING)
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(input)
        .stdout(output)
        .stderr(error)
        .spawn()
}

/// Tells when the process has ended, and reaps it when it is asked to: until then its group can be signalled.
fn attend(id: u64, mut child: Child, socket: Arc<Line>) -> mpsc::Sender<()> {
    let (reap, reaped) = mpsc::channel();
    thread::spawn(move || {
        let pid = identity::raw(child.id());
        let ended = || waitid(WaitId::Pid(pid?), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).err();
        while ended() == Some(rustix::io::Errno::INTR) {}
        socket.tell(&Told::Ended { id });
        if reaped.recv().is_ok() {
            socket.tell(&match child.wait() {
                Ok(status) => Told::Reaped { id, status: status.into_raw() },
                Err(error) => Told::NotReaped { id, why: error.to_string() },
            });
        }
    });
    reap
}

/// The socket to the console: one thread hears, several tell.
struct Line {
    hearing: UnixStream,
    telling: Mutex<()>,
}

impl Line {
    fn new(hearing: UnixStream) -> Self {
        Self { hearing, telling: Mutex::new(()) }
    }

    /// Where the console does not hear any more, the other end is closed, and [`serve`] ends.
    fn tell(&self, told: &Told) {
        let _one = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = say(&self.hearing, told, &[]);
    }
}
