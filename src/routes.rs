//! The route table as data: method, path, to whom it opens, and what answers. Who may open what is read off here by the
//! middleware, the navigation, and the matrix that is printed into the repository.

use crate::{
    access, approvals, audit,
    batches::{self, ping},
    dashboard,
    gate::Role,
    networks, orders,
    staff::{
        self, account_page, account_pages as account, session::Visitor, setup_pages as setup, sign_in_pages as sign_in,
    },
    users,
    web::{
        Stop, assets,
        panel::{post, preview},
        problem_page::Problem,
    },
};
use actix_web::{HttpRequest, HttpResponse, guard, web};

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    pub opens: Opens,
    /// Asked by the page itself and not by a person: does not keep a session alive.
    pub quiet: bool,
}

/// To whom a route opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// Load balancers and such, from any network.
    Machines,
    /// Batches that report, from the networks that reports may come from. Each shows the token of its job.
    Reports,
    /// Anybody on an allowed network.
    Everybody,
    /// Whoever has given a password and not yet a code.
    Entering,
    /// Whoever is signed in.
    Staff,
    /// Whoever is signed in with one of these roles.
    Roles(&'static [Role]),
}

const FINDS_PEOPLE: Opens = Opens::Roles(&[Role::Operator, Role::Approver, Role::Owner]);
const OPERATES: Opens = Opens::Roles(&[Role::Operator]);
const RUNS_JOBS: Opens = Opens::Roles(batches::start::ACTS);
const OWNS: Opens = Opens::Roles(&[Role::Owner]);
const READS_THE_LOG: Opens = Opens::Roles(&[Role::Auditor, Role::Owner]);

impl Opens {
    pub fn to(self, visitor: Option<&Visitor>) -> bool {
        match (self, visitor) {
            (Self::Machines | Self::Reports | Self::Everybody, _) => true,
            (Self::Entering, Some(visitor)) => !visitor.signed,
            (Self::Staff, Some(visitor)) => visitor.signed,
            (Self::Roles(roles), Some(visitor)) => visitor.signed && visitor.roles.any_of(roles),
            (_, None) => false,
        }
    }
}

macro_rules! routes {
    ($($method:ident $path:literal $opens:expr => $handler:path $(, $quiet:ident)?;)*) => {
        /// Every route there is.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            opens: $opens,
            quiet: !concat!($(stringify!($quiet))?).is_empty(),
        }),*];

        /// Binds every route to what answers it.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(config.route($path, method(stringify!($method)).to($handler));)*
            config.default_service(web::to(nowhere));
        }
    };
}

routes! {
    GET "/healthz" Opens::Machines => healthy;
    GET "/readyz" Opens::Machines => ready;
    GET "/ping/{token}/{job}" Opens::Reports => ping::succeed;
    POST "/ping/{token}/{job}" Opens::Reports => ping::succeed;
    GET "/ping/{token}/{job}/{what}" Opens::Reports => ping::tell;
    POST "/ping/{token}/{job}/{what}" Opens::Reports => ping::tell;
    GET "/static/{hash}/{name:.*}" Opens::Everybody => asset;

    GET "/login" Opens::Everybody => sign_in::login;
    POST "/login" Opens::Everybody => sign_in::enter_password;
    GET "/login/code" Opens::Entering => sign_in::login_code;
    POST "/login/code" Opens::Entering => sign_in::enter_code;
    POST "/logout" Opens::Staff => sign_in::sign_out;
    GET "/setup/{token}" Opens::Everybody => setup::setup;
    POST "/setup/{token}" Opens::Everybody => setup::accept;

    GET "/" Opens::Staff => dashboard::home;

    GET "/account" Opens::Staff => account_page::show;
    POST "/account/password" Opens::Staff => account::change_password;
    POST "/account/authenticator" Opens::Staff => account::replace_authenticator;
    POST "/account/recovery-codes" Opens::Staff => account::renew_recovery_codes;
    POST "/account/sessions/revocation" Opens::Staff => account::end_other_sessions;
    POST "/account/sessions/{id}/revocation" Opens::Staff => account::end_session;
    POST "/account/preferences" Opens::Staff => account::set_preferences;

    GET "/users" FINDS_PEOPLE => users::list::list;
    POST "/users/searches" FINDS_PEOPLE => users::list::search;
    GET "/users/{id}" FINDS_PEOPLE => users::show::show;
    POST "/users/{id}/contact" OPERATES => users::contact::reveal;
    POST "/users/{id}/point-adjustments" OPERATES => post::<users::adjust::AdjustPanel>;
    POST "/users/{id}/point-adjustments/preview" OPERATES => preview::<users::adjust::AdjustPanel>;
    POST "/users/{id}/status" OPERATES => post::<users::status::StatusPanel>;

    GET "/orders" FINDS_PEOPLE => orders::list::list;
    POST "/orders/searches" FINDS_PEOPLE => orders::list::search;
    GET "/orders/{id}" FINDS_PEOPLE => orders::show::show;
    POST "/orders/{id}/cancellation" OPERATES => orders::cancel::cancel;
    GET "/orders/{id}/refunds" FINDS_PEOPLE => orders::show::refunds_alone, quiet;
    POST "/orders/{id}/refunds" OPERATES => orders::refund::refund;
    POST "/orders/{id}/refunds/preview" OPERATES => orders::refund::preview;
    POST "/orders/{id}/refunds/{refund}/retry" OPERATES => orders::retry::retry;
    POST "/orders/{id}/refunds/{refund}/dismissal" OPERATES => orders::dismiss::dismiss;
    POST "/orders/{id}/shipping" OPERATES => orders::ship::ship;
    POST "/orders/{id}/notes" OPERATES => orders::note::note;

    GET "/batches" Opens::Staff => batches::list::list;
    GET "/batches/{job}" Opens::Staff => batches::job::show;
    POST "/batches/{job}/runs" RUNS_JOBS => batches::job::run;
    POST "/batches/{job}/pause" RUNS_JOBS => batches::job::pause;
    GET "/runs" Opens::Staff => batches::runs::list;
    POST "/runs/reruns" RUNS_JOBS => batches::rerun::rerun_all;
    GET "/runs/{id}" Opens::Staff => batches::show::show;
    GET "/runs/{id}/log" Opens::Staff => batches::show::log, quiet;
    GET "/runs/{id}/live" Opens::Staff => batches::show::live_alone, quiet;
    POST "/runs/{id}/rerun" RUNS_JOBS => batches::rerun::rerun;
    POST "/runs/{id}/cancellation" RUNS_JOBS => batches::act::cancel;
    POST "/runs/{id}/resolution" RUNS_JOBS => batches::act::resolve;
    POST "/runs/{id}/baseline" RUNS_JOBS => batches::act::accept_normal;

    GET "/approvals" Opens::Staff => approvals::list::list;
    GET "/approvals/{id}" Opens::Staff => approvals::show::show;
    POST "/approvals/{id}/approval" Opens::Staff => approvals::show::approve;
    POST "/approvals/{id}/rejection" Opens::Staff => approvals::show::reject;
    POST "/approvals/{id}/withdrawal" Opens::Staff => approvals::show::withdraw;
    GET "/networks" OWNS => networks::list::list;
    POST "/networks" OWNS => networks::forms::add;
    POST "/networks/{id}" OWNS => networks::forms::change;
    POST "/networks/{id}/removal" OWNS => networks::forms::remove;

    GET "/audit" READS_THE_LOG => audit::list::list;
    GET "/audit/{seq}" READS_THE_LOG => audit::show::show;
    GET "/access-records" READS_THE_LOG => access::list::list;

    GET "/staff" OWNS => staff::list::list;
    POST "/staff" OWNS => post::<staff::invite::InvitePanel>;
    GET "/staff/{id}" OWNS => staff::show::show;
    POST "/staff/{id}/roles" OWNS => post::<staff::roles::RolesPanel>;
    POST "/staff/{id}/status" OWNS => post::<staff::status::StatusPanel>;
    POST "/staff/{id}/second-factor-reset" OWNS => post::<staff::reset::ResetPanel>;
    POST "/staff/{id}/setup-link" OWNS => post::<staff::link::LinkPanel>;
    POST "/staff/{id}/networks" OWNS => post::<staff::restrict::NetworksPanel>;
    POST "/staff/{id}/sessions/revocation" OWNS => post::<staff::sessions::EndAllPanel>;
    POST "/staff/{id}/sessions/{handle}/revocation" OWNS => post::<staff::sessions::EndOnePanel>;
}

/// The route of a request: HEAD goes where GET goes.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    ROUTES.iter().find(|route| route.method == method && route.path == path)
}

/// Whether a path is asked by load balancers and such, and so from any network.
pub fn is_for_machines(path: &str) -> bool {
    ROUTES.iter().any(|route| route.path == path && route.opens == Opens::Machines)
}

/// Whether a path takes reports of batches.
pub fn is_for_reports(path: &str) -> bool {
    ROUTES.iter().any(|route| route.path == path && route.opens == Opens::Reports)
}

/// What a path answers to, for the `Allow` header.
pub fn methods(path: &str) -> Vec<&'static str> {
    ROUTES
        .iter()
        .filter(|route| route.path == path)
        .flat_map(|route| if route.method == "GET" { vec!["GET", "HEAD"] } else { vec![route.method] })
        .collect()
}

/// The nearest page above `path`: where a form stands that is posted there.
pub fn page_above(path: &str) -> &str {
    let mut above = path.split('?').next().unwrap_or_default();
    while let Some((parent, _)) = above.rsplit_once('/') {
        if ROUTES.iter().any(|route| route.method == "GET" && fits(route.path, parent)) {
            return parent;
        }
        above = parent;
    }
    "/"
}

fn fits(pattern: &str, path: &str) -> bool {
    pattern.split('/').count() == path.split('/').count()
        && pattern.split('/').zip(path.split('/')).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
}

fn method(name: &str) -> actix_web::Route {
    match name {
        "GET" => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
        _ => web::post(),
    }
}

/// The process is alive.
async fn healthy() -> &'static str {
    "ok\n"
}

/// The database answers.
async fn ready(console: web::Data<crate::app::Console>) -> HttpResponse {
    match console.audit_size().await {
        Ok(_) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n"),
        Err(_) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("the database does not answer\n"),
    }
}

async fn asset(path: web::Path<(String, String)>, request: HttpRequest) -> Result<HttpResponse, Stop> {
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
        std::borrow::Cow::Borrowed(bytes) => answer.body(bytes),
        std::borrow::Cow::Owned(bytes) => answer.body(bytes),
    })
}

async fn nowhere() -> Result<HttpResponse, Stop> {
    Err(Problem::NotFound.into())
}
