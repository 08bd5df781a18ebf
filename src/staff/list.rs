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
        link::link,
        panel::{self, Query, Side, Subject},
        problem_page::Problem,
        shell::{Section, Shell, table::Pager},
    },
};
use askama::Template;

const PAGE: usize = 100;

/// `GET /staff`
pub async fn list(desk: Desk) -> PageResult {
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
        let query = Query::of(desk);
        let filter = Filter {
            state: optional(query.get("state"), State::parse)?,
            role: optional(query.get("role"), |text| text.parse().ok())?,
        };
        Ok(Some(Self { filter, after: optional(query.get("after"), |text| text.parse().ok())? }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::LIST_PANELS
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self { filter, after } = self;
        let mut rows = people::find(desk, filter, after, i64::try_from(PAGE + 1).unwrap_or(i64::MAX)).await?;
        let is_more = rows.len() > PAGE;
        rows.truncate(PAGE);
        let next = rows.last().filter(|_| is_more).map(|last| ListPage::href(filter, &last.id.to_string()));
        let pager = Pager { first: after.map(|_| ListPage::href(filter, "")), previous: None, next };
        desk.page(status, &ListPage { shell, filter, rows, pager, side })
    }
}

/// A value of the query; `None` where it is empty, 400 where it cannot be read.
fn optional<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    if text.is_empty() { Ok(None) } else { read(text).map(Some).ok_or(Problem::BadRequest) }
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
    fn href(filter: Filter, after: &str) -> String {
        let state = filter.state.map_or("", State::as_str);
        let role = filter.role.map_or("", Role::as_str);
        link("/staff", &[("state", state), ("role", role), ("after", after)])
    }

    fn with_state(&self, state: Option<&State>) -> String {
        Self::href(Filter { state: state.copied(), ..self.filter }, "")
    }

    fn with_role(&self, role: Option<&Role>) -> String {
        Self::href(Filter { role: role.copied(), ..self.filter }, "")
    }

    fn has_state(&self, state: Option<&State>) -> bool {
        self.filter.state.as_ref() == state
    }

    fn has_role(&self, role: Option<&Role>) -> bool {
        self.filter.role.as_ref() == role
    }

    fn is_filtered(&self) -> bool {
        self.filter != Filter::default()
    }

    fn states() -> [State; 5] {
        State::ALL
    }

    fn all_roles() -> [Role; 5] {
        Role::ALL
    }

    fn is_me(&self, person: &Person) -> bool {
        person.id == self.shell.person.id
    }
}
