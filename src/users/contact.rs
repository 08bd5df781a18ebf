//! Revealing a customer's name and contacts in full, with a reason. No change, but recorded before anything is shown.

use super::{
    mask,
    pages::{Contact, ContactPanel, Panel},
    show,
};
use crate::{
    gate::RecordAccess,
    web::{Answer, Desk, refused::read_reason},
};
use actix_web::web;

/// `POST /users/{id}/contact`
pub async fn reveal(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let customer = show::customer(&desk, path.into_inner()).await?;
    // It changes nothing, so it needs no code; what other forms carry does no harm here.
    let form = desk.form(&body, &["reason", "code", "key", "seen"]).await?;
    let reason = match read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => {
            let panel = Panel::Contact(ContactPanel { errors, reason: form.get("reason").to_owned() });
            return show::page(&desk, customer, Some(panel), 422, None).await;
        }
    };
    desk.keep(&RecordAccess {
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
    show::page(&desk, customer, None, 200, Some(contact)).await
}
