//! The layout around every page: the frame of a signed-in page, and the bare one of sign-in and error pages.

pub(crate) mod field;
mod frame;
mod look;
pub(crate) mod seal;
mod second;
mod section;
pub(crate) mod table;

pub(crate) use frame::Frame;
pub(crate) use look::{Flash, Theme, Tone};
pub(crate) use second::Second;
pub(crate) use section::{
    Beyond, Failing, FindFailing, FindIncidents, FindNextCall, FindOnDuty, FindSilenced, FindUnreached, NavItem,
    NextCall, OnDuty, OpenIncident, Section, Silenced, Unreached, Waits,
};

use crate::{
    clock::Instant,
    gate::{Amount, Foreseen, Policies, Role, lever::ClosedKind},
    id::{Seq, StaffId},
    web::{format, session_page::PageSession, words::Lang},
};
use std::ops::Deref;

/// What a page can say where an answer of the console does not come, by the names that its script uses (`lost.js`).
pub(crate) const LOST: [&str; 6] = ["slow", "offline", "server", "part", "problem", "stale"];

/// The frame of sign-in, set-up and error pages.
#[derive(Clone, Debug)]
pub struct Solo {
    pub frame: Frame,
    /// The session that this page was made in, where a person is signed in.
    pub session: PageSession,
    /// The language this page was asked for in its address (`?lang=`), carried along by its forms and links, because
    /// no account is signed in whose preference could remember it.
    pub requested_lang: Option<Lang>,
    /// The path of this page where it can be had in the other language by `?lang=`; none on an error page.
    pub path: Option<String>,
}

impl Solo {
    /// This page in the other language.
    pub fn in_other_language(&self) -> Option<String> {
        let path = self.path.as_deref()?;
        let joint = if path.contains('?') { '&' } else { '?' };
        Some(format!("{path}{joint}lang={}", self.frame.words.lang().other().code()))
    }

    /// `path`, in the language this page was asked for in.
    pub fn link(&self, path: &str) -> String {
        match self.requested_lang {
            None => path.to_owned(),
            Some(lang) => {
                let joint = if path.contains('?') { '&' } else { '?' };
                format!("{path}{joint}lang={}", lang.code())
            }
        }
    }
}

// A template asks its shell for words, times and numbers without minding which of the two shells it is in.
impl Deref for Solo {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

/// The frame of a signed-in page.
#[derive(Clone, Debug)]
pub struct Shell {
    pub frame: Frame,
    pub person: Person,
    /// The session that this page was made in.
    pub session: PageSession,
    /// The path and query of this page: where the switches of language and theme come back to.
    pub path: String,
    /// The idempotency key of those switches.
    pub key: String,
    /// The section this page belongs to.
    pub section: Option<Section>,
    /// Which changes need a second person.
    pub policies: Policies,
    /// What the roles of this person may open.
    pub nav: Vec<NavItem>,
    /// The channels that take no messages, for owners: they tell of everything but themselves.
    pub failing: Option<Failing>,
    /// The silences in force, for those who may see alerts.
    pub silenced: Option<Silenced>,
    /// The kinds of change that are closed for everybody.
    pub(crate) closed: Vec<ClosedKind>,
    /// Who is on duty; nothing where there is no rota.
    pub on_duty: Option<OnDuty>,
    /// The alerts about which no person was reached, for owners.
    pub unreached: Option<Unreached>,
    /// The incidents that are open, for those who may see them: a seal offers to name one.
    pub incidents: Vec<OpenIncident>,
    /// The newest row of the audit log, for those who may know.
    pub audit_head: Option<AuditHead>,
}

impl Shell {
    /// Whether this amount is above the limit for one person alone, with what they have done today.
    pub fn exceeds_limit(&self, kind: &str, quantity: &str, amount: Amount, foreseen: &Foreseen) -> bool {
        self.policies.exceeds(kind, quantity, amount, foreseen)
    }

    /// How many kinds of change are closed for everybody.
    pub fn closed_count(&self) -> i64 {
        i64::try_from(self.closed.len()).unwrap_or(i64::MAX)
    }

    /// What the rules say about the change that a seal makes.
    pub fn second_person(&self, seal: &seal::SealForm) -> Second {
        Second::of(&self.policies, seal, &self.frame)
    }

    /// The number of entries that wait in a section for this person.
    pub fn waiting(&self, section: Section) -> i64 {
        self.nav.iter().find(|item| item.section == section).and_then(|item| item.waiting).unwrap_or_default()
    }

    /// The number of entries of a section that are new to this person.
    pub fn news(&self, section: Section) -> i64 {
        self.nav.iter().find(|item| item.section == section).and_then(|item| item.news).unwrap_or_default()
    }

    pub fn may(&self, section: Section) -> bool {
        self.nav.iter().any(|item| item.section == section)
    }

    /// Whether this page belongs to a section behind the last tab.
    pub fn is_beyond(&self, beyond: &Beyond) -> bool {
        self.section.is_some_and(|section| beyond.holds(&section))
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates hand over references")]
    pub fn is_current(&self, section: &Section) -> bool {
        self.section == Some(*section)
    }

    /// The sections that a phone shows behind its last tab; none where there are tabs enough for all.
    pub fn beyond_tabs(&self) -> Beyond {
        Beyond::tabs(&self.nav)
    }

    pub fn session_span(&self) -> String {
        format::span(self.session.ends, self.frame.words)
    }

    /// The roles of this person in words.
    pub fn role_names(&self) -> String {
        let names: Vec<&str> = self.person.roles.iter().map(|role| self.frame.name("role", role.as_str())).collect();
        names.join(", ")
    }
}

impl Deref for Shell {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        &self.frame
    }
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub roles: Vec<Role>,
}

impl Person {
    pub fn initials(&self) -> String {
        format::initials(&self.name)
    }
}

#[derive(Clone, Copy, Debug)]
pub struct AuditHead {
    pub seq: Seq,
    pub at: Instant,
}
