//! Every change that a person can post, each under a rule that holds it up.

use crate::{
    approvals::support::{rule, state, under},
    kit::{Form, forms, on_both},
};
use ingam::{
    changes::KINDS,
    gate::{Kind, Policy, When},
};

/// The form of a kind of change, and what its fields lack before it can be made.
struct Entry {
    kind: &'static str,
    /// The person whose code it takes.
    who: &'static str,
    route: &'static str,
    complete: fn(Form) -> Form,
}

const fn entry(kind: &'static str, who: &'static str, route: &'static str) -> Entry {
    Entry { kind, who, route, complete: |form| form }
}

const FORMS: &[Entry] = &[
    entry("points.adjust", "mina", "/users/{id}/point-adjustments"),
    entry("users.status", "mina", "/users/{id}/status"),
    entry("users.note", "mina", "/users/{id}/notes"),
    entry("orders.cancel", "mina", "/orders/{id}/cancellation"),
    entry("orders.refund", "mina", "/orders/{id}/refunds"),
    entry("orders.ship", "mina", "/orders/{id}/shipping"),
    entry("orders.note", "mina", "/orders/{id}/notes"),
    entry("refunds.retry", "mina", "/orders/{id}/refunds/{refund}/retry"),
    entry("refunds.dismiss", "mina", "/orders/{id}/refunds/{refund}/dismissal"),
    entry("batches.run", "jun", "/batches/{job}/runs"),
    entry("batches.pause", "jun", "/batches/{job}/pause"),
    entry("batches.resolve", "jun", "/batches/{job}/lapses"),
    entry("runs.rerun", "jun", "/runs/{id}/rerun"),
    entry("runs.cancel", "jun", "/runs/{id}/cancellation"),
    entry("runs.resolve", "jun", "/runs/{id}/resolution"),
    entry("runs.accept-normal", "jun", "/runs/{id}/baseline"),
    Entry {
        complete: |form| form.set("wide_confirmed", "10.0.0.0/8").set("expires_at", ""),
        ..entry("networks.add", "owner", "/networks")
    },
    Entry {
        complete: |form| form.set("note", "The second floor"),
        ..entry("networks.change", "owner", "/networks/{id}")
    },
    entry("networks.remove", "owner", "/networks/{id}/removal"),
    entry("staff.invite", "owner", "/staff"),
    entry("staff.roles", "owner", "/staff/{id}/roles"),
    entry("staff.status", "owner", "/staff/{id}/status"),
    entry("staff.reset-second-factor", "owner", "/staff/{id}/second-factor-reset"),
    entry("alerts.end-received", "jun", "/alerts/{id}/end"),
    entry("incidents.advance", "jun", "/incidents/{id}/step"),
    entry("incidents.reopen", "jun", "/incidents/{id}/reopening"),
    entry("incidents.edit", "jun", "/incidents/{id}/description"),
    entry("incidents.add-action", "jun", "/incidents/{id}/actions"),
    entry("incidents.finish-action", "jun", "/incidents/{id}/actions/{action}/end"),
    entry("incidents.seal-postmortem", "jun", "/incidents/{id}/postmortem"),
    entry("silences.begin", "jun", "/silences"),
    entry("silences.end", "jun", "/silences/{id}/end"),
    entry("rotas.define", "jun", "/oncall"),
    entry("rotas.override", "jun", "/oncall/{name}/overrides"),
    entry("rotas.swap", "jun", "/oncall/{name}/swaps"),
    entry("rotas.remove-override", "jun", "/oncall/{name}/overrides/{id}/removal"),
    entry("rotas.retire", "jun", "/oncall/{name}/retirement"),
    entry("deliveries.send-again", "jun", "/deliveries/{id}/repetition"),
    entry("deliveries.give-up", "jun", "/deliveries/{id}/abandonment"),
    entry("channels.test", "jun", "/deliveries/channels/{channel}/tests"),
    entry("exports.create", "sora", "/audit/exports"),
    entry("suspicions.close", "sora", "/audit/suspicions/{id}/end"),
    entry("reviews.sign", "sora", "/audit/reviews/{period}"),
    entry("levers.close", "jun", "/levers"),
    entry("levers.open", "jun", "/levers/{id}/opening"),
    entry("staff.networks", "owner", "/staff/{id}/networks"),
];

/// The kinds that a rule can hold up. A decision about a request is never held up itself.
fn held_up() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(|kind| kind.can_be_held_up() && !kind.name.starts_with("approvals."))
}

fn every_change_waits() -> Policy {
    let changes: Vec<&str> = held_up().map(|kind| kind.name).collect();
    rule(&changes, When::Always { if_possible: false })
}

fn is_of(route: &str, action: &str) -> bool {
    let (route, action): (Vec<_>, Vec<_>) = (route.split('/').collect(), action.split('/').collect());
    route.len() == action.len() && route.iter().zip(&action).all(|(name, part)| name.starts_with('{') || name == part)
}

on_both! {
    fn every_change_that_a_rule_holds_up_leads_to_its_request(outer) {
        let world = &under(outer.engine, vec![every_change_waits()]);
        let forms = forms(world);
        let mut wrong = Vec::new();
        for (n, kind) in held_up().enumerate() {
            // Each code is half a minute later than the one before, and no session lives on another one's forms.
            if n % 8 == 0 {
                for (browser, _) in &forms {
                    browser.get("/");
                }
            }
            let Some(entry) = FORMS.iter().find(|entry| entry.kind == kind.name) else {
                wrong.push(format!("{}: no form in the table", kind.name));
                continue;
            };
            let (_, form) = forms.iter().find(|(_, form)| is_of(entry.route, form.action())).unwrap();
            // Each code moves the clock, and the forms of owners come last: their session stays in use until then.
            let (owner, _) = forms.iter().find(|(_, form)| form.action() == "/staff").unwrap();
            owner.get("/account");
            let form = (entry.complete)(form.clone()).set("code", &world.code(entry.who));
            let page = form.submit();
            let request = page.location().and_then(|to| to.strip_prefix("/approvals/"));
            let request = request.and_then(|rest| rest.split('?').next()?.parse::<i64>().ok());
            match request.filter(|_| page.status == 303) {
                Some(request) => {
                    let asked = world.database().value(&format!("select kind from approval_requests where id = {request}"));
                    assert_eq!((asked.as_str(), state(world, request).as_str()), (kind.name, "waiting"));
                }
                None => wrong.push(format!("{}: {} to {:?}: {}", kind.name, page.status, page.location(), page.says("[role=alert], .err"))),
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    fn every_form_that_is_sent_twice_is_answered_as_the_first(outer) {
        let world = &under(outer.engine, Vec::new());
        let forms = forms(world);
        let (mut wrong, mut made) = (Vec::new(), 0);
        for (n, entry) in FORMS.iter().enumerate() {
            if n % 8 == 0 {
                for (browser, _) in &forms {
                    browser.get("/");
                }
            }
            let (_, form) = forms.iter().find(|(_, form)| is_of(entry.route, form.action())).unwrap();
            let (owner, _) = forms.iter().find(|(_, form)| form.action() == "/staff").unwrap();
            owner.get("/account");
            let form = (entry.complete)(form.clone()).set("code", &world.code(entry.who));
            let first = form.submit();
            // Some cannot be made any more after those before.
            if first.status != 303 {
                continue;
            }
            made += 1;
            let again = form.submit();
            if (again.status, again.location()) != (first.status, first.location()) {
                wrong.push(format!("{}: {:?}, then {} to {:?}", entry.kind, first.location(), again.status, again.location()));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(made > FORMS.len() / 2, "{made} were made");
    }
}
