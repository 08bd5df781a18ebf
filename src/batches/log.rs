//! The log of a run as it is read: the beginning, a note of what is missing, and the end.

use super::{
    record::{self, Run},
    tone,
};
use crate::{
    clock::Instant,
    id::RunId,
    sql,
    store::Reader,
    supervise::{self, Stream},
    web::{
        Desk, PageResult,
        download::download,
        problem_page::Problem,
        shell::{Section, Shell, Tone},
    },
};
use actix_web::web;
use askama::Template;
use serde::Deserialize;
use std::fmt::Write as _;

/// What may be in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    /// Lines from this one on are wanted.
    after: Option<i64>,
}

/// `GET /runs/{id}/log`: the whole log as text, or from a line on as a piece of the page.
pub(crate) async fn show(desk: Desk, path: web::Path<RunId>, query: web::Query<Query>) -> PageResult {
    let run = record::run(&mut desk.reader(), path.into_inner()).await?.ok_or(Problem::NotFound)?;
    let log = read(desk.reader(), &run, query.after).await?;
    if query.after.is_some() {
        let page = LinesPage { shell: desk.shell(Some(Section::Batches), None).await?, log, run };
        return desk.page(200, &page);
    }
    Ok(download("text/plain; charset=utf-8", &format!("{}-{}.log", run.job, run.id), log.text()))
}

/// The log of a run, or what of it comes after a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunLog {
    pub lines: Vec<LogLine>,
    /// The number of the line that comes next, or of the first one that has not ended.
    pub next: i64,
    /// The number of bytes that are missing between the beginning and the end, before the line with this number.
    pub gap: Option<(i64, i64)>,
}

#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    pub n: i64,
    pub at: Option<Instant>,
    pub is_error: bool,
    /// Whether it has not ended.
    pub is_pending: bool,
    pub text: String,
}

/// Pieces that a page asks for by itself.
#[derive(Debug, Template)]
#[template(path = "batches/lines.html")]
pub(crate) struct LinesPage {
    pub shell: Shell,
    pub run: Run,
    pub log: RunLog,
}

pub(crate) async fn read(reader: &Reader, run: &Run, after: Option<i64>) -> sqlx::Result<RunLog> {
    let rows: Vec<(i64, String)> = reader
        .query(sql!("select n, lines from batch_log where run_id = $1 and until > $2 order by n"))
        .bind(run.id)
        .bind(after.unwrap_or(0))
        .all()
        .await?;
    let gap = run.gap_from.zip(run.gap_until);
    let is_missing = |n: i64| gap.is_some_and(|(from, until)| n >= from && n < until);
    let mut lines = Vec::new();
    for (first, text) in rows {
        let stretch: Vec<(String, String, String)> = serde_json::from_str(&text).unwrap_or_default();
        for (n, (at, stream, text)) in (first..).zip(stretch) {
            if n >= after.unwrap_or(0) && !is_missing(n) {
                let at = Instant::parse(&at).ok();
                let (is_error, is_pending) = (stream.starts_with("err"), stream.ends_with("-pending"));
                // Earlier versions stored lines as programs wrote them.
                lines.push(LogLine { n, at, is_error, is_pending, text: supervise::shown(&text) });
            }
        }
    }
    let pending = lines.iter().find(|line: &&LogLine| line.is_pending).map(|line| line.n);
    let next = pending.unwrap_or_else(|| lines.last().map_or(after.unwrap_or(0), |line| line.n + 1));
    Ok(RunLog { lines, next, gap: gap.map(|(_, until)| (until, run.gap_bytes)) })
}

/// Lines as they are stored: time, which of the two outputs, and text.
pub(crate) fn written<'l>(lines: impl Iterator<Item = (Instant, &'static str, &'l str)>) -> String {
    let lines: Vec<_> = lines.map(|(at, stream, text)| (at.to_string(), stream, text)).collect();
    serde_json::to_string(&lines).unwrap_or_else(|_| "[]".to_owned())
}

/// As a line is stored that has not ended, such as the bar of a progress: it is replaced by what comes of it.
pub(crate) fn pending(stream: Stream) -> &'static str {
    match stream {
        Stream::Out => "out-pending",
        Stream::Err => "err-pending",
    }
}

impl LogLine {
    /// As in `data-tone=`; nothing for an ordinary line.
    pub(crate) fn tone(&self) -> &'static str {
        match tone::of(&self.text) {
            Some(tone) => tone.as_str(),
            None if self.is_error => Tone::Warn.as_str(),
            None => "",
        }
    }
}

impl RunLog {
    /// The lines that have ended.
    pub(crate) fn ended(&self) -> impl Iterator<Item = &LogLine> {
        self.lines.iter().filter(|line| !line.is_pending)
    }

    /// The lines that have not, which a page asks for again.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &LogLine> {
        self.lines.iter().filter(|line| line.is_pending)
    }

    /// Whether the missing output came before this line.
    pub(crate) fn is_after_gap(&self, line: &LogLine) -> bool {
        self.gap.is_some_and(|(until, _)| line.n == until)
    }

    pub(crate) fn missing(&self) -> i64 {
        self.gap.map_or(0, |(_, bytes)| bytes)
    }

    /// As a file.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            if self.is_after_gap(line) {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "… {} bytes are missing here …", self.missing());
            }
            text.push_str(&line.at.map(|at| at.to_string()).unwrap_or_default());
            text.push(' ');
            text.push_str(&line.text);
            text.push('\n');
        }
        text
    }
}

impl LinesPage {
    pub(crate) fn goes_on(&self) -> bool {
        self.run.state.goes_on()
    }
}
