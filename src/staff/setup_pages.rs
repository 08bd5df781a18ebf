//! The page on which an invited person sets password and authenticator.

use super::{
    authenticator::RecoveryCodes,
    invitation::{self, AcceptInvitation, Invitation, occasion},
    offer::Offer,
    pages::{RecoveryCodesPage, SetupPage},
    sign_in_pages::{busy, turn},
};
use crate::{
    allowlist::within,
    gate::{Meaning, Refusal, Seal, code},
    password::{self, MIN, Weakness},
    web::{
        Guest, PageError, PageResult,
        form::Form,
        guest::Posted,
        problem_page::Problem,
        refused,
        shell::{
            field::{FieldErrors, wrong},
            seal::FormRefusal,
        },
        words::Message,
    },
};
use actix_web::web;

/// `GET /setup/{token}`
pub(crate) async fn setup(guest: Guest, path: web::Path<String>) -> PageResult {
    let token = path.into_inner();
    let invitation = open(&guest, &token).await?;
    let (guest, cookie) = guest.bind();
    let mut answer = page(&guest, 200, token, invitation, &Offer::fresh(), FieldErrors::new(), None)?;
    if let Some(cookie) = cookie {
        answer.add_cookie(&cookie).map_err(PageError::internal)?;
    }
    Ok(answer)
}

async fn open(guest: &Guest, token: &str) -> Result<Invitation, PageError> {
    if let Some(invitation) = invitation::find(guest.reader(), token, guest.now()).await? {
        if within(&invitation.networks, guest.visit().ip()) {
            return Ok(invitation);
        }
        let recorded = guest.console().record(guest.visit(), &Refusal::Network).await;
        return Err(PageError { recorded, ..Problem::Network.into() });
    }
    let recorded = guest.console().record(guest.visit(), &Refusal::Link).await;
    Err(PageError { recorded, ..Problem::LinkGone.into() })
}

fn page(
    guest: &Guest,
    status: u16,
    token: String,
    invitation: Invitation,
    offer: &Offer,
    errors: FieldErrors,
    refusal: Option<FormRefusal>,
) -> PageResult {
    let page = SetupPage {
        shell: guest.solo(Some(format!("/setup/{token}"))),
        authenticator: offer.shown(guest, &occasion(&token), &invitation.email)?,
        token,
        name: invitation.name,
        email: invitation.email,
        expires: invitation.expires_at,
        errors,
        refusal,
    };
    guest.page(status, &page)
}

/// `POST /setup/{token}`
pub(crate) async fn accept(guest: Guest, path: web::Path<String>, body: web::Bytes) -> PageResult {
    let token = path.into_inner();
    let invitation = open(&guest, &token).await?;
    let posted = guest.posted(&body, &["password", "password_again", "code", Offer::FIELD]).await?;
    let form = match posted {
        Posted::Current(form) => form,
        Posted::Former(form) => {
            let (guest, cookie) = guest.bind();
            let (offer, errors) = (Offer::read(&form)?, FieldErrors::one("code", wrong::old_page()));
            let mut answer = page(&guest, 409, token, invitation, &offer, errors, None)?;
            if let Some(cookie) = cookie {
                answer.add_cookie(&cookie).map_err(PageError::internal)?;
            }
            return Ok(answer);
        }
    };
    let offer = Offer::read(&form)?;
    let errors = check_password(&form, "password", "password_again", &invitation.email, &invitation.name);
    if !errors.is_empty() {
        return page(&guest, 422, token, invitation, &offer, errors, None);
    }
    let key = &guest.console().key;
    let secret = offer.proved(key, &occasion(&token), form.get("code"), guest.now());
    let Some(step) = code::matching_step(&secret, form.get("code"), guest.now()) else {
        let refusal = if code::is_ahead(&secret, form.get("code"), guest.now()) {
            FormRefusal::CodeAhead { from: refused::next_step(guest.now()) }
        } else {
            FormRefusal::WrongCode { left: None }
        };
        return page(&guest, 422, token, invitation, &offer, FieldErrors::new(), Some(refusal));
    };
    let turn = turn(&guest, guest.visit().network()).await?;
    let password_hash = turn.hash(form.get("password").to_owned()).await.map_err(busy)?;
    let (codes, stored) = RecoveryCodes::generate(key, invitation.staff_id);
    let change = AcceptInvitation {
        staff: invitation.staff_id,
        token,
        password_hash,
        secret: key.seal(&code::context(invitation.staff_id), &secret),
        step,
        recovery_codes: stored,
    };
    match guest.submit(&change, &Seal::none()).await {
        Ok(_) => {
            let solo = guest.solo(None);
            guest.page(
                200,
                &RecoveryCodesPage {
                    shell: solo,
                    name: invitation.name,
                    email: invitation.email,
                    codes,
                    onward: "/login?notice=set-up",
                },
            )
        }
        Err(refusal) if refusal.means(Meaning::Missing) => Err(PageError::recorded(Problem::LinkGone)),
        Err(refusal) => Err(Refusal::into(refusal)),
    }
}

/// What is wrong with a new password and its repetition.
pub(super) fn check_password(
    form: &Form,
    field: &'static str,
    again: &'static str,
    email: &str,
    name: &str,
) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if form.get(field).is_empty() {
        errors.add(field, wrong::required());
    } else if let Some(weakness) = password::weakness(form.get(field), email, name) {
        errors.add(field, say(weakness));
    }
    if form.get(field) != form.get(again) {
        errors.add(again, wrong::password_differs());
    }
    errors
}

fn say(weakness: Weakness) -> Message {
    match weakness {
        Weakness::TooShort => wrong::too_short(MIN),
        Weakness::TooLong => wrong::too_long(password::MAX),
        Weakness::Common => wrong::common_password(),
    }
}
