//! What a job says of its own progress, on lines of its standard output that are kept out of the log.
//!
//! `::progress 0.5`, `::progress 50%`, `::count processed=4120 failed=3 skipped=1`. Such a line is read strictly: one that
//! is nearly right stays in the log, where its author sees it.

const PROGRESS: &str = "::progress ";
const COUNT: &str = "::count ";

/// One such line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Report {
    /// The share that is done, from 0 to 1.
    Progress(f64),
    Count(Counts),
}

/// The number of items a job has dealt with, as far as it said; totals since it began, not what was added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub processed: Option<i64>,
    pub failed: Option<i64>,
    pub skipped: Option<i64>,
}

impl Report {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        // Nearly every line of a log ends here.
        if let Some(share) = line.strip_prefix(PROGRESS) {
            progress(share).map(Self::Progress)
        } else {
            line.strip_prefix(COUNT).and_then(Counts::parse).map(Self::Count)
        }
    }
}

fn progress(text: &str) -> Option<f64> {
    let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |number| (number, 100.0));
    // What f64 parses beyond plain decimals (inf, 1e3, -0, .5) is not meant as a share.
    let (integer, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !is_digits(integer) || !is_digits(fraction) {
        return None;
    }
    number.parse().ok().filter(|number| (0.0..=whole).contains(number)).map(|number: f64| number / whole)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Counts {
    /// One space between the pairs, each name at most once, in any order.
    fn parse(text: &str) -> Option<Self> {
        let mut counts = Self::default();
        for pair in text.split(' ') {
            let (name, number) = pair.split_once('=')?;
            let count = match name {
                "processed" => &mut counts.processed,
                "failed" => &mut counts.failed,
                "skipped" => &mut counts.skipped,
                _ => return None,
            };
            if count.is_some() || !is_digits(number) {
                return None;
            }
            *count = Some(number.parse().ok()?);
        }
        Some(counts)
    }

    /// These, with what `newer` says instead where it says anything.
    pub(crate) fn updated(self, newer: Self) -> Self {
        Self {
            processed: newer.processed.or(self.processed),
            failed: newer.failed.or(self.failed),
            skipped: newer.skipped.or(self.skipped),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(processed: Option<i64>, failed: Option<i64>, skipped: Option<i64>) -> Counts {
        Counts { processed, failed, skipped }
    }

    #[test]
    fn progress_is_a_share_or_a_percentage() {
        for (line, share) in [
            ("::progress 0", 0.0),
            ("::progress 0.5", 0.5),
            ("::progress 1", 1.0),
            ("::progress 1.000", 1.0),
            ("::progress 0%", 0.0),
            ("::progress 50%", 0.5),
            ("::progress 12.5%", 0.125),
            ("::progress 100%", 1.0),
        ] {
            assert_eq!(Report::parse(line), Some(Report::Progress(share)), "{line}");
        }
    }

    #[test]
    fn counts_are_any_of_three() {
        for (line, expected) in [
            ("::count processed=4120 failed=3 skipped=1", counts(Some(4120), Some(3), Some(1))),
            ("::count skipped=0 processed=7", counts(Some(7), None, Some(0))),
            ("::count failed=9223372036854775807", counts(None, Some(i64::MAX), None)),
        ] {
            assert_eq!(Report::parse(line), Some(Report::Count(expected)), "{line}");
        }
    }

    #[test]
    fn what_is_nearly_a_report_is_none() {
        for line in [
            "",
            "::progress",
            "::progress ",
            "::progress  0.5",
            "::progress 0.5 ",
            " ::progress 0.5",
            "::progress 1.1",
            "::progress 101%",
            "::progress 50 %",
            "::progress %",
            "::progress -0",
            "::progress +1",
            "::progress .5",
            "::progress 1.",
            "::progress 1e-1",
            "::progress NaN",
            "::progress inf",
            "::progress ０.５",
            "::Progress 0.5",
            "::count",
            "::count ",
            "::count processed",
            "::count processed=",
            "::count processed=-1",
            "::count processed=1,failed=2",
            "::count processed=1  failed=2",
            "::count processed=1 failed=2 ",
            "::count processed=1 processed=1",
            "::count processed=9223372036854775808",
            "::count done=1",
            "::count processed=1.0",
            "::other 1",
        ] {
            assert_eq!(Report::parse(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_later_count_replaces_only_what_it_names() {
        let before = counts(Some(1), Some(2), None);
        assert_eq!(before.updated(counts(Some(5), None, Some(0))), counts(Some(5), Some(2), Some(0)));
    }

    proptest! {
        #[test]
        fn any_text_is_a_report_within_its_bounds_or_none(line in ".{0,40}", number in "[0-9.%eE+-]{0,12}") {
            for line in [line, format!("{PROGRESS}{number}"), format!("{COUNT}processed={number}")] {
                match Report::parse(&line) {
                    Some(Report::Progress(share)) => prop_assert!((0.0..=1.0).contains(&share)),
                    Some(Report::Count(counts)) => {
                        let said = [counts.processed, counts.failed, counts.skipped];
                        prop_assert!(said.iter().flatten().all(|count| *count >= 0));
                        prop_assert!(said.iter().any(Option::is_some));
                    }
                    None => {}
                }
            }
        }

        #[test]
        fn what_is_written_as_described_is_read(
            share in 0.0..=1.0_f64,
            processed in 0..=i64::MAX,
            failed in proptest::option::of(0..=i64::MAX),
        ) {
            prop_assert_eq!(Report::parse(&format!("::progress {share}")), Some(Report::Progress(share)));
            let also = failed.map(|failed| format!(" failed={failed}")).unwrap_or_default();
            let line = format!("::count processed={processed}{also}");
            prop_assert_eq!(Report::parse(&line), Some(Report::Count(counts(Some(processed), failed, None))));
        }
    }
}
