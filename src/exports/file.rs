//! The file of an export, written while it is sent: a few hundred rows are in memory, however long the log is.

use super::{
    bundle::Unbundled,
    finish::FinishExport,
    naming::Naming,
    record::{Export, find},
    selection::Wanted,
    sending::{BeginSending, NoteSending},
    source::{Miscounted, Source, Whole},
};
use crate::{
    gate::{Actor, Gate, Refusal},
    id::ExportId,
    secret,
    store::Reader,
    web::{Desk, PageError, PageResult, download::attachment, problem_page::Problem},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::Version,
    web::{self, Bytes},
};
use futures_util::stream::{empty, poll_fn};
use std::{io, time::Duration};
use tokio::{
    runtime::Handle,
    sync::mpsc,
    time::{Instant, sleep, timeout},
};
use tracing::Instrument as _;

/// How often it is noted how far a sending is.
const NOTED: Duration = Duration::from_secs(1);
/// For how long a sending goes on that cannot be noted: less than its lease.
const LEASE_LASTS: Duration = Duration::from_secs(45);
/// How often it is tried again to record the end, a second apart.
const FINISHES: u32 = 30;
/// How much is handed to the answer at a time, in bytes. The end is recorded when it has taken the last piece.
const PIECE: usize = 64 * 1024;
/// How often a sending that waits for its reader renews its lease, and how often it does so before it gives up.
const RENEWED: Duration = Duration::from_secs(20);
const RENEWALS: u32 = 15;

/// `GET /audit/exports/{id}/file`
pub(crate) async fn take(desk: Desk, path: web::Path<ExportId>, request: HttpRequest) -> PageResult {
    // An answer whose length is not known has no end there.
    if request.version() < Version::HTTP_11 {
        return Err(Problem::BadRequest.into());
    }
    let export = find(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    if !export.can_be_taken(desk.now()) {
        // The page says why.
        return Ok(desk.see_other(&export.href()));
    }
    if export.staff_id != Some(desk.person().id) {
        return Err(Problem::Permission.into());
    }
    let wanted = export.selection().wanted().ok_or(Problem::Internal)?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(export.format.content_type())
        // A proxy that takes the answer before the browser does would have it end too early.
        .insert_header(("x-accel-buffering", "no"))
        .insert_header(attachment(&export.file_name()));
    if desk.visit().method.as_str() == "HEAD" {
        return Ok(answer.streaming(empty::<io::Result<Bytes>>()));
    }
    let begun = desk.run_housekeeping(&BeginSending { export: export.id }).await?;
    let Some(attempt) = begun else { return Ok(desk.see_other(&export.href())) };
    let (out, mut chunks) = mpsc::channel(1);
    let sending = Sending {
        reader: desk.console().beside.clone(),
        gate: desk.console().gate.clone(),
        pages: Handle::current(),
        out,
        noted: Instant::now(),
        actor: desk.actor(),
        session: desk.person().session.clone(),
        attempt,
        wanted,
        export,
    };
    if !desk.console().aside.spawn(sending.run().instrument(tracing::Span::current())) {
        // It ends with the console.
        return Err(PageError::internal(anyhow::anyhow!("the console stops")));
    }
    Ok(answer.streaming(poll_fn(move |context| {
        chunks.poll_recv(context).map(|piece| match piece {
            Some(Ok(piece)) if piece.is_empty() => None,
            // It ended without its end: the answer must not look whole.
            None => Some(Err(cut_short())),
            piece => piece,
        })
    })))
}

fn cut_short() -> io::Error {
    io::Error::other("the file was not sent whole")
}

/// A file on its way.
struct Sending {
    reader: Reader,
    gate: Gate,
    /// The thread of the request, which does not step back for others.
    pages: Handle,
    export: Export,
    attempt: i64,
    wanted: Wanted,
    out: mpsc::Sender<io::Result<Bytes>>,
    /// The person who takes the file, and their session: the sending does not outlive it.
    actor: Actor,
    session: String,
    /// When it was noted last how far it is.
    noted: Instant,
}

/// Why a file is not sent to its end.
#[derive(Debug, thiserror::Error)]
enum Broken {
    /// The browser has gone, or reads nothing any more.
    #[error("the reader of the file has gone")]
    Gone,
    /// Its lease ran out and another attempt has begun, or the session of the person has ended.
    #[error("another attempt has begun, or the person is not signed in any more")]
    Over,
    #[error(transparent)]
    Rows(#[from] Miscounted),
    #[error("the end of the file could not be recorded: {0}")]
    Unrecorded(String),
    #[error("{0}")]
    Unbundled(#[from] Unbundled),
    #[error("{0}")]
    Store(#[from] sqlx::Error),
}

impl Sending {
    async fn run(mut self) {
        let mut sent = 0;
        let Err(broken) = self.send(&mut sent).await else { return };
        match &broken {
            Broken::Gone | Broken::Over => {
                tracing::info!(export = %self.export.id, %broken, "an export broke off");
            }
            _ => tracing::error!(export = %self.export.id, %broken, "an export broke off"),
        }
        // Where this is not taken either, the lease runs out.
        if let Err(error) = self.note(sent, false).await {
            tracing::warn!(%error, "the end of an export was not kept");
        }
        // The answer has no length: only an error tells the browser that it is cut short.
        let _ = self.out.send(Err(cut_short())).await;
    }

    /// Names every customer, sends every row and, before the answer ends, records that it did.
    async fn send(&mut self, sent: &mut i64) -> Result<(), Broken> {
        let mut naming = Naming::of(&self.export, &self.wanted, self.actor.clone());
        while naming.step(&self.reader, &self.gate, &self.export, &self.wanted).await? {
            self.renew_in_time(0).await?;
        }
        let mut chunk = Vec::new();
        let mut source = Source::open(&self.reader, &self.export, &self.wanted, &mut chunk).await?;
        while let Some(rows) = source.next(&mut chunk).await? {
            self.push(std::mem::take(&mut chunk).into(), *sent).await?;
            *sent += rows;
            self.renew_in_time(*sent).await?;
        }
        let whole = source.end()?;
        let end = self.wait_for_reader(*sent).await?;
        self.finish(whole).await?;
        // Nothing at all is what comes after the last piece.
        end.send(Ok(Bytes::new()));
        Ok(())
    }

    /// Records that the file was sent, also where the database is busy for a while.
    async fn finish(&self, whole: Whole) -> Result<(), Broken> {
        let finish = FinishExport::of(self.export.id, self.attempt, self.actor.origin.request_id.clone(), whole);
        let actor = Actor::system(format!("export_{}", hex::encode(secret::random::<10>())));
        let mut tries = 0;
        loop {
            match self.gate.submit_unattended(&actor, &finish).await {
                Ok(_) => return Ok(()),
                Err(Refusal::Unrecorded(_)) if tries < FINISHES => tries += 1,
                Err(refusal) => return Err(Broken::Unrecorded(refusal.to_string())),
            }
            sleep(NOTED).await;
        }
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

    async fn renew_in_time(&mut self, sent: i64) -> Result<(), Broken> {
        if self.noted.elapsed() >= NOTED { self.renew(sent).await } else { Ok(()) }
    }

    /// A note that is not taken costs nothing while the lease lasts: a database may be busy for a moment.
    async fn renew(&mut self, sent: i64) -> Result<(), Broken> {
        match self.note(sent, true).await {
            Ok(true) => self.noted = Instant::now(),
            Ok(false) => return Err(Broken::Over),
            Err(error) if self.noted.elapsed() < LEASE_LASTS => tracing::warn!(%error, "a sending could not be noted"),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn note(&self, sent: i64, goes_on: bool) -> sqlx::Result<bool> {
        let session = goes_on.then(|| self.session.clone());
        let note = NoteSending { export: self.export.id, attempt: self.attempt, sent, goes_on, session };
        // Not here: other changes wait for what it holds in the database, and it must not wait for the processor meanwhile.
        let gate = self.gate.clone();
        let noted = self.pages.spawn(async move { gate.run_housekeeping(&note).await });
        noted.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }
}
