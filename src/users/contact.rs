//! Revealing a customer's name and contacts in full, with a reason. No change, but recorded before anything is shown.

use super::{customer::Contact, find::CustomerRow, show::Revealed};
use crate::{
    gate::RecordAccess,
    id::CustomerId,
    mask,
    web::{
        Desk, PageError, PageResult,
        panel::{Entry, Html, Offer, Side, Subject, show_with},
        problem_page::Problem,
        refused::read_reason,
        shell::{Shell, field::FieldErrors},
    },
};
use actix_web::web;
use askama::Template;

pub(super) const ROUTE: &str = "/users/{id}/contact";
const NAME: &str = "contact";

/// The form beside a customer. It has no seal, so it is no [`Panel`](crate::web::panel::Panel).
pub(super) const PANEL: Entry<CustomerRow> = Entry::without_seal(
    NAME,
    |desk, _| desk.may("POST", ROUTE),
    |Offer { shell, on, .. }| Box::pin(async move { side(shell, on, &FieldErrors::new(), "").map(Some) }),
);

pub(crate) fn side(shell: &Shell, on: &CustomerRow, errors: &FieldErrors, reason: &str) -> Result<Side, PageError> {
    Ok(Side::of(NAME, Html::of(&ContactForm { shell, close: on.path(), errors, reason })?))
}

/// `POST /users/{id}/contact`
pub(crate) async fn reveal(desk: Desk, path: web::Path<CustomerId>, body: web::Bytes) -> PageResult {
    let customer = CustomerRow::load(&desk, &path.into_inner()).await?.ok_or(Problem::NotFound)?;
    // It changes nothing, so it needs no code; what other forms carry does no harm here.
    let form = desk.form(&body, &["reason", "code", "key", "seen"]).await?;
    let shell = desk.shell(Some(CustomerRow::SECTION), None).await?;
    let reason = match read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => {
            let side = side(&shell, &customer, &errors, form.get("reason"))?;
            return show_with(&desk, customer, shell, side, 422).await;
        }
    };
    desk.look(&RecordAccess {
        actor: desk.actor(),
        task: "reveal",
        subject: Some(super::target(customer.id).to_string()),
        detail: None,
        reason: Some(reason.as_str().to_owned()),
    })
    .await?;
    let contact = Contact {
        name: customer.name.clone(),
        email: customer.email.clone(),
        phone: customer.phone.as_deref().map(mask::phone_full),
    };
    let side = Side::of("revealed", Html::of(&Revealed { shell: &shell, id: customer.id, contact: &contact })?);
    show_with(&desk, customer, shell, side, 200).await
}

#[derive(Template)]
#[template(path = "users/contact.html")]
struct ContactForm<'a> {
    shell: &'a Shell,
    close: String,
    errors: &'a FieldErrors,
    /// As it was typed.
    reason: &'a str,
}
