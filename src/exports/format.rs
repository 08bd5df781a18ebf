//! What a file is written as.

use super::{bundle::Unbundled, csv, ocsf};
use crate::gate::audit::Entry;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The bytes that are hashed, a row on each line. The evidence.
    Jsonl,
    /// For a spreadsheet: to read, not to prove anything.
    Csv,
    /// Events of the Open Cybersecurity Schema Framework, one on each line.
    Ocsf,
    /// JSON Lines with all that proves them, in a tar file.
    Bundle,
}

impl Format {
    pub(crate) const ALL: [Self; 4] = [Self::Jsonl, Self::Bundle, Self::Csv, Self::Ocsf];

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf",
            Self::Bundle => "bundle",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Jsonl | Self::Ocsf => "application/x-ndjson",
            Self::Bundle => "application/x-tar",
        }
    }

    /// How names of its files end.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Ocsf => "ocsf.jsonl",
            Self::Bundle => "tar",
        }
    }

    /// What a file of lines begins with.
    pub(super) fn begin(self, out: &mut Vec<u8>) {
        match self {
            Self::Csv => csv::header(out),
            Self::Jsonl | Self::Ocsf | Self::Bundle => {}
        }
    }

    /// The same of access records.
    pub(super) fn begin_records(self, out: &mut Vec<u8>) {
        if self == Self::Csv {
            csv::records::header(out);
        }
    }

    /// An access record by the bytes that are hashed.
    pub(super) fn write_record(self, out: &mut Vec<u8>, body: &[u8]) -> Result<(), Unbundled> {
        if self == Self::Csv {
            return csv::records::row(out, body).map_err(|error| Unbundled::Text(error.to_string()));
        }
        write_body(out, body);
        Ok(())
    }

    /// A row whose columns are needed too. `log` is the name of the log, where it is signed.
    pub(super) fn write(self, out: &mut Vec<u8>, entry: &Entry, body: &[u8], log: Option<&str>) {
        match self {
            Self::Jsonl | Self::Bundle => write_body(out, body),
            Self::Csv => csv::row(out, entry),
            Self::Ocsf => ocsf::event(out, entry, body, log),
        }
    }
}

/// The hashed bytes of a row as a line.
pub(super) fn write_body(out: &mut Vec<u8>, body: &[u8]) {
    out.extend_from_slice(body);
    out.push(b'\n');
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("no format: {text}"))
    }
}
