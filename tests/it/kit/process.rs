use super::{Browser, Database, People, server::SECRET_KEY, wait_for, wait_until};
use ingam::supervise::Launcher;
use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
};

/// The real program, `ingam serve` as a process of its own, for what cannot be tried in this one: being killed.
/// It asks the machine for the time, so a second code for one person can take half a minute.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) address: SocketAddr,
    pub(crate) people: Arc<People>,
    child: Child,
}

/// The program with the settings of a world that uses `database`, and nothing else from this environment.
pub(crate) fn program(database: &Database) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingam"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("INGAM_PROFILE", "local")
        .env("DATABASE_URL", &database.url)
        .env("INGAM_SECRET_KEY", hex::encode(SECRET_KEY))
        .env("INGAM_ALLOWED_NETWORKS", "127.0.0.0/8")
        .stdin(Stdio::null());
    command
}

/// The process that starts commands for a console of this process: the real program, as in production.
pub(crate) fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_ingam").into(), None)
}

impl Process {
    /// Starts it and waits until it answers.
    pub(super) fn start(database: &Database) -> Self {
        Self::start_as(program(database))
    }

    /// Starts it so that it lives on when its disk is full (see [`Process::fill_disk`]): a process that writes beyond
    /// the size that files may have is ended by a signal unless it is ignored, and then gets an error as from a full
    /// disk.
    pub(super) fn start_for_a_full_disk(database: &Database) -> Self {
        let plain = program(database);
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(plain.get_program())
            .env_clear()
            .envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null());
        Self::start_as(command)
    }

    /// Starts what [`program`] gave, with settings of its own.
    pub(crate) fn start_as(mut command: Command) -> Self {
        command.arg("serve");
        Self::start_serving(command)
    }

    /// Starts a command that is to serve, with all its arguments.
    pub(crate) fn start_serving(mut command: Command) -> Self {
        let address = free_address();
        let child = command
            .env("INGAM_LISTEN", address.to_string())
            .env("INGAM_PUBLIC_ORIGIN", format!("http://{address}"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut process = Self { address, people: Arc::new(People::real()), child };
        process.wait_until_it_answers();
        process
    }

    /// Starts it again, at another address, after it was killed. Its people go on with codes they have not used.
    pub(crate) fn restart(&mut self, database: &Database) {
        self.restart_as(program(database));
    }

    /// The same with settings of its own.
    pub(crate) fn restart_as(&mut self, mut command: Command) {
        command.arg("serve");
        self.restart_serving(command);
    }

    /// The same with all its arguments.
    pub(crate) fn restart_serving(&mut self, command: Command) {
        let people = Arc::clone(&self.people);
        *self = Self::start_serving(command);
        self.people = people;
    }

    /// Its number among the processes of this machine.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.address, Arc::clone(&self.people))
    }

    /// `kill -9`: it has no chance to say goodbye.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets no file of the process grow beyond a few kilobytes, as if the disk were full, or lets them grow again.
    pub(crate) fn fill_disk(&self, full: bool) {
        let limit = if full { "--fsize=4096:" } else { "--fsize=unlimited:" };
        let set = Command::new("prlimit").args(["--pid", &self.child.id().to_string(), limit]).status().unwrap();
        assert!(set.success(), "prlimit {limit}");
    }

    /// Asks it to end, as a service manager does, and says how it ended.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
        wait_for(|| self.child.try_wait().unwrap())
    }

    fn wait_until_it_answers(&mut self) {
        wait_until(|| {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("ingam serve ended before it served: {status}");
            }
            TcpStream::connect(self.address).is_ok()
        });
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free, and that no connection and no listener without a port of its own gets meanwhile: it lies below those that the
/// system hands out (32,768 and up).
pub(crate) fn free_address() -> SocketAddr {
    let random = || u16::try_from(RandomState::new().build_hasher().finish() % 12_000).unwrap();
    let free = || TcpListener::bind(("127.0.0.1", 20_000 + random())).ok()?.local_addr().ok();
    (0..100).find_map(|_| free()).expect("one of a hundred ports is free")
}
