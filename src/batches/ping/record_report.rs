//! A report that comes as a record of a topic: the same as by an address, in one JSON object.
//!
//! Records come again, when their writer was not answered and when a reader died. So each names its run by a `rid`: with it a report that
//! comes twice is about the same run, and one that has ended ends once.

use super::{
    body::{last_lines, left_out, stored},
    report_params::{ReportParams, What},
    reports::Reports,
};
use crate::{
    batches::{
        finish::{End, FinishRun},
        record::{self, Run},
        report::{AcceptRun, ReportRun},
    },
    clock::Instant,
    store::Reader,
    supervise::Charset,
};
use serde_json::{Map, Value};

/// A report as a record holds it.
pub(crate) struct RecordReport {
    pub job: String,
    what: What,
    params: ReportParams,
    lines: Vec<String>,
}

/// Why a record is no report that is taken, in a word, and the job that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub why: &'static str,
    pub job: Option<String>,
}

impl Unread {
    const fn new(why: &'static str) -> Self {
        Self { why, job: None }
    }
}

/// What a report does.
pub(crate) enum Effect {
    /// Nothing is known that it could be the log of, or it was reported before.
    Nothing,
    Accept(Box<AcceptRun>),
    News(Box<ReportRun>),
    End {
        news: Option<Box<ReportRun>>,
        finish: FinishRun,
    },
    /// The end of a run whose start was not reported: it is accepted first, and then ends like this.
    EndUnknown {
        accept: Box<AcceptRun>,
        end: End,
    },
}

/// Reads a record of the one form there is:
/// `{"job": "daily-settle", "report": "success", "rid": "5f0c…", "count": 4120, "log": "…"}`.
///
/// # Errors
/// The word for what is wrong with it.
pub(crate) fn read(value: Option<&[u8]>) -> Result<RecordReport, Unread> {
    let value = value.ok_or(Unread::new("no-value"))?;
    let Ok(Value::Object(fields)) = serde_json::from_slice(value) else { return Err(Unread::new("not-json")) };
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let job = text("job").ok_or(Unread::new("no-job"))?.to_owned();
    let unread = |why| Unread { why, job: Some(job.clone()) };
    let said = fields.get("report").map(plain).ok_or_else(|| unread("no-report"))?;
    // As a job says it that knows no exit codes.
    let what = What::parse(if said == "success" { "0" } else { &said }).ok_or_else(|| unread("no-report"))?;
    let params = ReportParams::of(figures(&fields));
    if params.rid.is_none() {
        return Err(unread("no-rid"));
    }
    let log = text("log").unwrap_or_default();
    let mut lines = left_out(&params);
    lines.extend(last_lines(log.as_bytes().to_vec(), log.len(), Charset::default()));
    Ok(RecordReport { job, what, params, lines })
}

fn figures(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let names = ["rid", "count", "failed", "skipped", "alive", "progress"];
    names.into_iter().filter_map(|name| Some((name.to_owned(), plain(fields.get(name)?)))).collect()
}

/// A text or a number as text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a report does now.
///
/// # Errors
/// The database fails, or the word for why it does nothing.
pub(crate) async fn effect(
    reader: &Reader,
    now: Instant,
    report: &RecordReport,
    runner: String,
) -> sqlx::Result<Result<Effect, Unread>> {
    let refused = |why| Ok(Err(Unread { why, job: Some(report.job.clone()) }));
    let job = record::job(&mut &*reader, &report.job).await?.filter(|job| !job.is_retired);
    let Some(job) = job else { return refused("unknown-job") };
    let Some(definition) = record::definition(&mut &*reader, &job.name, job.version).await? else {
        return refused("unknown-job");
    };
    if definition.kind().starts_here() {
        return refused("starts-here");
    }
    let reports = Reports { reader, job: &job, definition: &definition, params: &report.params };
    let known = reports.find().await?;
    let lines = || stored(&report.lines, now);
    let is_open = |run: &Run| run.state.is_under_way();
    Ok(Ok(match (&report.what, known) {
        (What::Start, None) => Effect::Accept(Box::new(reports.acceptance(now, runner).await?)),
        (What::Start, Some(run)) if !is_open(&run) => return refused("ended"),
        (What::Log, None) => Effect::Nothing,
        (What::Start | What::Log, Some(run)) => Effect::News(Box::new(reports.news(&run, lines()).await?)),
        (What::End(outcome, code), None) => Effect::EndUnknown {
            accept: Box::new(reports.acceptance(now, runner).await?),
            end: reports.end(*outcome, *code, true),
        },
        (What::End(outcome, _), Some(run)) if run.state == outcome.state() => Effect::Nothing,
        (What::End(outcome, code), Some(run)) => Effect::End {
            news: if is_open(&run) { Some(Box::new(reports.news(&run, lines()).await?)) } else { None },
            finish: FinishRun { run: run.id, fence: None, end: reports.end(*outcome, *code, false) },
        },
    }))
}
