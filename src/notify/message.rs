//! What is to be told, before any channel puts it into its own form. It names customers by id only, as events do.

use crate::clock::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a message says of its thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum What {
    Opened,
    /// It goes on, and more of it happened.
    Again,
    Acknowledged,
    Resolved,
    /// Something happened that is over as it is told.
    Notice,
    /// A run ended, with what it took: for those who keep measurements.
    Point,
    /// An event of the outbox, for programs.
    Event,
    Test,
}

impl What {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Again => "again",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Notice => "notice",
            Self::Point => "point",
            Self::Event => "event",
            Self::Test => "test",
        }
    }
}

/// How bad a thing is that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Warning,
    /// A person has to look at it now, also at night.
    Critical,
}

impl Severity {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl TryFrom<String> for Severity {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "warning" => Ok(Self::Warning),
            "critical" => Ok(Self::Critical),
            _ => Err(format!("{text:?} is no severity")),
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub what: What,
    /// What is wrong, or what happened: `runs.failed`, `changes.high-value`.
    pub kind: String,
    pub severity: Severity,
    /// By which receivers know that two messages are about one thing.
    pub key: String,
    /// The thing as people know it: the title of a job.
    pub title: String,
    /// When it began.
    pub since: Instant,
    /// When this happened.
    pub at: Instant,
    /// How often it happened since it began.
    pub n: i64,
    /// The page of it in the console.
    pub path: String,
    #[serde(default)]
    pub facts: Facts,
}

/// What is known of it. All are optional, because a message is read by every later version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<i64>,
    /// How the run ended, and the name of its job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// In milliseconds, as is the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usually_processed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Why a run failed, as the run has it: a word of the console's, or what its runner said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The time for which something was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Instant>,
    /// What the other side answered, or what does not fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Who acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The kind of a change and its row in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// The system that an alert was received from, what it calls it by, and where it shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Until when a silence kept it from being told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silenced_until: Option<Instant>,
    /// Where instructions are for the person who looks at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// The six digits that prove an address. They are in no row: the lane adds them as it sends the message.
    #[serde(skip)]
    pub code: Option<String>,
    /// By which policy and step of it a person is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalation: Option<String>,
    /// Who had acknowledged it, and left it alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_by: Option<String>,
    /// Whether no person was reached who is to be called about it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_unreached: bool,
    /// An event as programs get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Value>,
}
