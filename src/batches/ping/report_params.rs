//! What the address of a report says: which part of a run it is about, and the figures behind the question mark.
//!
//! What comes with a report never decides whether it counts: what cannot be read is left out and named in the log of the run.

use crate::batches::{finish::Outcome, to_permille};

/// The kind of report.
pub(super) enum What {
    Start,
    Log,
    End(Outcome, Option<i64>),
}

impl What {
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "start" => Self::Start,
            "log" => Self::Log,
            "fail" => Self::End(Outcome::Failed, None),
            code => Self::exited(code)?,
        })
    }

    /// The exit code of any system: `0`, `0000`, `143`, `256`, `-1`, `3221225786` or `0xC000013A`.
    fn exited(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
        let (digits, radix) = hexadecimal.map_or((unsigned, 10), |digits| (digits, 16));
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
            return None;
        }
        let outcome = if digits.bytes().all(|digit| digit == b'0') { Outcome::Succeeded } else { Outcome::Failed };
        // A code that no system has is a failure without a code.
        let code = i64::from_str_radix(digits, radix).ok().filter(|code| *code <= i64::from(u32::MAX));
        Some(Self::End(outcome, code.map(|code| if text.starts_with('-') { -code } else { code })))
    }
}

/// The parameters after the question mark. Unknown parameters are ignored: other clients send more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ReportParams {
    pub(super) rid: Option<String>,
    pub(super) processed: Option<i64>,
    pub(super) failed: Option<i64>,
    pub(super) skipped: Option<i64>,
    pub(super) progress: Option<i64>,
    pub(super) alive: Option<i64>,
    /// The names of those that could not be read.
    pub(super) unread: Vec<&'static str>,
}

impl ReportParams {
    pub(super) fn parse(query: &str) -> Self {
        Self::of(serde_urlencoded::from_str(query).unwrap_or_default())
    }

    pub(super) fn of(pairs: Vec<(String, String)>) -> Self {
        let mut params = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            let (name, place, read) = match name.as_str() {
                "rid" => {
                    params.rid = uuid(value);
                    if params.rid.is_none() && !value.is_empty() {
                        params.unread.push("rid");
                    }
                    continue;
                }
                "count" => ("count", &mut params.processed, number(value)),
                "failed" => ("failed", &mut params.failed, number(value)),
                "skipped" => ("skipped", &mut params.skipped, number(value)),
                "alive" => ("alive", &mut params.alive, number(value).map(|seconds| seconds.clamp(1, 86_400))),
                "progress" => ("progress", &mut params.progress, share(value)),
                // As Cronitor has it, which has other metrics too.
                "metric" => match value.strip_prefix("count:") {
                    Some(count) => ("metric", &mut params.processed, number(count)),
                    None => continue,
                },
                _ => continue,
            };
            match read {
                Some(n) => *place = Some(n),
                None if value.is_empty() => {}
                None => params.unread.push(name),
            }
        }
        params
    }
}

/// `4120`, `4,120` or `4120.0`; not less than nothing.
fn number(text: &str) -> Option<i64> {
    let plain = text.replace([',', '_'], "");
    let whole = match plain.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => &plain,
    };
    whole.parse().ok().filter(|n| *n >= 0)
}

/// A UUID in any case, with its dashes or without, in braces or not.
fn uuid(text: &str) -> Option<String> {
    let text = text.trim_start_matches('{').trim_end_matches('}');
    let has_dashes =
        text.len() == 36 && text.bytes().enumerate().all(|(at, byte)| (byte == b'-') == matches!(at, 8 | 13 | 18 | 23));
    let digits: String = if has_dashes { text.replace('-', "") } else { text.to_owned() };
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    Some(parts.join("-"))
}

fn share(text: &str) -> Option<i64> {
    let share: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&share).then(|| to_permille(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_an_address_is_a_word_or_the_exit_code_of_any_system() {
        let code = |text| match What::parse(text) {
            Some(What::End(outcome, code)) => Some((outcome, code)),
            _ => None,
        };
        for (text, outcome, kept) in [
            ("0", Outcome::Succeeded, Some(0)),
            ("0000", Outcome::Succeeded, Some(0)),
            ("-0", Outcome::Succeeded, Some(0)),
            ("255", Outcome::Failed, Some(255)),
            ("256", Outcome::Failed, Some(256)),
            ("-1", Outcome::Failed, Some(-1)),
            ("+1", Outcome::Failed, Some(1)),
            ("3221225786", Outcome::Failed, Some(3_221_225_786)),
            ("0xC000013A", Outcome::Failed, Some(3_221_225_786)),
            ("99999999999", Outcome::Failed, None),
            ("fail", Outcome::Failed, None),
        ] {
            assert_eq!(code(text), Some((outcome, kept)), "{text}");
        }
        for odd in ["", "START", "begin", "-", "0x", "1.0", "１", "1e3"] {
            assert!(What::parse(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn figures_are_read_as_programs_write_them() {
        let rid = "0b5e8a9c-1111-4222-8333-444455556666";
        for written in [rid.to_owned(), rid.to_uppercase(), rid.replace('-', ""), format!("{{{rid}}}")] {
            let params = ReportParams::parse(&format!("rid={written}&count=4120&progress=0.5&create=1"));
            assert_eq!((params.rid.as_deref(), params.processed, params.progress), (Some(rid), Some(4120), Some(500)));
            assert!(params.unread.is_empty());
        }
        for count in ["4120", "4,120", "4_120", "4120.0", "%204120%20"] {
            assert_eq!(ReportParams::parse(&format!("count={count}")).processed, Some(4120), "{count}");
        }
        assert_eq!(ReportParams::parse("metric=count:12&metric=duration:3.5").processed, Some(12));
        assert_eq!(ReportParams::parse("rid=&count=&progress="), ReportParams::default());
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_counts() {
        for (query, name) in [
            ("rid=x", "rid"),
            ("rid=0b5e8a9c11114222833344445555666600000", "rid"),
            ("rid=0b5e-8a9c11114222833344445555666600", "rid"),
            ("count=-1", "count"),
            ("count=x", "count"),
            ("count=4120.5", "count"),
            ("progress=2", "progress"),
            ("progress=NaN", "progress"),
            ("metric=count:x", "metric"),
            ("alive=soon", "alive"),
        ] {
            let params = ReportParams::parse(&format!("{query}&failed=3"));
            assert_eq!((params.unread.as_slice(), params.failed), (&[name][..], Some(3)), "{query}");
        }
    }
}
