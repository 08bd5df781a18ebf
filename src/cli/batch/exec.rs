//! `ingam batch exec NAME -- CMD…`: runs CMD as if it had been started without this, and tells the console of it meanwhile.
//!
//! Even if the reports fail, CMD is neither held up nor judged by them: its output goes on at once, and its exit code
//! is the exit code.

use super::{pipe::Pipe, reporter::Reporter, say, summary::Summary};
use crate::{secret, supervise::Charset};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    env,
    ffi::OsString,
    future,
    io::{self, ErrorKind},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitCode, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    process::{Child, Command},
    signal::unix::{self, SignalKind, signal},
};

/// As shells have it.
const NOT_EXECUTABLE: u8 = 126;
const NOT_FOUND: u8 = 127;
const SIGNALLED: i32 = 128;

pub(super) async fn run(name: &str, url: Option<String>, encoding: Option<&str>, command: &[OsString]) -> ExitCode {
    // A mistake in this is no reason not to run the command.
    let charset = encoding.map_or_else(Charset::default, |label| {
        Charset::of(label).unwrap_or_else(|| {
            say(format_args!(
                "the encoding {label:?} is not known, so utf-8 is taken; write euc-kr, shift_jis or the like"
            ));
            Charset::default()
        })
    });
    let url = url.or_else(|| env::var("INGAM_PING_URL").ok()).filter(|url| !url.is_empty());
    let rid = secret::uuid();
    let summary = Arc::new(Mutex::new(Summary::default()));
    let reporter = url
        .ok_or_else(|| "INGAM_PING_URL is not set".to_owned())
        .and_then(|url| Reporter::start(&url, name, &rid, Arc::clone(&summary)))
        .inspect_err(|why| say(format_args!("{name} runs without reports: {why}")));
    // Before the command: a signal that ends this process while it starts would leave it behind.
    let terminate = signal(SignalKind::terminate()).ok();
    let code = match start(command, &rid, &summary, charset) {
        Ok(running) => attend(running, terminate).await,
        Err(error) => {
            let why = format!("{}: {error}", command.first().map_or(Path::new(""), Path::new).display());
            say(&why);
            summary.lock().unwrap_or_else(PoisonError::into_inner).line(&why);
            if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
        }
    };
    if let Ok(reporter) = reporter {
        reporter.finish(code);
    }
    ExitCode::from(code)
}

/// The command, and what hands on its output.
struct Running {
    child: Child,
    out: Pipe,
    err: Pipe,
}

fn start(command: &[OsString], rid: &str, summary: &Arc<Mutex<Summary>>, charset: Charset) -> io::Result<Running> {
    let (program, arguments) = command.split_first().ok_or(ErrorKind::InvalidInput)?;
    let ((from_out, out), (from_err, err)) = (io::pipe()?, io::pipe()?);
    Ok(Running {
        out: Pipe::hand_on(from_out, io::stdout(), Arc::clone(summary), true, charset)?,
        err: Pipe::hand_on(from_err, io::stderr(), Arc::clone(summary), false, charset)?,
        child: Command::new(program).args(arguments).env("INGAM_RID", rid).stdout(out).stderr(err).spawn()?,
    })
}

/// Hands on what it writes and what is signalled, until it has ended.
async fn attend(running: Running, terminate: Option<unix::Signal>) -> u8 {
    let Running { mut child, out, err } = running;
    // Only now: what we ignore (a shell makes its background jobs ignore this one) the command is to ignore as well.
    let mut signals = Signals { terminate, interrupt: signal(SignalKind::interrupt()).ok() };
    let status = ended(&mut child, &mut signals).await;
    tokio::select! {
        _ = async { tokio::join!(out.ended(), err.ended()) } => {}
        // No thread takes what is left, and there is no command any more that this could be for.
        _ = signals.next() => {}
    }
    match status {
        Ok(status) => code_of(status),
        Err(error) => {
            say(format_args!("the exit code of the command could not be read: {error}"));
            u8::MAX
        }
    }
}

async fn ended(child: &mut Child, signals: &mut Signals) -> io::Result<ExitStatus> {
    loop {
        let signal = tokio::select! {
            status = child.wait() => return status,
            signal = signals.next() => signal,
        };
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself in this moment.
            let _ = kill_process(pid, signal);
        }
    }
}

/// What is handed on. Where one cannot be listened to, the command runs all the same.
struct Signals {
    terminate: Option<unix::Signal>,
    interrupt: Option<unix::Signal>,
}

impl Signals {
    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = came(self.terminate.as_mut()) => Signal::TERM,
            () = came(self.interrupt.as_mut()) => Signal::INT,
        }
    }
}

async fn came(signal: Option<&mut unix::Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => future::pending().await,
    }
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| SIGNALLED + signal)).unwrap_or(i32::from(u8::MAX));
    u8::try_from(code).unwrap_or(u8::MAX)
}
