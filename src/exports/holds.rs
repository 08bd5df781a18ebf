//! What a file is one of.

use super::format::Format;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// Rows of the log, by their numbers.
    #[default]
    Log,
    /// Access records that are leaves of their tree, by the numbers of these.
    Access,
}

impl Holds {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Log, Self::Access].into_iter().find(|holds| holds.as_str() == text)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Access => "access",
        }
    }

    pub(crate) fn is_log(self) -> bool {
        self == Self::Log
    }

    /// What it can be written as.
    pub(crate) fn formats(self) -> &'static [Format] {
        match self {
            Self::Log => &Format::ALL,
            Self::Access => &[Format::Jsonl, Format::Bundle, Format::Csv],
        }
    }

    /// The word for a file of this in a format: `jsonl`, `access-jsonl`.
    pub(crate) fn word(self, format: Format) -> &'static str {
        match (self, format) {
            (Self::Log, format) => format.as_str(),
            (Self::Access, Format::Csv) => "access-csv",
            (Self::Access, Format::Bundle) => "access-bundle",
            (Self::Access, _) => "access-jsonl",
        }
    }

    /// The access record of taking one.
    pub(super) fn task(self) -> &'static str {
        match self {
            Self::Log => "export-log",
            Self::Access => "export-records",
        }
    }
}

impl TryFrom<String> for Holds {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("no such files: {text}"))
    }
}
