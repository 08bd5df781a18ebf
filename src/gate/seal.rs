//! What a person enters to seal a change, and the outcome.

use crate::{
    id::{RequestId, Seq},
    text,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A reason in the log: 5 to 500 characters, all of them printable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason(String);

/// Why a text is no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    #[error("no reason")]
    Missing,
    #[error("too short for a reason")]
    TooShort,
    #[error("too long for a reason")]
    TooLong,
    #[error("a reason with characters that cannot be printed")]
    Unprintable,
}

impl Reason {
    /// How many characters a reason may have.
    pub const LENGTH: RangeInclusive<usize> = 5..=500;

    /// How many of them are seen at least: the space between two short words counts towards the length and not here.
    const VISIBLE: usize = 4;

    /// Reads a reason as it was typed. White space around it is no part of it.
    ///
    /// # Errors
    /// Why the text is no reason.
    pub fn parse(text: &str) -> Result<Self, ReasonError> {
        let text = text::composed(&text.replace("\r\n", "\n"));
        let text = text.trim();
        match text.chars().count() {
            0 => Err(ReasonError::Missing),
            count if count < *Self::LENGTH.start() => Err(ReasonError::TooShort),
            count if count > *Self::LENGTH.end() => Err(ReasonError::TooLong),
            _ if !text::is_lines(text) => Err(ReasonError::Unprintable),
            _ if text::visible(text) < Self::VISIBLE => Err(ReasonError::TooShort),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// For changes that explain themselves, such as signing in.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a person enters to seal a change.
#[derive(Clone, Debug, Default)]
pub struct Seal {
    pub reason: Reason,
    /// The six digits as they were typed.
    pub code: Option<String>,
    /// Names the form, so that sending it twice does nothing twice.
    pub key: Option<String>,
    /// The version of the target that the person looked at.
    pub seen: Option<i64>,
    /// Whether it cannot wait for the approval it needs, where the policy lets people say so.
    pub is_urgent: bool,
    /// The row of the log that the change takes back. The gate checks that it is the opposite of that row's change.
    pub reverses: Option<Seq>,
}

impl Seal {
    pub fn none() -> Self {
        Self::default()
    }
}

/// The outcome of a change that was sealed. Stored with the key of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome<T> {
    /// It was made, and this is its output.
    #[serde(rename = "made")]
    Applied(T),
    /// It waits for a second person, as the request of this number.
    #[serde(rename = "waits")]
    Pending(RequestId),
}

impl<T> Outcome<T> {
    /// The output of the change, if it was made.
    pub fn applied(self) -> Option<T> {
        match self {
            Self::Applied(output) => Some(output),
            Self::Pending(_) => None,
        }
    }

    /// The id of the request that holds the change, if it waits for approval.
    pub fn pending(&self) -> Option<RequestId> {
        match self {
            Self::Applied(_) => None,
            Self::Pending(request) => Some(*request),
        }
    }
}

/// A change that is sealed: its row in the log, and its output.
#[derive(Debug)]
pub struct Sealed<T> {
    pub seq: Seq,
    pub output: T,
    /// Whether this is the answer of an earlier sending of the same form.
    pub repeated: bool,
}
