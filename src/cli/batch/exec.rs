//! `ingam batch exec NAME -- CMD…`: runs CMD as if it had been started without this, and tells the console of it meanwhile.
//!
//! Whatever becomes of the reports, CMD is neither held up nor judged by them: its output goes on at once, and its exit code
//! is the exit code.

use super::reporter::{Reporter, Told};
use crate::secret;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    env,
    io::{ErrorKind, Write},
    os::unix::process::ExitStatusExt,
    process::{ExitCode, ExitStatus, Stdio},
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
};

/// As shells have it.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;
const SIGNALLED: i32 = 128;

pub(super) async fn run(name: &str, url: Option<String>, command: &[String]) -> ExitCode {
    let url = url.or_else(|| env::var("INGAM_PING_URL").ok()).filter(|url| !url.is_empty());
    if url.is_none() {
        eprintln!("ingam: INGAM_PING_URL is not set, so {name} runs without reports");
    }
    let rid = secret::uuid();
    let told = Arc::new(Mutex::new(Told::default()));
    let reporter = url.map(|url| Reporter::start(&url, name, &rid, Arc::clone(&told)));
    let code = match spawn(command, &rid) {
        Ok(child) => attend(child, &told).await,
        Err(error) => {
            let program = command.first().map_or("", String::as_str);
            eprintln!("ingam: {program}: {error}");
            tell(&told, |told| told.line(&format!("{program}: {error}")));
            if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
        }
    };
    if let Some(reporter) = reporter {
        reporter.finish(code);
    }
    ExitCode::from(code)
}

fn spawn(command: &[String], rid: &str) -> std::io::Result<Child> {
    let (program, arguments) = command.split_first().ok_or(ErrorKind::InvalidInput)?;
    Command::new(program).args(arguments).env("INGAM_RID", rid).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Hands on what it writes and what is signalled, until it has ended.
async fn attend(mut child: Child, told: &Arc<Mutex<Told>>) -> u8 {
    let out =
        child.stdout.take().map(|pipe| actix_web::rt::spawn(hand_on(pipe, std::io::stdout(), Arc::clone(told), true)));
    let err =
        child.stderr.take().map(|pipe| actix_web::rt::spawn(hand_on(pipe, std::io::stderr(), Arc::clone(told), false)));
    let status = ended(&mut child).await;
    // What it left behind may hold the pipes open; the command itself is over.
    for reading in [out, err].into_iter().flatten() {
        let _ = tokio::time::timeout(std::time::Duration::from_secs(1), reading).await;
    }
    match status {
        Ok(status) => code_of(status),
        Err(error) => {
            eprintln!("ingam: the end of the command could not be learned: {error}");
            u8::MAX
        }
    }
}

async fn ended(child: &mut Child) -> std::io::Result<ExitStatus> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    loop {
        let signal = tokio::select! {
            status = child.wait() => return status,
            _ = terminate.recv() => Signal::TERM,
            _ = interrupt.recv() => Signal::INT,
        };
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself in this moment.
            let _ = kill_process(pid, signal);
        }
    }
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| SIGNALLED + signal)).unwrap_or(i32::from(u8::MAX));
    u8::try_from(code).unwrap_or(u8::MAX)
}

/// Reads a pipe to its end. Everything goes on as it comes; line by line it is also kept for the next report.
async fn hand_on(mut pipe: impl AsyncRead + Unpin, mut to: impl Write, told: Arc<Mutex<Told>>, may_report: bool) {
    /// A longer line is kept in pieces.
    const LONGEST: usize = 8 * 1024;
    let mut buffer = vec![0; 16 * 1024];
    let mut line: Vec<u8> = Vec::new();
    loop {
        let count = pipe.read(&mut buffer).await.unwrap_or_default();
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        // Where nobody reads our output any more, the command is still to be attended to.
        let _ = to.write_all(read).and_then(|()| to.flush());
        for part in read.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(part);
            if part.ends_with(b"\n") || line.len() >= LONGEST {
                keep(&told, &line, may_report);
                line.clear();
            }
        }
    }
    if !line.is_empty() {
        keep(&told, &line, may_report);
    }
}

fn keep(told: &Mutex<Told>, line: &[u8], may_report: bool) {
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end_matches(['\n', '\r']);
    tell(told, |told| {
        if !(may_report && told.report(line)) {
            told.line(line);
        }
    });
}

fn tell(told: &Mutex<Told>, what: impl FnOnce(&mut Told)) {
    what(&mut told.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
}
