//! The page on which a person shows that they are the one whose session was opened in another browser and on another network.

use super::{
    confirm::ConfirmSession,
    login_pages::CodeStep,
    sign_in_pages::{browser, code_page, code_refused, issue},
};
use crate::{
    gate::Seal,
    secret,
    web::{
        Guest, PageResult,
        guest::Posted,
        problem_page::Problem,
        shell::{
            field::{FieldErrors, wrong},
            seal::FormRefusal,
        },
    },
};
use actix_session::Session;
use actix_web::web;

/// `GET /login/confirmation`
pub(crate) async fn confirmation(guest: Guest) -> PageResult {
    code_page(&guest, 200, CodeStep::Confirmation, None, FieldErrors::new())
}

/// `POST /login/confirmation`: a code of the authenticator.
pub(crate) async fn confirm(guest: Guest, session: Session, body: web::Bytes) -> PageResult {
    let form = match guest.posted(&body, &["code"]).await? {
        Posted::Current(form) => form,
        Posted::Former(_) => {
            let refusal = Some(FormRefusal::Expired);
            return code_page(&guest, 409, CodeStep::Confirmation, refusal, FieldErrors::new());
        }
    };
    let Some(visitor) = guest.visitor() else { return Err(Problem::Permission.into()) };
    if form.trimmed("code").is_empty() {
        let errors = FieldErrors::one("code", wrong::required());
        return code_page(&guest, 422, CodeStep::Confirmation, None, errors);
    }
    let token = secret::token();
    let change = ConfirmSession::new(visitor.id, visitor.session, &token, browser(&guest));
    let seal = Seal { code: Some(form.get("code").to_owned()), ..Seal::none() };
    match guest.submit(&change, &seal).await {
        Ok(_) => {
            let mut answer = issue(&guest, &session, &token, guest.wanted(visitor.id))?;
            guest.forget_wanted(&mut answer);
            Ok(answer)
        }
        Err(refusal) => code_refused(&guest, CodeStep::Confirmation, refusal),
    }
}
