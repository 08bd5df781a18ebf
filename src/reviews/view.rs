//! A report as pages show it: all of it from its bytes, in the zone that it was made for.

use super::{
    lines::{Finding, Right, Taken, Whole},
    record::Review,
    report::{LISTED, Report},
};
use crate::{
    clock::Instant,
    detection::record::says,
    digits,
    plan::clock,
    web::{
        format::{self, Moment},
        link::link,
        shell::Frame,
    },
    zone::Zone,
};

/// The longest that the log is kept at least, in years: what people may do, after the rules of safety measures.
const LOG_YEARS: i64 = 3;

/// What the report shows, and who signed it.
pub(crate) struct Shown {
    pub(crate) report: Report,
    pub(crate) sha256: String,
    /// Nothing where it is not signed yet.
    pub(crate) review: Option<Review>,
    /// Whether its checkpoint continues that of the report before.
    pub(crate) continues: Option<bool>,
    pub(crate) zone: Zone,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_self,
    reason = "templates call methods and hand over references"
)]
impl Shown {
    pub(crate) fn n(&self, Whole(number): &Whole) -> String {
        digits::group(*number)
    }

    /// `2026-11-20 03:04:12`
    pub(crate) fn time(&self, at: &Instant) -> Moment {
        Moment::new(format::second(*at, self.zone), *at)
    }

    /// `2026-11-20 03:04`, for tables.
    pub(crate) fn minute(&self, at: &Instant) -> Moment {
        let second = format::second(*at, self.zone);
        Moment::new(second.get(..16).unwrap_or(&second), *at)
    }

    /// `2026-11-20`
    pub(crate) fn day(&self, at: &Instant) -> Moment {
        Moment::new(format::day(*at, self.zone), *at)
    }

    /// "from 2026-11-01 00:00 to before 2026-12-01 00:00 (KST, Asia/Seoul)"
    pub(crate) fn span(&self, frame: &Frame) -> String {
        let head = &self.report.head;
        let letters = format::zone_name(head.from, self.zone);
        let (from, to) = (self.minute(&head.from).shown, self.minute(&head.to).shown);
        frame.with("review.span", &[("from", &from), ("to", &to), ("zone", &letters), ("name", &head.zone)])
    }

    /// The method of the plan, or what this console does.
    pub(crate) fn method(&self, frame: &Frame) -> String {
        match self.report.head.method.as_str() {
            "" => frame.t("review.usual-method").to_owned(),
            method => method.to_owned(),
        }
    }

    /// What a rule found, in a sentence.
    pub(crate) fn says(finding: &Finding, frame: &Frame) -> String {
        says(&finding.rule, &finding.numbers, frame.words)
    }

    pub(crate) fn hours(&self) -> String {
        let head = &self.report.head;
        format!("{}–{}", clock(head.work_from.0), clock(head.work_until.0))
    }

    /// Whether the access records go back far enough.
    pub(crate) fn is_kept(&self) -> bool {
        let head = &self.report.head;
        self.report.retention.is_kept(head.access_years.0, head.to)
    }

    pub(crate) fn log_years(&self) -> i64 {
        LOG_YEARS
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.report.retention.gaps.0 > 0
    }

    /// "The first 5,000 are listed …" where there are more.
    pub(crate) fn cut(&self, kind: &str, frame: &Frame) -> Option<String> {
        let listed = digits::group(i64::try_from(LISTED).unwrap_or(i64::MAX));
        self.report.is_cut(kind).then(|| frame.with("review.cut", &[("n", &listed)]))
    }

    /// All reveals of the period, where the report lists the first ones.
    pub(crate) fn reveals_href(&self) -> String {
        let head = &self.report.head;
        let last = format::day(head.to.minus(chrono::TimeDelta::seconds(1)), self.zone);
        link("/access-records", &[("task", "reveal"), ("from", &format::day(head.from, self.zone)), ("to", &last)])
    }

    pub(crate) fn export_href(&self, taken: &Taken) -> String {
        format!("/audit/exports/{}", taken.id)
    }

    /// The files of the period with their hashes.
    pub(crate) fn files(&self) -> Vec<(&Taken, &str)> {
        self.report.taken.iter().filter_map(|taken| Some((taken, taken.sha256.as_deref()?))).collect()
    }

    /// "Roles operator → operator,auditor"
    pub(crate) fn fields(&self, right: &Right, frame: &Frame) -> Vec<String> {
        let text = |text: &Option<String>| match text.as_deref() {
            None | Some("") => "–".to_owned(),
            Some("true") => frame.t("audit.yes").to_owned(),
            Some("false") => frame.t("audit.no").to_owned(),
            Some(text) => text.to_owned(),
        };
        let field = |field: &super::lines::Field| {
            format!("{}: {} → {}", frame.name("field", &field.name), text(&field.before), text(&field.after))
        };
        right.fields.iter().map(field).collect()
    }

    /// The rows of the log of the period: "#12 – #345", and nothing where there are none.
    pub(crate) fn rows(&self) -> Option<String> {
        let (first, end) = (self.report.integrity.first.0, self.report.integrity.end.0);
        (first < end).then(|| format!("#{} – #{}", digits::group(first), digits::group(end - 1)))
    }

    /// What is said of the covering checkpoint, by its key under `review.`
    pub(crate) fn covered(&self) -> &'static str {
        let integrity = &self.report.integrity;
        match (&integrity.checkpoint, &integrity.sealed, integrity.unsealed.0) {
            (None, ..) => "review.uncovered",
            (Some(_), Some(_), _) => "review.covered",
            (Some(_), None, 0) if self.report.retention.records.0 == 0 => "review.covered",
            (Some(_), None, _) => "review.covered-log",
        }
    }

    pub(crate) fn is_covered(&self) -> bool {
        self.covered() == "review.covered"
    }
}
