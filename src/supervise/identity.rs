//! Which process a command is, for those who must make sure that it is dead before anything runs in its place.
//!
//! A pid alone says little: systems use them again. Together with the time at which the process started it names one
//! process since the machine was booted. Both come from `/proc`, so only Linux can tell; see `proc_pid_stat(5)`.

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use std::fs;

/// The process that a command was started as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub host: String,
    /// Also the id of the process group that its children belong to.
    pub pid: u32,
    /// In clock ticks since that host was booted; `None` where there is no `/proc`.
    pub start: Option<i64>,
}

/// The name of this machine.
pub fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| fs::read_to_string("/etc/hostname"))
        .ok()
        .or_else(|| std::env::var("HOSTNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}

/// Whether a process still lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alive {
    Yes,
    No,
    /// This host cannot tell. It must not be taken for dead.
    Unknown,
}

impl Identity {
    /// This process, on this machine.
    pub fn own() -> Self {
        Self::of(std::process::id(), &host())
    }

    pub(super) fn of(pid: u32, host: &str) -> Self {
        Self { host: host.to_owned(), pid, start: Stat::of(pid).map(|stat| stat.start) }
    }

    /// Asked on `host`, which knows only its own processes.
    pub fn is_alive(&self, host: &str) -> Alive {
        match self.start {
            Some(start) if self.host == host => is_alive(self.pid, start),
            _ => Alive::Unknown,
        }
    }
}

/// Whether the process with this pid lives on this machine and started at `start`. One that has ended is not alive, even
/// while its exit code has not been collected.
pub fn is_alive(pid: u32, start: i64) -> Alive {
    match Stat::of(pid) {
        Some(found) if found.start == start && !found.has_ended() => Alive::Yes,
        Some(_) => Alive::No,
        // Either there is no such process, or this system does not show it: no /proc, or processes of others hidden.
        None if is_shown() && is_unused(pid) => Alive::No,
        None => Alive::Unknown,
    }
}

fn is_shown() -> bool {
    Stat::of(std::process::id()).is_some()
}

fn is_unused(pid: u32) -> bool {
    raw(pid).is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
}

/// As the system calls take it.
pub(super) fn raw(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// What `/proc/<pid>/stat` says of a process, as far as it is needed here.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: char,
    group: u32,
    threads: i64,
    start: i64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// The second field is the name of the program in parentheses, and may contain anything, `) Z 1` as well; no field
    /// after it contains a parenthesis.
    fn parse(text: &str) -> Option<Self> {
        let (_, fields) = text.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        // Fields 3, 5, 20 and 22; what `nth` skips are those between.
        Some(Self {
            state: fields.next()?.chars().next()?,
            group: fields.nth(1)?.parse().ok()?,
            threads: fields.nth(14)?.parse().ok()?,
            start: fields.nth(1)?.parse().ok()?,
        })
    }

    /// Dead, or a zombie. A process whose first thread alone has ended looks like a zombie too, but has others.
    fn has_ended(&self) -> bool {
        matches!(self.state, 'Z' | 'X' | 'x') && self.threads <= 1
    }
}

/// The living processes of a group, or `None` where there is no `/proc`.
pub(super) fn members(group: u32) -> Option<Vec<u32>> {
    if !is_shown() {
        return None;
    }
    let pids = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Some(pids.filter(|pid| Stat::of(*pid).is_some_and(|stat| stat.group == group && !stat.has_ended())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn the_name_of_the_program_may_contain_anything() {
        let rest = "S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 987654 1000 10";
        for name in ["sh", "a b", "x) Z 9 (y", ")", "(((", "\u{fffd} )"] {
            let stat = Stat::parse(&format!("4711 ({name}) {rest}\n")).unwrap();
            assert_eq!(stat, Stat { state: 'S', group: 77, threads: 3, start: 987_654 }, "{name}");
        }
        for text in ["", "4711 (sh", "4711 (sh) S 1 77", "4711 (sh) S 1 x 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 9 1"]
        {
            assert_eq!(Stat::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_process_is_known_by_its_pid_and_its_start() {
        let pid = std::process::id();
        let own = Identity::of(pid, "here");
        let start = own.start.unwrap();
        assert_eq!(is_alive(pid, start), Alive::Yes);
        assert_eq!(is_alive(pid, start - 1), Alive::No, "the pid was used again");
        assert_eq!(own.is_alive("here"), Alive::Yes);
        assert_eq!(own.is_alive("there"), Alive::Unknown);
        assert_eq!(Identity { start: None, ..own }.is_alive("here"), Alive::Unknown);
    }

    #[test]
    fn what_has_ended_is_not_alive_before_and_after_it_is_reaped() {
        let mut child = Command::new("/bin/cat").stdin(Stdio::piped()).spawn().unwrap();
        let identity = Identity::of(child.id(), "here");
        assert_eq!(identity.is_alive("here"), Alive::Yes);
        drop(child.stdin.take());
        // Ends by itself now, and stays as a zombie until it is waited for.
        while identity.is_alive("here") == Alive::Yes {
            std::thread::yield_now();
        }
        assert!(Stat::of(child.id()).unwrap().has_ended());
        child.wait().unwrap();
        assert_eq!(identity.is_alive("here"), Alive::No);
        assert_eq!(is_alive(u32::MAX, 1), Alive::Unknown, "no pid at all");
    }
}
