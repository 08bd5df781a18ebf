//! Exports on the host: the same change and the same file, without a browser that takes it.

use super::{
    bundle::Unbundled,
    create::{CreateExport, end_of},
    finish::FinishExport,
    format::Format,
    record::{Export, find},
    selection::{Count, Selection},
    sending::{BeginSending, NoteSending},
    source::Source,
};
use crate::{
    audit::{
        filter::{AuditQuery, Filter},
        find::bounds,
    },
    clock::Instant,
    gate::{Actor, Gate, Refusal},
    id::ExportId,
    store::Reader,
};
use sha2::{Digest as _, Sha256};
use std::{io::Write, time::Duration};
use tokio::time;

/// How often it is noted how far a file is: its lease lasts longer.
const NOTED: Duration = Duration::from_secs(5);

/// Why no file is written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error("the export is not there any more, or another process writes its file")]
    Gone,
    #[error("{found} rows were found where {counted} were counted: `ingam audit verify` says more")]
    Rows { found: i64, counted: i64 },
    #[error(transparent)]
    Unbundled(#[from] Unbundled),
    #[error("the file cannot be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("the end of the file could not be recorded: {0}")]
    Unrecorded(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// What was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub rows: i64,
    pub bytes: i64,
    pub sha256: String,
}

/// All rows of some days, as they are now; of all days where neither is given.
pub(crate) async fn select(
    reader: &Reader,
    format: Format,
    purpose: &str,
    (from, to): (Option<Instant>, Option<Instant>),
) -> sqlx::Result<CreateExport> {
    let query = AuditQuery { from, to, ..AuditQuery::default() };
    let (first, end) = bounds(reader, &query, None).await?;
    let end = if from.is_none() && to.is_none() { end_of(reader, format, end).await? } else { end };
    let selection = Selection::of(first..end.max(first), &Filter::default());
    let Count { rows, persons } = selection.count(reader, &AuditQuery::default()).await?;
    Ok(CreateExport { format, purpose: purpose.to_owned(), selection, rows, persons })
}

/// An export that was made on the host.
pub(crate) async fn made(reader: &Reader, id: ExportId) -> Result<Export, Unwritten> {
    find(&mut &*reader, id).await?.ok_or(Unwritten::Gone)
}

/// Writes the file of an export, and records its end in the log.
pub(crate) async fn write(
    reader: &Reader,
    gate: &Gate,
    actor: &Actor,
    export: &Export,
    out: &mut impl Write,
) -> Result<Written, Unwritten> {
    let query = export.selection().query().ok_or(Unwritten::Gone)?;
    let attempt = gate.run_housekeeping(&BeginSending { export: export.id }).await?.ok_or(Unwritten::Gone)?;
    let (mut hash, mut bytes, mut rows, mut chunk) = (Sha256::new(), 0_i64, 0, Vec::new());
    let mut noted = time::Instant::now();
    let mut source = Source::open(reader, export, &query, &mut chunk).await?;
    while let Some(more) = source.next(&mut chunk).await? {
        hash.update(&chunk);
        out.write_all(&chunk)?;
        bytes = bytes.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
        rows += more;
        chunk.clear();
        if noted.elapsed() >= NOTED {
            let note = NoteSending { export: export.id, attempt, sent: rows, goes_on: true, session: None };
            if !gate.run_housekeeping(&note).await? {
                return Err(Unwritten::Gone);
            }
            noted = time::Instant::now();
        }
    }
    if rows != export.row_count {
        return Err(Unwritten::Rows { found: rows, counted: export.row_count });
    }
    out.flush()?;
    let sha256 = hex::encode(hash.finalize());
    let request = actor.origin.request_id.clone();
    let finish =
        FinishExport { export: export.id, attempt, request: request.clone(), rows, bytes, sha256: sha256.clone() };
    gate.submit_unattended(&Actor::system(request), &finish).await?;
    Ok(Written { rows, bytes, sha256 })
}
