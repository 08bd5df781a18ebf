//! A private PostgreSQL server, one for a run of tests: no network, no durability, and no data but theirs.

use super::run;
use std::{
    fs,
    os::unix::{fs::MetadataExt, net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

/// Nothing here has to survive a power cut. It listens on a socket in its folder only, so no port can be taken.
const SETTINGS: &str = "
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
max_connections = 400
";

pub(super) fn is_installed() -> bool {
    programs().is_some()
}

/// Where the server's programs are: on PATH, or where Debian keeps them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    // A link to one of them alone does not help: they are looked for beside each other.
    let complete = |folder: &PathBuf| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).exists());
    folders.into_iter().find(complete)
}

/// The folder of the running server, which is started if this is the first test to ask.
pub(super) fn server() -> PathBuf {
    let folder = run::folder().join("postgres");
    let answers = || UnixStream::connect(folder.join(".s.PGSQL.5432")).is_ok();
    run::once("postgres", answers, || start(&folder));
    folder
}

/// Another server, which has neither the roles nor the databases of the one for all tests. It stops when this goes.
#[derive(Debug)]
pub(crate) struct Cluster(PathBuf);

impl Cluster {
    pub(crate) fn start() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("another-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = run::folder().join(name);
        start(&folder);
        Self(folder)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = program("pg_ctl").args(["-m", "immediate", "-D"]).arg(self.0.join("data")).arg("stop").output();
        // A panic here while a test is failing would hide why; the folder goes after the run anyway.
        drop(stopped);
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One of PostgreSQL's programs for a client.
pub(super) fn client(name: &str) -> PathBuf {
    // Those of a client are beside the server itself, and not beside a link to it.
    let server = fs::canonicalize(programs().expect("PostgreSQL is installed").join("postgres")).unwrap();
    server.with_file_name(name)
}

/// The address of a database on the server in `folder`, as the owner of everything.
pub(super) fn url(folder: &Path, database: &str) -> String {
    format!("postgres://postgres@localhost/{database}?host={}", folder.display())
}

fn start(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir(folder).unwrap();
    if let Some((user, group)) = other_user() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).unwrap();
    }
    let data = folder.join("data");
    let made = program("initdb")
        .args(["-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

    let file = data.join("postgresql.conf");
    let given = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("{given}\n{SETTINGS}\nunix_socket_directories = '{}'\n", folder.display())).unwrap();
    let log = folder.join("log");
    let started = program("pg_ctl")
        .args(["-w", "-D"])
        .arg(&data)
        .arg("-l")
        .arg(&log)
        .arg("start")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(started.success(), "PostgreSQL does not start: {}", fs::read_to_string(&log).unwrap_or_default());
}

/// One of the server's programs, as a user it agrees to run as.
fn program(name: &str) -> Command {
    let mut command = Command::new(programs().expect("PostgreSQL is installed").join(name));
    // The folder the tests run in may be closed to that user.
    command.current_dir("/").stdin(Stdio::null());
    if let Some((user, group)) = other_user() {
        command.gid(group).uid(user);
    }
    command
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`, or as `INGAM_TEST_POSTGRES_USER`.
pub(crate) fn other_user() -> Option<(u32, u32)> {
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let wanted = std::env::var("INGAM_TEST_POSTGRES_USER").unwrap_or_else(|_| "postgres".to_owned());
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let fields: Vec<&str> = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields[0] == wanted)
        .unwrap_or_else(|| panic!("there is no user {wanted} to run PostgreSQL as"));
    Some((fields[2].parse().unwrap(), fields[3].parse().unwrap()))
}
