//! Which jobs there are, and with what they are run.

use super::{File, Settings, from_str, signing_secret, within};
use crate::{
    allowlist::Allowlist,
    batches::{definition::Definition, program::missing},
    payments::SigningSecret,
    supervise::{Allowed, Launcher, Refused, User},
};
use chrono::TimeDelta;
use std::time::Duration;

pub(super) const PROGRAMS: &str = "INGAM_BATCH_PROGRAMS";
pub(super) const SECRET: &str = "INGAM_BATCH_SECRET";
pub(super) const SLOTS: &str = "INGAM_BATCH_SLOTS";
pub(super) const LEASE: &str = "INGAM_BATCH_LEASE_SECONDS";
pub(super) const DRAIN: &str = "INGAM_BATCH_DRAIN_SECONDS";
/// Read before everything else as well, by the command line.
pub const USER: &str = "INGAM_BATCH_USER";
pub(super) const NETWORKS: &str = "INGAM_REPORT_NETWORKS";

/// How this console runs jobs.
#[derive(Clone, Debug)]
pub struct Batches {
    pub jobs: Vec<Definition>,
    /// The programs that jobs may run.
    pub programs: Allowed,
    /// The process that starts them, apart from this one.
    pub launcher: Launcher,
    /// What triggers of jobs elsewhere are signed with.
    pub secret: Option<SigningSecret>,
    /// The number of runs at once in this process.
    pub slots: usize,
    /// How long a run is believed to be alive without word of it.
    pub lease: TimeDelta,
    /// How long runs may go on when the console is told to stop.
    pub drain: Duration,
    /// From where jobs may report; where nothing is said, from where people may come.
    pub networks: Option<Allowlist>,
}

impl Default for Batches {
    fn default() -> Self {
        Self {
            jobs: Vec::new(),
            programs: Allowed::default(),
            launcher: Launcher::own(None),
            secret: None,
            slots: 8,
            lease: TimeDelta::seconds(60),
            drain: Duration::from_secs(20),
            networks: None,
        }
    }
}

impl Settings {
    pub(super) fn batches(&self) -> Result<Batches, String> {
        let usual = Batches::default();
        let number = |text: &str, least, most| within(text, least, most);
        let seconds = |n: i64| Duration::from_secs(u64::try_from(n).unwrap_or_default());
        let batches = Batches {
            jobs: self.jobs.clone(),
            programs: self
                .or(PROGRAMS, usual.programs, |text| Allowed::parse(text).map_err(|error| error.to_string()))?,
            launcher: Launcher::own(self.or(USER, None, |text| match User::parse(text)? {
                user if User::can_be_chosen() => Ok(Some(user)),
                _ => Err("jobs run as another user only where the console is started by root".to_owned()),
            })?),
            secret: self.or(SECRET, None, |text| signing_secret(text).map(Some))?,
            slots: self.or(SLOTS, usual.slots, |text| {
                number(text, 0, 256)?;
                from_str(text)
            })?,
            lease: self.or(LEASE, usual.lease, |text| number(text, 2, 3600).map(TimeDelta::seconds))?,
            drain: self.or(DRAIN, usual.drain, |text| number(text, 0, 3600).map(seconds))?,
            networks: self.or(NETWORKS, None, |text| Allowlist::parse(text).map(Some))?,
        };
        for (n, job) in batches.jobs.iter().enumerate() {
            job.check()?;
            if batches.jobs.iter().take(n).any(|earlier| earlier.name == job.name) {
                return Err(format!("job {:?} is declared twice", job.name));
            }
            let program = job.program().filter(|_| job.kind().is_a_process());
            match program.map(|program| batches.programs.find(&program)) {
                // It may come yet, and the other jobs do not wait for it.
                None | Some(Ok(_) | Err(Refused::NotFound { .. })) => {}
                Some(Err(error)) => {
                    return Err(format!("job {:?}: {error}; {PROGRAMS} names the programs that may", job.name));
                }
            }
            if job.kind().is_triggered() && batches.secret.is_none() {
                return Err(format!("job {:?} is triggered by a signed request, and {SECRET} is not set", job.name));
            }
        }
        Ok(batches)
    }
}

impl Batches {
    /// Whether this console starts programs, and not only reads of them.
    pub fn starts_programs(&self) -> bool {
        self.slots > 0 && self.jobs.iter().any(|job| job.kind().is_a_process())
    }

    /// The jobs whose runs will fail here because their program is not there, and why.
    pub fn without_program(&self) -> impl Iterator<Item = (&str, String)> {
        let jobs = self.jobs.iter().filter(|_| self.slots > 0);
        jobs.filter_map(|job| Some((job.name.as_str(), missing(job)?.to_string())))
    }
}

/// The jobs that the file declares.
pub(super) fn declared(file: &mut File) -> Vec<Definition> {
    std::mem::take(&mut file.job)
}
