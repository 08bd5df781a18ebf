//! The files of the log that were asked for, the newest first.

use super::{
    PANELS,
    create::number_in,
    record::{Export, newest},
};
use crate::{
    audit::list::record_look,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::ExportId,
    web::{
        Desk, PageError, PageResult,
        link::link,
        list::Page,
        panel::{self, Look, Query, Side, Subject},
        problem_page::Problem,
        shell::{Section, Shell, table::Pager},
    },
};
use askama::Template;

const PAGE: usize = 50;

/// `GET /audit/exports`
pub(crate) async fn list(desk: Desk) -> PageResult {
    panel::show::<Exports>(&desk, ()).await
}

/// The list.
pub(crate) struct Exports;

impl Subject for Exports {
    type Id = ();
    const SECTION: Section = Section::Audit;
    const PAGE: &'static str = "/audit/exports";
    const MISSING: Option<RefusalWord> = None;

    /// The list itself is no target.
    fn target((): &()) -> Target {
        Target::new("export", "")
    }

    async fn load(_: &Desk, (): &()) -> Result<Option<Self>, PageError> {
        Ok(Some(Self))
    }

    fn path(&self) -> String {
        Self::PAGE.to_owned()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn record_look(&self, desk: &Desk, _: Look) -> Result<(), PageError> {
        record_look(desk, "view-log", None, Some("audit/exports".to_owned())).await
    }

    fn is_subject_of((): &(), row: &Row) -> bool {
        number_in(row).is_some()
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let before = match Query::of(desk).get("before") {
            "" => ExportId::MAX,
            text => text.parse().map_err(|_| Problem::BadRequest)?,
        };
        let rows = async |limit| newest(&mut desk.reader(), before, limit).await;
        let found = Page::read(PAGE, rows, |export: &Export| export.id).await?;
        let pager = Pager {
            first: (before != ExportId::MAX).then(|| Self::PAGE.to_owned()),
            previous: None,
            next: found.next.map(|id| link(Self::PAGE, &[("before", &id.to_string())])),
        };
        desk.page(status, &ListPage { shell, rows: found.rows, pager, side })
    }
}

#[derive(Debug, Template)]
#[template(path = "exports/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) rows: Vec<Export>,
    pub(crate) pager: Pager,
    pub(crate) side: Side,
}
