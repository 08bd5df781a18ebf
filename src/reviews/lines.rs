//! The report as it is hashed, signed and kept: a JSON object on each line, its names in their order, no spaces, and whole numbers as
//! texts, as in the log. The pages in both languages are made of nothing else.

use super::period::Period;
use crate::{clock::Instant, plan::Every};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, fmt, num::ParseIntError};

/// What the lines are called that this program writes.
pub(crate) const VERSION: &str = "1";

/// A whole number, which is a text in the bytes: JSON's numbers end at 2^53.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Whole(pub i64);

impl TryFrom<String> for Whole {
    type Error = ParseIntError;

    fn try_from(text: String) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

impl From<Whole> for String {
    fn from(Whole(number): Whole) -> Self {
        number.to_string()
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Line {
    Report(Head),
    Retention(Retention),
    Person(Person),
    Export(Taken),
    Reveal(Reveal),
    Behalf(Behalf),
    Right(Right),
    Dormant(Dormant),
    Finding(Finding),
    Integrity(Integrity),
}

/// What the report is about, and by which plan it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub access_years: Whole,
    /// The kinds of lines of which there are more than the report lists.
    pub cut: Vec<String>,
    pub every: Every,
    pub from: Instant,
    pub method: String,
    pub period: Period,
    pub processor: String,
    pub system: String,
    pub to: Instant,
    pub v: String,
    pub work_from: Whole,
    pub work_until: Whole,
    pub zone: String,
}

/// How long what is there goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    /// Places in the chains of the records, within the period, at which there is none.
    pub gaps: Whole,
    /// Whether the records go back to the first one that was ever made.
    pub is_whole: bool,
    /// The first row of the log.
    pub log_since: Option<Instant>,
    pub oldest: Option<Instant>,
    /// Those of the period.
    pub records: Whole,
    /// What removed some last.
    pub removed: Option<Removed>,
}

/// The removal of access records whose time was over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Removed {
    pub at: Instant,
    /// Its row of the log.
    pub row: Whole,
    /// The time for which they were kept.
    pub years: Whole,
}

/// What one person did in the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub account: String,
    pub changes: Whole,
    /// How many customers were shown, each counted once.
    pub customers: Whole,
    pub days: Whole,
    pub first: Option<Place>,
    pub id: Whole,
    pub last: Option<Place>,
    /// Looks at the log and the access records.
    pub log_views: Whole,
    pub name: String,
    /// How much of all that was outside working hours.
    pub off_hours: Whole,
    pub refused: Whole,
    pub reveals: Whole,
    pub searches: Whole,
    pub sign_ins: Whole,
    pub views: Whole,
}

/// When, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub at: Instant,
    pub ip: String,
}

/// A file of the log that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    pub at: Instant,
    pub by: String,
    pub bytes: Option<Whole>,
    pub customers: Whole,
    pub filter: String,
    pub format: String,
    pub id: Whole,
    pub purpose: String,
    pub reason: String,
    /// The row of the log that it was made with.
    pub row: Whole,
    pub rows: Whole,
    /// Nothing where the file was not taken whole.
    pub sha256: Option<String>,
}

/// Contacts that were seen in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reveal {
    pub at: Instant,
    pub by: String,
    pub customer: String,
    pub ip: String,
    pub reason: String,
    pub staff: Whole,
}

/// A change that was made for the person who asked, when another one had approved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behalf {
    pub action: String,
    pub approver: String,
    pub at: Instant,
    pub by: String,
    pub row: Whole,
    pub target: String,
}

/// A grant, a change or a withdrawal of what a person may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Right {
    pub action: String,
    /// The second person, where one was needed.
    pub approver: Option<String>,
    pub at: Instant,
    pub by: String,
    pub fields: Vec<Field>,
    pub reason: String,
    pub row: Whole,
    /// The account, or the address that was invited.
    pub whom: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Field {
    pub after: Option<String>,
    pub before: Option<String>,
    pub name: String,
}

/// An account that can sign in and has not for long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dormant {
    pub account: String,
    pub created: Instant,
    pub id: Whole,
    /// When it was used last before the end of the period; nothing where it never was.
    pub last: Option<Instant>,
    pub name: String,
    pub roles: String,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finding {
    /// The beginning of its day.
    pub day: Instant,
    pub id: Whole,
    /// The persons it is about.
    pub names: String,
    /// The numbers of its sentence.
    pub numbers: BTreeMap<String, String>,
    /// How it ended, once it did.
    pub outcome: Option<String>,
    /// Why it was closed like that.
    pub reason: Option<String>,
    pub rule: String,
}

/// What proves that the log is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Integrity {
    /// The first one that holds the rows of the period, and the row that seals its access records.
    pub checkpoint: Option<Covering>,
    /// The row after the last one of the period.
    pub end: Whole,
    pub first: Whole,
    pub previous: Option<Previous>,
    pub sealed: Option<Sealed>,
    /// The records of the period that are in no tree.
    pub unsealed: Whole,
    pub verified: Option<Verified>,
}

/// A checkpoint, and where it is besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Covering {
    /// The id of the key, which is in its public key after the name.
    pub key: String,
    pub log: String,
    pub root: String,
    pub rows: Whole,
    pub shipped: Vec<Shipped>,
    pub signed_at: Instant,
    pub witnesses: Vec<Cosigned>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shipped {
    pub state: String,
    pub target: String,
    pub until: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cosigned {
    pub at: Instant,
    pub name: String,
}

/// The row of the log that seals the tree of the access records, once it holds those of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    pub root: String,
    pub row: Whole,
    pub size: Whole,
}

/// The report that was signed about the period before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Previous {
    /// The rows of its checkpoint.
    pub checkpoint: Option<Whole>,
    pub id: Whole,
    pub period: Period,
    pub sha256: String,
}

/// The last verification of the whole log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Verified {
    pub at: Instant,
    /// What does not fit.
    pub finding: Option<String>,
    /// The rows that were verified, from the first one on; nothing where something does not fit.
    pub rows: Option<Whole>,
}

impl Line {
    /// The bytes of the line, with the newline that ends it.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        // Within a line each name comes before the next one in the alphabet; the kind comes among them.
        let sorted: BTreeMap<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        serde_json::to_writer(&mut *out, &sorted)?;
        out.push(b'\n');
        Ok(())
    }
}
