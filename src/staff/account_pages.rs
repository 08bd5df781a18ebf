//! What the forms of a person's own account do: sessions, password, authenticator, preferences.

use super::{
    account::{ChangePassword, EndSessions, RenewRecoveryCodes, ReplaceAuthenticator, SetPreferences},
    account_page::{again, notice, page, refused, replacement},
    authenticator::RecoveryCodes,
    offer::Offer,
    pages::{Preferences, RecoveryCodesPage},
    session_list::SessionHandle,
    setup_pages::check_password,
    sign_in_pages::{busy, must_wait, turn},
    throttle::Keys,
};
use crate::zone::Zone;
use crate::{
    gate::{Reason, Refusal, Seal, code},
    secret::Purpose,
    sql,
    web::{
        Desk, PageError, PageResult,
        desk::{fresh_key, seal_of},
        drafts::{self, FormPage, Keeps},
        form::Form,
        guest::{Posted, is_own_path},
        problem_page::Problem,
        refused::Refused,
        shell::{
            Theme,
            field::{FieldErrors, wrong},
        },
        words::Lang,
    },
};
use actix_web::web;

/// What is left of these forms where one is sent after its session has ended: that it was sent. They ask for passwords and
/// codes, and those are not kept.
pub(crate) const FORMS: [FormPage; 6] = [
    form_page("/account/password", |_| Some("/account?panel=password".to_owned())),
    form_page("/account/authenticator", |_| Some("/account?panel=authenticator".to_owned())),
    form_page("/account/recovery-codes", |_| Some("/account?panel=recovery-codes".to_owned())),
    form_page("/account/sessions/revocation", |_| Some("/account?panel=sessions".to_owned())),
    form_page("/account/sessions/{id}/revocation", |path| {
        let session = path.strip_prefix("/account/sessions/")?.strip_suffix("/revocation")?;
        Some(format!("/account?panel=session&session={session}"))
    }),
    form_page("/account/preferences", |_| Some("/account?panel=preferences".to_owned())),
];

const fn form_page(route: &'static str, page: fn(&str) -> Option<String>) -> FormPage {
    FormPage { route, keeps: Keeps::Notice, page }
}

/// On to the account page after a change, whose form is done with.
async fn done(desk: &Desk, page: &str) -> PageResult {
    drafts::forget(desk).await?;
    Ok(desk.see_other(page))
}

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
    let fields = ["current", "new", "new_again", "code", "key", "seen", "reason"];
    let form = match desk.posted(&body, &fields).await? {
        Posted::Current(form) => form,
        Posted::Former(form) => return again(&desk, "password", "", &form, Refused::expired()).await,
    };
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
        Ok(_) => done(&desk, "/account?done=password").await,
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
    let form = match desk.posted(&body, &["code", "new_code", "key", "seen", "reason", Offer::FIELD]).await? {
        Posted::Current(form) => form,
        Posted::Former(form) => return again(&desk, "authenticator", "", &form, Refused::expired()).await,
    };
    let (offer, occasion) = (Offer::read(&form)?, replacement(&desk).await?);
    let secret = offer.proved(&desk.console().key, &occasion, form.get("new_code"), desk.now());
    let person = desk.person();
    let change = ReplaceAuthenticator {
        staff: person.id,
        session: person.session.clone(),
        secret: desk.console().key.seal(&code::context(person.id), &secret),
        step: code::matching_step(&secret, form.get("new_code"), desk.now()),
    };
    match desk.submit(&change, &own_seal(&form)?).await {
        Ok(_) => done(&desk, "/account?done=authenticator").await,
        Err(refusal) => refused(&desk, "authenticator", "", &form, &change, refusal).await,
    }
}

/// `POST /account/recovery-codes`: answers with the codes themselves, this once.
pub(crate) async fn renew_recovery_codes(desk: Desk, body: web::Bytes) -> PageResult {
    let form = match desk.posted(&body, &["code", "key", "seen", "reason"]).await? {
        Posted::Current(form) => form,
        Posted::Former(form) => return again(&desk, "recovery-codes", "", &form, Refused::expired()).await,
    };
    let person = desk.person();
    let (codes, stored) = RecoveryCodes::generate(&desk.console().key, person.id);
    let change = RenewRecoveryCodes { staff: person.id, codes: stored };
    match desk.submit(&change, &own_seal(&form)?).await {
        // The form was sent twice: these are not the codes that were stored.
        Ok(sealed) if sealed.repeated => Ok(desk.see_other("/account")),
        Ok(_) => {
            drafts::forget(&desk).await?;
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
    let posted = desk.posted(&body, &["code", "key", "seen", "reason"]).await?;
    end(&desk, "sessions", None, posted).await
}

/// `POST /account/sessions/{id}/revocation`
pub(crate) async fn end_session(desk: Desk, path: web::Path<String>, body: web::Bytes) -> PageResult {
    let posted = desk.posted(&body, &["code", "key", "seen", "reason"]).await?;
    end(&desk, "session", Some(path.into_inner()), posted).await
}

async fn end(desk: &Desk, panel: &str, session: Option<String>, posted: Posted) -> PageResult {
    let person = desk.person();
    if session.as_deref().is_some_and(|text| SessionHandle::parse(text).is_none()) {
        return Err(Problem::NotFound.into());
    }
    let handle = session.clone().unwrap_or_default();
    let form = match posted {
        Posted::Current(form) => form,
        Posted::Former(form) => return again(desk, panel, &handle, &form, Refused::expired()).await,
    };
    let change = EndSessions { staff: person.id, session, here: person.session.clone() };
    match desk.submit(&change, &own_seal(&form)?).await {
        Ok(_) => done(desk, "/account?done=sessions").await,
        Err(refusal) => refused(desk, panel, &handle, &form, &change, refusal).await,
    }
}

/// `POST /account/preferences`: from the account page, and from the switches in the menu of every page, which say where
/// to come back to.
pub(crate) async fn set_preferences(desk: Desk, body: web::Bytes) -> PageResult {
    let (form, is_former) = match desk.posted(&body, &["lang", "time_zone", "theme", "key", "return"]).await? {
        Posted::Current(form) => (form, false),
        Posted::Former(form) => (form, true),
    };
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
    if time_zone.parse::<Zone>().is_err() {
        errors.add("time_zone", wrong::not_a_zone());
    }
    if Theme::parse(&theme).is_none() {
        errors.add("theme", wrong::not_a_choice());
    }
    if is_former || !errors.is_empty() {
        let flash = is_former.then(|| notice(&desk, "refused.title", "account.expired"));
        let preferences = Preferences {
            key: form.get("key").to_owned(),
            lang: parsed.unwrap_or_default(),
            time_zone,
            theme: Theme::parse(&theme).unwrap_or_default(),
            errors,
        };
        return page(&desk, if is_former { 409 } else { 422 }, None, Some(preferences), flash).await;
    }
    let seal = Seal { code: None, seen: None, ..seal_of(&form, Reason::none())? };
    let back = back(form.get("return"));
    let change = SetPreferences { staff: person.id, lang, time_zone, theme };
    match desk.submit(&change, &seal).await {
        // A page that one came back to offers the switches under the key that one of them has used.
        Err(Refusal::KeyReused) => desk.submit(&change, &Seal { key: Some(fresh_key()), ..seal }).await?,
        sealed => sealed?,
    };
    done(&desk, back).await
}

/// Where to come back to: the page the switch was used on, or the account page.
fn back(path: &str) -> &str {
    if is_own_path(path) { path } else { "/account?done=preferences" }
}
