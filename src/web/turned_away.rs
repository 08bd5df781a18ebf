//! Where a request goes whose route does not open to its visitor.

use super::{
    Console, PageError,
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

pub(super) async fn turn_away(
    console: &Console,
    visit: &Visit,
    request: ServiceRequest,
    route: &Route,
    visitor: Option<&Visitor>,
) -> ServiceResponse<BoxBody> {
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
            lead_to(console, visit, route, CONFIRMATION)
        }
        Some(Stage::Over) => {
            console.record(visit, &Refusal::Moved).await;
            lead_to(console, visit, route, "/login?notice=ended")
        }
        Some(Stage::Password) | None => {
            let page = match request.cookie(console.session_cookie()) {
                _ if route.opens.is_step() => "/login?notice=restart",
                Some(_) => "/login?notice=ended",
                None => "/login",
            };
            lead_to(console, visit, route, page)
        }
    };
    request.into_response(answer)
}

/// Redirects to a page of signing in, and remembers the requested page if it was one to look at: on-call opens a run from a
/// chat message. Of a form it is the page that the form was on.
fn lead_to(console: &Console, visit: &Visit, route: &Route, page: &str) -> HttpResponse {
    let mut answer = see_other(visit, page);
    let wanted = match visit.method.as_str() {
        "GET" => visit.path.as_str(),
        _ if page == CONFIRMATION => route::page_above(console.routes, &visit.path),
        _ => "/",
    };
    // What a page asks by itself is a part of it.
    if wanted != "/" && is_own_path(wanted) && !route.opens.is_step() && !route.quiet {
        let cookie = console.cookie(console.wanted_cookie(), wanted.to_owned());
        // A name and value made here are always a valid header.
        let _ = answer.add_cookie(&cookie);
    }
    answer
}
