//! What programs post, and how they are answered: in plain text, and never with a redirect to a page, which a sender takes for an answer
//! that is good.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web,
};
use futures_util::StreamExt as _;

/// When a sender may try again.
const AGAIN_SECONDS: u8 = 5;

/// All of a body of at most this number of bytes. `advice`: what a sender does about one that is larger.
///
/// # Errors
/// The status to answer with, and why.
pub(crate) async fn whole(mut body: web::Payload, most: usize, advice: &str) -> Result<Vec<u8>, (StatusCode, String)> {
    let mut read = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| (StatusCode::BAD_REQUEST, "the body broke off".to_owned()))?;
        if read.len().saturating_add(chunk.len()) > most {
            let why = format!("the body is larger than {most} bytes; {advice}");
            return Err((StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

pub(crate) fn answer(mut status: HttpResponseBuilder, text: &str) -> HttpResponse {
    status.content_type("text/plain; charset=utf-8").body(format!("{text}\n"))
}

/// The answer to a program that shows no token that fits. `text`: which one to show.
pub(crate) fn refuse_token(text: &str) -> HttpResponse {
    let mut refused = HttpResponse::Unauthorized();
    refused.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    answer(refused, text)
}

/// The answer where what was posted could not be written down.
pub(crate) fn not_recorded() -> HttpResponse {
    let mut busy = HttpResponse::ServiceUnavailable();
    busy.insert_header((header::RETRY_AFTER, AGAIN_SECONDS.to_string()));
    answer(busy, "not recorded, try again")
}
