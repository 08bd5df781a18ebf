//! What every request passes on its way in, from the outside to the inside: [`observe`], [`admit`], actix-session's
//! middleware, [`authorize`].

use super::{
    Console, Desk, PageError, asked, binding, body, client, forgery, headers, looks, malformed,
    problem_page::{FramedProblem, Onward, Problem, ProblemPage},
    route::{self, Opens},
    session::{Stage, UNREADABLE, VISITOR, Visitor},
    shell::Shell,
    turned_away::turn_away,
    visit::Visit,
};
use crate::{
    allowlist,
    gate::{Refusal, TouchSession},
};
use actix_session::SessionExt as _;
use actix_web::{
    HttpRequest, HttpResponse, ResponseError as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, StatusCode, header},
    middleware::Next,
    web,
};
use askama::Template as _;
use futures_util::FutureExt as _;
use std::{panic::AssertUnwindSafe, rc::Rc, time::Instant};
use tracing::Instrument as _;

type Served = Result<ServiceResponse<BoxBody>, actix_web::Error>;

/// Outermost: names the request, times it, catches what goes wrong, dresses errors as pages, adds the security headers and
/// writes the one line in the log.
pub(crate) async fn observe(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Served {
    let visit = Visit::begin(&request);
    let Some(console) = request.app_data::<web::Data<Console>>().cloned() else {
        return Ok(request.into_response(HttpResponse::InternalServerError().finish()));
    };
    let (started, began) = (console.clock.now(), Instant::now());
    let count = |status: u16| console.traffic.count(&visit.pattern(), status, began.elapsed());
    let (request, has_body) = body::with_deadline(request, console.request_deadline);
    let outcome = AssertUnwindSafe(next.call(request)).catch_unwind().instrument(visit.span.clone()).await;
    let outcome = match outcome {
        Ok(Ok(response)) => {
            let response = response.map_into_boxed_body();
            Ok(Ok(render_error(response, &console, &visit).instrument(visit.span.clone()).await))
        }
        Ok(Err(error)) => Ok(Err(error)),
        Err(panic) => Err(panic),
    };
    let _entered = visit.span.clone().entered();
    let mut response = match outcome {
        Ok(Ok(response)) => response,
        // The request is gone, so the answer cannot be tied to it: an error that is its own answer is what is left.
        Ok(Err(error)) => {
            count(500);
            return Err(crashed(&console, &visit, &error.to_string()));
        }
        Err(_) => {
            count(500);
            return Err(crashed(&console, &visit, "a handler panicked"));
        }
    };
    headers::secure(response.headers_mut(), &visit, !console.plain_http);
    if has_body && body::may_be_left(&visit.method, response.status()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    count(response.status().as_u16());
    tracing::info!(
        status = response.status().as_u16(),
        ms = console.clock.now().since(started).num_milliseconds(),
        "answered"
    );
    Ok(response)
}

/// Puts a page in place of an answer that is an error.
async fn render_error(response: ServiceResponse, console: &web::Data<Console>, visit: &Rc<Visit>) -> ServiceResponse {
    let Some(error) = response.response().error() else { return response };
    let (problem, recorded) = match error.as_error::<PageError>() {
        Some(error) if error.is_signed_out() => {
            return response.into_response(super::guest::see_other(visit, "/login?notice=ended"));
        }
        Some(error) => {
            if let Some(kind) = error.paused() {
                let to = looks::page_of(console.routes, visit);
                return response.into_response(super::guest::see_other(visit, &looks::address(kind, to)));
            }
            if error.problem.status() >= 500 {
                tracing::error!(%error, "a request failed");
            }
            (error.problem, error.recorded || visit.recorded.get())
        }
        None if body::is_too_slow(error) => (Problem::TooSlow, visit.recorded.get()),
        None => (framework_problem(response.status(), error), visit.recorded.get()),
    };
    let shell = framed(console, visit, response.request(), problem).await;
    let mut answer = problem_page(console, visit, problem, recorded, shell);
    for (name, value) in response.headers() {
        if *name == header::ALLOW || *name == header::SET_COOKIE {
            answer.headers_mut().append(name.clone(), value.clone());
        }
    }
    let (request, _) = response.into_parts();
    ServiceResponse::new(request, answer)
}

/// The frame of an error page: a person who is signed in keeps their navigation and search. Not where the page cannot be read
/// from the database, or where the network or the origin of the request is in doubt.
async fn framed(
    console: &web::Data<Console>,
    visit: &Rc<Visit>,
    request: &HttpRequest,
    problem: Problem,
) -> Option<Shell> {
    let keeps = matches!(
        problem,
        Problem::BadRequest
            | Problem::Permission
            | Problem::NotFound
            | Problem::Method
            | Problem::Conflict
            | Problem::TooLarge
            | Problem::Unprocessable
            | Problem::TooManyLooks { .. }
            | Problem::Internal
    );
    let desk = Desk::of_visit(console, visit, request).filter(|_| keeps)?;
    desk.shell(None, None).await.ok()
}

fn problem_page(
    console: &Console,
    visit: &Visit,
    problem: Problem,
    recorded: bool,
    shell: Option<Shell>,
) -> HttpResponse {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = ProblemPage {
        shell: console.solo(visit),
        problem,
        request: visit.request_id.clone(),
        address: visit.ip().or(visit.peer).map(|ip| ip.to_string()),
        recorded,
        onward: onward(console, problem, visit),
    };
    let html = match shell {
        Some(shell) => FramedProblem { shell, page }.render(),
        None => page.render(),
    };
    match html {
        Ok(html) => HttpResponse::build(status)
            .insert_header((headers::PROBLEM, problem.key()))
            .content_type("text/html; charset=utf-8")
            .body(html),
        Err(_) => HttpResponse::build(status).body(format!("{status}\n{}\n", visit.request_id)),
    }
}

/// The answer to a request that was lost on the way, dressed like any other.
fn crashed(console: &Console, visit: &Visit, why: &str) -> actix_web::Error {
    tracing::error!(error = why, "a request failed");
    let mut answer = problem_page(console, visit, Problem::Internal, false, None);
    headers::secure(answer.headers_mut(), visit, !console.plain_http);
    actix_web::error::InternalError::from_response("lost", answer).into()
}

/// What actix itself refused: a body too large, a path that is no number.
fn framework_problem(status: StatusCode, error: &actix_web::Error) -> Problem {
    match status {
        StatusCode::NOT_FOUND => Problem::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Problem::Method,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::MediaType,
        status if status.is_client_error() => Problem::BadRequest,
        _ => {
            tracing::error!(%error, "a request failed");
            Problem::Internal
        }
    }
}

fn onward(console: &Console, problem: Problem, visit: &Visit) -> Onward {
    let signed = visit.visitor().is_some_and(|visitor| visitor.is_signed());
    match problem {
        Problem::Network | Problem::Unavailable if visit.method == "GET" && super::guest::is_own_path(&visit.path) => {
            Onward::Again(visit.path.clone())
        }
        Problem::Expired if signed => Onward::Again(looks::page_of(console.routes, visit).to_owned()),
        Problem::Host => Onward::Elsewhere(console.link_to("/login")),
        Problem::Forgery | Problem::LinkGone if !signed => Onward::SignIn,
        _ if signed => Onward::Home,
        _ => Onward::SignIn,
    }
}

/// The files of the program: parts of pages, as pages are not.
const ASSET: &str = "/static/{hash}/{name:.*}";

/// Address, network, host, route, method, purpose and origin: everything that can be judged without knowing who it is.
pub(crate) async fn admit(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Served {
    let (Some(visit), Some(console)) =
        (Visit::of(request.request()), request.app_data::<web::Data<Console>>().cloned())
    else {
        return Ok(request.error_response(PageError::from(Problem::Internal)));
    };
    let pattern = request.match_pattern();
    let pattern = pattern.as_deref().unwrap_or_default();
    visit.set_pattern(pattern);
    // Whether the process is alive is asked by machines outside the allowed networks, and reveals nothing.
    let is_known = pattern.is_empty() || route::find(console.routes, &visit.method, pattern).is_some();
    if route::is_for_machines(console.routes, pattern) {
        if !is_known {
            return Ok(wrong_method(&console, request, pattern));
        }
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    let ip = match client::of(&console, &visit, request.headers()).await {
        Ok(ip) => ip,
        Err(error) => return Ok(request.error_response(error)),
    };
    visit.set_ip(ip);
    if route::is_for_reports(console.routes, pattern) && is_known {
        let is_open = match console.report_networks.of(request.path()) {
            Some(networks) => Ok(networks.allows(ip)),
            None => console.opens_to(ip).await,
        };
        if let Some(error) = network_denied(&console, &visit, is_open).await {
            return Ok(request.error_response(error));
        }
        if let Some(error) = asked::misdirected(&console, &visit, &request).await {
            return Ok(request.error_response(error));
        }
        // No browser and no session: the token is all that counts.
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    }
    if let Some(error) = network_denied(&console, &visit, console.opens_to(ip).await).await {
        return Ok(request.error_response(error));
    }
    if let Some(error) = asked::misdirected(&console, &visit, &request).await {
        return Ok(request.error_response(error));
    }
    if !is_known {
        return Ok(wrong_method(&console, request, pattern));
    }
    if !matches!(visit.method.as_str(), "GET" | "HEAD")
        && let Err(forged) = forgery::check_headers(request.headers(), &console.origins)
    {
        let recorded = console.record(&visit, &Refusal::Forgery).await;
        let problem = match forged {
            forgery::Forged::Origin => Problem::Forgery,
            forgery::Forged::MediaType => Problem::MediaType,
        };
        return Ok(request.error_response(PageError { recorded, ..problem.into() }));
    }
    if pattern != ASSET
        && let Some(error) = asked::unseen(&console, &visit, &request).await
    {
        return Ok(request.error_response(error));
    }
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

/// The reason a request is refused at the network check, if any. If the list of networks cannot be read, every request
/// is refused.
async fn network_denied(console: &Console, visit: &Visit, is_open: sqlx::Result<bool>) -> Option<PageError> {
    match is_open {
        Ok(true) => None,
        Ok(false) => {
            let recorded = console.record(visit, &Refusal::Network).await;
            Some(PageError { recorded, ..Problem::Network.into() })
        }
        Err(error) => Some(PageError { problem: Problem::Unavailable, cause: Some(error.into()), recorded: false }),
    }
}

/// 405, with what the path does answer to.
fn wrong_method(console: &Console, request: ServiceRequest, pattern: &str) -> ServiceResponse {
    let mut response = PageError::from(Problem::Method).error_response();
    if let Ok(value) = header::HeaderValue::from_str(&route::methods(console.routes, pattern).join(", ")) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    request.error_response(actix_web::error::InternalError::from_response(PageError::from(Problem::Method), response))
}

/// Finds the visitor by their session, and refuses a route that does not open to them.
pub(crate) async fn authorize(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Served {
    let (Some(visit), Some(console)) =
        (Visit::of(request.request()), request.app_data::<web::Data<Console>>().cloned())
    else {
        return Ok(request.error_response(PageError::from(Problem::Internal)));
    };
    let pattern = request.match_pattern();
    let route = pattern.as_deref().and_then(|pattern| route::find(console.routes, &visit.method, pattern));
    let session = request.get_session();
    if session.contains_key(UNREADABLE) && route.is_some_and(|route| route.opens != Opens::Machines) {
        return Ok(request.error_response(PageError::from(Problem::Unavailable)));
    }
    let visitor: Option<Visitor> = session.get(VISITOR).ok().flatten();
    drop(session);
    if let Some(visitor) = visitor.map(|visitor| binding::bound(visitor, &visit)) {
        let may_be_here = allowlist::within(&visitor.networks, visit.ip());
        let is_elsewhere = matches!(visitor.stage, Stage::Moved | Stage::Over);
        let is_for_everybody =
            route.is_some_and(|route| matches!(route.opens, Opens::Machines | Opens::Reports | Opens::Public));
        // A session that is not for this network or browser is none on the pages that need none: its browser can still show
        // the refusal as it should look, and another person can sign in.
        if (may_be_here && !is_elsewhere) || !is_for_everybody {
            visit.set_visitor(visitor);
        }
        if !may_be_here && !is_for_everybody {
            let recorded = console.record(&visit, &Refusal::Network).await;
            return Ok(request.error_response(PageError { recorded, ..Problem::Network.into() }));
        }
    }
    let Some(route) = route else { return next.call(request).await.map(ServiceResponse::map_into_boxed_body) };
    let visitor = visit.visitor();
    if !route.opens.to(visitor.as_ref()) {
        return Ok(turn_away(&console, &visit, request, route, visitor.as_ref()).await);
    }
    if let Some(visitor) = visitor.filter(|visitor| visitor.is_signed() && !route.quiet) {
        touch(&console, &visitor).await;
    }
    let answer = next.call(request).await?.map_into_boxed_body();
    malformed::record(&console, &visit, &answer).await;
    Ok(answer)
}

/// At most once a minute, and of short sessions four times: a write for every request would be most of what the database does.
const TOUCH_SECONDS: i64 = 60;

async fn touch(console: &Console, visitor: &Visitor) {
    let pause = TOUCH_SECONDS.min(console.limits.idle.num_seconds() / 4);
    if console.clock.now().unix() - visitor.seen < pause {
        return;
    }
    if let Err(error) = console.gate.run_housekeeping(&TouchSession { id: visitor.session.clone() }).await {
        // The worst that follows is that an active person signs in again.
        tracing::warn!(%error, "a session's last use could not be noted");
    }
}
