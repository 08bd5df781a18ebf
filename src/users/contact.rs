//! Revealing a customer's name and contacts in full, with a reason. No change, but recorded before anything is shown.

use super::{customer::Contact, find::CustomerRow, show::Revealed};
use crate::{
    gate::RecordAccess,
    id::CustomerId,
    mask,
    web::{
        Desk, PageError, PageResult,
        drafts::{self, FormPage, Keeps},
        guest::Posted,
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
    FormPage { route: ROUTE, keeps: Keeps::Typed, page: |path| Some(format!("{}?panel={NAME}", above(path)?)) },
    |desk, _| desk.may("POST", ROUTE),
    |Offer { desk, shell, on, .. }| {
        Box::pin(async move {
            let path = format!("{}/contact", on.path());
            let kept = drafts::find(desk, &path).await?.map(|draft| draft.form.get("reason").to_owned());
            let note = kept.is_some().then(|| shell.t("contact.kept"));
            side(shell, on, &FieldErrors::new(), &kept.unwrap_or_default(), note).map(Some)
        })
    },
);

/// The page of the customer whose contact is asked for.
fn above(path: &str) -> Option<&str> {
    path.strip_suffix("/contact")
}

pub(crate) fn side(
    shell: &Shell,
    on: &CustomerRow,
    errors: &FieldErrors,
    reason: &str,
    note: Option<&str>,
) -> Result<Side, PageError> {
    Ok(Side::of(NAME, Html::of(&ContactForm { shell, close: on.path(), errors, reason, note })?))
}

/// `POST /users/{id}/contact`
pub(crate) async fn reveal(desk: Desk, path: web::Path<CustomerId>, body: web::Bytes) -> PageResult {
    let customer = CustomerRow::load(&desk, &path.into_inner()).await?.ok_or(Problem::NotFound)?;
    // It changes nothing, so it needs no code; what other forms carry does no harm here.
    let posted = desk.posted(&body, &["reason", "code", "key", "seen"]).await?;
    let shell = desk.shell(Some(CustomerRow::SECTION), None).await?;
    let form = match posted {
        Posted::Current(form) => form,
        Posted::Former(form) => {
            let note = Some(shell.t("contact.expired"));
            let side = side(&shell, &customer, &FieldErrors::new(), form.get("reason"), note)?;
            return show_with(&desk, customer, shell, side, 409).await;
        }
    };
    let reason = match read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => {
            let side = side(&shell, &customer, &errors, form.get("reason"), None)?;
            return show_with(&desk, customer, shell, side, 422).await;
        }
    };
    desk.look(&RecordAccess {
        actor: desk.actor(),
        task: "reveal",
        subject: Some(super::target(customer.id).to_string()),
        shown: Vec::new(),
        detail: None,
        reason: Some(reason.as_str().to_owned()),
    })
    .await?;
    drafts::forget(&desk).await?;
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
    /// Why it is shown again.
    note: Option<&'a str>,
}
