//! Payment providers: who really gives the money back.
//!
//! A refund is decided and recorded here first; only then is the provider asked, by the worker, under a key that makes a
//! second request harmless. What the provider says is one of [`Answer`]; where it is unknown what it did, that is
//! [`Unclear`], and it is asked again instead of being told again.

#[cfg(test)]
mod fake;
mod http;
mod stripe;
#[cfg(test)]
mod tests;
mod webhook;

pub use stripe::{ApiKey, Stripe};
pub use webhook::{SigningSecret, Webhook};

use crate::{clock::Instant, money::Money, text::is_printable};
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

impl Answer {
    /// Goes under the key where the provider has no name of its own for it.
    fn succeeded(reference: &str, key: &str) -> Self {
        Self::Succeeded { reference: plain(reference, 100).unwrap_or_else(|| key.to_owned()) }
    }

    fn declined(code: &str) -> Self {
        Self::Declined { code: plain(code, 64).unwrap_or_else(|| "failed".to_owned()) }
    }
}

/// What may be shown and kept of a name from outside: printable ASCII, of limited length.
fn plain(name: &str, most: usize) -> Option<String> {
    let name: String = name.chars().filter(|c| c.is_ascii() && is_printable(*c)).take(most).collect();
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// It is unknown whether the provider did it: it did not answer in time, or not in a way that says so.
#[derive(Debug, thiserror::Error)]
#[error("the payment provider gave no clear answer: {0}")]
pub struct Unclear(pub String);

/// Which provider, and how to reach it.
#[derive(Clone, Debug, Default)]
pub enum Provider {
    /// Records only: another system moves the money. The default.
    #[default]
    Bookkeeping,
    Webhook(Webhook),
    Stripe(Stripe),
}

impl Provider {
    /// The name in the settings and with every refund that it was asked for.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bookkeeping => "bookkeeping",
            Self::Webhook(_) => "webhook",
            Self::Stripe(_) => "stripe",
        }
    }

    /// How long one call may take. A claim on a refund outlasts two of them.
    pub fn timeout(&self) -> Duration {
        match self {
            Self::Bookkeeping => Duration::ZERO,
            Self::Webhook(webhook) => webhook.client.timeout,
            Self::Stripe(stripe) => stripe.client.timeout,
        }
    }

    /// Asks for the refund; `now` is the time that the request is signed with.
    ///
    /// # Errors
    ///
    /// [`Unclear`] if it is unknown whether the provider made the refund. A refusal by the provider is an [`Answer`].
    pub async fn refund(&self, request: &RefundRequest, now: Instant) -> Result<Answer, Unclear> {
        match self {
            Self::Bookkeeping => Ok(Answer::Succeeded { reference: request.key.clone() }),
            Self::Webhook(webhook) => webhook.refund(request, now).await,
            Self::Stripe(stripe) => stripe.refund(request).await,
        }
    }

    /// Asks what became of a refund that was asked for before, without asking for it again.
    ///
    /// # Errors
    ///
    /// [`Unclear`] if the provider's answer does not settle the refund.
    pub async fn status(&self, request: &RefundRequest, now: Instant) -> Result<Answer, Unclear> {
        match self {
            Self::Bookkeeping => Ok(Answer::Succeeded { reference: request.key.clone() }),
            Self::Webhook(webhook) => webhook.status(request, now).await,
            Self::Stripe(stripe) => stripe.status(request).await,
        }
    }
}
