//! What the forms of all pages post.

use super::{every_page, names, select, within};
use crate::{
    access::looks::Looks,
    alerts::{show::AlertView, silence::list::Silences},
    approvals::show::RequestView,
    batches::{
        detail::{JobDetail, RunDetail},
        list::JobList,
        runs::RunList,
    },
    detection::show::SuspicionView,
    exports::list::Exports,
    host::list::HostChanges,
    incidents::{list::Incidents, show::IncidentView},
    levers::list::Levers,
    networks::list::Networks,
    notify::list::Deliveries,
    oncall::{list::Rotas, show::RotaView},
    orders::OrderDetail,
    reversal::Row,
    reviews::show::PeriodView,
    staff::people::{Member, StaffList},
    users::find::CustomerRow,
    ways::list::Ways,
    web::panel::Subject,
};
use scraper::{ElementRef, Html};
use std::collections::HashSet;

/// The fields that every form with a seal has.
const SEAL: [&str; 5] = ["code", "csrf", "key", "reason", "seen"];

/// The route and the own fields of a form.
type Posted = (&'static str, &'static [&'static str]);

/// How the routes of changes end that must be quick and cost no code.
const COSTS_NO_CODE: [&str; 6] = [
    "/acknowledgement",
    "/incidents",
    "incidents/{id}/lead",
    "incidents/{id}/notes",
    "/alerts/{id}/notes",
    "/oncall/calendars/revocation",
];

/// Every form that a panel declares.
fn panels() -> Vec<Posted> {
    fn of<S: Subject>() -> impl Iterator<Item = Posted> {
        S::panels().iter().filter_map(|panel| panel.fields)
    }
    of::<CustomerRow>()
        .chain(of::<OrderDetail>())
        .chain(of::<Networks>())
        .chain(of::<Looks>())
        .chain(of::<HostChanges>())
        .chain(of::<RequestView>())
        .chain(of::<Member>())
        .chain(of::<StaffList>())
        .chain(of::<JobList>())
        .chain(of::<JobDetail>())
        .chain(of::<Levers>())
        .chain(of::<RunDetail>())
        .chain(of::<RunList>())
        .chain(of::<AlertView>())
        .chain(of::<Silences>())
        .chain(of::<Rotas>())
        .chain(of::<RotaView>())
        .chain(of::<Incidents>())
        .chain(of::<IncidentView>())
        .chain(of::<Deliveries>())
        .chain(of::<Ways>())
        .chain(of::<Exports>())
        .chain(of::<SuspicionView>())
        .chain(of::<PeriodView>())
        .chain(of::<Row>())
        .collect()
}

/// Whether `path` is an address of the route.
fn matches(route: &str, path: &str) -> bool {
    let (route, path): (Vec<_>, Vec<_>) = (route.split('/').collect(), path.split('/').collect());
    route.len() == path.len()
        && route.iter().zip(&path).all(|(pattern, segment)| pattern.starts_with('{') || pattern == segment)
}

/// The fields of a form whose page has no panels.
fn others(path: &str) -> &'static [&'static str] {
    match path.rsplit('/').next().unwrap_or_default() {
        "login" => &["csrf", "email", "password"],
        "code" | "confirmation" => &["csrf", "code"],
        "logout" | "session" => &["csrf"],
        "searches" if path != "/users/searches" => &["csrf", "q"],
        "searches" => &["csrf", "q", "status"],
        "contact" => &["csrf", "reason"],
        "preferences" => &["csrf", "key", "lang", "return", "theme", "time_zone"],
        "password" => &["code", "csrf", "current", "key", "new", "new_again", "reason", "seen"],
        "authenticator" if path.starts_with("/login/") => &["code", "csrf", "offer"],
        "authenticator" => &["code", "csrf", "key", "new_code", "offer", "reason", "seen"],
        "recovery-codes" | "revocation" => &SEAL,
        _ if path.starts_with("/setup/") => &["code", "csrf", "offer", "password", "password_again"],
        _ => &[],
    }
}

/// The fields that a form has because of what it is about.
fn numbered(page: &Html, path: &str, posted: &[String]) -> Vec<String> {
    let with = |is_numbered: fn(&str) -> bool| posted.iter().filter(|name| is_numbered(name)).cloned().collect();
    match path.rsplit('/').next() {
        // The button of a person of a demo.
        Some("login") => with(|name| name == "person"),
        // A refund has a field for every line of the order, and where one may choose, for every payment.
        Some("refunds") => refund_fields(page, posted),
        // A run has a field for every parameter of its job; several runs have one each.
        Some("runs" | "rerun" | "reruns") => {
            with(|name| name == "version" || name.starts_with("param-") || name.starts_with("run-"))
        }
        _ => Vec::new(),
    }
}

/// Whether a form has this field only in some states of its page: the box for a network that is wide, the shipping fee that
/// can still be refunded, an amount where any money was paid.
fn is_optional(name: &str) -> bool {
    name.starts_with("member-")
        || matches!(name, "clocks" | "name" | "wide_confirmed" | "shipping" | "version" | "amount" | "override_reason")
        // An incident asks for what its next step needs.
        || matches!(name, "cause" | "remedy" | "recovered_at" | "no_actions")
}

#[test]
fn every_form_carries_what_its_address_asks_for() {
    let panels = panels();
    assert!(panels.len() >= 30, "only {} panels were found", panels.len());
    every_page(|_, page, wrong| {
        for form in select(page, "form[method=post]") {
            let action = form.attr("action").unwrap_or_default();
            let path = action.split(['?', '#']).next().unwrap_or_default();
            // A reason may name an incident where one is open.
            let fields: Vec<String> = names(form).into_iter().filter(|name| name != "incident").collect();
            let numbered = numbered(page, path, &fields);
            let expected: Vec<&str> = match panels.iter().find(|(route, _)| matches(route, path)) {
                // What must be quick costs no code.
                Some((route, own)) if COSTS_NO_CODE.iter().any(|end| route.ends_with(end)) => {
                    SEAL[1..].iter().chain(*own).copied().collect()
                }
                Some((_, own)) => SEAL.iter().chain(*own).copied().collect(),
                None => others(path).to_vec(),
            };
            let expected =
                expected.into_iter().filter(|name| !is_optional(name) || fields.iter().any(|field| field == name));
            let unique: HashSet<&str> = fields.iter().map(String::as_str).collect();
            let expected_set: HashSet<&str> = expected.chain(numbered.iter().map(String::as_str)).collect();
            if unique != expected_set {
                wrong.push(format!("{action} posts {unique:?}, not {expected_set:?}"));
            }
            // A key that occurs twice is refused, so only radio buttons and the buttons of one choice share a name.
            let single = within(form, "input:not([type=radio]), select, textarea")
                .iter()
                .filter_map(|field| field.attr("name").map(str::to_owned))
                .collect::<Vec<_>>();
            if single.iter().collect::<HashSet<_>>().len() != single.len() {
                wrong.push(format!("{action} posts a key twice"));
            }
        }
        for form in select(page, "form") {
            if !matches!(form.attr("method"), Some("post" | "get" | "dialog")) {
                wrong.push(format!("a form without a method: {}", form.attr("action").unwrap_or_default()));
            }
        }
        for hidden in select(page, "input[type=hidden]") {
            let known = [
                "csrf",
                "key",
                "seen",
                "shown",
                "through",
                "status",
                "reason",
                "return",
                "lang",
                "theme",
                "time_zone",
                "offer",
                "to",
                "alert",
                "show",
                "filter",
                "end",
                "hide",
                "holds",
                "sha256",
            ];
            let name = hidden.attr("name").unwrap_or_default();
            let is_run = name == "version" || name == "panel" || name.starts_with("run-");
            // The panel of one refund.
            let is_part =
                name == "refund" && within_form(hidden).is_some_and(|form| form.attr("method") == Some("get"));
            let is_kept = is_run
                || is_part
                || ["q", "needs"].contains(&hidden.attr("name").unwrap_or_default())
                    && within_form(hidden).is_some_and(|form| form.attr("action") == Some("/orders"));
            if !is_kept && !hidden.attr("name").is_some_and(|name| known.contains(&name)) {
                wrong.push(format!("a hidden field: {}", hidden.html()));
            }
        }
    });
}

fn within_form(field: ElementRef<'_>) -> Option<ElementRef<'_>> {
    field.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form")
}

/// The numbered fields of a refund, by the tables beside its form: one for each line of the order, one for each payment
/// where more than one has something left, and the shipping fee where that can still be refunded.
fn refund_fields(page: &Html, posted: &[String]) -> Vec<String> {
    let lines = select(page, "#lines tbody tr").len();
    assert!(lines > 0, "an order without lines");
    let mut fields: Vec<String> = (1..=lines).map(|n| format!("units-{n}")).collect();
    let has_fee = select(page, "#lines .card-f .tag").is_empty();
    fields.extend(has_fee.then(|| "shipping".to_owned()));
    let refundable = select(page, "#payments tbody tr:has(code) td:last-child");
    let open = refundable.iter().filter(|cell| cell.text().collect::<String>() != "₩0").count();
    if open > 1 {
        let payments: Vec<String> = posted.iter().filter(|name| name.starts_with("payment-")).cloned().collect();
        assert_eq!(payments.len(), refundable.len());
        fields.extend(payments);
    }
    fields
}
