//! Every page in every state it can be in, by name.

use crate::{
    clock::Instant,
    id::{Seq, StaffId},
    profile::Profile,
    staff::Role,
    web::{
        changed::Changed,
        session_page::PageSession,
        shell::{AuditHead, Frame, NavItem, OnDuty, Person, Section, Shell, Solo, Theme},
        words::{Lang, Message, Words},
    },
};
use askama::Template;
use chrono::TimeDelta;
use std::fmt::Display;

/// A text that a person might type into any text field.
pub(crate) const NASTY: &str = "\u{202e}</td><script>alert(\"1\")</script>'\"><img src=x onerror=alert(1)>{{ 7*7 }}";

/// How the samples are made.
#[derive(Clone, Copy)]
pub(crate) struct Maker {
    pub lang: Lang,
    pub environment: Profile,
    pub theme: Theme,
    /// Whether text from outside is hostile.
    pub nasty: bool,
}

pub(crate) struct Sample {
    pub name: &'static str,
    pub html: String,
}

pub(super) fn now() -> Instant {
    Instant::parse("2026-11-19T18:12:08.120000Z").unwrap()
}

pub(super) fn before(delta: TimeDelta) -> Instant {
    now().minus(delta)
}

impl Maker {
    pub(super) fn ko(self) -> bool {
        self.lang == Lang::Ko
    }

    /// Text from outside.
    pub(super) fn text(self, ko: &str, en: &str) -> String {
        if self.nasty { NASTY.to_owned() } else { (if self.ko() { ko } else { en }).to_owned() }
    }

    pub(super) fn frame(self) -> Frame {
        Frame {
            words: Words::of(self.lang),
            environment: self.environment,
            nonce: "bm9uY2U".into(),
            csrf: "5f0c7d1e9a".into(),
            zone: crate::zone::Zone::seoul(),
            now: now(),
            theme: self.theme,
            flash: None,
            codes: None,
            has_personas: false,
        }
    }

    pub(super) fn solo(self, path: Option<&str>) -> Solo {
        Solo {
            frame: self.frame(),
            session: PageSession::default(),
            requested_lang: Some(self.lang),
            path: path.map(Into::into),
        }
    }

    pub(super) fn me(self) -> String {
        self.text("김서연", "Seoyeon Kim")
    }

    pub(super) fn shell(self, section: Section) -> Shell {
        Shell {
            frame: self.frame(),
            person: Person {
                id: StaffId::new(1),
                name: self.me(),
                email: "mina@ingam.test".into(),
                roles: vec![Role::Operator, Role::Auditor],
            },
            session: PageSession {
                of: "5f0c7d1e9a".into(),
                by: "9a1c".into(),
                idle: 900,
                ends: 7 * 3600 + 12 * 60,
                warn: 120,
            },
            path: section.href().into(),
            key: "01JD3Q8V5W".into(),
            section: Some(section),
            policies: crate::config::Declared::usual(crate::changes::KINDS, crate::zone::Zone::seoul()),
            nav: Section::ALL.into_iter().map(NavItem::from).collect(),
            failing: None,
            silenced: None,
            closed: Vec::new(),
            on_duty: Some(OnDuty {
                name: Some(self.text("박준", "Jun Park")),
                title: self.text("정산 당직", "Settlement"),
                href: "/oncall/first".into(),
                others: 1,
            }),
            unreached: None,
            incidents: Vec::new(),
            audit_head: Some(AuditHead { seq: Seq::new(12_345), at: before(TimeDelta::minutes(2)) }),
        }
    }

    pub(super) fn reason(self) -> String {
        self.text(
            "택배사 파업으로 5일 지연. 상담 CS-20931에서 보상 약속.",
            "Delivered 5 days late (carrier strike). Promised in ticket CS-20931.",
        )
    }

    /// Every page in every state.
    pub(crate) fn all(self) -> Vec<Sample> {
        let mut out = Vec::new();
        self.users(&mut out);
        self.orders(&mut out);
        self.batches(&mut out);
        self.alerts(&mut out);
        self.readiness(&mut out);
        self.silences(&mut out);
        self.oncall(&mut out);
        self.ways(&mut out);
        self.incidents(&mut out);
        self.exports(&mut out);
        self.detection(&mut out);
        self.reviews(&mut out);
        self.reversals(&mut out);
        self.queues(&mut out);
        self.deployments(&mut out);
        self.levers(&mut out);
        self.approvals(&mut out);
        self.audit(&mut out);
        self.home(&mut out);
        self.searches(&mut out);
        self.networks(&mut out);
        self.looks(&mut out);
        self.host(&mut out);
        self.staff(&mut out);
        self.people(&mut out);
        self.problems(&mut out);
        out
    }
}

pub(super) fn html(page: &impl Template) -> String {
    page.render().unwrap()
}

/// A refusal because of the state that something is in.
pub(super) fn wrong_state() -> crate::web::shell::seal::FormRefusal {
    crate::web::shell::seal::FormRefusal::WrongState {
        why: crate::gate::Rejection {
            word: crate::gate::RefusalWord::declared("status-already"),
            field: None,
            meaning: crate::gate::Meaning::Conflict,
            values: Vec::new(),
        },
    }
}

/// What a receipt shows of these fields, each before and after.
pub(super) fn changed(fields: &[(&str, Option<&str>, Option<&str>)], frame: &Frame) -> Vec<(String, Changed)> {
    let one = |(field, before, after): &(&str, Option<&str>, Option<&str>)| {
        let changed =
            Changed { field: (*field).to_owned(), before: before.map(str::to_owned), after: after.map(str::to_owned) };
        (changed.name(&frame.words), changed)
    };
    fields.iter().map(one).collect()
}

/// What a field says where the gate refused it with this word.
pub(super) fn refused_field(word: &str, values: &[(&'static str, &dyn Display)]) -> Message {
    values.iter().fold(Message::new(format!("field-error.{word}")), |message, (name, value)| message.arg(name, value))
}
