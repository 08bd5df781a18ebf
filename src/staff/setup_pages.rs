//! The page on which an invited person sets password and authenticator.

use super::{
    authenticator::RecoveryCodes,
    invitation::{self, AcceptInvitation, Invitation, occasion},
    pages::{NewAuthenticator, RecoveryCodesPage, SetupPage},
};
use crate::{
    gate::{Meaning, Refusal, Seal, code},
    password::{self, MIN, Weakness},
    web::{
        Answer, Lobby, Stop,
        form::Form,
        problem_page::Problem,
        shell::{
            field::{FieldErrors, wrong},
            seal::Refusal as Shown,
        },
        words::Message,
    },
};
use actix_web::web;

/// `GET /setup/{token}`
pub async fn setup(lobby: Lobby, path: web::Path<String>) -> Answer {
    let token = path.into_inner();
    let invitation = open(&lobby, &token).await?;
    let (lobby, cookie) = lobby.bind();
    let mut answer = page(&lobby, 200, token, invitation, FieldErrors::new(), None)?;
    if let Some(cookie) = cookie {
        answer.add_cookie(&cookie).map_err(Stop::internal)?;
    }
    Ok(answer)
}

async fn open(lobby: &Lobby, token: &str) -> Result<Invitation, Stop> {
    if let Some(invitation) = invitation::find(lobby.reader(), token, lobby.now()).await? {
        return Ok(invitation);
    }
    let recorded = lobby.console().record(lobby.visit(), &Refusal::Link).await;
    Err(Stop { recorded, ..Problem::LinkGone.into() })
}

fn page(
    lobby: &Lobby,
    status: u16,
    token: String,
    invitation: Invitation,
    errors: FieldErrors,
    refusal: Option<Shown>,
) -> Answer {
    let secret = code::offered_secret(&lobby.console().key, &occasion(&token));
    let page = SetupPage {
        shell: lobby.solo(Some(format!("/setup/{token}"))),
        authenticator: offered(lobby, &secret, &invitation.email)?,
        token,
        name: invitation.name,
        email: invitation.email,
        expires: invitation.expires_at,
        errors,
        refusal,
    };
    lobby.page(status, &page)
}

/// A secret as an authenticator app takes it: as a picture, as an address, as letters.
pub(super) fn offered(lobby: &Lobby, secret: &[u8], email: &str) -> Result<NewAuthenticator, Stop> {
    let address = code::address(secret, &issuer(lobby), email)
        .ok_or_else(|| Stop::internal(anyhow::anyhow!("no address for an authenticator")))?;
    Ok(NewAuthenticator::new(code::base32(secret), address))
}

/// The environment stands in the app's list too, so that nobody types a code of one console into another.
fn issuer(lobby: &Lobby) -> String {
    match lobby.console().profile {
        crate::profile::Profile::Prod => "Ingam".to_owned(),
        profile => format!("Ingam {profile}"),
    }
}

/// `POST /setup/{token}`
pub async fn accept(lobby: Lobby, path: web::Path<String>, body: web::Bytes) -> Answer {
    let token = path.into_inner();
    let invitation = open(&lobby, &token).await?;
    let form = lobby.form(&body, &["password", "password_again", "code"]).await?;
    let errors = check_password(&form, "password", "password_again", &invitation.email, &invitation.name);
    if !errors.is_empty() {
        return page(&lobby, 422, token, invitation, errors, None);
    }
    let key = &lobby.console().key;
    let secret = code::offered_secret(key, &occasion(&token));
    let Some(step) = code::matching_step(&secret, form.get("code"), lobby.now()) else {
        return page(&lobby, 422, token, invitation, FieldErrors::new(), Some(Shown::WrongCode { left: None }));
    };
    let (codes, stored) = RecoveryCodes::generate(key, invitation.staff_id);
    let change = AcceptInvitation {
        staff: invitation.staff_id,
        token,
        password_hash: hash(&lobby, form.get("password")).await?,
        secret: key.seal(&code::context(invitation.staff_id), &secret),
        step,
        recovery_codes: stored,
    };
    match lobby.submit(&change, &Seal::none()).await {
        Ok(_) => {
            let solo = lobby.solo(None);
            lobby.page(
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
        Err(refusal) if refusal.means(Meaning::Missing) => Err(Stop::recorded(Problem::LinkGone)),
        Err(refusal) => Err(Refusal::into(refusal)),
    }
}

pub(super) async fn hash(lobby: &Lobby, password: &str) -> Result<String, Stop> {
    let busy = |busy: password::Busy| Stop { problem: Problem::Unavailable, cause: Some(busy.into()), recorded: false };
    lobby.console().passwords.hash(password.to_owned()).await.map_err(busy)
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
