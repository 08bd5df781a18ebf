//! The page of a person who has looked at more customers than go without a reason: how many those are, and the form with
//! which it goes on.

use super::continue_looking::ContinuePanel;
use crate::{
    gate::{LookKind, RefusalWord, Seen, Target, looks},
    web::{
        Desk, PageError, PageResult,
        looks::is_page,
        panel::{self, Query, Side, Subject},
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /looks/{kind}`
pub(crate) async fn show(desk: Desk, path: web::Path<String>) -> PageResult {
    panel::show::<Looks>(&desk, path.into_inner()).await
}

/// One kind of looks of the person who opens the page.
pub(crate) struct Looks {
    pub(crate) kind: LookKind,
    /// In this hour and on this day.
    pub(crate) seen: Vec<Seen>,
    /// The page that was wanted.
    pub(crate) to: String,
}

impl Looks {
    /// A page of this console that is gone on to, and nothing else that an address says.
    pub(super) fn page(desk: &Desk, to: &str) -> String {
        let to = if is_page(desk.console().routes, to) { to } else { "/" };
        to.to_owned()
    }

    /// The hour or the day for which a reason is due; the day, where it is both.
    pub(super) fn at_first(&self) -> Option<&Seen> {
        looks::last_at(&self.seen, Seen::is_at_first)
    }

    /// The hour or the day that has to be over first.
    pub(super) fn at_second(&self) -> Option<&Seen> {
        looks::last_at(&self.seen, Seen::is_at_second)
    }
}

impl Subject for Looks {
    type Id = String;
    const SECTION: Section = Section::Users;
    const PAGE: &'static str = "/looks/{kind}";
    const MISSING: Option<RefusalWord> = None;

    /// Each change is about the person.
    fn target(_: &String) -> Target {
        looks::target(crate::id::StaffId::default())
    }

    async fn load(desk: &Desk, kind: &String) -> Result<Option<Self>, PageError> {
        let Ok(kind) = kind.parse() else { return Ok(None) };
        let to = Self::page(desk, Query::of(desk).get("return"));
        Ok(Some(Self { kind, seen: desk.seen(kind).await?, to }))
    }

    fn path(&self) -> String {
        format!("/looks/{}", self.kind)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        desk.page(status, &LooksPage { shell, looks: self, side })
    }
}

const PANELS: &[panel::Entry<Looks>] = &[panel::Entry::of::<ContinuePanel>()];

/// How many customers were looked at, and up to where it goes without a reason and with one.
#[derive(Template)]
#[template(path = "access/looks.html")]
pub(crate) struct LooksPage {
    pub(crate) shell: Shell,
    pub(crate) looks: Looks,
    pub(crate) side: Side,
}

impl LooksPage {
    fn title(&self) -> &str {
        self.shell.name("looks-kind", self.looks.kind.as_str())
    }

    /// What is due now, in a sentence.
    fn what(&self) -> String {
        let at = |seen: &Seen| self.shell.minute(&seen.window.ends).shown;
        match (self.looks.at_second(), self.looks.at_first()) {
            (Some(seen), _) => self.shell.with("looks.over", &[("at", &at(seen))]),
            (None, Some(seen)) => self.shell.with("looks.paused", &[("at", &at(seen))]),
            (None, None) => self.shell.t("looks.open").to_owned(),
        }
    }

    /// `This hour` or `Today`.
    fn span(&self, seen: &Seen) -> &str {
        self.shell.name("looks-span", seen.window.span.as_str())
    }

    fn limits(&self, seen: &Seen) -> String {
        let (first, second) = (self.shell.group(&seen.limit.first), self.shell.group(&seen.limit.second));
        self.shell.with("looks.limits", &[("first", &first), ("second", &second)])
    }

    fn tone(seen: &Seen) -> &'static str {
        match (seen.is_at_second(), seen.is_at_first()) {
            (true, _) => "bad",
            (_, true) => "warn",
            _ => "ok",
        }
    }
}
