//! The new authenticator that a page offers.
//!
//! Nothing is stored between the page that shows a secret and the form that proves it: the form brings the number of its page
//! back, and the secret follows from that number, the occasion and the installation's key. Each time that a page is opened it
//! has another number, so a person who opens it too, with a copied cookie or link, is offered another secret than the one that
//! is then set up.

use super::pages::NewAuthenticator;
use crate::{
    clock::Instant,
    gate::code,
    profile::Profile,
    secret::{SecretKey, random},
    web::{Guest, PageError, form::Form, problem_page::Problem},
};

/// The number of a page that offers an authenticator: 128 random bits.
#[derive(Clone, Debug)]
pub(crate) struct Offer(String);

impl Offer {
    /// The field that brings it back.
    pub(crate) const FIELD: &'static str = "offer";

    pub(crate) fn fresh() -> Self {
        Self(hex::encode(random::<16>()))
    }

    /// The number of the page that a form was on. Only a page of the console puts one there.
    pub(crate) fn read(form: &Form) -> Result<Self, PageError> {
        let text = form.get(Self::FIELD);
        let is_number = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if is_number { Ok(Self(text.to_owned())) } else { Err(Problem::Unprocessable.into()) }
    }

    /// The secret that was offered on this page. `occasion` names the person and what they came with.
    fn secret(&self, key: &SecretKey, occasion: &str) -> [u8; 20] {
        code::offered_secret(key, &format!("{occasion}/{}", self.0))
    }

    /// The secret that `code` proves: the one that was offered, or, where it is of neither, the one that is offered now. A page from before the
    /// key was changed offered that of the former key.
    pub(crate) fn proved(&self, key: &SecretKey, occasion: &str, code: &str, now: Instant) -> [u8; 20] {
        let mut offered = key.each().map(|key| self.secret(&key, occasion));
        let is_proved =
            |secret: &[u8; 20]| code::matching_step(secret, code, now).is_some() || code::is_ahead(secret, code, now);
        offered.find(is_proved).unwrap_or_else(|| self.secret(key, occasion))
    }

    /// The same as an authenticator app takes it: as a picture, as an address, as letters.
    pub(crate) fn shown(&self, guest: &Guest, occasion: &str, email: &str) -> Result<NewAuthenticator, PageError> {
        let secret = self.secret(&guest.console().key, occasion);
        let address = code::address(&secret, &issuer(guest), email)
            .ok_or_else(|| PageError::internal(anyhow::anyhow!("no address for an authenticator")))?;
        Ok(NewAuthenticator::new(self.0.as_str(), code::base32(&secret), address))
    }
}

/// The environment is in the app's list too, so that codes of two consoles are not confused.
fn issuer(guest: &Guest) -> String {
    match guest.console().profile {
        Profile::Prod => "Ingam".to_owned(),
        profile => format!("Ingam {profile}"),
    }
}
