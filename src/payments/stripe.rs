//! Refunds by Stripe (docs.stripe.com/api/refunds).

#[cfg(test)]
mod tests;

use super::{
    Answer, RefundRequest, Unclear,
    http::{Call, Client, Reply},
};
use crate::{money::Money, secret};
use serde::Deserialize;
use std::{fmt, time::Duration};

/// The number of lists of a hundred that are looked through for one refund. No payment is refunded in a thousand parts.
const PAGES: usize = 10;

/// An account at Stripe.
#[derive(Clone, Debug)]
pub struct Stripe {
    base: String,
    key: ApiKey,
    pub(super) client: Client,
}

impl Stripe {
    /// `base` is scheme and host, such as `https://api.stripe.com`.
    pub fn new(base: &str, key: ApiKey, timeout: Duration) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), key, client: Client::new(timeout) }
    }

    pub(super) async fn refund(&self, request: &RefundRequest) -> Result<Answer, Unclear> {
        let (stripe, request) = (self.clone(), request.clone());
        self.client.call(move |call| stripe.request(call, &request)).await
    }

    pub(super) async fn status(&self, request: &RefundRequest) -> Result<Answer, Unclear> {
        let (stripe, request) = (self.clone(), request.clone());
        self.client.call(move |call| stripe.find(call, &request)).await
    }

    fn request(&self, call: &Call, request: &RefundRequest) -> Result<Answer, Unclear> {
        let Some(amount) = amount(request.amount) else { return Ok(Answer::declined(TOO_FINE)) };
        let form =
            encode(&[payment(request), ("amount", &amount.to_string()), ("metadata[ingam_refund]", &request.key)])?;
        let headers = [
            ("authorization", self.key.bearer()),
            ("idempotency-key", request.key.clone()),
            ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let reply = call.post(&format!("{}/v1/refunds", self.base), &headers, form)?;
        if reply.status.is_success() {
            return reply.json::<Refund>().ok_or_else(|| unreadable(&reply))?.answer(&request.key);
        }
        let refusal = refusal(&reply).ok_or_else(|| reply.unclear())?;
        if refusal.is_of_the_payment() {
            return Ok(Answer::declined(refusal.word()));
        }
        // Stripe forgets idempotency keys after a day. Asked again later, it may say that there is nothing left to
        // refund, and it is this very refund that took it: so what it has is looked at before a refusal is believed.
        match self.find(call, request)? {
            Answer::Unknown => Ok(Answer::declined(refusal.word())),
            found => Ok(found),
        }
    }

    /// Looks for the refund among those of its payment, by the key that was put into its metadata.
    fn find(&self, call: &Call, request: &RefundRequest) -> Result<Answer, Unclear> {
        let authorization = self.key.bearer();
        let mut after: Option<String> = None;
        for _ in 0..PAGES {
            let mut query = vec![payment(request), ("limit", "100")];
            query.extend(after.as_deref().map(|id| ("starting_after", id)));
            let url = format!("{}/v1/refunds?{}", self.base, encode(&query)?);
            let reply = call.get(&url, &[("authorization", authorization.as_str())])?;
            if !reply.status.is_success() {
                // No payment, so no refund of it; asked for the refund, Stripe then says so in a way that settles it.
                let is_gone = refusal(&reply).is_some_and(|refusal| refusal.is_of_the_payment());
                return if is_gone { Ok(Answer::Unknown) } else { Err(reply.unclear()) };
            }
            let list = reply.json::<List>().ok_or_else(|| unreadable(&reply))?;
            if let Some(refund) = list.data.iter().find(|refund| refund.is_under(&request.key)) {
                return refund.answer(&request.key);
            }
            after = match list.data.into_iter().next_back() {
                Some(refund) if list.has_more => Some(refund.id),
                _ => return Ok(Answer::Unknown),
            };
        }
        Err(Unclear("the payment has too many refunds to look through".to_owned()))
    }
}

/// The amount is finer than Stripe's smallest unit of its currency.
const TOO_FINE: &str = "amount_too_fine";

/// An amount in Stripe's smallest unit, which is not that of ISO 4217 for all currencies (docs.stripe.com/currencies, read on
/// 2026-11-29): two more digits for the króna and Uganda's shilling, two less for the ariary, and the last of three digits is zero.
fn amount(money: Money) -> Option<i64> {
    let whole = |of: i64| (money.minor % of == 0).then_some(money.minor);
    match money.currency.code() {
        "ISK" | "UGX" => money.minor.checked_mul(100),
        "MGA" => whole(100).map(|minor| minor / 100),
        _ if money.currency.digits() == 3 => whole(10),
        _ => Some(money.minor),
    }
}

/// Stripe has two names for a payment: the intent, and the older charge.
fn payment(request: &RefundRequest) -> (&'static str, &str) {
    let name = if request.payment.starts_with("pi_") { "payment_intent" } else { "charge" };
    (name, &request.payment)
}

fn encode(pairs: &[(&str, &str)]) -> Result<String, Unclear> {
    serde_urlencoded::to_string(pairs).map_err(|_| Unclear("the request cannot be written".to_owned()))
}

fn unreadable(reply: &Reply) -> Unclear {
    Unclear(format!("HTTP {} without a readable refund", reply.status.as_u16()))
}

/// A secret or restricted key, `sk_…` or `rk_…`, which says whether it moves real money.
#[derive(Clone)]
pub struct ApiKey {
    text: String,
    is_live: bool,
}

impl ApiKey {
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("sk_").or_else(|| text.strip_prefix("rk_"))?;
        let live = rest.strip_prefix("live_");
        let random = live.or_else(|| rest.strip_prefix("test_"))?;
        let is_word = !random.is_empty() && random.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        is_word.then(|| Self { text: text.to_owned(), is_live: live.is_some() })
    }

    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// Keys that are no keys: after their prefix they repeat one letter, or are the alphabet.
    pub fn is_sample(&self) -> bool {
        self.text.get("sk_live_".len()..).is_some_and(|random| secret::is_pattern(random.as_bytes()))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.text)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

#[derive(Deserialize)]
struct List {
    data: Vec<Refund>,
    has_more: bool,
}

#[derive(Deserialize)]
struct Refund {
    id: String,
    status: Option<String>,
    failure_reason: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    ingam_refund: Option<String>,
}

impl Refund {
    fn is_under(&self, key: &str) -> bool {
        self.metadata.as_ref().and_then(|metadata| metadata.ingam_refund.as_deref()) == Some(key)
    }

    fn answer(&self, key: &str) -> Result<Answer, Unclear> {
        match self.status.as_deref() {
            Some("succeeded") => Ok(Answer::succeeded(&self.id, key)),
            Some(status @ ("failed" | "canceled")) => {
                Ok(Answer::declined(self.failure_reason.as_deref().unwrap_or(status)))
            }
            Some("pending" | "requires_action") => Ok(Answer::Pending),
            _ => Err(Unclear("a refund without a known status".to_owned())),
        }
    }
}

#[derive(Deserialize)]
struct Failure {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
}

impl Refusal {
    fn word(&self) -> &str {
        self.code.as_deref().unwrap_or(&self.kind)
    }

    /// Whether Stripe does not know the payment: then there is no refund of it either, and no list to look at.
    fn is_of_the_payment(&self) -> bool {
        self.code.as_deref() == Some("resource_missing")
    }
}

/// That Stripe has judged the request and refused it. An `idempotency_error`, which is a 400 like the refusals, is none:
/// the key was used before with other parameters, so a refund under it may well have been paid.
fn refusal(reply: &Reply) -> Option<Refusal> {
    let failure: Failure = matches!(reply.status.as_u16(), 400 | 402 | 404).then(|| reply.json()).flatten()?;
    matches!(failure.error.kind.as_str(), "invalid_request_error" | "card_error").then_some(failure.error)
}
