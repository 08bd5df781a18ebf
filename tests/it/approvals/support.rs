//! What the tests of second people have in common.

use crate::kit::{Browser, Engine, Form, Operator, Page, World, addition};
use chrono::TimeDelta;
use ingam::{
    config::{Config, Declared},
    gate::{Amount, Policies, Policy, Role, When},
};

pub(crate) const VERDICT: &str = "Checked the tickets with the CS lead";

/// A world under the usual rules: points above 10,000 wait for an approver.
pub(crate) fn ruled(engine: Engine) -> World {
    World::start_with(engine, usual)
}

pub(crate) fn usual(config: &mut Config) {
    config.policies = Declared::usual(ingam::changes::KINDS, ingam::zone::Zone::seoul());
}

/// A world under rules of its own.
pub(crate) fn under(engine: Engine, policies: Vec<Policy>) -> World {
    World::start_with(engine, |config| config.policies = rules(policies))
}

pub(crate) fn rules(policies: Vec<Policy>) -> Policies {
    Policies::new(ingam::changes::KINDS, policies, Vec::new(), ingam::zone::Zone::seoul())
}

/// Points above `over` at once, or above `daily` in a day, wait for that number of approvers.
pub(crate) fn points_rule(over: i64, daily: Option<i64>, approvers: i64) -> Policy {
    let plain = |n| Amount { n, currency: None };
    let when = When::Beyond {
        quantity: "points".to_owned(),
        over: vec![plain(over)],
        daily: daily.map(plain).into_iter().collect(),
    };
    Policy { approvers, ..rule(&["points.adjust"], when) }
}

/// These changes wait for one approver, for a day at most.
pub(crate) fn rule(changes: &[&str], when: When) -> Policy {
    Policy {
        changes: changes.iter().map(|&change| change.to_owned()).collect(),
        when,
        approvers: 1,
        role: Role::Approver,
        expires: TimeDelta::hours(24),
        urgent: None,
    }
}

/// Mina asks for points for a customer, and this is the number of her request.
pub(crate) fn ask(world: &World, mina: &Browser, user: i64, amount: &str) -> i64 {
    let asked = addition(mina, user, amount).set("code", &world.code("mina")).submit();
    request_of(&asked)
}

/// The number of the request that an answer leads to.
pub(crate) fn request_of(page: &Page) -> i64 {
    assert_eq!(page.status, 303, "{page}");
    let location = page.location().unwrap();
    let rest = location.strip_prefix("/approvals/").unwrap_or_else(|| panic!("not a request: {location}"));
    rest.split('?').next().unwrap().parse().unwrap()
}

/// The form to approve a request, filled in but for the code.
pub(crate) fn approval(browser: &Browser, request: i64) -> Form {
    browser.get(&format!("/approvals/{request}?panel=approve")).form_to("/approval").set("reason", VERDICT)
}

pub(crate) fn rejection(browser: &Browser, request: i64) -> Form {
    browser.get(&format!("/approvals/{request}?panel=reject")).form_to("/rejection").set("reason", VERDICT)
}

/// A form that is on no page: what a person posts who was not offered it.
pub(crate) fn bare(browser: &Browser, request: i64, noun: &str, code: &str) -> Form {
    let csrf = browser.get("/account").form_to("/logout").value("csrf").unwrap().to_owned();
    let fields =
        [("csrf", csrf.as_str()), ("key", &format!("k{request}{noun}{code}")), ("reason", VERDICT), ("code", code)];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Form::bare(browser, &format!("/approvals/{request}/{noun}"), &fields)
}

/// The same of a person who is in the database only.
pub(crate) fn bare_of(person: &Operator, request: i64, noun: &str, code: &str) -> Form {
    let fields = [
        ("csrf", person.csrf.as_str()),
        ("key", &format!("k{request}{noun}{code}")),
        ("reason", VERDICT),
        ("code", code),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Form::bare(&person.browser, &format!("/approvals/{request}/{noun}"), &fields)
}

pub(crate) fn state(world: &World, request: i64) -> String {
    world.database().value(&format!("select state from approval_requests where id = {request}"))
}

/// The newest refusal in the log: what was asked for, and why not.
pub(crate) fn last_refusal(world: &World) -> (String, String) {
    let row = world.audit().into_iter().rev().find(|row| !row.refusal.is_empty()).unwrap();
    (row.action, row.refusal)
}
