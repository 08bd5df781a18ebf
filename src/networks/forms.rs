//! The forms of the networks: reading what was typed, and showing it again where it was refused.

use super::{
    add::AddNetwork,
    change::ChangeNetwork,
    list::{gone, page, read, typed},
    open::Network,
    pages::{Asked, EditPanel, Panel, RemovePanel},
    remove::RemoveNetwork,
    rules,
};
use crate::{
    allowlist::net::{self, Unfit},
    clock::Instant,
    gate::{Change, Fault, Meaning, Reason, Refusal, Rejection},
    web::{
        Answer, Desk,
        desk::seal_of,
        form::Form,
        problem_page::Problem,
        refused::{self, Refused, field_errors, read_reason_beside},
        shell::{
            field::{FieldErrors, wrong},
            seal::Seal as Shape,
        },
    },
};
use actix_web::web;
use chrono::{NaiveDateTime, TimeZone as _};
use ipnet::IpNet;

const FIELDS: [&str; 8] = ["net", "note", "expires_at", "wide_confirmed", "reason", "code", "key", "seen"];

/// A filled-in form that can be submitted.
struct Filled {
    net: IpNet,
    note: String,
    expires_at: Option<String>,
    wide_confirmed: bool,
    reason: Reason,
}

/// `POST /networks`
pub async fn add(desk: Desk, body: web::Bytes) -> Answer {
    let form = desk.form(&body, &FIELDS).await?;
    let filled = match fill(&desk, &form, None) {
        Ok(filled) => filled,
        Err(errors) => return edit_again(&desk, None, &form, errors.into()).await,
    };
    let Filled { net, note, expires_at, wide_confirmed, reason } = filled;
    submit(&desk, None, AddNetwork { net, note, expires_at, wide_confirmed }, &form, reason).await
}

/// `POST /networks/{id}`
pub async fn change(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let id = path.into_inner();
    let form = desk.form(&body, &FIELDS).await?;
    let rows = read(&desk).await?;
    let Some(row) = rows.iter().find(|row| row.id == id).cloned() else {
        return page(&desk, rows, Some(gone(&format!("change-{id}"))), 404).await;
    };
    let filled = match fill(&desk, &form, Some(&row)) {
        Ok(filled) => filled,
        Err(errors) => return edit_again(&desk, Some(id), &form, errors.into()).await,
    };
    let Filled { net, note, expires_at, wide_confirmed, reason } = filled;
    submit(&desk, Some(id), ChangeNetwork { id, was: row.net, net, note, expires_at, wide_confirmed }, &form, reason)
        .await
}

/// `POST /networks/{id}/removal`
pub async fn remove(desk: Desk, path: web::Path<i64>, body: web::Bytes) -> Answer {
    let id = path.into_inner();
    let form = desk.form(&body, &["reason", "code", "key", "seen"]).await?;
    let rows = read(&desk).await?;
    let Some(row) = rows.iter().find(|row| row.id == id).cloned() else {
        return page(&desk, rows, Some(gone(&format!("remove-{id}"))), 404).await;
    };
    let reason = match refused::read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => return remove_again(&desk, id, &form, errors.into()).await,
    };
    let change = RemoveNetwork { id, net: row.net };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, "/networks")),
        Err(refusal) => match explained(&desk, refusal, &change).await? {
            Some(refused) => remove_again(&desk, id, &form, refused).await,
            None => page(&desk, read(&desk).await?, Some(gone(&format!("remove-{id}"))), 404).await,
        },
    }
}

/// What was typed, or everything that is wrong with it.
fn fill(desk: &Desk, form: &Form, row: Option<&Network>) -> Result<Filled, FieldErrors> {
    let mut errors = FieldErrors::new();
    let net = match net::parse(form.trimmed("net")) {
        Ok(net) => Some(net),
        Err(unfit) => {
            errors.add("net", net_error(form.trimmed("net"), unfit));
            None
        }
    };
    let note = form.trimmed("note").to_owned();
    let expires_at = expiry(desk, form.trimmed("expires_at"), row);
    let until = match &expires_at {
        Ok(at) => rules::read_expiry(at.as_deref(), desk.now()).map(drop),
        Err(rejection) => Err(Fault::Rejected(rejection.clone())),
    };
    for fault in [rules::check_note(&note), until].into_iter().filter_map(Result::err) {
        if let Fault::Rejected(rejection) = fault {
            errors.extend(field_errors(&rejection));
        }
    }
    let reason = read_reason_beside(form, errors)?;
    // A form without errors has both.
    let (Some(net), Ok(expires_at)) = (net, expires_at) else { return Err(FieldErrors::new()) };
    Ok(Filled { net, note, expires_at, wide_confirmed: is_confirmed(form, net), reason })
}

fn net_error(text: &str, unfit: Unfit) -> crate::web::words::Message {
    match unfit {
        _ if text.is_empty() => wrong::required(),
        Unfit::NotANetwork => wrong::not_a_network(),
        Unfit::HostBits { meant } => wrong::host_bits(&meant.to_string()),
        Unfit::TooWide => wrong::network_too_wide(),
    }
}

/// The box says yes to the network that it was shown for, not to another that was typed afterwards.
fn is_confirmed(form: &Form, net: IpNet) -> bool {
    form.get("wide_confirmed") == net.to_string()
}

/// When the network is to be closed again, as typed in the person's zone. What was left as it was is what it was, to
/// the second. Where a clock shows the time twice, the first is meant; where it skips it, there is no such time.
fn expiry(desk: &Desk, text: &str, row: Option<&Network>) -> Result<Option<String>, Rejection> {
    if text.is_empty() {
        return Ok(None);
    }
    let unchanged = row.and_then(|row| row.expires_at).filter(|at| typed(*at, desk.zone()) == text);
    let entered = || {
        let is_plain = text.len() == "2026-11-20T09:00".len() && text.is_ascii();
        let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok().filter(|_| is_plain)?;
        let at = desk.zone().from_local_datetime(&local).earliest()?;
        Some(Instant::from(at.with_timezone(&chrono::Utc)))
    };
    match unchanged.or_else(entered) {
        Some(at) => Ok(Some(at.to_string())),
        None => Err(Rejection {
            word: "network-expiry",
            field: Some("expires_at"),
            meaning: Meaning::Invalid,
            values: Vec::new(),
        }),
    }
}

async fn submit<C: Change>(desk: &Desk, id: Option<i64>, change: C, form: &Form, reason: Reason) -> Answer {
    let refusal = match desk.submit(&change, &seal_of(form, reason)?).await {
        Ok(sealed) => return Ok(desk.see_sealed(&sealed, "/networks")),
        Err(refusal) => refusal,
    };
    match (explained(desk, refusal, &change).await?, id) {
        (Some(refused), _) => edit_again(desk, id, form, refused).await,
        (None, Some(id)) => page(desk, read(desk).await?, Some(gone(&format!("change-{id}"))), 404).await,
        (None, None) => Err(Problem::NotFound.into()),
    }
}

/// How the form comes back; not at all where its network is gone.
async fn explained<C: Change>(desk: &Desk, refusal: Refusal, change: &C) -> Result<Option<Refused>, crate::web::Stop> {
    if refusal.means(Meaning::Missing) {
        return Ok(None);
    }
    refused::explain(desk, refusal, &change.target()).await.map(Some)
}

async fn edit_again(desk: &Desk, id: Option<i64>, form: &Form, refused: Refused) -> Answer {
    let rows = read(desk).await?;
    let row = rows.iter().find(|row| Some(row.id) == id);
    let kind = if id.is_some() { ChangeNetwork::KIND } else { AddNetwork::KIND };
    let (status, seal) = Shape::again(kind, form, row.map_or(0, |row| row.version), refused);
    let panel = EditPanel {
        seal,
        id,
        net: form.get("net").to_owned(),
        note: form.get("note").to_owned(),
        expires_at: form.get("expires_at").to_owned(),
        reason: form.get("reason").to_owned(),
        asked: asked(desk, &rows, row, form),
    };
    page(desk, rows, Some(Panel::Edit(Box::new(panel))), status).await
}

fn asked(desk: &Desk, rows: &[Network], row: Option<&Network>, form: &Form) -> Option<Asked> {
    let net = net::parse(form.trimmed("net")).ok().filter(|net| row.is_none_or(|row| row.net != *net))?;
    let environment = desk.console().gate.networks();
    let open = rules::open_beside(environment, rows, row.map(|row| row.id), desk.now());
    let question = rules::question(net, &open)?;
    Some(Asked { net, question, is_confirmed: is_confirmed(form, net) })
}

async fn remove_again(desk: &Desk, id: i64, form: &Form, refused: Refused) -> Answer {
    let rows = read(desk).await?;
    let Some(row) = rows.iter().find(|row| row.id == id).cloned() else {
        return page(desk, rows, Some(gone(&format!("remove-{id}"))), 404).await;
    };
    let (status, seal) = Shape::again(RemoveNetwork::KIND, form, row.version, refused);
    let panel = RemovePanel { seal, row, reason: form.get("reason").to_owned() };
    page(desk, rows, Some(Panel::Remove(panel)), status).await
}
