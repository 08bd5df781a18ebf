//! The page that a recovery code leads to, and the only one: a new authenticator in place of the lost one.

use super::{
    offer::Offer,
    pages::RecoverPage,
    recover::RecoverAuthenticator,
    sign_in_pages::{browser, issue},
};
use crate::{
    clock::Instant,
    gate::{Meaning, Refusal, Seal, code},
    secret,
    web::{
        Guest, PageError, PageResult,
        guest::Posted,
        problem_page::Problem,
        refused::field_errors,
        session::{RECOVERY_LASTS, Visitor},
        shell::field::{FieldErrors, wrong},
    },
};
use actix_session::Session;
use actix_web::web;

/// `GET /login/authenticator`
pub(crate) async fn new_authenticator(guest: Guest) -> PageResult {
    page(&guest, 200, &visitor(&guest)?, &Offer::fresh(), FieldErrors::new())
}

fn visitor(guest: &Guest) -> Result<Visitor, PageError> {
    guest.visitor().ok_or_else(|| Problem::Permission.into())
}

fn page(guest: &Guest, status: u16, visitor: &Visitor, offer: &Offer, errors: FieldErrors) -> PageResult {
    let began = Instant::from_unix(visitor.created).unwrap_or_else(|| guest.now());
    let limit = guest.console().limits.idle.min(RECOVERY_LASTS);
    let page = RecoverPage {
        shell: guest.solo(Some("/login/authenticator".to_owned())),
        name: visitor.name.clone(),
        email: visitor.email.clone(),
        authenticator: offer.shown(guest, &occasion(visitor), &visitor.email)?,
        until: began.plus(limit),
        errors,
    };
    guest.page(status, &page)
}

/// What names the occasion for which an authenticator is offered. The session is the one that the recovery code began: what
/// was offered to another session of this person, or for another purpose, is never what is offered here.
fn occasion(visitor: &Visitor) -> String {
    format!("recovery/{}/{}", visitor.id, visitor.session)
}

/// `POST /login/authenticator`: a code of the new authenticator proves that it was set up.
pub(crate) async fn recover_authenticator(guest: Guest, session: Session, body: web::Bytes) -> PageResult {
    let posted = guest.posted(&body, &["code", Offer::FIELD]).await?;
    let visitor = visitor(&guest)?;
    let form = match posted {
        Posted::Current(form) => form,
        // What an ended session offered is not offered again.
        Posted::Former(_) => {
            return page(&guest, 409, &visitor, &Offer::fresh(), FieldErrors::one("code", wrong::old_page()));
        }
    };
    let offer = Offer::read(&form)?;
    if form.trimmed("code").is_empty() {
        return page(&guest, 422, &visitor, &offer, FieldErrors::one("code", wrong::required()));
    }
    let key = &guest.console().key;
    let secret = offer.proved(key, &occasion(&visitor), form.get("code"), guest.now());
    let token = secret::token();
    let change = RecoverAuthenticator::new(
        visitor.id,
        browser(&guest),
        key.seal(&code::context(visitor.id), &secret),
        code::matching_step(&secret, form.get("code"), guest.now()),
        &token,
    );
    match guest.submit(&change, &Seal::none()).await {
        Ok(_) => {
            // Where no page was wanted, the one that says it and how many recovery codes are left.
            let onward =
                Some(guest.wanted(visitor.id)).filter(|wanted| *wanted != "/").unwrap_or("/account?done=authenticator");
            let mut answer = issue(&guest, &session, &token, onward)?;
            guest.forget_wanted(&mut answer);
            Ok(answer)
        }
        Err(Refusal::Rejected(rejection)) if rejection.meaning == Meaning::Invalid => {
            page(&guest, 422, &visitor, &offer, field_errors(&rejection))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
