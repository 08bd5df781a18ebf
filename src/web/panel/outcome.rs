//! What became of a form whose answer was lost on the way: the person asks by the form's key.

use super::receipt::own_row;
use crate::{
    clock::Instant,
    gate::Outcome,
    id::{RequestId, Seq},
    sql,
    web::{Desk, Guest, PageResult, desk::is_key, problem_page::Problem, shell::Shell},
};
use actix_web::web;
use askama::Template;
use serde::de::IgnoredAny;

/// The answer to "was it made?" for a form of this person. Forms of others, and forms that were never sent, read alike: no
/// change is recorded.
#[derive(Debug, Template)]
#[template(path = "panel/outcome.html")]
struct OutcomePage {
    shell: Shell,
    outcome: Option<Made>,
}

/// What a form led to.
#[derive(Debug)]
struct Made {
    seq: Seq,
    at: Instant,
    /// The kind of change.
    action: String,
    reason: String,
    /// The request that holds the change, where it waits for a second person.
    request: Option<RequestId>,
}

/// Says what became of the form with this key.
pub(crate) async fn show_outcome(desk: Desk, key: web::Path<String>) -> PageResult {
    if !is_key(&key) {
        return Err(Problem::NotFound.into());
    }
    let outcome = made(&desk, &key).await?;
    let page = OutcomePage { shell: desk.shell(None, None).await?, outcome };
    Ok(Guest::html(200, page.render()?))
}

/// The row of the log of the form with this key, where it took this row back.
pub(crate) async fn reversal_by(desk: &Desk, key: &str, of: Seq) -> sqlx::Result<Option<Seq>> {
    let Some(Made { seq, .. }) = made(desk, key).await? else { return Ok(None) };
    let row = own_row(desk, seq).await?;
    Ok(row.filter(|row| row.reversal_of == Some(of)).map(|row| row.seq))
}

/// What a form with this key led to, where it was of this kind and had this reason: another copy of it is answered as it was.
pub(super) async fn first_copy(
    desk: &Desk,
    key: &str,
    kind: &str,
    reason: &str,
) -> sqlx::Result<Option<(Seq, Option<RequestId>)>> {
    let Some(made) = made(desk, key).await? else { return Ok(None) };
    Ok((made.action == kind && made.reason == reason).then_some((made.seq, made.request)))
}

async fn made(desk: &Desk, key: &str) -> sqlx::Result<Option<Made>> {
    let row: Option<(Seq, String, Instant, String, String)> = desk
        .reader()
        .query(sql!(
            "select audit.seq, idempotency.output, audit.at, audit.action, audit.reason from idempotency join audit on audit.seq = idempotency.seq \
             where idempotency.staff_id = $1 and idempotency.key = $2 and idempotency.output is not null"
        ))
        .bind(desk.person().id)
        .bind(key)
        .optional()
        .await?;
    Ok(row.map(|(seq, output, at, action, reason)| {
        let outcomes: Vec<Outcome<IgnoredAny>> = serde_json::from_str(&output).unwrap_or_default();
        Made { seq, at, action, reason, request: outcomes.first().and_then(Outcome::pending) }
    }))
}
