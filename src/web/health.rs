//! What answers without knowing who asks: whether the console is alive and ready, its files, and what is not there.

use super::{Console, PageError, assets, problem_page::Problem};
use actix_web::{HttpRequest, HttpResponse, web};
use std::borrow::Cow;

/// The process is alive.
pub(crate) async fn healthy() -> &'static str {
    "ok\n"
}

/// The database answers and takes writes. Where the newest row of the log is ahead of the clock, the log is not signed, a witness refuses
/// it, or its checkpoints are not shipped, that is said too: pages can still be read, so the console is ready.
pub(crate) async fn ready(console: web::Data<Console>) -> HttpResponse {
    if console.audit_size().await.is_err() {
        return not_ready("the database does not answer\n");
    }
    if !console.takes_writes().await {
        return not_ready("the database cannot be written\n");
    }
    let ahead = match console.lead().await {
        Ok(None) => String::new(),
        Ok(Some(lead)) => format!("the newest audit row is {} seconds ahead of the clock\n", lead.by.num_seconds()),
        Err(_) => return not_ready("the database does not answer\n"),
    };
    let unsigned = match console.is_unsigned().await {
        Ok(false) => "",
        Ok(true) => "the signer refuses to sign the audit log; see /audit/checkpoints\n",
        Err(_) => return not_ready("the database does not answer\n"),
    };
    let contradicted = match console.is_contradicted().await {
        Ok(false) => "",
        Ok(true) => "a witness refuses the history of the audit log; see /audit/checkpoints\n",
        Err(_) => return not_ready("the database does not answer\n"),
    };
    let unshipped = match console.is_unshipped().await {
        Ok(false) => "",
        Ok(true) => "checkpoints of the audit log are not shipped in time; see /audit/checkpoints\n",
        Err(_) => return not_ready("the database does not answer\n"),
    };
    let said = format!("ok\n{ahead}{unsigned}{contradicted}{unshipped}");
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(said)
}

fn not_ready(why: &'static str) -> HttpResponse {
    HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body(why)
}

/// A file of the program itself: a style, a script, an icon.
pub(crate) async fn asset(path: web::Path<(String, String)>, request: HttpRequest) -> Result<HttpResponse, PageError> {
    let (hash, name) = path.into_inner();
    let known = request.headers().get("if-none-match").and_then(|value| value.to_str().ok());
    let asset = assets::serve(&hash, &name, known).ok_or(Problem::NotFound)?;
    let mut answer = if asset.not_modified { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer.insert_header(("etag", asset.etag.as_str())).insert_header(("cache-control", asset.cache_control()));
    if asset.not_modified {
        return Ok(answer.finish());
    }
    answer.content_type(asset.mime.as_str());
    Ok(match asset.bytes {
        Cow::Borrowed(bytes) => answer.body(bytes),
        Cow::Owned(bytes) => answer.body(bytes),
    })
}

/// What no route answers.
pub(crate) async fn nowhere() -> Result<HttpResponse, PageError> {
    Err(Problem::NotFound.into())
}
