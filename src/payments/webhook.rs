//! A refund as a signed request to a service of one's own, after the Standard Webhooks specification
//! (standardwebhooks.com). `docs/refund-webhook.md` says what that service has to do.

#[cfg(test)]
mod tests;

use super::{
    Answer, RefundRequest, Unclear,
    http::{Client, Reply},
};
use crate::{clock::Instant, secret};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD},
};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use ureq::http::{StatusCode, Uri};

/// A service that pays refunds when it is asked to.
#[derive(Clone)]
pub struct Webhook {
    url: Uri,
    secret: SigningSecret,
    pub(super) client: Client,
}

impl Webhook {
    pub fn new(url: Uri, secret: SigningSecret, timeout: Duration) -> Self {
        Self { url, secret, client: Client::new(timeout) }
    }

    pub(super) async fn refund(&self, request: &RefundRequest, now: Instant) -> Result<Answer, Unclear> {
        self.ask("refund.requested", request.key.clone(), request, now).await
    }

    /// Goes under an id of its own, so that a receiver that remembers ids does not take it for the request itself.
    pub(super) async fn status(&self, request: &RefundRequest, now: Instant) -> Result<Answer, Unclear> {
        self.ask("refund.status", format!("{}.status", request.key), request, now).await
    }

    async fn ask(
        &self,
        kind: &'static str,
        id: String,
        request: &RefundRequest,
        now: Instant,
    ) -> Result<Answer, Unclear> {
        let message = Message {
            kind,
            timestamp: now.to_string(),
            data: Data {
                key: &request.key,
                payment: &request.payment,
                amount: request.amount.minor.to_string(),
                currency: request.amount.currency.code(),
            },
        };
        let body = serde_json::to_string(&message).map_err(|_| Unclear("the request cannot be written".to_owned()))?;
        let timestamp = now.unix().to_string();
        let signature = self.secret.sign(&id, &timestamp, &body);
        let url = self.url.to_string();
        let reply = self
            .client
            .call(move |call| {
                let headers = [
                    ("content-type", "application/json"),
                    ("accept", "application/json"),
                    ("webhook-id", id.as_str()),
                    ("webhook-timestamp", &timestamp),
                    ("webhook-signature", &signature),
                ];
                call.post(&url, &headers, body)
            })
            .await?;
        read(&reply, &request.key)
    }
}

impl fmt::Debug for Webhook {
    /// Only the host: the path may contain a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("host", &self.url.host())
            .field("secret", &self.secret)
            .field("client", &self.client)
            .finish()
    }
}

/// `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone)]
pub struct SigningSecret(Vec<u8>);

impl SigningSecret {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("whsec_")?.trim_end_matches('=');
        let bytes = STANDARD_NO_PAD.decode(text).ok()?;
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// Secrets that are no secrets: a pattern, or the one that the specification signs its example with.
    pub fn is_sample(&self) -> bool {
        const EXAMPLE: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        secret::is_pattern(&self.0) || STANDARD.encode(&self.0) == EXAMPLE
    }

    pub(crate) fn sign(&self, id: &str, timestamp: &str, body: &str) -> String {
        let mac = secret::hmac_sha256(&self.0, format!("{id}.{timestamp}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(mac))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(…)")
    }
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    key: &'a str,
    payment: &'a str,
    /// In minor units. Text, because not every reader of JSON keeps large numbers whole.
    amount: String,
    currency: &'static str,
}

#[derive(Deserialize)]
struct Said {
    status: Status,
    reference: Option<String>,
    code: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Succeeded,
    Failed,
    Pending,
    Unknown,
}

/// Only what the receiver itself says counts. Any proxy on the way can make up a status of HTTP, but not this JSON.
fn read(reply: &Reply, key: &str) -> Result<Answer, Unclear> {
    let is_unprocessable = reply.status == StatusCode::UNPROCESSABLE_ENTITY;
    if !reply.status.is_success() && !is_unprocessable {
        return Err(reply.unclear());
    }
    match reply.json::<Said>() {
        Some(Said { status: Status::Failed, code, .. }) => Ok(Answer::declined(code.as_deref().unwrap_or_default())),
        _ if is_unprocessable => Err(reply.unclear()),
        Some(Said { status: Status::Succeeded, reference, .. }) => {
            Ok(Answer::succeeded(reference.as_deref().unwrap_or_default(), key))
        }
        Some(Said { status: Status::Pending, .. }) => Ok(Answer::Pending),
        Some(Said { status: Status::Unknown, .. }) => Ok(Answer::Unknown),
        None => Err(Unclear(format!("HTTP {} without a readable status", reply.status.as_u16()))),
    }
}
