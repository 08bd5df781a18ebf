//! The console's side of its launcher ([`super::serving`]).

use super::wire::{Order, Told, hear, say};
use rustix::process::geteuid;
use std::{
    collections::HashMap,
    io,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{net::UnixStream, process::CommandExt as _},
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{sync::mpsc, time};

/// The argument with which this program is a launcher.
pub const SERVING: &str = "launcher";
/// How long the launcher may take to start a process.
const PATIENCE: Duration = Duration::from_secs(30);

/// The user and the group that commands run as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

impl User {
    /// Whether this process can start others as another user.
    pub fn can_be_chosen() -> bool {
        geteuid().is_root()
    }

    /// `65533`, or `65533:65534` where the group has another number. Root is none that jobs should run as.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().ok().filter(|id| *id != 0);
        let (uid, gid) = text.split_once(':').unwrap_or((text, text));
        let user = number(uid).zip(number(gid)).map(|(uid, gid)| Self { uid, gid });
        user.ok_or_else(|| "must be the number of a user, or USER:GROUP in numbers, neither of them 0".to_owned())
    }
}

/// The process that starts commands for this one. It is started by [`begin`](Self::begin), or when it is needed, and again
/// where it has died.
#[derive(Clone, Debug)]
pub struct Launcher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    program: PathBuf,
    user: Option<User>,
    link: Mutex<Option<Arc<Link>>>,
}

impl Launcher {
    /// One that is `program`, this program or one that is built from the same source, and that runs as `user`, or else as
    /// the user of this process.
    pub fn new(program: PathBuf, user: Option<User>) -> Self {
        Self(Arc::new(Shared { program, user, link: Mutex::default() }))
    }

    /// One that is the program of this process.
    pub fn own(user: Option<User>) -> Self {
        Self::new(super::serving::own_program(), user)
    }

    /// Starts it unless it runs. A console does so before it reads its secrets.
    ///
    /// # Errors
    /// It cannot be started: with a user of its own, only root can start it.
    pub fn begin(&self) -> io::Result<()> {
        self.link().map(drop)
    }

    /// Ends it, if it runs and no command does.
    pub fn end(&self) {
        *unpoisoned(&self.0.link) = None;
    }

    fn link(&self) -> io::Result<Arc<Link>> {
        let mut link = unpoisoned(&self.0.link);
        match &*link {
            Some(open) if open.is_open() => Ok(Arc::clone(open)),
            closed => {
                if closed.is_some() {
                    tracing::error!("the launcher of jobs has died; another one is started");
                }
                Ok(Arc::clone(link.insert(Arc::new(Link::start(&self.0)?))))
            }
        }
    }

    /// Starts a process that waits for its command, with these as its standard input, output and error.
    pub(super) async fn start(&self, descriptors: [OwnedFd; 3]) -> io::Result<Started> {
        let link = self.link()?;
        let id = link.next.fetch_add(1, Ordering::Relaxed);
        let (tell, mut told) = mpsc::unbounded_channel();
        link.wire.expect(id, tell).ok_or_else(gone)?;
        let handed: Vec<_> = descriptors.iter().map(OwnedFd::as_fd).collect();
        let mut started = Started { link, id, pid: 0, told: None };
        started.link.wire.say(&Order::Start { id }, &handed)?;
        drop(descriptors);
        match time::timeout(PATIENCE, told.recv()).await {
            Ok(Some(Told::Started { pid, .. })) => {
                started.pid = pid;
                started.told = Some(told);
                Ok(started)
            }
            Ok(Some(Told::NotStarted { why, .. })) => Err(io::Error::other(why)),
            Ok(_) => Err(gone()),
            Err(_) => Err(io::Error::other("the launcher of jobs does not answer")),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the process that started it has died")
}

/// What is in there is whole after each step, so a panic elsewhere spoils nothing.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that the launcher has started, and that is not reaped.
#[derive(Debug)]
pub(super) struct Started {
    link: Arc<Link>,
    id: u64,
    pub(super) pid: u32,
    told: Option<mpsc::UnboundedReceiver<Told>>,
}

impl Started {
    pub(super) fn send(&self, what: super::wire::Send) {
        let _ = self.link.wire.say(&Order::Send { id: self.id, what }, &[]);
    }

    pub(super) fn reap(&self) {
        let _ = self.link.wire.say(&Order::Reap { id: self.id }, &[]);
    }

    /// What is told next; `None` where the launcher has died.
    pub(super) async fn next(&mut self) -> Option<Told> {
        self.told.as_mut()?.recv().await
    }

    /// What was told by now: `Err` where nothing new was.
    pub(super) fn next_now(&mut self) -> Result<Option<Told>, ()> {
        match self.told.as_mut().map(mpsc::UnboundedReceiver::try_recv) {
            Some(Ok(told)) => Ok(Some(told)),
            Some(Err(mpsc::error::TryRecvError::Empty)) => Err(()),
            Some(Err(mpsc::error::TryRecvError::Disconnected)) | None => Ok(None),
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.link.wire.forget(self.id);
    }
}

/// A launcher that runs. It ends with the last command that holds this.
#[derive(Debug)]
struct Link {
    wire: Arc<Wire>,
    next: AtomicU64,
}

impl Link {
    fn start(shared: &Shared) -> io::Result<Self> {
        let (here, there) = UnixStream::pair()?;
        let mut command = Command::new(&shared.program);
        command
            .arg0("ingam")
            .arg(SERVING)
            .env_clear()
            .current_dir("/")
            // What a terminal sends to this group is for the console, which ends the launcher when it has ended itself.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(there)))
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        if let Some(User { uid, gid }) = shared.user {
            // Other groups are given up with this.
            command.uid(uid).gid(gid);
        }
        let process = command.spawn()?;
        let wire =
            Arc::new(Wire { socket: here, telling: Mutex::default(), commands: Mutex::new(Some(HashMap::new())) });
        thread::Builder::new().name("launcher".to_owned()).spawn({
            let wire = Arc::clone(&wire);
            move || wire.hear_until_closed(process)
        })?;
        Ok(Self { wire, next: AtomicU64::new(1) })
    }

    fn is_open(&self) -> bool {
        unpoisoned(&self.wire.commands).is_some()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.wire.socket.shutdown(std::net::Shutdown::Both);
    }
}

/// The socket to a launcher, and who waits for what comes from it.
#[derive(Debug)]
struct Wire {
    socket: UnixStream,
    telling: Mutex<()>,
    /// `None` where the launcher has died.
    commands: Mutex<Option<HashMap<u64, mpsc::UnboundedSender<Told>>>>,
}

impl Wire {
    fn say(&self, order: &Order, descriptors: &[std::os::fd::BorrowedFd<'_>]) -> io::Result<()> {
        let _one = unpoisoned(&self.telling);
        say(&self.socket, order, descriptors)
    }

    fn expect(&self, id: u64, tell: mpsc::UnboundedSender<Told>) -> Option<()> {
        unpoisoned(&self.commands).as_mut()?.insert(id, tell);
        Some(())
    }

    fn forget(&self, id: u64) {
        if let Some(commands) = &mut *unpoisoned(&self.commands) {
            commands.remove(&id);
        }
    }

    fn hear_until_closed(&self, mut process: Child) {
        while let Ok(Some(told)) = hear::<Told>(&self.socket, &mut Vec::new()) {
            let expected = unpoisoned(&self.commands).as_ref().and_then(|commands| commands.get(&told.id()).cloned());
            match (expected, told) {
                (Some(tell), told) => drop(tell.send(told)),
                // No task attends to it any more; it must not stay a zombie.
                (None, Told::Ended { id }) => drop(self.say(&Order::Reap { id }, &[])),
                (None, _) => {}
            }
        }
        // Drops the senders, and that tells everyone who waits.
        unpoisoned(&self.commands).take();
        let _ = process.wait();
    }
}
