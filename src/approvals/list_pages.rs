//! The list of requests.

use super::{Request, pages::Standing};
use crate::{
    audit::pages::Row as AuditRow,
    web::{
        link::link,
        shell::{Frame, Shell, table::Pager},
    },
};
use askama::Template;

/// `GET /approvals`
#[derive(Debug, Template)]
#[template(path = "approvals/list.html")]
pub struct ListPage {
    pub shell: Shell,
    pub show: Show,
    pub rows: Vec<Row>,
    pub pager: Pager,
}

/// Which requests are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// What nobody has decided yet.
    #[default]
    Open,
    /// What this person asked for.
    Mine,
    Decided,
}

impl Show {
    pub const ALL: [Self; 3] = [Self::Open, Self::Mine, Self::Decided];

    /// As in `?show=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Decided => "decided",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(Self::Open) } else { Self::ALL.into_iter().find(|show| show.as_str() == text) }
    }

    pub fn href(self, before: &str) -> String {
        link("/approvals", &[("show", if self == Self::Open { "" } else { self.as_str() }), ("before", before)])
    }
}

/// A request in a list.
#[derive(Clone, Debug)]
pub struct Row {
    pub request: Request,
    pub standing: Standing,
}

impl Row {
    pub fn headline(&self, frame: &Frame) -> Option<String> {
        self.target().headline(frame)
    }

    /// Like a row of the log, which says it in the same words.
    pub fn target(&self) -> AuditRow {
        self.request.as_row()
    }
}
