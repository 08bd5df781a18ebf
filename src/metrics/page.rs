//! The page that programs read.

use super::{Metrics, exposition::Form};
use crate::web::{PageError, problem_page::Problem};
use actix_web::{
    HttpMessage as _, HttpRequest, HttpResponse,
    http::header::{self, Accept},
    web,
};
use std::fmt;

/// On the listener of people's pages: with the token, and where there is none, not there.
pub(crate) async fn show(request: HttpRequest, metrics: web::Data<Metrics>) -> Result<HttpResponse, PageError> {
    if metrics.token.is_none() {
        return Err(Problem::NotFound.into());
    }
    Ok(answer(&request, &metrics).await)
}

/// On a listener of its own.
pub(crate) async fn show_alone(request: HttpRequest, metrics: web::Data<Metrics>) -> HttpResponse {
    answer(&request, &metrics).await
}

/// What the listener of its own says to all else.
pub(crate) async fn nothing_else() -> HttpResponse {
    HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("only /metrics is here\n")
}

async fn answer(request: &HttpRequest, metrics: &Metrics) -> HttpResponse {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if metrics.token.as_ref().is_some_and(|token| !token.is_shown_in(shown)) {
        // Never a redirect to a page: a scraper would take that for metrics without any.
        return HttpResponse::Unauthorized()
            .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
            .content_type("text/plain; charset=utf-8")
            .body("show the token of INGAM_METRICS_TOKEN: Authorization: Bearer …\n");
    }
    let form = wanted(request);
    match metrics.write(form).await {
        Ok(written) => HttpResponse::Ok().content_type(form.content_type()).body(written),
        Err(fmt::Error) => HttpResponse::InternalServerError().finish(),
    }
}

/// The form that the reader likes best, and the older one where it does not say.
fn wanted(request: &HttpRequest) -> Form {
    let ranked = request.get_header::<Accept>().map(|accept| accept.ranked()).unwrap_or_default();
    let mut forms = ranked.iter().filter_map(|kind| match kind.essence_str() {
        "application/openmetrics-text" => Some(Form::OpenMetrics),
        "text/plain" | "text/*" | "*/*" => Some(Form::Text),
        _ => None,
    });
    forms.next().unwrap_or(Form::Text)
}
