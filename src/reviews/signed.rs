//! A report as it was signed: from the bytes that were hashed, and not from what has changed since.

use super::{
    integrity::continues,
    record::{self, Review},
    report::{Report, hash},
    view::Shown,
};
use crate::{
    audit::list::record_look,
    id::ReviewId,
    web::{
        Desk, PageError, PageResult,
        download::download,
        problem_page::Problem,
        shell::{Section, Shell},
    },
    zone::Zone,
};
use actix_web::web;
use askama::Template;

/// `GET /audit/reviews/signed/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<ReviewId>) -> PageResult {
    let (review, bytes) = find(&desk, path.into_inner()).await?;
    record_look(&desk, "view-log", None, Some(format!("audit/reviews/signed/{}", review.id))).await?;
    let is_genuine = hash(&bytes) == review.sha256;
    let report = Report::read(&bytes).map_err(PageError::internal)?;
    let continues = continues(desk.reader(), &report.integrity).await;
    let zone = report.head.zone.parse().unwrap_or(Zone::UTC);
    let shell = desk.shell(Some(Section::Audit), None).await?;
    let sha256 = review.sha256.clone();
    let shown = Shown { report, sha256, review: Some(review.clone()), continues, zone };
    desk.page(200, &SignedPage { shell, review, is_genuine, shown })
}

/// `GET /audit/reviews/signed/{id}/file`: the bytes themselves.
pub(crate) async fn file(desk: Desk, path: web::Path<ReviewId>) -> PageResult {
    let (review, bytes) = find(&desk, path.into_inner()).await?;
    record_look(&desk, "export-log", None, Some(format!("audit/reviews/signed/{}", review.id))).await?;
    Ok(download("application/x-ndjson; charset=utf-8", &review.file_name(), bytes))
}

async fn find(desk: &Desk, id: ReviewId) -> Result<(Review, Vec<u8>), PageError> {
    let review = record::find(&mut desk.reader(), id).await?.ok_or(Problem::NotFound)?;
    let bytes = record::bytes(&mut desk.reader(), id).await?.ok_or(Problem::NotFound)?;
    Ok((review, bytes))
}

#[derive(Template)]
#[template(path = "reviews/signed.html")]
pub(crate) struct SignedPage {
    pub(crate) shell: Shell,
    pub(crate) review: Review,
    /// Whether the bytes have the hash that was sealed.
    pub(crate) is_genuine: bool,
    pub(crate) shown: Shown,
}
