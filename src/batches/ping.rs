//! What batches that run elsewhere report: `POST /ping/{token}/{job}[/start|/fail|/log|/{exit code}]`, as healthchecks.io has
//! it (<https://healthchecks.io/docs/http_api/>), so that its clients work here. Beyond that, `count=N`, `failed=N`, `skipped=N`,
//! `progress=0.5`, and `alive=60`, which promises the next report within that number of seconds.
//!
//! Every `rid` is a run of its own, and each is waited for; without one, a report is about the newest open run that has none, or else,
//! unless it is a start, about the one run that is open.

mod admission;
mod body;
mod refused;
mod report_params;

pub use self::admission::token;
use self::{
    admission::admitted,
    body::{charset, left_out, read, stored},
    refused::No,
    report_params::{ReportParams, What},
};
pub(crate) use self::{body::BODY_LIMIT, refused::RefuseReport};
use super::{
    claim::Normal,
    definition::Definition,
    finish::{End, FinishRun, Outcome},
    record::{self, Job, Run},
    report::{AcceptRun, Missing, ReportRun},
};
use crate::{
    gate::{Actor, Refusal},
    id::RunId,
    secret, sql,
    web::{Console, visit::Visit},
};
use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::TimeDelta;

/// How early a run may begin and still be the one that its schedule asked for.
const EARLY: TimeDelta = TimeDelta::minutes(1);

/// `/ping/{token}/{job}`
pub async fn succeed(
    console: web::Data<Console>,
    path: web::Path<(String, String)>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let (token, job) = path.into_inner();
    answer(report(&console, &token, &job, "0", &request, body).await)
}

/// `/ping/{token}/{job}/{what}`
pub async fn tell(
    console: web::Data<Console>,
    path: web::Path<(String, String, String)>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let (token, job, what) = path.into_inner();
    answer(report(&console, &token, &job, &what, &request, body).await)
}

fn answer(outcome: Result<(), No>) -> HttpResponse {
    let (status, text) = match outcome {
        Ok(()) => (StatusCode::OK, "OK"),
        Err(no) => (no.status, no.text),
    };
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .insert_header(("Ping-Body-Limit", BODY_LIMIT.to_string()))
        .body(text)
}

async fn report(
    console: &Console,
    token: &str,
    name: &str,
    what: &str,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<(), No> {
    let outcome = take(console, token, name, what, request, body).await;
    // The job's own people should learn of it: its program believes that it has reported.
    if let Err(No { why: Some(why), .. }) = outcome {
        let refused = RefuseReport { job: name.to_owned(), why };
        if let Err(error) = console.gate.run_housekeeping(&refused).await {
            tracing::error!(job = name, %error, "a refused report could not be noted");
        }
    }
    outcome
}

async fn take(
    console: &Console,
    token: &str,
    name: &str,
    what: &str,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<(), No> {
    let (job, definition) = admitted(console, token, name).await?;
    let what = What::parse(what).ok_or(No::BAD_URL)?;
    let params = ReportParams::parse(request.query_string());
    if request.method() != actix_web::http::Method::POST && !definition.ping_by_get {
        return Err(No::BY_POST);
    }
    let mut body = read(body, charset(request.headers(), definition.charset())).await?;
    body.splice(..0, left_out(&params));
    let reports = Reports { console, job: &job, definition: &definition, params: &params };
    let known = match what {
        What::Start => reports.find().await?,
        What::Log | What::End(..) => reports.find_open().await?,
    };
    match (what, known) {
        (What::Start, None) => reports.accept(request).await.map(drop),
        (What::Start, Some(run)) if run.state.is_under_way() => reports.note(&run, &body).await,
        (What::Start, Some(_)) => Err(No::ENDED),
        // Nothing is known that it could be the log of.
        (What::Log, None) => Ok(()),
        (What::Log, Some(run)) => reports.note(&run, &body).await,
        (What::End(outcome, code), None) => {
            let id = reports.accept(request).await?;
            let run = record::run(&mut &console.reader, id).await.map_err(failed)?.ok_or(No::NOT_FOUND)?;
            reports.end(&run, outcome, code, &body, true).await
        }
        (What::End(outcome, code), Some(run)) => reports.end(&run, outcome, code, &body, false).await,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what map_err hands on")]
fn failed(error: sqlx::Error) -> No {
    tracing::error!(%error, "a report could not be taken");
    No::NOT_RECORDED
}

struct Reports<'a> {
    console: &'a Console,
    job: &'a Job,
    definition: &'a Definition,
    params: &'a ReportParams,
}

impl Reports<'_> {
    async fn find(&self) -> Result<Option<Run>, No> {
        let reader = &self.console.reader;
        let query = match &self.params.rid {
            Some(rid) => reader
                .query(sql!("select ", record::run_columns!(), " from batch_runs where job = $1 and rid = $2"))
                .bind(self.job.name.as_str())
                .bind(rid.as_str()),
            None => reader
                .query(sql!(
                    "select ",
                    record::run_columns!(),
                    " from batch_runs
                      where job = $1 and state in ('running', 'cancelling') and rid is null order by id desc limit 1"
                ))
                .bind(self.job.name.as_str()),
        };
        query.optional().await.map_err(failed)
    }

    /// The same for the end of a run or a part of its log: without a rid it is about the one run that is open.
    async fn find_open(&self) -> Result<Option<Run>, No> {
        let known = self.find().await?;
        if known.is_some() || self.params.rid.is_some() {
            return Ok(known);
        }
        let mut open: Vec<Run> = self
            .console
            .reader
            .query(sql!(
                "select ",
                record::run_columns!(),
                " from batch_runs where job = $1 and state in ('running', 'cancelling') order by id limit 2"
            ))
            .bind(self.job.name.as_str())
            .all()
            .await
            .map_err(failed)?;
        Ok(open.pop().filter(|_| open.is_empty()))
    }

    /// A run that was not asked for here. Of what is started from here, there is none.
    async fn accept(&self, request: &HttpRequest) -> Result<RunId, No> {
        if self.definition.kind().starts_here() {
            return Err(No::UNASKED);
        }
        let (now, definition) = (self.console.clock.now(), self.definition);
        let grace = TimeDelta::seconds(i64::from(definition.start_grace_seconds));
        let due = self.job.next_at.filter(|due| now >= due.minus(EARLY) && now <= due.plus(grace));
        let normal = record::normal(&mut &self.console.reader, &self.job.name, now).await.map_err(failed)?;
        let address = Visit::of(request).and_then(|visit| visit.ip()).map(|ip| ip.to_string()).unwrap_or_default();
        let accept = AcceptRun {
            job: self.job.name.clone(),
            version: self.job.version,
            rid: self.params.rid.clone(),
            scheduled_for: due,
            next: due.and_then(|due| definition.schedule.as_ref()?.next(due)),
            deadline: now.plus(TimeDelta::seconds(i64::from(definition.timeout_seconds))),
            is_late: false,
            runner: address,
            normal: Normal { duration: normal.duration, processed: normal.processed, runs: normal.runs },
            lease_seconds: self.params.alive,
        };
        match self.console.gate.run_housekeeping(&accept).await.map_err(failed)? {
            Some(id) => Ok(id),
            // A client that was not answered in time has sent it again, and both arrive together.
            None => self.find().await?.map(|run| run.id).ok_or(No::NOT_RECORDED),
        }
    }

    /// The report of a run that goes on.
    async fn note(&self, run: &Run, body: &[String]) -> Result<(), No> {
        let report = ReportRun {
            id: run.id,
            lease_seconds: self.params.alive,
            progress: self.params.progress,
            processed: self.params.processed,
            failed: self.params.failed,
            skipped: self.params.skipped,
            appended: stored(body, self.console.clock.now()),
            gap: self.gap(run).await?,
            ..ReportRun::default()
        };
        self.console.gate.run_housekeeping(&report).await.map(drop).map_err(failed)
    }

    /// What has to go from the middle of a log that has grown beyond its limit.
    async fn gap(&self, run: &Run) -> Result<Option<Missing>, No> {
        let rows: Vec<(i64, i64, i64)> = self
            .console
            .reader
            .query(sql!("select n, until, cast(length(lines) as bigint) from batch_log where run_id = $1 order by n"))
            .bind(run.id)
            .all()
            .await
            .map_err(failed)?;
        let limit = i64::from(self.definition.log_kilobytes) * 1024;
        let mut size: i64 = rows.iter().map(|(.., bytes)| bytes).sum();
        let mut head = 0;
        let mut gap: Option<Missing> = None;
        for (n, until, bytes) in rows {
            head += bytes;
            if head <= limit / 4 || size <= limit {
                continue;
            }
            size -= bytes;
            let missing = gap.get_or_insert(Missing { from: run.gap_from.unwrap_or(n), until, bytes: run.gap_bytes });
            missing.until = until;
            missing.bytes += bytes;
        }
        Ok(gap)
    }

    async fn end(
        &self,
        run: &Run,
        outcome: Outcome,
        code: Option<i64>,
        body: &[String],
        alone: bool,
    ) -> Result<(), No> {
        if run.state.is_under_way() {
            self.note(run, body).await?;
        }
        let end = End {
            outcome,
            exit_code: code,
            processed: self.params.processed,
            failed: self.params.failed,
            skipped: self.params.skipped,
            // Its start was never reported, so its duration is unknown.
            duration_ms: alone.then_some(0),
            ..End::default()
        };
        let actor = Actor::system(format!("ping_{}", hex::encode(secret::random::<10>())));
        let change = FinishRun { run: run.id, fence: None, end };
        match self.console.gate.submit_unattended(&actor, &change).await {
            Ok(_) => Ok(()),
            Err(Refusal::Unrecorded(error)) => {
                tracing::error!(
                    run = run.id.get(),
                    error = format!("{error:#}"),
                    "the end of a run could not be recorded"
                );
                Err(No::NOT_RECORDED)
            }
            Err(_) => Err(No::NOT_FOUND),
        }
    }
}
