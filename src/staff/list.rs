//! The list of staff.

use super::{
    Role,
    people::{self, Filter, Person, StaffList, State},
};
use crate::{
    gate::{RefusalWord, Target},
    staff::account_state::STAFF_MISSING,
    web::{
        Desk, PageError, PageResult,
        list::{ListQuery as _, Tab},
        panel::{self, Query, Side, Subject},
        shell::{Section, Shell, table::Pager},
    },
};
use askama::Template;

/// `GET /staff`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<StaffList>(&desk, ()).await
}

impl Subject for StaffList {
    type Id = ();
    const SECTION: Section = Section::Staff;
    const PAGE: &'static str = "/staff";
    const MISSING: Option<RefusalWord> = Some(STAFF_MISSING);

    /// The list is the target of no change: an invitation is about the person who is invited.
    fn target((): &()) -> Target {
        Target::new("staff", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let filter = Filter::beside_panels(&Query::of(desk));
        Ok(Some(Self { wanted: filter.chosen(desk.zone())?, after: filter.place()?, filter }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::LIST_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { filter, wanted, after } = self;
        let found = people::find(desk, &wanted, after).await?;
        let page = ListPage { shell, rows: found.rows, pager: filter.pager(found.next), filter, side };
        desk.page(status, &page)
    }
}

/// The page of the list.
#[derive(Debug, Template)]
#[template(path = "staff/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) filter: Filter,
    pub(crate) rows: Vec<Person>,
    pub(crate) pager: Pager,
    pub(crate) side: Side,
}

impl ListPage {
    fn states(&self) -> Vec<Tab> {
        self.filter.tabs([""].into_iter().chain(State::ALL.map(State::as_str)), |filter| &mut filter.state)
    }

    fn roles(&self) -> Vec<Tab> {
        self.filter.tabs([""].into_iter().chain(Role::ALL.map(Role::as_str)), |filter| &mut filter.role)
    }

    fn is_me(&self, person: &Person) -> bool {
        person.id == self.shell.person.id
    }
}
