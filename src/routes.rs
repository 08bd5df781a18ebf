//! The route table as data: method, path, to whom it opens, and what answers. Who may open what is read off here by the
//! middleware, the navigation, and the matrix that is printed into the repository.

use crate::{
    access, alerts, approvals, audit,
    batches::{self, ping},
    dashboard, deployments, detection, exports,
    gate::Role,
    host, incidents, levers, metrics, networks, notify, oncall, orders, queues, readiness, reversal, reviews, search,
    staff::{
        self, account_page, account_pages as account, confirm_pages as confirm, recovery_pages as recovery,
        setup_pages as setup, sign_in_pages as sign_in,
    },
    users, ways,
    web::{
        drafts::{self, FormPage},
        health::{asset, healthy, nowhere, ready},
        panel::{forms_of, post, preview, show_outcome},
        route::{Opens, Route},
        session_page,
    },
};
use actix_web::{guard, web};

const FINDS_PEOPLE: Opens = Opens::Roles(&[Role::Operator, Role::Approver, Role::Owner]);
const OPERATES: Opens = Opens::Roles(&[Role::Operator]);
const RUNS_JOBS: Opens = Opens::Roles(batches::start::ACTS);
const LOOKS_AFTER: Opens = Opens::Roles(alerts::acknowledge::LOOKS_AFTER);
const WORKS_ON_INCIDENTS: Opens = Opens::Roles(incidents::WORKS);
const MENDS: Opens = Opens::Roles(notify::again::MENDS);
const READS_QUEUES: Opens = Opens::Roles(queues::list::READS);
const OWNS: Opens = Opens::Roles(&[Role::Owner]);
/// Who may make any of the changes that can be taken back; of each row the gate asks for the roles of its kind.
const REVERSES: Opens = Opens::Roles(&[Role::Operator, Role::Owner]);
const SEES_REVERSALS: Opens = Opens::Roles(&[Role::Operator, Role::Auditor, Role::Owner]);
const LOOKS_INTO: Opens = Opens::Roles(detection::LOOKS_INTO);
const READS_THE_LOG: Opens = Opens::Roles(&[Role::Auditor, Role::Owner]);

macro_rules! routes {
    ($($method:ident $path:literal $opens:expr => $handler:path $(, $flag:ident)?;)*) => {
        /// Every route there is.
        pub const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            opens: $opens,
            quiet: matches!(concat!($(stringify!($flag))?).as_bytes(), b"quiet"),
        }),*];

        /// Binds every route to what answers it.
        pub fn configure(config: &mut web::ServiceConfig) {
            $(bind(config, $path, method(stringify!($method)).to($handler), concat!($(stringify!($flag))?));)*
            config.default_service(web::to(nowhere));
        }
    };
}

routes! {
    GET "/healthz" Opens::Machines => healthy;
    GET "/readyz" Opens::Machines => ready;
    GET "/metrics" Opens::Machines => metrics::page::show;
    GET "/ping/{token}/{job}" Opens::Reports => ping::succeed;
    POST "/ping/{token}/{job}" Opens::Reports => ping::succeed;
    GET "/ping/{token}/{job}/" Opens::Reports => ping::succeed;
    POST "/ping/{token}/{job}/" Opens::Reports => ping::succeed;
    GET "/ping/{token}/{job}/{what}" Opens::Reports => ping::tell;
    POST "/ping/{token}/{job}/{what}" Opens::Reports => ping::tell;
    GET "/ping/{token}/{job}/{what}/" Opens::Reports => ping::tell;
    POST "/ping/{token}/{job}/{what}/" Opens::Reports => ping::tell;
    POST "/receive/{name}" Opens::Reports => alerts::receive::take;
    POST "/deployments/{token}" Opens::Reports => deployments::take::take;
    GET "/calendars/{token}.ics" Opens::Reports => oncall::feed::show;
    GET "/static/{hash}/{name:.*}" Opens::Public => asset;

    GET "/login" Opens::Public => sign_in::login;
    POST "/login" Opens::Public => sign_in::enter_password;
    GET "/login/code" Opens::PasswordOnly => sign_in::login_code;
    POST "/login/code" Opens::PasswordOnly => sign_in::enter_code;
    GET "/login/authenticator" Opens::RecoveryOnly => recovery::new_authenticator;
    POST "/login/authenticator" Opens::RecoveryOnly => recovery::recover_authenticator;
    GET "/login/confirmation" Opens::MovedOnly => confirm::confirmation;
    POST "/login/confirmation" Opens::MovedOnly => confirm::confirm;
    POST "/logout" Opens::Session => sign_in::sign_out;
    GET "/session" Opens::Public => session_page::state, quiet;
    POST "/session" Opens::Staff => session_page::stay;
    GET "/setup/{token}" Opens::Public => setup::setup;
    POST "/setup/{token}" Opens::Public => setup::accept;

    GET "/" Opens::Staff => dashboard::home;

    GET "/outcomes/{key}" Opens::Staff => show_outcome, quiet;

    GET "/account" Opens::Staff => account_page::show;
    POST "/account/password" Opens::Staff => account::change_password;
    POST "/account/authenticator" Opens::Staff => account::replace_authenticator;
    POST "/account/recovery-codes" Opens::Staff => account::renew_recovery_codes;
    POST "/account/sessions/revocation" Opens::Staff => account::end_other_sessions;
    POST "/account/sessions/{id}/revocation" Opens::Staff => account::end_session;
    POST "/account/preferences" Opens::Staff => account::set_preferences;
    GET "/account/ways" Opens::Staff => ways::list::show;
    POST "/account/ways" Opens::Staff => post::<ways::add::AddPanel>;
    POST "/account/ways/{id}/proof" Opens::Staff => post::<ways::prove::ProvePanel>;
    POST "/account/ways/{id}/removal" Opens::Staff => post::<ways::remove::RemovePanel>;

    GET "/searches" Opens::Staff => search::show;
    POST "/searches" Opens::Staff => search::anything;

    GET "/users" FINDS_PEOPLE => users::list::list;
    POST "/users/searches" FINDS_PEOPLE => search::customers;
    GET "/users/{id}" FINDS_PEOPLE => users::show::show;
    // What was revealed is shown once: who loads it again sees the customer.
    GET "/users/{id}/contact" FINDS_PEOPLE => users::show::show;
    POST "/users/{id}/contact" OPERATES => users::contact::reveal;
    POST "/users/{id}/point-adjustments" OPERATES => post::<users::adjust::AdjustPanel>;
    POST "/users/{id}/point-adjustments/preview" OPERATES => preview::<users::adjust::AdjustPanel>;
    POST "/users/{id}/status" OPERATES => post::<users::status::StatusPanel>;
    POST "/users/{id}/notes" OPERATES => post::<users::note::NotePanel>, large;

    GET "/orders" FINDS_PEOPLE => orders::list::list;
    POST "/orders/searches" FINDS_PEOPLE => search::orders;
    GET "/orders/{id}" FINDS_PEOPLE => orders::show::show;
    POST "/orders/{id}/cancellation" OPERATES => post::<orders::cancel::CancelPanel>;
    GET "/orders/{id}/refunds" FINDS_PEOPLE => orders::refunds::refunds_alone, quiet;
    POST "/orders/{id}/refunds" OPERATES => post::<orders::refund::RefundPanel>;
    POST "/orders/{id}/refunds/preview" OPERATES => preview::<orders::refund::RefundPanel>;
    POST "/orders/{id}/refunds/{refund}/retry" OPERATES => post::<orders::retry::RetryPanel>;
    POST "/orders/{id}/refunds/{refund}/dismissal" OPERATES => post::<orders::dismiss::DismissPanel>;
    POST "/orders/{id}/shipping" OPERATES => post::<orders::ship::ShippingPanel>;
    POST "/orders/{id}/notes" OPERATES => post::<orders::note::NotePanel>;

    GET "/batches" Opens::Staff => batches::list::list;
    POST "/batches" RUNS_JOBS => post::<batches::pause_owner::PauseOwnerPanel>;
    GET "/batches/{job}" Opens::Staff => batches::job::show;
    POST "/batches/{job}/runs" RUNS_JOBS => post::<batches::start::StartPanel>;
    POST "/batches/{job}/pause" RUNS_JOBS => post::<batches::pause::PausePanel>;
    POST "/batches/{job}/lapses" RUNS_JOBS => post::<batches::resolve_lapses::LapsesPanel>;
    GET "/runs" Opens::Staff => batches::runs::list;
    POST "/runs/reruns" RUNS_JOBS => post::<batches::rerun_all::RerunAllPanel>;
    GET "/runs/states" Opens::Staff => batches::live::states, quiet;
    GET "/runs/{id}" Opens::Staff => batches::show::show;
    GET "/runs/{id}/log" Opens::Staff => batches::log::show, quiet;
    GET "/runs/{id}/live" Opens::Staff => batches::live::show, quiet;
    POST "/runs/{id}/rerun" RUNS_JOBS => post::<batches::rerun::RerunPanel>;
    POST "/runs/{id}/cancellation" RUNS_JOBS => post::<batches::cancel::CancelPanel>;
    POST "/runs/{id}/resolution" RUNS_JOBS => post::<batches::resolve::ResolvePanel>;
    POST "/runs/{id}/baseline" RUNS_JOBS => post::<batches::accept_normal::NormalPanel>;

    GET "/alerts" Opens::Staff => alerts::list::list;
    GET "/alerts/live" Opens::Staff => alerts::list::live, quiet;
    GET "/alerts/home" Opens::Staff => alerts::list::home, quiet;
    GET "/alerts/count" Opens::Staff => alerts::list::count, quiet;
    GET "/alerts/{id}" Opens::Staff => alerts::show::show;
    POST "/alerts/{id}/acknowledgement" LOOKS_AFTER => post::<alerts::acknowledge::AcknowledgePanel>;
    POST "/alerts/{id}/notes" LOOKS_AFTER => post::<alerts::note::NotePanel>;
    POST "/alerts/{id}/end" MENDS => post::<alerts::receive::end::EndReceivedPanel>;
    GET "/incidents" Opens::Staff => incidents::list::list;
    POST "/incidents" WORKS_ON_INCIDENTS => post::<incidents::open::OpenPanel>, large;
    GET "/incidents/times" Opens::Staff => incidents::times::show;
    GET "/incidents/{id}" Opens::Staff => incidents::show::show;
    GET "/incidents/{id}/timeline" Opens::Staff => incidents::show::live, quiet;
    POST "/incidents/{id}/notes" WORKS_ON_INCIDENTS => post::<incidents::note::NotePanel>;
    POST "/incidents/{id}/lead" WORKS_ON_INCIDENTS => post::<incidents::lead::LeadPanel>;
    POST "/incidents/{id}/step" WORKS_ON_INCIDENTS => post::<incidents::advance::AdvancePanel>, large;
    POST "/incidents/{id}/reopening" WORKS_ON_INCIDENTS => post::<incidents::reopen::ReopenPanel>;
    POST "/incidents/{id}/description" WORKS_ON_INCIDENTS => post::<incidents::edit::EditPanel>, large;
    POST "/incidents/{id}/actions" WORKS_ON_INCIDENTS => post::<incidents::action::AddPanel>;
    POST "/incidents/{id}/actions/{action}/end" WORKS_ON_INCIDENTS => post::<incidents::action::FinishPanel>;
    POST "/incidents/{id}/postmortem" WORKS_ON_INCIDENTS => post::<incidents::postmortem::PostmortemPanel>, long;
    POST "/incidents/{id}/postmortem/preview" WORKS_ON_INCIDENTS => preview::<incidents::postmortem::PostmortemPanel>, long;
    GET "/silences" Opens::Staff => alerts::silence::list::list;
    POST "/silences" MENDS => post::<alerts::silence::begin::BeginPanel>;
    POST "/silences/{id}/end" MENDS => post::<alerts::silence::end::EndPanel>;
    GET "/oncall" Opens::Staff => oncall::list::list;
    POST "/oncall" MENDS => post::<oncall::define_panel::CreatePanel>;
    // Before rotas, none of which has this name.
    POST "/oncall/calendars" Opens::Staff => post::<oncall::calendar::CalendarPanel>;
    POST "/oncall/calendars/revocation" Opens::Staff => post::<oncall::calendar::RevokePanel>;
    GET "/oncall/{name}" Opens::Staff => oncall::show::show;
    POST "/oncall/{name}/plan" MENDS => post::<oncall::define_panel::PlanPanel>;
    POST "/oncall/{name}/overrides" MENDS => post::<oncall::stand_in_panels::OverridePanel>;
    POST "/oncall/{name}/overrides/{id}/removal" MENDS => post::<oncall::stand_in_panels::RemovePanel>;
    POST "/oncall/{name}/swaps" MENDS => post::<oncall::stand_in_panels::SwapPanel>;
    POST "/oncall/{name}/retirement" MENDS => post::<oncall::stand_in_panels::RetirePanel>;
    GET "/deliveries" Opens::Staff => notify::list::list;
    GET "/deployments" Opens::Staff => deployments::list::list;
    GET "/queues" READS_QUEUES => queues::list::list;
    POST "/deliveries/{id}/repetition" MENDS => post::<notify::again::AgainPanel>;
    POST "/deliveries/{id}/abandonment" MENDS => post::<notify::again::GiveUpPanel>;
    POST "/deliveries/channels/{channel}/tests" MENDS => post::<notify::test::TestPanel>;

    GET "/approvals" Opens::Staff => approvals::list::list;
    GET "/approvals/{id}" Opens::Staff => approvals::show::show;
    POST "/approvals/{id}/approval" Opens::Staff => post::<approvals::approve::ApprovePanel>;
    POST "/approvals/{id}/rejection" Opens::Staff => post::<approvals::reject::RejectPanel>;
    POST "/approvals/{id}/withdrawal" Opens::Staff => post::<approvals::withdraw::WithdrawPanel>;
    GET "/levers" Opens::Staff => levers::list::list;
    POST "/levers" MENDS => post::<levers::close::ClosePanel>;
    POST "/levers/{id}/opening" MENDS => post::<levers::open::OpenPanel>;
    GET "/networks" OWNS => networks::list::list;
    POST "/networks" OWNS => post::<networks::add::AddPanel>;
    POST "/networks/{id}" OWNS => post::<networks::change::ChangePanel>;
    POST "/networks/{id}/removal" OWNS => post::<networks::remove::RemovePanel>;

    GET "/readiness" OWNS => readiness::page::show;
    GET "/host-changes" OWNS => host::list::list;
    POST "/host-changes/confirmation" OWNS => post::<host::confirm::ConfirmPanel>;

    GET "/audit" READS_THE_LOG => audit::list::list;
    GET "/audit/checkpoints" READS_THE_LOG => audit::checkpoints::list;
    GET "/audit/checkpoints/{id}" READS_THE_LOG => audit::checkpoints::show;
    GET "/audit/checkpoints/{id}/timestamp" READS_THE_LOG => audit::checkpoints::timestamp;
    GET "/audit/checkpoints/{id}/stamped" READS_THE_LOG => audit::checkpoints::stamped;
    GET "/audit/exports" READS_THE_LOG => exports::list::list;
    POST "/audit/exports" READS_THE_LOG => post::<exports::create::CreatePanel>;
    GET "/audit/exports/size" READS_THE_LOG => exports::size::show, quiet;
    GET "/audit/exports/{id}" READS_THE_LOG => exports::show::show;
    GET "/audit/exports/{id}/progress" READS_THE_LOG => exports::show::live, quiet;
    GET "/audit/exports/{id}/file" READS_THE_LOG => exports::file::take;
    GET "/audit/suspicions" LOOKS_INTO => detection::list::list;
    GET "/audit/suspicions/rules" LOOKS_INTO => detection::rules_page::show;
    GET "/audit/suspicions/{id}" LOOKS_INTO => detection::show::show;
    POST "/audit/suspicions/{id}/end" LOOKS_INTO => post::<detection::close::ClosePanel>;
    GET "/audit/reviews" READS_THE_LOG => reviews::list::list;
    GET "/audit/reviews/signed/{id}" READS_THE_LOG => reviews::signed::show;
    GET "/audit/reviews/signed/{id}/file" READS_THE_LOG => reviews::signed::file;
    GET "/audit/reviews/{period}" READS_THE_LOG => reviews::show::show;
    POST "/audit/reviews/{period}" READS_THE_LOG => post::<reviews::sign::SignPanel>, long;
    GET "/audit/{seq}" READS_THE_LOG => audit::show::show;
    GET "/audit/{seq}/receipt" READS_THE_LOG => audit::receipt::show;
    GET "/audit/{seq}/entry" READS_THE_LOG => audit::receipt::entry;
    GET "/audit/{seq}/reversal" SEES_REVERSALS => reversal::show;
    POST "/audit/{seq}/reversal" REVERSES => reversal::reverse;
    GET "/log/checkpoint" READS_THE_LOG => audit::tiles::checkpoint;
    GET "/log/{tile:.+}" READS_THE_LOG => audit::tiles::show;
    GET "/access-records" READS_THE_LOG => access::list::list;
    GET "/access-records/{id}" READS_THE_LOG => access::show::show;
    GET "/access-records/{id}/receipt" READS_THE_LOG => access::show::receipt;
    GET "/looks/{kind}" FINDS_PEOPLE => access::looks::show;
    POST "/looks/{kind}/continuation" FINDS_PEOPLE => post::<access::continue_looking::ContinuePanel>;

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

/// Every form of a signed-in page, so that one that comes too late finds its page.
pub(crate) fn forms() -> Vec<FormPage> {
    account::FORMS
        .into_iter()
        .chain(search::FORMS)
        .chain(forms_of::<users::find::CustomerRow>())
        .chain(forms_of::<orders::OrderDetail>())
        .chain(forms_of::<oncall::list::Rotas>())
        .chain(forms_of::<oncall::show::RotaView>())
        .chain(forms_of::<batches::list::JobList>())
        .chain(forms_of::<batches::detail::JobDetail>())
        .chain(forms_of::<batches::runs::RunList>())
        .chain(forms_of::<batches::detail::RunDetail>())
        .chain(forms_of::<ways::list::Ways>())
        .chain(forms_of::<alerts::show::AlertView>())
        .chain(forms_of::<alerts::silence::list::Silences>())
        .chain(forms_of::<incidents::list::Incidents>())
        .chain(forms_of::<incidents::show::IncidentView>())
        .chain(forms_of::<notify::list::Deliveries>())
        .chain(forms_of::<approvals::show::RequestView>())
        .chain(forms_of::<levers::list::Levers>())
        .chain(forms_of::<networks::list::Networks>())
        .chain(forms_of::<host::list::HostChanges>())
        .chain(forms_of::<access::looks::Looks>())
        .chain(forms_of::<exports::list::Exports>())
        .chain(forms_of::<detection::show::SuspicionView>())
        .chain(forms_of::<reviews::show::PeriodView>())
        .chain(forms_of::<reversal::Row>())
        .chain(forms_of::<staff::people::StaffList>())
        .chain(forms_of::<staff::people::Member>())
        .collect()
}

/// What the listener of metrics answers to.
pub fn configure_metrics(config: &mut web::ServiceConfig) {
    config.route("/metrics", method("GET").to(metrics::page::show_alone));
    config.default_service(web::to(metrics::page::nothing_else));
}

/// The longest body of a route whose form is `large`, in bytes: 2,000 characters of any script take up to 24,000 when posted.
const LARGE_FORM: usize = 40 * 1024;
/// The same where it is `long`: a postmortem has up to 12,000 characters, and a review two texts of 2,000.
const LONG_FORM: usize = drafts::LONGEST;

fn bind(config: &mut web::ServiceConfig, path: &str, route: actix_web::Route, flag: &str) {
    let longest = match flag {
        "large" => LARGE_FORM,
        "long" => LONG_FORM,
        _ => {
            config.route(path, route);
            return;
        }
    };
    let resource = web::resource(path).guard(guard::Post()).app_data(web::PayloadConfig::new(longest));
    config.service(resource.route(route));
}

fn method(name: &str) -> actix_web::Route {
    match name {
        "GET" => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
        _ => web::post(),
    }
}
