//! The file of an export, written while it is sent: a few hundred rows are in memory, however long the log is.

use super::{
    finish::FinishExport,
    format::{Format, write_body},
    record::{Export, find},
    selection::Selection,
    sending::{BeginSending, NoteSending},
};
use crate::{
    audit::{filter::AuditQuery, list::record_look},
    evidence::keep,
    gate::{Actor, Gate},
    id::{ExportId, Seq},
    secret,
    store::Reader,
    web::{Desk, PageResult, problem_page::Problem},
};
use actix_web::{
    HttpResponse,
    rt::spawn,
    web::{self, Bytes},
};
use futures_util::stream::poll_fn;
use sha2::{Digest as _, Sha256};
use std::{io, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use tracing::Instrument as _;

/// How often it is noted how far a sending is.
const NOTED: Duration = Duration::from_secs(1);
/// How much is handed to the answer at a time, in bytes. The end is recorded when it has taken the last piece.
const PIECE: usize = 64 * 1024;
/// How often a sending that waits for its reader renews its lease, and how often it does so before it gives up.
const RENEWED: Duration = Duration::from_secs(20);
const RENEWALS: u32 = 15;

/// `GET /audit/exports/{id}/file`
pub(crate) async fn take(desk: Desk, path: web::Path<ExportId>) -> PageResult {
    let export = find(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    if !export.can_be_taken(desk.now()) {
        return Err(Problem::Conflict.into());
    }
    if export.staff_id != desk.person().id {
        return Err(Problem::Permission.into());
    }
    let selection = Selection { first: export.first_seq, end: export.end_seq, filter: export.filter.clone() };
    let query = selection.query().ok_or(Problem::Internal)?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(export.format.content_type())
        .insert_header(("content-disposition", format!("attachment; filename=\"{}\"", export.file_name())));
    if desk.visit().method.as_str() == "HEAD" {
        return Ok(answer.finish());
    }
    record_look(&desk, "export-log", None, Some(format!("audit/exports/{}", export.id))).await?;
    let begun = desk.run_housekeeping(&BeginSending { export: export.id }).await?;
    let Some(attempt) = begun else { return Err(Problem::Conflict.into()) };
    let log = keep::last(&mut desk.reader()).await?.map(|kept| kept.origin);
    let (out, mut chunks) = mpsc::channel(1);
    let sending = Sending {
        reader: desk.reader().clone(),
        gate: desk.console().gate.clone(),
        out,
        noted: Instant::now(),
        attempt,
        selection,
        query,
        log,
        export,
    };
    spawn(sending.run().instrument(tracing::Span::current()));
    Ok(answer.streaming(poll_fn(move |context| chunks.poll_recv(context))))
}

/// A file on its way.
struct Sending {
    reader: Reader,
    gate: Gate,
    export: Export,
    attempt: i64,
    selection: Selection,
    query: AuditQuery,
    /// The name of the log, where it is signed.
    log: Option<String>,
    out: mpsc::Sender<io::Result<Bytes>>,
    /// When it was noted last how far it is.
    noted: Instant,
}

/// Why a file is not sent to its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// The browser has gone, or reads nothing any more.
    #[error("the reader of the file has gone")]
    Gone,
    /// Its lease ran out, and another attempt has begun.
    #[error("the file is being sent by another attempt")]
    Superseded,
    #[error("{found} rows were found where {counted} were counted")]
    Rows { found: i64, counted: i64 },
    #[error("the end of the file could not be recorded: {0}")]
    Unrecorded(String),
    #[error("{0}")]
    Store(#[from] sqlx::Error),
}

impl Sending {
    async fn run(mut self) {
        let mut sent = 0;
        let Err(broken) = self.send(&mut sent).await else { return };
        match &broken {
            Broken::Gone | Broken::Superseded => {
                tracing::info!(export = %self.export.id, %broken, "an export broke off");
            }
            _ => tracing::error!(export = %self.export.id, %broken, "an export broke off"),
        }
        if let Err(error) = self.note(sent, false).await {
            tracing::warn!(%error, "the end of an export was not kept");
        }
        // The answer has no length: only an error tells the browser that it is cut short.
        let _ = self.out.send(Err(io::Error::other("the file was not sent whole"))).await;
    }

    /// Sends every row and, before the answer ends, records that it did.
    async fn send(&mut self, sent: &mut i64) -> Result<(), Broken> {
        let (mut hash, mut bytes, mut from) = (Sha256::new(), 0_i64, self.selection.first);
        let mut chunk = Vec::new();
        self.export.format.begin(&mut chunk);
        loop {
            let read = self.read(from, &mut chunk).await?;
            if !chunk.is_empty() {
                hash.update(&chunk);
                bytes = bytes.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
                self.push(std::mem::take(&mut chunk).into(), *sent).await?;
            }
            let Some((rows, last)) = read else { break };
            *sent += rows;
            from = Seq::new(last.get() + 1);
            if self.noted.elapsed() >= NOTED {
                self.renew(*sent).await?;
            }
        }
        if *sent != self.export.row_count {
            return Err(Broken::Rows { found: *sent, counted: self.export.row_count });
        }
        self.wait_for_reader(*sent).await?;
        let finish = FinishExport {
            export: self.export.id,
            attempt: self.attempt,
            rows: *sent,
            bytes,
            sha256: hex::encode(hash.finalize()),
        };
        let actor = Actor::system(format!("export_{}", hex::encode(secret::random::<10>())));
        match self.gate.submit_unattended(&actor, &finish).await {
            Ok(_) => Ok(()),
            Err(refusal) => Err(Broken::Unrecorded(refusal.to_string())),
        }
    }

    /// Writes the next rows; their number and the last of them, or nothing where there are no more.
    async fn read(&self, from: Seq, chunk: &mut Vec<u8>) -> sqlx::Result<Option<(i64, Seq)>> {
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        if self.export.format == Format::Jsonl {
            let bodies = self.selection.bodies(&self.reader, &self.query, from).await?;
            for (_, body) in &bodies {
                write_body(chunk, body);
            }
            return Ok(bodies.last().map(|(last, _)| (count(bodies.len()), *last)));
        }
        let lines = self.selection.lines(&self.reader, &self.query, from).await?;
        for line in &lines {
            self.export.format.write(chunk, &line.entry, &line.body, self.log.as_deref());
        }
        Ok(lines.last().map(|last| (count(lines.len()), last.entry.seq)))
    }

    /// Hands bytes to the answer, each piece when the one before was taken.
    async fn push(&mut self, mut chunk: Bytes, sent: i64) -> Result<(), Broken> {
        while !chunk.is_empty() {
            let piece = chunk.split_to(chunk.len().min(PIECE));
            self.wait_for_reader(sent).await?.send(Ok(piece));
        }
        Ok(())
    }

    /// Waits until the answer has taken everything that was handed to it.
    async fn wait_for_reader(&mut self, sent: i64) -> Result<mpsc::OwnedPermit<io::Result<Bytes>>, Broken> {
        for _ in 0..RENEWALS {
            if let Ok(place) = timeout(RENEWED, self.out.clone().reserve_owned()).await {
                return place.map_err(|_| Broken::Gone);
            }
            self.renew(sent).await?;
        }
        Err(Broken::Gone)
    }

    async fn renew(&mut self, sent: i64) -> Result<(), Broken> {
        self.noted = Instant::now();
        if self.note(sent, true).await? { Ok(()) } else { Err(Broken::Superseded) }
    }

    async fn note(&self, sent: i64, goes_on: bool) -> sqlx::Result<bool> {
        let note = NoteSending { export: self.export.id, attempt: self.attempt, sent, goes_on };
        self.gate.run_housekeeping(&note).await
    }
}
