//! The body of a report: the end of what a run wrote.

use super::{No, report_params::ReportParams};
use crate::{
    batches::log,
    clock::Instant,
    supervise::{Charset, Limits, Lines, Stream},
};
use actix_web::{
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderMap},
    },
    web,
};
use futures_util::StreamExt as _;

/// The number of bytes of a report's body that are kept: the last ones, in which a program says how it ended.
pub(crate) const BODY_LIMIT: usize = 10_000;
/// More than this is not even read, and the report counts all the same.
const MOST: usize = 64 * 1024 * 1024;

/// What the log says of figures that could not be read.
pub(super) fn left_out(params: &ReportParams) -> Vec<String> {
    params.unread.iter().map(|name| format!("[ingam] {name} cannot be read and was left out")).collect()
}

/// How a report is written: as it says itself, or else as its job writes.
pub(super) fn charset(headers: &HeaderMap, usual: Charset) -> Charset {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let said = kind.split(';').skip(1).find_map(|part| {
        let (name, label) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| label.trim().trim_matches('"'))
    });
    said.and_then(Charset::of_any).unwrap_or(usual)
}

/// The lines at the end of a body, after one that says how much is missing before them.
pub(super) async fn read(mut body: web::Payload, charset: Charset) -> Result<Vec<String>, No> {
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
    Ok(last_lines(kept, size, charset))
}

/// The lines at the end of what was read, of which this many bytes were sent.
pub(super) fn last_lines(mut kept: Vec<u8>, size: usize, charset: Charset) -> Vec<String> {
    kept.drain(..kept.len().saturating_sub(BODY_LIMIT));
    if size == kept.len() {
        return decoded(&kept, charset);
    }
    // The first line is a part of one, unless it is all there is; of a bar that is written over and over, the first state.
    let after =
        |end: u8| kept.iter().position(|byte| *byte == end).map(|end| end + 1).filter(|whole| *whole < kept.len());
    let whole = after(b'\n').or_else(|| after(b'\r')).unwrap_or(0);
    let missing = size - kept.len() + whole;
    let mut lines = vec![format!("[ingam] {missing} bytes before this are not kept")];
    lines.extend(decoded(kept.get(whole..).unwrap_or_default(), charset));
    lines
}

fn decoded(body: &[u8], charset: Charset) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = Lines::open(Limits::default().line, charset);
    lines.feed(body, &mut |piece| found.push(piece.text));
    lines.finish(&mut |piece| found.push(piece.text));
    found
}

/// Lines as they are stored, and how many there are.
pub(super) fn stored(lines: &[String], at: Instant) -> Option<(i64, String)> {
    let count = i64::try_from(lines.len()).ok().filter(|count| *count > 0)?;
    Some((count, log::written(lines.iter().map(|line| (at, Stream::Out.name(), line.as_str())))))
}
