//! Which fields each form posts.

use super::{every_page, select, within};
use scraper::{ElementRef, Html};
use std::collections::HashSet;

#[test]
fn every_form_carries_what_its_address_asks_for() {
    every_page(|_, page, wrong| {
        for form in select(page, "form[method=post]") {
            let action = form.attr("action").unwrap_or_default();
            let path = action.split('?').next().unwrap_or_default();
            let path = path.split('#').next().unwrap_or_default();
            let fields = names(form);
            // A refund has a field for every line of the order, and where one may choose, for every payment.
            let numbered = match path.rsplit('/').next() {
                Some("refunds") => refund_fields(page, &fields),
                // A run has a field for every parameter of its job; several runs have one each.
                Some("runs" | "rerun" | "reruns") => {
                    let is_numbered = |name: &&String| name.starts_with("param-") || name.starts_with("run-");
                    fields.iter().filter(is_numbered).cloned().collect()
                }
                // A network that is wide has a box to tick.
                Some("networks") => fields.iter().filter(|name| *name == "wide_confirmed").cloned().collect(),
                _ if path.starts_with("/networks/") => {
                    fields.iter().filter(|name| *name == "wide_confirmed").cloned().collect()
                }
                _ => Vec::new(),
            };
            let expected: &[&str] = match path.rsplit('/').next().unwrap_or_default() {
                _ if path.starts_with("/staff") => staff_fields(path),
                "login" => &["csrf", "email", "password"],
                "code" => &["csrf", "code"],
                "logout" => &["csrf"],
                "searches" if path == "/orders/searches" => &["csrf", "q"],
                "searches" => &["csrf", "q", "status"],
                "runs" | "rerun" => &["code", "csrf", "key", "reason", "seen", "version"],
                "resolution" => &["code", "csrf", "key", "reason", "resolution", "seen"],
                "pause" => &["code", "csrf", "hours", "key", "reason", "seen"],
                "refunds" => &["amount", "code", "csrf", "key", "override_reason", "reason", "reason_kind", "seen"],
                "cancellation" if path.starts_with("/orders") => {
                    &["code", "csrf", "key", "reason", "reason_kind", "seen"]
                }
                "shipping" => &["carrier", "code", "csrf", "key", "reason", "seen", "state", "tracking_number"],
                "contact" => &["csrf", "reason"],
                "preferences" => &["csrf", "key", "lang", "return", "theme", "time_zone"],
                "point-adjustments" => &["amount", "code", "csrf", "direction", "key", "reason", "reason_kind", "seen"],
                "status" => &["code", "csrf", "key", "reason", "seen", "status"],
                "password" => &["code", "csrf", "current", "key", "new", "new_again", "reason", "seen"],
                "authenticator" => &["code", "csrf", "key", "new_code", "reason", "seen"],
                "approval" | "rejection" | "withdrawal" | "removal" => &["code", "csrf", "key", "reason", "seen"],
                "networks" => &["code", "csrf", "expires_at", "key", "net", "note", "reason", "seen"],
                _ if path.starts_with("/networks/") => {
                    &["code", "csrf", "expires_at", "key", "net", "note", "reason", "seen"]
                }
                "cancellation" | "baseline" | "reruns" | "recovery-codes" | "revocation" | "retry" | "dismissal"
                | "notes" => &["code", "csrf", "key", "reason", "seen"],
                _ if path.starts_with("/setup/") => &["code", "csrf", "password", "password_again"],
                _ => &[],
            };
            let unique: HashSet<&str> = fields.iter().map(String::as_str).collect();
            let expected_set: HashSet<&str> =
                expected.iter().copied().chain(numbered.iter().map(String::as_str)).collect();
            if unique != expected_set {
                wrong.push(format!("{action} posts {unique:?}, not {expected_set:?}"));
            }
            // A key that stands there twice is refused, so only radio buttons and the buttons of one choice share a name.
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
            let known = ["csrf", "key", "seen", "status", "reason", "return", "lang", "theme", "time_zone"];
            let name = hidden.attr("name").unwrap_or_default();
            let is_run = name == "version" || name == "panel" || name.starts_with("run-");
            let is_kept = is_run
                || ["q", "needs"].contains(&hidden.attr("name").unwrap_or_default())
                    && within_form(hidden).is_some_and(|form| form.attr("action") == Some("/orders"));
            if !is_kept && !hidden.attr("name").is_some_and(|name| known.contains(&name)) {
                wrong.push(format!("a hidden field: {}", hidden.html()));
            }
        }
    });
}

/// The `name` of every control of a form.
fn names(form: ElementRef<'_>) -> Vec<String> {
    within(form, "input, select, textarea, button[name]")
        .iter()
        .filter_map(|field| field.attr("name").map(str::to_owned))
        .collect()
}

/// What the forms of the staff's pages post.
fn staff_fields(path: &str) -> &'static [&'static str] {
    match path.rsplit('/').next().unwrap_or_default() {
        "staff" => &[
            "code",
            "csrf",
            "email",
            "key",
            "name",
            "reason",
            "role-approver",
            "role-auditor",
            "role-oncall",
            "role-operator",
            "role-owner",
            "seen",
        ],
        "roles" => &[
            "code",
            "csrf",
            "key",
            "reason",
            "role-approver",
            "role-auditor",
            "role-oncall",
            "role-operator",
            "role-owner",
            "seen",
        ],
        "status" => &["code", "csrf", "key", "reason", "seen", "status"],
        "networks" => &["code", "csrf", "key", "networks", "reason", "seen"],
        _ => &["code", "csrf", "key", "reason", "seen"],
    }
}

fn within_form(field: ElementRef<'_>) -> Option<ElementRef<'_>> {
    field.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "form")
}

/// The numbered fields of a refund, by the tables beside its form: one for each line of the order, one for each payment
/// where more than one has something left, and the shipping fee where that can still be given back.
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
