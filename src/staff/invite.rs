//! Inviting somebody from the page of everybody.

use super::{
    invitation::{InviteStaff, is_name},
    link,
    list::page,
    list_pages::InvitePanel,
    normal_email,
    people::Filter,
    roles::{self, BOXES},
    show::SEAL,
};
use crate::{
    gate::{Change, Given, Seal},
    secret,
    web::{
        Answer, Desk,
        desk::seal_of,
        form::Form,
        refused::{self, Refused},
        shell::{
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;

/// `POST /staff`: answers with the set-up link, this once.
pub async fn invite(desk: Desk, body: web::Bytes) -> Answer {
    let fields: Vec<&str> = ["email", "name"].into_iter().chain(BOXES).chain(SEAL).collect();
    let form = desk.form(&body, &fields).await?;
    let mut errors = FieldErrors::new();
    let email = normal_email(form.get("email")).unwrap_or_else(|| {
        errors.add("email", if form.trimmed("email").is_empty() { wrong::required() } else { wrong::not_an_email() });
        String::new()
    });
    let name = form.trimmed("name");
    if name.is_empty() {
        errors.add("name", wrong::required());
    } else if !is_name(name) {
        errors.add("name", if name.chars().count() > 100 { wrong::too_long(100) } else { wrong::control_characters() });
    }
    let chosen = roles::chosen(&form, &mut errors);
    let reason = match refused::read_reason_beside(&form, errors) {
        Ok(reason) => reason,
        Err(errors) => return again(&desk, &form, errors.into()).await,
    };
    let token = secret::token();
    let change = InviteStaff {
        email,
        name: name.to_owned(),
        roles: chosen,
        time_zone: desk.console().zone.to_string(),
        token: token.clone(),
    };
    // The form is about nobody yet, so it has seen nobody's version.
    let seal = Seal { seen: None, ..seal_of(&form, reason)? };
    match desk.submit(&change, &seal).await {
        Ok(sealed) => {
            let staff = match sealed.output {
                Given::Made(staff) => staff,
                Given::Waits(request) => return Ok(desk.see_request(request, sealed.seq)),
            };
            link::answer(&desk, InviteStaff::KIND, &sealed, staff, change.name, change.email, &token).await
        }
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            again(&desk, &form, refused).await
        }
    }
}

async fn again(desk: &Desk, form: &Form, refused: Refused) -> Answer {
    let (status, seal) = Shape::again(InviteStaff::KIND, form, 0, refused);
    let panel = InvitePanel {
        seal,
        email: form.get("email").to_owned(),
        name: form.get("name").to_owned(),
        roles: roles::chosen(form, &mut FieldErrors::new()),
        reason: form.get("reason").to_owned(),
    };
    page(desk, Filter::default(), None, Some(panel), status).await
}
