//! The real program, run with an environment of one's own.

use crate::kit::wait_for;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// The program with these settings and nothing else from this environment.
pub(crate) fn ingam(settings: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ingam"));
    command.env_clear().envs(settings.iter().copied()).args(arguments).stdin(Stdio::null()).current_dir("/");
    command
}

/// The one clear line with which it gave up, and its exit code.
pub(crate) fn one_line(output: &Output) -> (Option<i32>, String) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 1, "one line and not\n{said}");
    assert!(lines[0].starts_with("ingam: ") && lines[0].len() < 400, "{said}");
    (output.status.code(), lines[0].to_owned())
}

/// What `/proc` says of the processors of a thread.
pub(crate) fn allowed(status: &str) -> Option<String> {
    status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).map(|list| list.trim().to_owned())
}

/// A server that runs, and what it has said so far.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) address: SocketAddr,
    pub(crate) said: Vec<String>,
    child: Child,
}

impl Serving {
    /// On which processors each of its threads may be.
    pub(crate) fn processors(&self) -> Vec<String> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let statuses = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("status")).ok());
        statuses.filter_map(|status| allowed(&status)).collect()
    }

    /// Starts it and waits until it says where it listens, on whichever of its two outputs.
    pub(crate) fn start(mut command: Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut serving = Self { address: ([0, 0, 0, 0], 0).into(), said: Vec::new(), child };
        let (tell, told) = mpsc::channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(serving.child.stdout.take().unwrap()), Box::new(serving.child.stderr.take().unwrap())];
        for output in outputs {
            let tell = tell.clone();
            // Goes on reading, or the program would wait for a reader.
            thread::spawn(move || {
                BufReader::new(output).lines().map_while(Result::ok).for_each(|line| drop(tell.send(line)));
            });
        }
        drop(tell);
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let line = told.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("it does not say where it listens but {:#?}", serving.said));
            let address = line.split_once("listening on http://").map(|(_, rest)| {
                let end = rest.find(|c: char| !c.is_ascii_digit() && !".:".contains(c)).unwrap_or(rest.len());
                rest[..end].parse().unwrap()
            });
            serving.said.push(line);
            if let Some(address) = address {
                serving.address = address;
                return serving;
            }
        }
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        wait_for(|| self.child.try_wait().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
