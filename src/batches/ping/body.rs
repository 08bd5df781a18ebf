//! The body of a report: the end of what a run wrote.

use super::{No, report_params::ReportParams};
use crate::{batches::log, clock::Instant, supervise::Stream};
use actix_web::{http::StatusCode, web};
use futures_util::StreamExt as _;

/// The number of bytes of a report's body that are kept: the last ones, in which a program says how it ended.
pub(crate) const BODY_LIMIT: usize = 10_000;
/// More than this is not even read, and the report counts all the same.
const MOST: usize = 64 * 1024 * 1024;

/// What the log says of figures that could not be read.
pub(super) fn left_out(params: &ReportParams) -> String {
    let line = |name: &&str| format!("[ingam] {name} cannot be read and was left out\n");
    params.unread.iter().map(line).collect()
}

/// The end of a body, as text, after a line that says how much is missing before it.
pub(super) async fn read(mut body: web::Payload) -> Result<String, No> {
    let (mut kept, mut size) = (Vec::new(), 0_usize);
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| No::new(StatusCode::BAD_REQUEST, "the body broke off"))?;
        size += chunk.len();
        kept.extend_from_slice(&chunk);
        // Not with every chunk: moving what is kept costs as much as it is long.
        if kept.len() > 8 * BODY_LIMIT {
            kept.drain(..kept.len() - BODY_LIMIT);
        }
        if size > MOST {
            break;
        }
    }
    kept.drain(..kept.len().saturating_sub(BODY_LIMIT));
    if size == kept.len() {
        return Ok(String::from_utf8_lossy(&kept).into_owned());
    }
    // The first line is a part of one, unless it is all there is.
    let whole = kept.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let kept = kept.get(whole..).filter(|rest| !rest.is_empty()).unwrap_or(&kept);
    let missing = size - kept.len();
    Ok(format!("[ingam] {missing} bytes before this are not kept\n{}", String::from_utf8_lossy(kept)))
}

/// The lines of a body as they are stored, and how many there are.
pub(super) fn lines(body: &str, at: Instant) -> Option<(i64, String)> {
    // PostgreSQL stores no NUL.
    let body = body.replace('\0', "");
    let count = i64::try_from(body.lines().count()).ok().filter(|count| *count > 0)?;
    Some((count, log::written(body.lines().map(|line| (at, Stream::Out.name(), line)))))
}
