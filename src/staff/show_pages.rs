//! The page of one person who works here.

use super::{Role, pages::SessionRow, people::Person, roles::box_name, show::Asked};
use crate::{
    audit::pages::{Changed, Row},
    clock::Instant,
    gate::audit::Entry,
    web::{
        format,
        shell::{
            Frame, Shell, Tone,
            seal::{Seal, Sealed},
        },
    },
};
use askama::Template;

/// `GET /staff/{id}`, and what its forms come back as.
#[derive(Debug, Template)]
#[template(path = "staff/person.html")]
pub struct PersonPage {
    pub shell: Shell,
    pub person: Person,
    /// Whether it is the reader's own page, which has no panels.
    pub is_me: bool,
    pub sessions: Vec<SessionRow>,
    pub panel: Option<Panel>,
    /// What they changed, and what they were refused.
    pub made: Vec<Row>,
    pub refused: Vec<Row>,
    /// What others did to them.
    pub happened: Vec<Row>,
    pub sign_ins: Vec<SignIn>,
    pub addresses: Vec<Address>,
}

/// What stands beside the page.
#[derive(Clone, Debug)]
pub enum Panel {
    Form(Filled),
    /// What was asked for cannot be done now: the panel's name, and the key of the sentence that says why.
    Closed {
        name: &'static str,
        why: &'static str,
    },
    /// A form for oneself came back.
    Refused(Seal),
    Done(Done),
}

/// A form, as typed.
#[derive(Clone, Debug)]
pub struct Filled {
    pub asked: Asked,
    pub seal: Seal,
    pub reason: String,
}

impl Filled {
    pub fn has(&self, role: &Role) -> bool {
        matches!(&self.asked, Asked::Roles(roles) if roles.any_of(&[*role]))
    }
}

/// A change that was made, or that waits for somebody else.
#[derive(Clone, Debug)]
pub struct Done {
    pub action: String,
    pub changed: Vec<Changed>,
    pub sealed: Sealed,
}

impl Done {
    pub fn has_effect(&self) -> bool {
        self.changed.iter().any(|change| change.before.is_some())
    }
}

impl PersonPage {
    pub fn href(&self) -> String {
        format!("/staff/{}", self.person.id)
    }

    /// Where a form posts to.
    pub fn action(&self, noun: &str) -> String {
        format!("/staff/{}/{noun}", self.person.id)
    }

    pub fn panel_href(&self, panel: &str) -> String {
        format!("/staff/{}?panel={panel}", self.person.id)
    }

    pub fn is_open(&self, panel: &str) -> bool {
        match &self.panel {
            Some(Panel::Form(form)) => form.asked.name() == panel,
            Some(Panel::Closed { name, .. }) => *name == panel,
            _ => false,
        }
    }

    pub fn has_side(&self) -> bool {
        matches!(self.panel, Some(Panel::Form(_) | Panel::Closed { .. } | Panel::Done(_)))
    }

    /// The session that is to be ended, as long as it is there.
    pub fn session(&self, handle: &str) -> Option<&SessionRow> {
        self.sessions.iter().find(|session| session.id == handle)
    }

    pub fn all_roles(&self) -> [Role; 5] {
        Role::ALL
    }

    pub fn box_name(&self, role: &Role) -> &'static str {
        box_name(*role)
    }

    /// The roles in words.
    pub fn role_list(&self) -> String {
        let names: Vec<&str> = self.person.roles().iter().map(|role| self.shell.name("role", role.as_str())).collect();
        names.join(", ")
    }

    /// Where the form posts to that ends one session.
    pub fn session_action(&self, handle: &str) -> String {
        format!("/staff/{}/sessions/{handle}/revocation", self.person.id)
    }
}

/// Somebody signed in, or tried to.
#[derive(Clone, Debug)]
pub struct SignIn {
    pub row: Row,
    pub user_agent: String,
}

impl SignIn {
    pub fn of(entry: &Entry) -> Self {
        Self { row: crate::audit::row(entry), user_agent: entry.user_agent.clone() }
    }

    pub fn browser(&self, frame: &Frame) -> String {
        format::browser(&self.user_agent).unwrap_or_else(|| frame.t("account.unknown-browser").to_owned())
    }

    pub fn tone(&self) -> Tone {
        self.row.tone()
    }
}

/// An address that somebody came from lately.
#[derive(Clone, Debug)]
pub struct Address {
    pub ip: String,
    pub first: Instant,
    pub last: Instant,
}

impl Address {
    /// The addresses in `rows`, which begin with the newest; so many of those seen last.
    pub fn of(rows: &[Entry], most: usize) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for row in rows.iter().filter(|row| !row.ip.is_empty()) {
            match found.iter_mut().find(|address| address.ip == row.ip) {
                Some(address) => address.first = row.at,
                None => found.push(Self { ip: row.ip.clone(), first: row.at, last: row.at }),
            }
        }
        found.truncate(most);
        found
    }
}
