//! The page of one export: what it holds, how far its file is, and its hash.

use super::{
    create::number_in,
    record::{Export, Stage, find},
    target,
};
use crate::{
    audit::list::record_look,
    gate::{RefusalWord, Target, audit::Entry as Row},
    id::ExportId,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Look, Side, Subject},
        problem_page::Problem,
        shell::{Frame, Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /audit/exports/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<ExportId>) -> PageResult {
    panel::show::<ExportView>(&desk, path.into_inner()).await
}

/// `GET /audit/exports/{id}/progress`: how far it is, by itself, for which the page asks again.
pub(crate) async fn live(desk: Desk, path: web::Path<ExportId>) -> PageResult {
    let export = find(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    desk.page(200, &FileAlone { progress: Now::of(&desk, &export), export, shell: desk.frame() })
}

/// An export.
pub(crate) struct ExportView(Export);

impl Subject for ExportView {
    type Id = ExportId;
    const SECTION: Section = Section::Audit;
    const PAGE: &'static str = "/audit/exports/{id}";
    const MISSING: Option<RefusalWord> = None;

    fn target(id: &ExportId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &ExportId) -> Result<Option<Self>, PageError> {
        Ok(find(&mut desk.reader(), *id).await?.map(Self))
    }

    fn path(&self) -> String {
        self.0.href()
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        &[]
    }

    async fn record_look(&self, desk: &Desk, _: Look) -> Result<(), PageError> {
        record_look(desk, "view-log", None, Some(format!("audit/exports/{}", self.0.id))).await
    }

    fn is_subject_of(id: &ExportId, row: &Row) -> bool {
        number_in(row) == Some(*id)
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let Self(export) = self;
        desk.page(status, &ShowPage { progress: Now::of(desk, &export), export, shell, side })
    }
}

/// How far an export is, for the person who looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) stage: Stage,
    /// Whether this person can take the file now.
    pub(crate) is_offered: bool,
}

impl Now {
    fn of(desk: &Desk, export: &Export) -> Self {
        let now = desk.now();
        Self {
            stage: export.stage(now),
            is_offered: export.staff_id == Some(desk.person().id) && export.can_be_taken(now),
        }
    }

    /// Whether something may still happen to it.
    fn goes_on(self) -> bool {
        !matches!(self.stage, Stage::Finished | Stage::Expired)
    }
}

#[derive(Debug, Template)]
#[template(path = "exports/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) export: Export,
    pub(crate) progress: Now,
    pub(crate) side: Side,
}

/// How far it is, by itself.
#[derive(Debug, Template)]
#[template(path = "exports/progress.html")]
pub(crate) struct FileAlone {
    pub(crate) shell: Frame,
    pub(crate) export: Export,
    pub(crate) progress: Now,
}
