//! How long things are kept, and removing them when that time is over: access records, kept searches, sessions that have ended, logs of
//! batches. Each transaction that removes some has its row in the log.

pub(crate) mod access;
pub(crate) mod kept;
pub(crate) mod purge;

use chrono::TimeDelta;
use std::{fmt, time::Duration};

/// What access records are kept under: the notice of the Personal Information Protection Commission on safeguards, which has them kept for a
/// year at least, and for two years with the data of many.
pub const LAW: &str = "PIPC notice 2026-9, article 8 (1)";

/// How long things are kept. The default is what was so before there were settings: access records and logs of batches stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Access records; nothing where they are kept for good.
    pub access_years: Option<u32>,
    /// What was typed into a search.
    pub search_days: i64,
    /// Sessions, from when they have run out.
    pub session_days: i64,
    /// What runs of batches wrote, from their end; nothing where it is kept for good.
    pub batch_log_days: Option<i64>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { access_years: None, search_days: 1, session_days: 0, batch_log_days: None }
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.access_years {
            Some(1) => write!(f, "access records for 1 year")?,
            Some(years) => write!(f, "access records for {years} years")?,
            None => write!(f, "access records for good")?,
        }
        let days = |n: i64| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
        let (searches, sessions) = (days(self.search_days), days(self.session_days));
        write!(f, ", searches for {searches}, sessions for {sessions} after their end, ")?;
        match self.batch_log_days {
            Some(n) => write!(f, "logs of batches for {}", days(n)),
            None => write!(f, "logs of batches for good"),
        }
    }
}

/// When to look for what is to be removed.
#[derive(Clone, Copy, Debug)]
pub struct Purging {
    /// How long after all of it was removed.
    pub every: TimeDelta,
    /// How often to look whether it is time to.
    pub look: Duration,
    /// The pause between two transactions, each of which removes a bounded part.
    pub pause: Duration,
    /// The number of rows that one transaction removes at most; of access records with all that they name.
    pub at_once: i64,
}

impl Default for Purging {
    fn default() -> Self {
        Self {
            every: TimeDelta::days(1),
            look: Duration::from_mins(1),
            pause: Duration::from_millis(200),
            at_once: 1_000,
        }
    }
}
