//! The receipt of a row, and the bytes it is for: two files with which anybody can verify that the row is in the log.

use super::list::record_look;
use crate::{
    evidence::prove::{self, Proven, Unproven},
    id::Seq,
    web::{Desk, PageError, PageResult, download::download, problem_page::Problem},
};
use actix_web::web;

/// `GET /audit/{seq}/receipt`
pub(crate) async fn show(desk: Desk, path: web::Path<Seq>) -> PageResult {
    let seq = path.into_inner();
    let Proven { receipt, .. } = proven(&desk, seq).await?;
    record_look(&desk, "view-log", None, Some(format!("audit/{seq}/receipt"))).await?;
    Ok(download("text/plain; charset=utf-8", &format!("row-{seq}.tlog-proof"), receipt.to_string()))
}

/// `GET /audit/{seq}/entry`
pub(crate) async fn entry(desk: Desk, path: web::Path<Seq>) -> PageResult {
    let seq = path.into_inner();
    let Proven { body, .. } = proven(&desk, seq).await?;
    record_look(&desk, "view-log", None, Some(format!("audit/{seq}/entry"))).await?;
    Ok(download("application/json", &format!("row-{seq}.json"), body))
}

/// A row that the newest checkpoint holds. What is not there, or not yet, is not found.
async fn proven(desk: &Desk, seq: Seq) -> Result<Proven, PageError> {
    prove::receipt(desk.reader(), seq).await.map_err(|unproven| match unproven {
        Unproven::Row(_) | Unproven::Unsigned | Unproven::TooNew { .. } => Problem::NotFound.into(),
        other => PageError::internal(other),
    })
}
