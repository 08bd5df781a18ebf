//! Where a request goes whose route does not open to its visitor.

use super::{
    Console, PageError, drafts,
    guest::{is_own_path, see_other},
    problem_page::Problem,
    route::{self, Route},
    session::{Stage, Visitor},
    visit::Visit,
};
use crate::gate::Refusal;
use actix_web::{HttpResponse, body::BoxBody, dev::ServiceRequest, dev::ServiceResponse};

/// Where a recovery code leads, and nowhere else.
const AUTHENTICATOR: &str = "/login/authenticator";
/// Where a session leads that is opened in another browser and on another network.
const CONFIRMATION: &str = "/login/confirmation";
/// The header that tells the script of a page that its session has ended.
const SESSION: &str = "ingam-session";

pub(super) async fn turn_away(
    console: &Console,
    visit: &Visit,
    mut request: ServiceRequest,
    route: &Route,
    visitor: Option<&Visitor>,
) -> ServiceResponse<BoxBody> {
    let has_ended = !matches!(visitor.map(|visitor| visitor.stage), Some(Stage::Signed | Stage::Recovery));
    // What a page asks by itself does not lead away from it: a person may be typing there.
    if has_ended && visit.is_htmx && (route.quiet || route.path.ends_with("/preview")) {
        let over = HttpResponse::NoContent().insert_header((SESSION, "over")).finish();
        return request.into_response(over);
    }
    let draft = match visit.method.as_str() {
        "POST" if has_ended => drafts::keep(console, visit, route, &mut request).await,
        _ => None,
    };
    let draft = draft.as_deref();
    let answer = match visitor.map(|visitor| visitor.stage) {
        // The person went back to a page of signing in.
        Some(Stage::Signed) if route.opens.is_step() => see_other(visit, "/"),
        Some(Stage::Signed) => {
            let recorded = console.record(visit, &Refusal::Role).await;
            return request.error_response(PageError { recorded, ..Problem::Permission.into() });
        }
        Some(Stage::Recovery) => see_other(visit, AUTHENTICATOR),
        Some(Stage::Moved) => {
            console.record(visit, &Refusal::Moved).await;
            lead_to(console, visit, route, CONFIRMATION, draft)
        }
        Some(Stage::Over) => {
            console.record(visit, &Refusal::Moved).await;
            lead_to(console, visit, route, "/login?notice=ended", draft)
        }
        Some(Stage::Password) | None => {
            let page = match request.cookie(console.session_cookie()) {
                _ if route.opens.is_step() => "/login?notice=restart",
                Some(_) => "/login?notice=ended",
                None => "/login",
            };
            lead_to(console, visit, route, page, draft)
        }
    };
    request.into_response(answer)
}

/// Redirects to a page of signing in, and remembers the requested page if it was one to look at: on-call opens a run from a
/// chat message. Of a form it is the page that the form was on, where it is offered again as it was typed (`draft`).
fn lead_to(console: &Console, visit: &Visit, route: &Route, page: &str, draft: Option<&str>) -> HttpResponse {
    let mut answer = see_other(visit, page);
    let wanted = match visit.method.as_str() {
        "GET" => visit.path.as_str(),
        _ if draft.is_some() => draft.unwrap_or_default(),
        _ if page == CONFIRMATION => route::page_above(console.routes, &visit.path),
        _ => "/",
    };
    // What a page asks by itself is a part of it.
    if wanted != "/" && is_own_path(wanted) && !route.opens.is_step() && !route.quiet {
        remember(console, &mut answer, wanted);
    }
    answer
}

/// Has the browser remember the page that is gone to after signing in.
pub(super) fn remember(console: &Console, answer: &mut HttpResponse, wanted: &str) {
    // What reads cookies decodes them, and an address is to stay encoded.
    let cookie = console.cookie(console.wanted_cookie(), wanted.replace('%', "%25"));
    // A name and value made here are always a valid header.
    let _ = answer.add_cookie(&cookie);
}
