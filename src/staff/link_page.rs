//! The page that shows a set-up link, once.

use crate::{clock::Instant, web::shell::Shell};
use askama::Template;

/// What `POST /staff`, `…/second-factor-reset` and `…/setup-link` answer.
#[derive(Debug, Template)]
#[template(path = "staff/link.html")]
pub struct LinkPage {
    pub shell: Shell,
    /// The kind of change that gave it.
    pub action: &'static str,
    /// Whose link it is.
    pub staff: i64,
    pub name: String,
    pub email: String,
    pub told: Told,
    pub expires: Instant,
    /// The audit row.
    pub seq: i64,
}

/// What can be told of the link.
#[derive(Clone, Debug)]
pub enum Told {
    /// This is it.
    Now { link: String },
    /// The same form was sent before, and was answered then.
    Before,
}

impl LinkPage {
    /// Where to go on.
    pub fn onward(&self) -> String {
        format!("/staff/{}", self.staff)
    }
}
