//! Payment providers: who really gives the money back.
//!
//! A refund is decided and recorded here first; only then is the provider asked, by the worker, under a key that makes a
//! second request harmless. What the provider says is one of [`Answer`]; where nobody knows what it did, that is
//! [`Unclear`], and it is asked again instead of being told again.

use crate::money::Money;
use std::time::Duration;

/// What a provider is asked to do, the same each time it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRequest {
    /// The idempotency key: under it the provider gives the money back once, however often it is asked.
    pub key: String,
    /// What the provider calls the payment.
    pub payment: String,
    pub amount: Money,
}

/// What a provider says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The money is on its way; `reference` is what the provider calls this refund.
    Succeeded { reference: String },
    /// It will not be paid, and nothing was: `code` is the provider's word for why.
    Declined { code: String },
    /// The provider has it and has not decided.
    Pending,
    /// The provider has never heard of it.
    Unknown,
}

/// Nobody knows whether the provider did it: it did not answer in time, or not in a way that says so.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider gave no clear answer: {0}")]
pub struct Unclear(pub String);

/// Which provider, and how to reach it.
#[derive(Clone, Debug, Default)]
pub enum Provider {
    /// Records only: somebody else moves the money. The default.
    #[default]
    Bookkeeping,
}

impl Provider {
    /// How long one call may take. A claim on a refund outlasts two of them.
    pub fn timeout(&self) -> Duration {
        match self {
            Self::Bookkeeping => Duration::ZERO,
        }
    }

    /// Asks for the refund.
    pub async fn refund(&self, request: &RefundRequest) -> Result<Answer, Unclear> {
        match self {
            Self::Bookkeeping => Ok(Answer::Succeeded { reference: request.key.clone() }),
        }
    }

    /// Asks what became of a refund that was asked for before, without asking for it again.
    pub async fn status(&self, request: &RefundRequest) -> Result<Answer, Unclear> {
        match self {
            Self::Bookkeeping => Ok(Answer::Succeeded { reference: request.key.clone() }),
        }
    }
}
