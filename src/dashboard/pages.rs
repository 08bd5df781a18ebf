//! The first page.

use crate::{
    audit::pages::Row,
    web::shell::{Section, Shell},
};
use askama::Template;
use chrono::Timelike;

/// `GET /`
#[derive(Debug, Template)]
#[template(path = "dashboard.html")]
pub struct HomePage {
    pub shell: Shell,
    /// The newest changes of everybody; none for those who may not read the log.
    pub recent: Option<Vec<Row>>,
    /// The newest changes this person made.
    pub mine: Vec<Row>,
}

impl HomePage {
    /// The key of a greeting for the time of day where the reader is.
    pub fn greeting(&self) -> &'static str {
        match self.shell.now.utc().with_timezone(&self.shell.zone).hour() {
            5..=10 => "home.morning",
            11..=16 => "home.day",
            17..=21 => "home.evening",
            _ => "home.night",
        }
    }

    pub fn may_search(&self) -> bool {
        self.shell.may(Section::Users)
    }

    /// The search box here complains about nothing: what is wrong with a term is said where the search leads.
    pub fn no_error(&self) -> Option<String> {
        None
    }
}
