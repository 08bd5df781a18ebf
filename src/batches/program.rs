//! Whether the program of a job is there. A job without its program keeps nothing else from working: it is marked, its runs fail
//! and say why, and it works again as soon as the program is there. So it is looked for each time, and never remembered.

use super::{definition::Definition, record::Job};
use crate::{
    sql,
    web::{Desk, shell::Shell},
};
use std::{collections::HashSet, fmt, fs, io, os::unix::fs::PermissionsExt as _};

/// Why the program of a job cannot be started on this machine.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) program: String,
    pub(crate) why: Why,
}

#[derive(Debug)]
pub(crate) enum Why {
    NotFound,
    /// It is a directory, or something else that is no file.
    NotAFile,
    NotExecutable,
    Unreadable(io::Error),
}

/// The reason where a job is a program of this machine that cannot be started. Programs that may not run are another matter: those
/// are refused when the configuration is read.
pub(crate) fn missing(job: &Definition) -> Option<Reason> {
    let program = job.program().filter(|_| job.kind().is_a_process())?;
    let why = match fs::metadata(&program) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Why::NotFound,
        Err(error) => Why::Unreadable(error),
        Ok(there) if !there.is_file() => Why::NotAFile,
        Ok(there) if there.permissions().mode() & 0o111 == 0 => Why::NotExecutable,
        Ok(_) => return None,
    };
    Some(Reason { program, why })
}

/// The same for a page: a console that starts no runs may lie on another machine than the programs.
pub(super) fn missing_here(desk: &Desk, job: &Job, definition: &Definition) -> Option<Reason> {
    missing(definition).filter(|_| desk.console().starts_runs && !job.is_retired)
}

/// The names of the jobs that cannot be started here, for the list of them.
pub(super) async fn all_missing(desk: &Desk) -> sqlx::Result<HashSet<String>> {
    if !desk.console().starts_runs {
        return Ok(HashSet::new());
    }
    let jobs: Vec<(String, String)> = desk
        .reader()
        .query(sql!(
            "select j.name, v.definition from batch_jobs j join batch_versions v on v.job = j.name and v.n = j.version
              where j.kind = 'command' and not j.is_retired"
        ))
        .all()
        .await?;
    let is_missing = |text: &String| serde_json::from_str(text).is_ok_and(|job| missing(&job).is_some());
    Ok(jobs.into_iter().filter(|(_, text)| is_missing(text)).map(|(name, _)| name).collect())
}

impl Reason {
    /// In the reader's words.
    pub(crate) fn said(&self, shell: &Shell) -> String {
        let key = match self.why {
            Why::NotFound => "job-program.not-found",
            Why::NotAFile => "job-program.not-a-file",
            Why::NotExecutable => "job-program.not-executable",
            Why::Unreadable(_) => "job-program.unreadable",
        };
        shell.with(key, &[("program", &self.program)])
    }
}

/// For the log of the server and `ingam check`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = &self.program;
        match &self.why {
            Why::NotFound => write!(f, "{program} cannot be found"),
            Why::NotAFile => write!(f, "{program} is not a file"),
            Why::NotExecutable => write!(f, "{program} is not executable (chmod +x)"),
            Why::Unreadable(error) => write!(f, "{program} cannot be read: {error}"),
        }
    }
}
