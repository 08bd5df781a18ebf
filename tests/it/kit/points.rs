//! Points of customers, the change that most tests make.

use super::{Browser, Form, World};

/// The reason that [`addition`] gives.
pub(crate) const REASON: &str = "Late delivery, ticket CS-1";

/// The form that gives points to a customer, filled in but for the code.
pub(crate) fn addition(browser: &Browser, user: i64, amount: &str) -> Form {
    browser
        .get(&format!("/users/{user}?panel=points"))
        .form_to("/point-adjustments")
        .set("direction", "add")
        .set("amount", amount)
        .set("reason", REASON)
}

pub(crate) fn points(world: &World, user: i64) -> i64 {
    world.number(&format!("select points from users where id = {user}"))
}
