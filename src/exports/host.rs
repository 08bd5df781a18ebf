//! Exports on the host: the same change and the same file, without a browser that takes it.

use super::{
    bundle::Unbundled,
    count::end_of,
    create::CreateExport,
    finish::FinishExport,
    format::Format,
    naming::Naming,
    record::{Export, find},
    selection::{Count, Selection, Wanted},
    sending::{BeginSending, NoteSending},
    source::{Miscounted, Source, Whole},
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
use std::{io::Write, time::Duration};
use tokio::time;

/// How often it is noted how far a file is: its lease lasts longer.
const NOTED: Duration = Duration::from_secs(5);

/// Why no file is written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    #[error("the export is not there any more, or another process writes its file")]
    Gone,
    #[error("{0}: `ingam audit verify` says more")]
    Rows(#[from] Miscounted),
    #[error(transparent)]
    Unbundled(#[from] Unbundled),
    #[error("the file cannot be written: {0}")]
    Io(#[from] std::io::Error),
    #[error("the end of the file could not be recorded: {0}")]
    Unrecorded(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// All rows of some days, as they are now; of all days where neither is given. `days`: as they were given.
pub(crate) async fn select(
    reader: &Reader,
    format: Format,
    purpose: &str,
    days: &Filter,
    (from, to): (Option<Instant>, Option<Instant>),
) -> sqlx::Result<CreateExport> {
    let query = AuditQuery { from, to, ..AuditQuery::default() };
    let (first, end) = bounds(reader, &query, None).await?;
    let end = if from.is_none() && to.is_none() { end_of(reader, format, end).await? } else { end };
    let selection = Selection::of(first..end.max(first), days);
    let Count { rows, persons } = selection.count(reader, &Wanted::Log(AuditQuery::default())).await?;
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
) -> Result<Whole, Unwritten> {
    let wanted = export.selection().wanted().ok_or(Unwritten::Gone)?;
    let attempt = gate.run_housekeeping(&BeginSending { export: export.id }).await?.ok_or(Unwritten::Gone)?;
    let mut naming = Naming::of(export, &wanted, actor.clone());
    while naming.step(reader, gate, export, &wanted).await? {}
    let (mut sent, mut chunk) = (0, Vec::new());
    let mut noted = time::Instant::now();
    let mut source = Source::open(reader, export, &wanted, &mut chunk).await?;
    while let Some(more) = source.next(&mut chunk).await? {
        out.write_all(&chunk)?;
        sent += more;
        chunk.clear();
        if noted.elapsed() >= NOTED {
            let note = NoteSending { export: export.id, attempt, sent, goes_on: true, session: None };
            if !gate.run_housekeeping(&note).await? {
                return Err(Unwritten::Gone);
            }
            noted = time::Instant::now();
        }
    }
    let whole = source.end()?;
    out.flush()?;
    let request = actor.origin.request_id.clone();
    let finish = FinishExport::of(export.id, attempt, request.clone(), whole.clone());
    gate.submit_unattended(&Actor::system(request), &finish).await?;
    Ok(whole)
}
