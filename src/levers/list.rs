//! The page of levers: the kinds that are closed first, then what is over.

use super::{
    PANELS,
    record::{self, Lever},
};
use crate::{
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::LeverId,
    web::{
        Desk, PageError, PageResult,
        list::{Page, pager_within},
        panel::{self, Panel as _, Part as _, Query, RowPart, Side, Subject},
        shell::{Section, Shell, table::Pager},
    },
};
use askama::Template;

const PAGE: usize = 50;

/// What the address calls the place at which the list of levers that are over goes on.
pub(crate) const OVER: &str = "over";

/// `GET /levers`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Levers>(&desk, ()).await
}

/// What is closed, and what can be.
pub(crate) struct Levers {
    /// Where the list of those that are over goes on.
    pub(crate) before: Option<LeverId>,
    pub(crate) closed: Vec<Lever>,
    /// The kinds that can be closed.
    pub(crate) kinds: Vec<&'static str>,
}

impl Subject for Levers {
    type Id = ();
    const SECTION: Section = Section::Alerts;
    const PAGE: &'static str = "/levers";
    const MISSING: Option<RefusalWord> = None;

    /// Each of its changes names a kind; the list itself is none.
    fn target((): &()) -> Target {
        Target::new("lever", "")
    }

    async fn load(desk: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        let kinds = desk.catalog().kinds.iter().filter(|kind| kind.may_close).map(|kind| kind.name);
        Ok(Some(Self {
            before: Query::of(desk).number(OVER),
            closed: record::closed(&mut desk.reader(), desk.now()).await?,
            kinds: kinds.collect(),
        }))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        row.target_kind == "lever"
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let now = desk.now();
        let rows =
            async |limit| record::over(desk.reader(), self.before, now, i64::try_from(limit).unwrap_or(i64::MAX)).await;
        let found = Page::read(PAGE, rows, |lever: &Lever| lever.id).await?;
        let pager = pager_within(Self::PAGE, OVER, self.before.is_none(), found.next);
        let may_open = desk.may("POST", super::open::OpenPanel::ROUTE);
        let page = LeversPage { shell, closed: self.closed, over: found.rows, pager, may_open, side };
        desk.page(status, &page)
    }
}

impl RowPart for LeverId {}

#[derive(Debug, Template)]
#[template(path = "levers/list.html")]
pub(crate) struct LeversPage {
    pub(crate) shell: Shell,
    pub(crate) closed: Vec<Lever>,
    pub(crate) over: Vec<Lever>,
    pub(crate) pager: Pager,
    /// Whether the reader can close kinds and open them.
    pub(crate) may_open: bool,
    pub(crate) side: Side,
}

impl LeversPage {
    fn open_panel(lever: &Lever) -> String {
        lever.id.open_name(super::open::OpenPanel::NAME)
    }
}
