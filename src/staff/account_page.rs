//! The page of a person's own account, as its forms find it and as it comes back when they are refused.

use super::{
    offer::Offer,
    pages::{AccountPage, AccountPanel, AccountPanelKind, Preferences},
    session_list::sessions,
};
use crate::{
    clock::Instant,
    gate::{Change, Refusal},
    sql,
    web::{
        Desk, PageError, PageResult,
        desk::fresh_key,
        drafts::{self, Draft},
        form::Form,
        refused::{self, Refused},
        shell::{
            Flash, Theme, Tone,
            field::FieldErrors,
            seal::{FormRefusal, SealForm},
        },
    },
};
use actix_web::web;
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct AccountQuery {
    panel: String,
    session: String,
    done: String,
}

/// `GET /account`
pub(crate) async fn show(desk: Desk, query: web::Query<AccountQuery>) -> PageResult {
    let flash = ["password", "authenticator", "sessions", "preferences"]
        .into_iter()
        .find(|done| *done == query.done)
        .map(|done| Flash {
            tone: Tone::Ok,
            title: desk.words().known(&format!("account.done.{done}")).to_owned(),
            body: None,
        });
    let mut seal = SealForm::fresh("", fresh_key(), 0);
    if let Some(Draft { at, .. }) = drafts::find(&desk, &action(&query.panel, &query.session)).await? {
        seal.refusal = Some(FormRefusal::Kept { at, empty: String::new() });
    }
    let notice = seal.refusal.is_some().then(|| notice(&desk, "refused.kept-title", "account.kept"));
    let panel = panel(&desk, &query.panel, &query.session, None, seal).await?;
    // Where there is no panel to say it.
    let flash = notice.filter(|_| panel.is_none()).or(flash);
    page(&desk, 200, panel, None, flash).await
}

pub(super) fn notice(desk: &Desk, title: &'static str, body: &'static str) -> Flash {
    let (title, body) = (desk.words().get(title).to_owned(), desk.words().get(body).to_owned());
    Flash { tone: Tone::Warn, title, body: Some(body) }
}

/// Where the form of a panel posts to.
fn action(panel: &str, session: &str) -> String {
    match panel {
        "session" => format!("/account/sessions/{session}/revocation"),
        "sessions" => "/account/sessions/revocation".to_owned(),
        other => format!("/account/{other}"),
    }
}

pub(super) async fn page(
    desk: &Desk,
    status: u16,
    panel: Option<AccountPanel>,
    preferences: Option<Preferences>,
    flash: Option<Flash>,
) -> PageResult {
    let person = desk.person();
    let (left, password_changed): (i64, Option<Instant>) = desk
        .reader()
        .query(sql!(
            "select (select count(*) from recovery_codes where staff_id = s.id and used_at is null), s.password_at
               from staff s where s.id = $1"
        ))
        .bind(person.id)
        .one()
        .await?;
    let preferences = preferences.unwrap_or_else(|| Preferences {
        key: fresh_key(),
        lang: desk.visit().lang(),
        time_zone: person.time_zone.clone(),
        theme: Theme::parse(&person.theme).unwrap_or_default(),
        errors: FieldErrors::new(),
    });
    let page = AccountPage {
        shell: desk.shell(None, flash).await?,
        sessions: sessions(desk, person.id).await?,
        recovery_codes_left: left,
        password_changed,
        preferences,
        panel,
    };
    desk.page(status, &page)
}

/// The panel of this name: fresh, or as the form that comes back had it.
async fn panel(
    desk: &Desk,
    name: &str,
    session: &str,
    form: Option<&Form>,
    seal: SealForm,
) -> Result<Option<AccountPanel>, PageError> {
    let kind = match name {
        "password" => AccountPanelKind::Password,
        "authenticator" => {
            let offer = form.map_or_else(|| Ok(Offer::fresh()), Offer::read)?;
            let new = offer.shown(desk, &replacement(desk).await?, &desk.person().email)?;
            AccountPanelKind::Authenticator(Box::new(new))
        }
        "recovery-codes" => AccountPanelKind::RecoveryCodes,
        "sessions" => AccountPanelKind::OtherSessions,
        "session" => match sessions(desk, desk.person().id).await?.into_iter().find(|row| row.id == session) {
            Some(row) => AccountPanelKind::Session(row),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(AccountPanel { kind, seal }))
}

/// What names the occasion for which an authenticator is offered in place of the one there is now. A new authenticator, or
/// another session, is another occasion.
pub(super) async fn replacement(desk: &Desk) -> Result<String, PageError> {
    let enrolled: Option<(Instant,)> = desk
        .reader()
        .query(sql!("select enrolled_at from authenticators where staff_id = $1"))
        .bind(desk.person().id)
        .optional()
        .await?;
    let enrolled = enrolled.map(|(at,)| at.to_string()).unwrap_or_default();
    Ok(format!("replacement/{}/{}/{enrolled}", desk.person().id, desk.person().session))
}

/// Shows the panel again with what was wrong.
pub(super) async fn again(desk: &Desk, name: &str, session: &str, form: &Form, refused: Refused) -> PageResult {
    let is_expired = matches!(refused.refusal, Some(FormRefusal::Expired));
    let (status, seal) = SealForm::again("", form, 0, refused);
    let panel = panel(desk, name, session, Some(form), seal).await?;
    let flash = (is_expired && panel.is_none()).then(|| notice(desk, "refused.title", "account.expired"));
    page(desk, status, panel, None, flash).await
}

pub(super) async fn refused<C: Change>(
    desk: &Desk,
    name: &str,
    session: &str,
    form: &Form,
    change: &C,
    refusal: Refusal,
) -> PageResult {
    let explained = refused::explain(desk, refusal, &change.target(), form).await?;
    again(desk, name, session, form, explained).await
}
