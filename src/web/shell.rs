//! What stands around every page: the frame of a signed-in page, and the bare one of sign-in and error pages.

pub mod field;
pub mod seal;
pub mod table;

use crate::{
    clock::Instant,
    profile::Profile,
    staff::Role,
    web::{
        assets,
        format::{self, Moment},
        words::{Lang, Words},
    },
};
use chrono_tz::Tz;
use std::{fmt::Display, ops::Deref};

/// What every page knows, signed in or not.
#[derive(Clone, Debug)]
pub struct Frame {
    pub words: Words,
    pub environment: Profile,
    /// The nonce of this response's content security policy.
    pub nonce: String,
    /// The forgery token of this session, posted by every form.
    pub csrf: String,
    /// The reader's time zone.
    pub zone: Tz,
    pub now: Instant,
    pub theme: Theme,
    /// What happened just before, told once.
    pub flash: Option<Flash>,
}

impl Frame {
    /// The sentence under this key.
    pub fn t<'k>(&self, key: &'k str) -> &'k str
    where
        'static: 'k,
    {
        self.words.get(key)
    }

    pub fn with(&self, key: &str, args: &[(&str, &dyn Display)]) -> String {
        self.words.with(key, args)
    }

    pub fn count(&self, key: &str, n: &i64) -> String {
        self.words.count(key, *n)
    }

    pub fn name<'n>(&self, family: &str, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        self.words.name(family, name)
    }

    /// Which of the three looks: what is neither production nor staging looks like somebody's own machine.
    pub fn look(&self) -> &'static str {
        match self.environment {
            Profile::Prod => "production",
            Profile::Staging => "staging",
            Profile::Local | Profile::Dev => "local",
        }
    }

    /// The name of the environment in capitals, the same in every language.
    pub fn badge(&self) -> &'static str {
        match self.environment {
            Profile::Prod => "PRODUCTION",
            Profile::Staging => "STAGING",
            Profile::Dev => "DEV",
            Profile::Local => "LOCAL",
        }
    }

    /// The same in the reader's language, beside the badge.
    pub fn badge_word(&self) -> &'static str {
        self.words.get(match self.environment {
            Profile::Prod => "environment.production",
            Profile::Staging => "environment.staging",
            Profile::Dev => "environment.dev",
            Profile::Local => "environment.local",
        })
    }

    /// What goes before the title in the browser's tab: nothing in production, where the title matters most.
    pub fn tab_prefix(&self) -> String {
        if self.environment == Profile::Prod { String::new() } else { format!("[{}] ", self.badge()) }
    }

    /// The address of an icon in the sprite.
    pub fn icon(&self, name: &str) -> String {
        format!("{}#{name}", assets::url("icons.svg"))
    }

    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }

    pub fn mark(&self) -> &'static str {
        assets::url(match self.look() {
            "production" => "mark-production.svg",
            "staging" => "mark-staging.svg",
            _ => "mark-local.svg",
        })
    }

    pub fn group(&self, n: &i64) -> String {
        format::group(*n)
    }

    pub fn signed(&self, n: &i64) -> String {
        format::signed(*n)
    }

    /// Whether so few are left that one should see to it.
    pub fn is_few(&self, n: &i64) -> bool {
        *n < 3
    }

    pub fn is_negative(&self, n: &i64) -> bool {
        *n < 0
    }

    /// `12,450 P`
    pub fn points(&self, n: &i64) -> String {
        format!("{} P", format::group(*n))
    }

    /// `+1,000 P`
    pub fn signed_points(&self, n: &i64) -> String {
        format!("{} P", format::signed(*n))
    }

    /// `11-20 03:04`, with the year where it is another one.
    pub fn minute(&self, at: &Instant) -> Moment {
        Moment::new(format::minute(*at, self.zone, self.now), *at)
    }

    /// `11-20 03:04:12`
    pub fn moment(&self, at: &Instant) -> Moment {
        Moment::new(format::moment(*at, self.zone, self.now), *at)
    }

    /// `2026-11-20 03:04:12 KST`
    pub fn second(&self, at: &Instant) -> Moment {
        Moment::new(format!("{} {}", format::second(*at, self.zone), format::zone_name(*at, self.zone)), *at)
    }

    /// `03:04:12`
    pub fn clock_second(&self, at: &Instant) -> Moment {
        Moment::new(format::clock_second(*at, self.zone), *at)
    }

    /// `03:04`
    pub fn clock(&self, at: &Instant) -> Moment {
        Moment::new(format::clock(*at, self.zone), *at)
    }

    /// `2026-11-20`
    pub fn day(&self, at: &Instant) -> Moment {
        Moment::new(format::day(*at, self.zone), *at)
    }

    /// "2 min ago"
    pub fn ago(&self, at: &Instant) -> Moment {
        Moment::new(format::ago(*at, self.now, self.words), *at)
    }

    pub fn zone_letters(&self) -> String {
        format::zone_name(self.now, self.zone)
    }
}

/// The frame of sign-in, set-up and error pages.
#[derive(Clone, Debug)]
pub struct Solo {
    pub frame: Frame,
    /// The language this page was asked for in its address (`?lang=`), carried along by its forms and links, because
    /// nobody is signed in whose preference could remember it.
    pub asked: Option<Lang>,
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
        match self.asked {
            None => path.to_owned(),
            Some(lang) => {
                let joint = if path.contains('?') { '&' } else { '?' };
                format!("{path}{joint}lang={}", lang.code())
            }
        }
    }
}

// A template asks its shell for words, times and numbers without minding which of the two shells it stands in.
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
    /// Seconds until the session ends whatever the person does.
    pub session_left: i64,
    /// The path and query of this page: where the switches of language and theme come back to.
    pub path: String,
    /// The idempotency key of those switches.
    pub key: String,
    /// The section this page belongs to.
    pub section: Option<Section>,
    /// What the roles of this person may open.
    pub nav: Vec<NavItem>,
    /// The newest row of the audit log, for those who may know.
    pub audit_head: Option<AuditHead>,
}

impl Shell {
    pub fn may(&self, section: Section) -> bool {
        self.nav.iter().any(|item| item.section == section)
    }

    pub fn is_current(&self, section: &Section) -> bool {
        self.section == Some(*section)
    }

    pub fn session_span(&self) -> String {
        format::span(self.session_left, self.frame.words)
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
    pub id: i64,
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
    pub seq: i64,
    pub at: Instant,
}

/// What happened just before, told at the top of the next page.
#[derive(Clone, Debug)]
pub struct Flash {
    pub tone: Tone,
    pub title: String,
    pub body: Option<String>,
}

/// A part of the console that has its own entry in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Home,
    Users,
    Audit,
    Access,
}

impl Section {
    pub const ALL: [Self; 4] = [Self::Home, Self::Users, Self::Audit, Self::Access];

    /// The key of its name under `nav.`
    pub fn key(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Users => "users",
            Self::Audit => "audit",
            Self::Access => "access",
        }
    }

    pub fn href(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Users => "/users",
            Self::Audit => "/audit",
            Self::Access => "/access-records",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Access => "eye",
            _ => self.key(),
        }
    }

    /// The letter after `g` that goes there.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Home => "h",
            Self::Users => "u",
            Self::Audit => "a",
            Self::Access => "r",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct NavItem {
    pub section: Section,
    /// How many things wait there for this person.
    pub waiting: Option<i64>,
}

impl From<Section> for NavItem {
    fn from(section: Section) -> Self {
        Self { section, waiting: None }
    }
}

/// How serious something is: a colour, and never the colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Ok,
    Warn,
    Bad,
    Info,
    Mute,
}

impl Tone {
    /// As in `data-tone=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Info => "info",
            Self::Mute => "mute",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "alert",
            Self::Bad => "fail",
            Self::Info | Self::Mute => "info",
        }
    }

    /// Whether a reader of the screen should be interrupted.
    pub fn live(self) -> &'static str {
        match self {
            Self::Bad | Self::Warn => "alert",
            Self::Ok | Self::Info | Self::Mute => "status",
        }
    }
}

/// Light or dark; by default what the person's own system prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// As posted, as stored, and as in `data-theme=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::System => "auto",
            Self::Light => "sun",
            Self::Dark => "moon",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}
