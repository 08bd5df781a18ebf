//! Reports that are not taken, and what their job's people learn of them.

use crate::{
    batches::lapse::{self, LapseKind, Noted},
    gate::{Housekeeping, Tx},
};
use actix_web::http::StatusCode;

/// Why a report is not taken: the status, and what healthchecks.io says in that case.
#[derive(Clone, Copy, Debug)]
pub(super) struct No {
    pub(super) status: StatusCode,
    pub(super) text: &'static str,
    /// What is noted at the job, under `report-refused.`: only of reports with its own token.
    pub(super) why: Option<&'static str>,
}

impl No {
    pub(super) const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "not found");
    pub(super) const NOT_RECORDED: Self = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not recorded, try again");
    pub(super) const BAD_URL: Self = Self::noted(StatusCode::BAD_REQUEST, "invalid url format", "address");
    pub(super) const BY_POST: Self =
        Self::noted(StatusCode::METHOD_NOT_ALLOWED, "this job is reported by POST only", "method");
    pub(super) const ENDED: Self = Self::noted(StatusCode::CONFLICT, "this rid has ended before", "ended");
    pub(super) const STARTS_HERE: Self =
        Self::noted(StatusCode::CONFLICT, "the console runs this job itself", "starts-here");
    /// The same answer as to a wrong guess.
    pub(super) const FORMER_TOKEN: Self = Self::noted(StatusCode::NOT_FOUND, "not found", "token");
    pub(super) const UNASKED: Self = Self::noted(StatusCode::NOT_FOUND, "not found", "unasked");

    pub(super) const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text, why: None }
    }

    const fn noted(status: StatusCode, text: &'static str, why: &'static str) -> Self {
        Self { status, text, why: Some(why) }
    }
}

/// Notes at a job that a report of it was not taken.
#[derive(Clone, Debug)]
pub(crate) struct RefuseReport {
    pub job: String,
    pub why: &'static str,
}

impl Housekeeping for RefuseReport {
    const NAME: &'static str = "batches.refuse-report";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let refused = Noted { detail: Some(self.why), ..Noted::once(LapseKind::Refused, tx.now()) };
        lapse::note(tx, &self.job, refused).await
    }
}
