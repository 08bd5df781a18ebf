use super::{Flash, Theme};
use crate::zone::Zone;
use crate::{
    clock::Instant,
    digits,
    id::Seq,
    persona::Codes,
    profile::Profile,
    web::{
        assets,
        format::{self, Moment},
        words::Words,
    },
};
use std::fmt::Display;

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
    pub zone: Zone,
    pub now: Instant,
    pub theme: Theme,
    /// What happened just before, told once.
    pub flash: Option<Flash>,
    /// The codes of the reader, where they are a person of a demo.
    pub codes: Option<Codes>,
    /// Whether this is a demo.
    pub has_personas: bool,
}

#[expect(
    clippy::unused_self,
    clippy::trivially_copy_pass_by_ref,
    reason = "templates call these as methods and hand over references"
)]
impl Frame {
    /// Whether this is a demo, whose pages show codes.
    pub fn is_demo(&self) -> bool {
        self.has_personas
    }

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

    /// What a button says that asks for approval of what it is called otherwise.
    pub fn ask(&self, what: impl Display) -> String {
        self.words.with("approval.second-go", &[("what", &what)])
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

    /// What a receipt calls a change of this kind: a sentence of its own where there is one, or its name.
    pub fn done<'n>(&self, action: &'n str) -> &'n str
    where
        'static: 'n,
    {
        let sentence = self.name("done", action);
        if sentence == action { self.name("action", action) } else { sentence }
    }

    /// Which of the three looks: what is neither production nor staging looks like a developer's machine.
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

    /// The prefix of the title in the browser's tab: nothing in production, where the title matters most.
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
        digits::group(*n)
    }

    pub fn seq(&self, seq: &Seq) -> String {
        digits::group(seq.get())
    }

    pub fn signed(&self, n: &i64) -> String {
        digits::signed(*n)
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
        format!("{} P", digits::group(*n))
    }

    /// `+1,000 P`
    pub fn signed_points(&self, n: &i64) -> String {
        format!("{} P", digits::signed(*n))
    }

    /// `11-20 03:04`, with the year where it is another one.
    pub fn minute(&self, at: &Instant) -> Moment {
        Moment::new(format::minute(*at, self.zone, self.now), *at)
    }

    /// `03:04`, under the day it belongs to.
    pub fn clock(&self, at: &Instant) -> Moment {
        Moment::new(format::clock(*at, self.zone), *at)
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

    /// How long a run took: "7 min 28 s".
    pub fn took(&self, milliseconds: &i64) -> String {
        format::took(*milliseconds, self.words)
    }

    /// "12 h"
    pub fn hours(&self, hours: &i64) -> String {
        format::span(hours.saturating_mul(3600), self.words)
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
