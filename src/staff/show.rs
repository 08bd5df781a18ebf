//! The page of one person who works here: their account, their sessions, and what the log says of them.

use super::{
    history::History,
    people::{Member, Person},
    session_list::SessionRow,
    target,
};
use crate::{
    gate::{RefusalWord, Target},
    id::StaffId,
    staff::account_state::STAFF_MISSING,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Side, Subject},
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /staff/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<StaffId>) -> PageResult {
    panel::show::<Member>(&desk, path.into_inner()).await
}

impl Subject for Member {
    type Id = StaffId;
    const SECTION: Section = Section::Staff;
    const PAGE: &'static str = "/staff/{id}";
    const MISSING: Option<RefusalWord> = Some(STAFF_MISSING);

    fn target(id: &StaffId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &StaffId) -> Result<Option<Self>, PageError> {
        Self::by_id(desk, *id).await
    }

    fn path(&self) -> String {
        format!("/staff/{}", self.person.id)
    }

    fn version(&self) -> Option<i64> {
        Some(self.person.version)
    }

    fn takes_forms(&self) -> bool {
        !self.is_me
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::MEMBER_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { person, sessions, is_me } = self;
        let history = History::of(desk, &person).await?;
        desk.page(status, &PersonPage { shell, person, is_me, sessions, side, history })
    }
}

/// The page of a person.
#[derive(Debug, Template)]
#[template(path = "staff/person.html")]
pub(crate) struct PersonPage {
    pub(crate) shell: Shell,
    pub(crate) person: Person,
    /// Whether it is the reader's own page, which has no panels.
    pub(crate) is_me: bool,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) side: Side,
    pub(crate) history: History,
}

impl PersonPage {
    fn href(&self) -> String {
        format!("/staff/{}", self.person.id)
    }

    /// The roles in words.
    fn role_list(&self) -> String {
        let names: Vec<&str> = self.person.roles().iter().map(|role| self.shell.name("role", role.as_str())).collect();
        names.join(", ")
    }
}
