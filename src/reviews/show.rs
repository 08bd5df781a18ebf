//! The page of a period: the report as it is now, and those that were signed.

use super::{
    PANELS,
    integrity::continues,
    period::Period,
    record::{self, Review},
    report::{Asked, Report, collect, hash},
    target,
    view::Shown,
};
use crate::{
    audit::list::record_look,
    clock::Instant,
    gate::{RefusalWord, Target},
    sql,
    store::Queries,
    web::{
        Desk, PageError, PageResult,
        panel::{self, Look, Side, Subject},
        problem_page::Problem,
        shell::{Section, Shell},
    },
};
use actix_web::web;
use askama::Template;

/// `GET /audit/reviews/{period}`
pub(crate) async fn show(desk: Desk, path: web::Path<String>) -> PageResult {
    let period = path.parse().map_err(|_| Problem::NotFound)?;
    panel::show::<PeriodView>(&desk, period).await
}

/// A period with its report.
pub(crate) struct PeriodView {
    pub(crate) period: Period,
    pub(crate) report: Report,
    /// Of the bytes of the report.
    pub(crate) sha256: String,
    pub(crate) is_over: bool,
    /// The newest first.
    pub(crate) signed: Vec<Review>,
    /// Whether its checkpoint continues that of the report before.
    pub(crate) continues: Option<bool>,
}

/// The time of the first row of the log, before which there is nothing to report.
pub(super) async fn beginning(db: &mut impl Queries) -> sqlx::Result<Option<Instant>> {
    let first: Option<(Instant,)> = db.query(sql!("select at from audit order by seq limit 1")).optional().await?;
    Ok(first.map(|(at,)| at))
}

/// Whether a period has ended: and nothing where the log has nothing of it, because it was before, or is to come.
pub(super) async fn is_over(db: &mut impl Queries, asked: &Asked, now: Instant) -> sqlx::Result<Option<bool>> {
    let Some((from, to)) = asked.period.bounds(asked.zone) else { return Ok(None) };
    let has_begun = beginning(db).await?.is_some_and(|beginning| beginning < to);
    Ok((has_begun && from <= now).then_some(to <= now))
}

impl Subject for PeriodView {
    type Id = Period;
    const SECTION: Section = Section::Audit;
    const PAGE: &'static str = "/audit/reviews/{period}";
    const MISSING: Option<RefusalWord> = None;

    fn target(period: &Period) -> Target {
        target(*period)
    }

    async fn load(desk: &Desk, period: &Period) -> Result<Option<Self>, PageError> {
        let console = desk.console();
        let asked = Asked { period: *period, zone: console.zone, plan: console.review_plan.clone() };
        let mut reader = desk.reader();
        let Some(is_over) = is_over(&mut reader, &asked, desk.now()).await? else { return Ok(None) };
        let report = collect(&mut reader, &asked).await?;
        let bytes = report.bytes().map_err(PageError::internal)?;
        let signed = record::of(&mut reader, *period, record::OF_ONE).await?;
        let continues = continues(reader, &report.integrity).await;
        Ok(Some(Self { period: *period, sha256: hash(&bytes), is_over, signed, continues, report }))
    }

    fn path(&self) -> String {
        format!("/audit/reviews/{}", self.period)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        PANELS
    }

    async fn record_look(&self, desk: &Desk, _: Look) -> Result<(), PageError> {
        record_look(desk, "view-log", None, Some(format!("audit/reviews/{}", self.period))).await
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let PeriodView { period, report, sha256, is_over, signed, continues } = self;
        let is_as_signed = signed.first().map(|newest| newest.sha256 == sha256);
        let shown = Shown { report, sha256, review: None, continues, zone: desk.console().zone };
        desk.page(status, &PeriodPage { shell, period, is_over, is_as_signed, signed, shown, side })
    }
}

#[derive(Template)]
#[template(path = "reviews/show.html")]
pub(crate) struct PeriodPage {
    pub(crate) shell: Shell,
    pub(crate) period: Period,
    pub(crate) is_over: bool,
    /// Whether the newest signed report has these bytes, where there is one.
    pub(crate) is_as_signed: Option<bool>,
    pub(crate) signed: Vec<Review>,
    pub(crate) shown: Shown,
    pub(crate) side: Side,
}

impl PeriodPage {
    /// Where its panels are opened.
    fn path(&self) -> String {
        format!("/audit/reviews/{}", self.period)
    }
}
