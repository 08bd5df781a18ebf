use super::change::{Fault, Meaning, Rejection};
use crate::clock::Instant;

crate::gate::refusal_words! {
    /// The value is not among the choices.
    pub(crate) NOT_A_CHOICE = "not-a-choice";
}

/// Why the gate refused. Except for [`Refusal::Unrecorded`], the refusal is in the audit log.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    #[error("not signed in any more")]
    SignedOut,
    #[error("no role that may do this")]
    Role,
    #[error("network not allowed")]
    Network,
    /// The form did not come from a page of this console.
    #[error("forged request")]
    Forgery,
    /// The forwarding headers of a trusted proxy cannot be read.
    #[error("address cannot be read")]
    Address,
    /// The request names another host than the console's, or none.
    #[error("not the console's host")]
    Host,
    /// A browser asked for a page without a person to look at it: for a part of another page, or for a script of another
    /// site.
    #[error("embedded in another page")]
    Embedded,
    /// A trusted proxy does not name the client of the request.
    #[error("no client named by the proxy")]
    Unnamed,
    /// A session in another browser and on another network than at its last code.
    #[error("session moved")]
    Moved,
    /// A set-up link that was used, replaced, or never made.
    #[error("link does not work")]
    Link,
    #[error("the form's key was used for another change")]
    KeyReused,
    #[error("the target is at version {now}, not at the one that was seen")]
    Stale { now: i64 },
    #[error("{0}")]
    Code(CodeRefusal),
    #[error("{0}")]
    Rejected(Rejection),
    /// Nothing was changed, because the change could not be recorded.
    #[error("could not be recorded")]
    Unrecorded(#[source] anyhow::Error),
}

/// What was wrong with a one-time code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    #[error("no authenticator")]
    NotEnrolled,
    #[error("not six digits")]
    Malformed,
    #[error("wrong code")]
    Wrong,
    #[error("the code of the next step, from a clock that is ahead")]
    Ahead,
    #[error("code used before")]
    Reused,
    #[error("too many wrong codes, waits until {until}")]
    Waiting { until: Instant },
    #[error("too many wrong codes, locked")]
    Locked,
}

impl Refusal {
    /// The word in the log's `refusal` column, which also names the message.
    pub fn word(&self) -> String {
        match self {
            Self::SignedOut => "signed-out".to_owned(),
            Self::Role => "role".to_owned(),
            Self::Network => "network".to_owned(),
            Self::Forgery => "forgery".to_owned(),
            Self::Address => "address".to_owned(),
            Self::Host => "other-host".to_owned(),
            Self::Embedded => "embedded".to_owned(),
            Self::Unnamed => "client-unnamed".to_owned(),
            Self::Moved => "session-moved".to_owned(),
            Self::Link => "link-gone".to_owned(),
            Self::KeyReused => "key-reused".to_owned(),
            Self::Stale { .. } => "stale".to_owned(),
            Self::Code(code) => code.word().to_owned(),
            Self::Rejected(rejection) => rejection.to_string(),
            Self::Unrecorded(_) => "unrecorded".to_owned(),
        }
    }
}

impl CodeRefusal {
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotEnrolled => "code-not-enrolled",
            Self::Malformed => "code-malformed",
            Self::Wrong => "code-wrong",
            Self::Ahead => "code-ahead",
            Self::Reused => "code-reused",
            Self::Waiting { .. } => "code-waiting",
            Self::Locked => "code-locked",
        }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Unrecorded(error.into())
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Rejected(rejection) => Self::Rejected(rejection),
            Fault::Store(error) => error.into(),
        }
    }
}

impl Refusal {
    /// Whether the rules of the business rejected the change with this meaning.
    pub fn means(&self, meaning: Meaning) -> bool {
        matches!(self, Self::Rejected(rejection) if rejection.meaning == meaning)
    }
}
