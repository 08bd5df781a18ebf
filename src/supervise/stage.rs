//! The process that a command will be, before it is that command.
//!
//! It waits on its standard input for what it is to do, and the console says so only when the id of this very process is in
//! the database. Where the console dies before that, or has lost the run, the other end closes, and this ends without having
//! done anything: of a run without a process in the database it is certain that it never began.

use super::wire::{Program, hear};
use std::{
    io::{self, Write as _},
    os::{
        fd::AsFd as _,
        unix::{net::UnixStream, process::CommandExt as _},
    },
    process::{Command, ExitCode, Stdio},
};

/// Waits for a program and becomes it. Returns only where that did not come about; then the console is told why.
pub fn wait() -> ExitCode {
    // Closes when the program is executed, and that is how the console learns that it is.
    let Ok(console) = io::stdin().as_fd().try_clone_to_owned().map(UnixStream::from) else { return ExitCode::FAILURE };
    let Ok(Some(program)) = hear::<Program>(&console, &mut Vec::new()) else { return ExitCode::FAILURE };
    let error = Command::new(&program.path)
        .arg0(&program.name)
        .args(&program.arguments)
        .env_clear()
        .envs(program.environment)
        .current_dir(&program.directory)
        .stdin(Stdio::null())
        .exec();
    let _ = (&console).write_all(error.to_string().as_bytes());
    ExitCode::FAILURE
}
