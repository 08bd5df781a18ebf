//! What the forms of a person's own account do: sessions, password, authenticator, preferences.

use super::{
    account::{ChangePassword, EndSessions, RenewRecoveryCodes, ReplaceAuthenticator, SetPreferences},
    account_page::{again, page, refused, replacement},
    authenticator::RecoveryCodes,
    offer::Offer,
    pages::{Preferences, RecoveryCodesPage},
    session_list::SessionHandle,
    setup_pages::check_password,
    sign_in_pages::{busy, must_wait, turn},
    throttle::Keys,
};
use crate::{
    gate::{Reason, Seal, code},
    secret::Purpose,
    sql,
    web::{
        Desk, PageError, PageResult,
        desk::seal_of,
        form::Form,
        guest::is_own_path,
        problem_page::Problem,
        shell::{
            Theme,
            field::{FieldErrors, wrong},
        },
        words::Lang,
    },
};
use actix_web::web;
use chrono_tz::Tz;

/// A seal for one's own affairs, which explain themselves.
fn own_seal(form: &Form) -> Result<Seal, PageError> {
    let reason = match form.trimmed("reason") {
        "" => Reason::none(),
        text => Reason::parse(text).unwrap_or_default(),
    };
    Ok(Seal { seen: None, ..seal_of(form, reason)? })
}

/// `POST /account/password`
pub(crate) async fn change_password(desk: Desk, body: web::Bytes) -> PageResult {
    let form = desk.form(&body, &["current", "new", "new_again", "code", "key", "seen", "reason"]).await?;
    let person = desk.person();
    let mut errors = check_password(&form, "new", "new_again", &person.email, &person.name);
    if form.get("current").is_empty() {
        errors.add("current", wrong::required());
    } else if form.get("current") == form.get("new") {
        errors.add("new", wrong::password_same());
    }
    if !errors.is_empty() {
        return again(&desk, "password", "", &form, errors.into()).await;
    }
    let seal = own_seal(&form)?;
    let keys = Keys::new(&desk.console().key, &person.email, desk.visit().ip());
    let (right_for, new_hash) = check(&desk, &keys, form.get("current"), form.get("new")).await?;
    let change = ChangePassword {
        staff: person.id,
        session: person.session.clone(),
        keys,
        right_for,
        told_apart_by: hex::encode(
            desk.console().key.mac(Purpose::Lookup, format!("password/{}", form.get("new")).as_bytes()),
        ),
        new_hash,
    };
    match desk.submit(&change, &seal).await {
        Ok(_) => Ok(desk.see_other("/account?done=password")),
        Err(refusal) => refused(&desk, "password", "", &form, &change, refusal).await,
    }
}

/// The stored hash if the current password is right for it, and then the hash of the new one. Where the person has to wait,
/// neither: the change is refused for that reason, and nothing needs hashing.
async fn check(desk: &Desk, keys: &Keys, current: &str, new: &str) -> Result<(Option<String>, String), PageError> {
    let person = desk.person();
    let turn = turn(desk, format!("person/{}", person.id)).await?;
    if must_wait(desk, keys).await? {
        return Ok((None, String::new()));
    }
    let stored: Option<(Option<String>,)> =
        desk.reader().query(sql!("select password_hash from staff where id = $1")).bind(person.id).optional().await?;
    let stored = stored.and_then(|(hash,)| hash);
    if !turn.verify(current.to_owned(), stored.clone()).await.map_err(busy)? {
        return Ok((None, String::new()));
    }
    Ok((stored, turn.hash(new.to_owned()).await.map_err(busy)?))
}

/// `POST /account/authenticator`: the old authenticator's code is the seal, the new one's proves that it was set up.
pub(crate) async fn replace_authenticator(desk: Desk, body: web::Bytes) -> PageResult {
    let form = desk.form(&body, &["code", "new_code", "key", "seen", "reason", Offer::FIELD]).await?;
    let secret = Offer::read(&form)?.secret(&desk.console().key, &replacement(&desk).await?);
    let person = desk.person();
    let change = ReplaceAuthenticator {
        staff: person.id,
        session: person.session.clone(),
        secret: desk.console().key.seal(&code::context(person.id), &secret),
        step: code::matching_step(&secret, form.get("new_code"), desk.now()),
    };
    match desk.submit(&change, &own_seal(&form)?).await {
        Ok(_) => Ok(desk.see_other("/account?done=authenticator")),
        Err(refusal) => refused(&desk, "authenticator", "", &form, &change, refusal).await,
    }
}

/// `POST /account/recovery-codes`: answers with the codes themselves, this once.
pub(crate) async fn renew_recovery_codes(desk: Desk, body: web::Bytes) -> PageResult {
    let form = desk.form(&body, &["code", "key", "seen", "reason"]).await?;
    let person = desk.person();
    let (codes, stored) = RecoveryCodes::generate(&desk.console().key, person.id);
    let change = RenewRecoveryCodes { staff: person.id, codes: stored };
    match desk.submit(&change, &own_seal(&form)?).await {
        // The form was sent twice: these are not the codes that were stored.
        Ok(sealed) if sealed.repeated => Ok(desk.see_other("/account")),
        Ok(_) => {
            let page = RecoveryCodesPage {
                shell: desk.solo(None),
                name: person.name.clone(),
                email: person.email.clone(),
                codes,
                onward: "/account",
            };
            desk.page(200, &page)
        }
        Err(refusal) => refused(&desk, "recovery-codes", "", &form, &change, refusal).await,
    }
}

/// `POST /account/sessions/revocation`: all but the one in use.
pub(crate) async fn end_other_sessions(desk: Desk, body: web::Bytes) -> PageResult {
    let form = desk.form(&body, &["code", "key", "seen", "reason"]).await?;
    end(&desk, "sessions", None, &form).await
}

/// `POST /account/sessions/{id}/revocation`
pub(crate) async fn end_session(desk: Desk, path: web::Path<String>, body: web::Bytes) -> PageResult {
    let form = desk.form(&body, &["code", "key", "seen", "reason"]).await?;
    end(&desk, "session", Some(path.into_inner()), &form).await
}

async fn end(desk: &Desk, panel: &str, session: Option<String>, form: &Form) -> PageResult {
    let person = desk.person();
    if session.as_deref().is_some_and(|text| SessionHandle::parse(text).is_none()) {
        return Err(Problem::NotFound.into());
    }
    let handle = session.clone().unwrap_or_default();
    let change = EndSessions { staff: person.id, session, here: person.session.clone() };
    match desk.submit(&change, &own_seal(form)?).await {
        Ok(_) => Ok(desk.see_other("/account?done=sessions")),
        Err(refusal) => refused(desk, panel, &handle, form, &change, refusal).await,
    }
}

/// `POST /account/preferences`: from the account page, and from the switches in the menu of every page, which say where
/// to come back to.
pub(crate) async fn set_preferences(desk: Desk, body: web::Bytes) -> PageResult {
    let form = desk.form(&body, &["lang", "time_zone", "theme", "key", "return"]).await?;
    let person = desk.person();
    let or = |field: &'static str, now: &str| {
        Some(form.get(field)).filter(|text| !text.is_empty()).unwrap_or(now).to_owned()
    };
    let (lang, time_zone, theme) =
        (or("lang", desk.visit().lang().code()), or("time_zone", &person.time_zone), or("theme", &person.theme));
    let mut errors = FieldErrors::new();
    let parsed = lang.parse::<Lang>().ok();
    if parsed.is_none() {
        errors.add("lang", wrong::not_a_choice());
    }
    if time_zone.parse::<Tz>().is_err() {
        errors.add("time_zone", wrong::not_a_zone());
    }
    if Theme::parse(&theme).is_none() {
        errors.add("theme", wrong::not_a_choice());
    }
    if !errors.is_empty() {
        let preferences = Preferences {
            key: form.get("key").to_owned(),
            lang: parsed.unwrap_or_default(),
            time_zone,
            theme: Theme::parse(&theme).unwrap_or_default(),
            errors,
        };
        return page(&desk, 422, None, Some(preferences), None).await;
    }
    let seal = Seal { code: None, seen: None, ..seal_of(&form, Reason::none())? };
    let back = back(form.get("return"));
    desk.submit(&SetPreferences { staff: person.id, lang, time_zone, theme }, &seal).await?;
    Ok(desk.see_other(back))
}

/// Where to come back to: the page the switch was used on, or the account page.
fn back(path: &str) -> &str {
    if is_own_path(path) { path } else { "/account?done=preferences" }
}
