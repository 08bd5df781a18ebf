//! Which payment provider gives refunds back, and what of it belongs to which environment.

use super::{PAYMENTS, PAYMENTS_SECRET, PAYMENTS_TIMEOUT, PAYMENTS_URL, Settings, within};
use crate::{
    payments::{ApiKey, Provider, SigningSecret, Stripe, Webhook},
    profile::Profile,
};
use std::{str::FromStr, time::Duration};
use ureq::http::Uri;

const STRIPE: &str = "https://api.stripe.com";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Bookkeeping,
    Webhook,
    Stripe,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "bookkeeping" => Ok(Self::Bookkeeping),
            "webhook" => Ok(Self::Webhook),
            "stripe" => Ok(Self::Stripe),
            // Not repeated: it may be a secret that was put under the wrong name.
            _ => Err("must be bookkeeping, webhook or stripe".to_owned()),
        }
    }
}

impl Settings {
    pub(super) fn payments_kind(&self) -> Result<Kind, String> {
        self.or(PAYMENTS, Kind::Bookkeeping, str::parse)
    }

    pub(super) fn payments(&self, profile: Profile) -> Result<Provider, String> {
        let timeout = self.or(PAYMENTS_TIMEOUT, Duration::from_secs(20), |text| {
            within(text, 1, 60).map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
        })?;
        match self.payments_kind()? {
            Kind::Bookkeeping => {
                // An operator who sets these expects money to move, and nothing else would say that none does.
                match [PAYMENTS_URL, PAYMENTS_SECRET].into_iter().find(|name| self.get(name).is_some()) {
                    Some(name) => Err(format!("{name} is set, but {PAYMENTS} names no provider that uses it")),
                    None => Ok(Provider::Bookkeeping),
                }
            }
            Kind::Webhook => {
                let url = self.required(PAYMENTS_URL, |text| address(text, profile))?;
                let secret = self.required(PAYMENTS_SECRET, |text| {
                    SigningSecret::parse(text).ok_or_else(|| {
                        "must be whsec_ and 24 to 64 bytes as base64; `echo whsec_$(openssl rand -base64 32)` makes one"
                            .to_owned()
                    })
                })?;
                Ok(Provider::Webhook(Webhook::new(url, secret, timeout)))
            }
            Kind::Stripe => {
                let base =
                    self.or(PAYMENTS_URL, STRIPE.to_owned(), |text| base(text, profile).map(|url| url.to_string()))?;
                let key = self.required(PAYMENTS_SECRET, |text| {
                    ApiKey::parse(text)
                        .ok_or_else(|| "must be a secret or restricted key of Stripe, sk_… or rk_…".to_owned())
                })?;
                Ok(Provider::Stripe(Stripe::new(&base, key, timeout)))
            }
        }
    }

    /// Whether Stripe's key moves money of this environment's kind; nothing where there is no such key to judge.
    pub(super) fn stripe_key_fits(&self, profile: Profile) -> Option<Result<String, String>> {
        let is_stripe = self.payments_kind() == Ok(Kind::Stripe);
        let key = self.get(PAYMENTS_SECRET).filter(|_| is_stripe).and_then(ApiKey::parse)?;
        Some(match (profile.is_production(), key.is_live()) {
            (false, true) => Err(format!(
                "the profile is {profile} and {PAYMENTS_SECRET} is a live key of Stripe: it moves real money"
            )),
            (true, false) => {
                Err(format!("the profile is prod and {PAYMENTS_SECRET} is a test key of Stripe: it moves no money"))
            }
            (true, true) => Ok("a live key".to_owned()),
            (false, false) => Ok("a test key".to_owned()),
        })
    }
}

/// Placeholder values that are no secrets.
pub(super) fn is_sample(secret: &str) -> bool {
    SigningSecret::parse(secret).is_some_and(|secret| secret.is_sample())
        || ApiKey::parse(secret).is_some_and(|key| key.is_sample())
}

/// Where requests go. What is wrong with it is said without repeating it, since a path may be as good as a password.
fn address(text: &str, profile: Profile) -> Result<Uri, String> {
    let url: Uri = text.parse().map_err(|_| "is not an address".to_owned())?;
    match url.scheme_str() {
        Some("https") => {}
        Some("http") if profile == Profile::Local => {}
        _ => return Err("must begin with https://".to_owned()),
    }
    match url.authority() {
        Some(authority) if authority.host().is_empty() => Err("names no host".to_owned()),
        Some(authority) if authority.as_str().contains('@') => {
            Err("must not contain a user name or a password; requests are signed instead".to_owned())
        }
        _ => Ok(url),
    }
}

/// A substitute for Stripe. Production and what rehearses for it speak to Stripe itself.
fn base(text: &str, profile: Profile) -> Result<Uri, String> {
    if !matches!(profile, Profile::Local | Profile::Dev) {
        return Err(format!("the profile is {profile}, and only local and dev may use another address than Stripe's"));
    }
    let url = address(text, profile)?;
    if matches!(url.path(), "" | "/") && url.query().is_none() {
        Ok(url)
    } else {
        Err("must be scheme and host only, such as https://stripe.ingam.test".to_owned())
    }
}
