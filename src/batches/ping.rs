//! What batches that run elsewhere report: `POST /ping/{token}/{job}[/start|/fail|/log|/{exit code}]`, as healthchecks.io has
//! it (<https://healthchecks.io/docs/http_api/>), so that its clients work here. Beyond that, `count=N`, `failed=N`, `skipped=N`,
//! `progress=0.5`, and `alive=60`, which promises the next report within that number of seconds.
//!
//! Every `rid` is a run of its own, and each is waited for; without one, a report is about the newest open run that has none, or else,
//! unless it is a start, about the one run that is open.

mod admission;
mod body;
mod record_report;
mod refused;
mod report_params;
mod reports;

pub use self::admission::token;
use self::{
    admission::admitted,
    body::{charset, left_out, read, stored},
    refused::No,
    report_params::{ReportParams, What},
    reports::Reports,
};
pub(crate) use self::{
    body::BODY_LIMIT,
    record_report::{Effect, Unread, effect, read as read_record},
    refused::RefuseReport,
};
use super::{
    finish::{End, FinishRun},
    record::{self, Run},
};
use crate::{
    gate::{Actor, Refusal},
    id::RunId,
    secret,
    web::{Console, visit::Visit},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};

/// `/ping/{token}/{job}`
pub async fn succeed(
    console: web::Data<Console>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let (token, job) = path.into_inner();
    answer(report(&console, &token, &job, "0", &request, body).await)
}

/// `/ping/{token}/{job}/{what}`
pub async fn tell(
    console: web::Data<Console>,
    path: web::Path<(String, String, String)>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let (token, job, what) = path.into_inner();
    answer(report(&console, &token, &job, &what, &request, body).await)
}

fn answer(outcome: Result<(), No>) -> HttpResponse {
    let (status, text) = match outcome {
        Ok(()) => (StatusCode::OK, "OK"),
        Err(no) => (no.status, no.text),
    };
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .insert_header(("Ping-Body-Limit", BODY_LIMIT.to_string()))
        .body(text)
}

async fn report(
    console: &Console,
    token: &str,
    name: &str,
    what: &str,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<(), No> {
    let outcome = take(console, token, name, what, request, body).await;
    // The job's own people should learn of it: its program believes that it has reported.
    if let Err(No { why: Some(why), .. }) = outcome {
        let refused = RefuseReport { job: name.to_owned(), why };
        if let Err(error) = console.gate.run_housekeeping(&refused).await {
            tracing::error!(job = name, %error, "a refused report could not be noted");
        }
    }
    outcome
}

async fn take(
    console: &Console,
    token: &str,
    name: &str,
    what: &str,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<(), No> {
    let (job, definition) = admitted(console, token, name).await?;
    let what = What::parse(what).ok_or(No::BAD_URL)?;
    let params = ReportParams::parse(request.query_string());
    if request.method() != actix_web::http::Method::POST && !definition.ping_by_get {
        return Err(No::BY_POST);
    }
    let mut body = read(body, charset(request.headers(), definition.charset())).await?;
    body.splice(..0, left_out(&params));
    let reports = Reports { reader: &console.reader, job: &job, definition: &definition, params: &params };
    let known = match what {
        What::Start => reports.find().await,
        What::Log | What::End(..) => reports.find_open().await,
    };
    match (what, known.map_err(failed)?) {
        (What::Start, None) => accept(console, &reports, request).await.map(drop),
        (What::Start, Some(run)) if run.state.is_under_way() => note(console, &reports, &run, &body).await,
        (What::Start, Some(_)) => Err(No::ENDED),
        // Nothing is known that it could be the log of.
        (What::Log, None) => Ok(()),
        (What::Log, Some(run)) => note(console, &reports, &run, &body).await,
        (What::End(outcome, code), None) => {
            let id = accept(console, &reports, request).await?;
            let run = record::run(&mut &console.reader, id).await.map_err(failed)?.ok_or(No::NOT_FOUND)?;
            note(console, &reports, &run, &body).await?;
            end(console, &run, reports.end(outcome, code, true)).await
        }
        (What::End(outcome, code), Some(run)) => {
            if run.state.is_under_way() {
                note(console, &reports, &run, &body).await?;
            }
            end(console, &run, reports.end(outcome, code, false)).await
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands on")]
fn failed(error: sqlx::Error) -> No {
    tracing::error!(%error, "a report could not be taken");
    No::NOT_RECORDED
}

/// A run that was not asked for here. Of what is started from here, there is none.
async fn accept(console: &Console, reports: &Reports<'_>, request: &HttpRequest) -> Result<RunId, No> {
    if reports.definition.kind().starts_here() {
        return Err(No::UNASKED);
    }
    let address = Visit::of(request).and_then(|visit| visit.ip()).map(|ip| ip.to_string()).unwrap_or_default();
    let accept = reports.acceptance(console.clock.now(), address).await.map_err(failed)?;
    match console.gate.run_housekeeping(&accept).await.map_err(failed)? {
        Some(id) => Ok(id),
        // A client that was not answered in time has sent it again, and both arrive together.
        None => reports.find().await.map_err(failed)?.map(|run| run.id).ok_or(No::NOT_RECORDED),
    }
}

/// The report of a run that goes on.
async fn note(console: &Console, reports: &Reports<'_>, run: &Run, body: &[String]) -> Result<(), No> {
    let news = reports.news(run, stored(body, console.clock.now())).await.map_err(failed)?;
    console.gate.run_housekeeping(&news).await.map(drop).map_err(failed)
}

async fn end(console: &Console, run: &Run, end: End) -> Result<(), No> {
    let actor = Actor::system(format!("ping_{}", hex::encode(secret::random::<10>())));
    let change = FinishRun { run: run.id, fence: None, end };
    match console.gate.submit_unattended(&actor, &change).await {
        Ok(_) => Ok(()),
        Err(Refusal::Unrecorded(error)) => {
            tracing::error!(run = run.id.get(), error = format!("{error:#}"), "the end of a run could not be recorded");
            Err(No::NOT_RECORDED)
        }
        Err(_) => Err(No::NOT_FOUND),
    }
}
