//! What is counted of looks, and over which time.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LookKind {
    /// Names and contacts in full.
    Reveals,
    /// Lists of customers and of orders, searched or not: each page of them.
    Searches,
    /// Pages of customers and of orders.
    Opened,
}

impl LookKind {
    pub const ALL: [Self; 3] = [Self::Reveals, Self::Searches, Self::Opened];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reveals => "reveals",
            Self::Searches => "searches",
            Self::Opened => "opened",
        }
    }

    /// What an access record of this task counts as; nothing where it shows no customers.
    pub(super) fn of(task: &str) -> Option<Self> {
        match task {
            "reveal" => Some(Self::Reveals),
            "search" => Some(Self::Searches),
            "view" | "view-order" => Some(Self::Opened),
            _ => None,
        }
    }
}

impl fmt::Display for LookKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LookKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| format!("{text:?} is not counted"))
    }
}

/// Over which time looks are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    Hour,
    Day,
}

impl Span {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}
