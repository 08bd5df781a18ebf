//! What the address of a report says: which part of a run it is about, and the figures behind the question mark.

use super::{BAD_URL, No};
use crate::batches::{finish::Outcome, to_permille};
use actix_web::http::StatusCode;

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
            code if (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit()) => {
                let code = code.parse::<u8>().ok()?;
                Self::End(if code == 0 { Outcome::Succeeded } else { Outcome::Failed }, Some(i64::from(code)))
            }
            _ => return None,
        })
    }
}

/// The parameters after the question mark. Unknown parameters are ignored: other clients send more.
#[derive(Default)]
pub(super) struct ReportParams {
    pub(super) rid: Option<String>,
    pub(super) processed: Option<i64>,
    pub(super) failed: Option<i64>,
    pub(super) skipped: Option<i64>,
    pub(super) progress: Option<i64>,
    pub(super) alive: Option<i64>,
}

impl ReportParams {
    pub(super) fn parse(query: &str) -> Result<Self, No> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).map_err(|_| BAD_URL)?;
        let mut params = Self::default();
        for (name, value) in pairs {
            let number = || value.parse().ok().filter(|n| *n >= 0).ok_or(BAD_URL);
            match name.as_str() {
                "rid" if is_uuid(&value) => params.rid = Some(value.to_ascii_lowercase()),
                "rid" => return Err((StatusCode::BAD_REQUEST, "invalid uuid format")),
                "count" => params.processed = Some(number()?),
                "failed" => params.failed = Some(number()?),
                "skipped" => params.skipped = Some(number()?),
                "alive" => params.alive = Some(number()?.clamp(1, 86_400)),
                "progress" => params.progress = Some(share(&value).ok_or(BAD_URL)?),
                // As Cronitor has it.
                "metric" => {
                    params.processed = value.strip_prefix("count:").and_then(|n| n.parse().ok()).or(params.processed);
                }
                _ => {}
            }
        }
        Ok(params)
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn share(text: &str) -> Option<i64> {
    let share: f64 = text.parse().ok()?;
    (0.0..=1.0).contains(&share).then(|| to_permille(share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_of_an_address_is_a_word_or_an_exit_code() {
        let code = |text| match What::parse(text) {
            Some(What::End(outcome, code)) => Some((outcome, code)),
            _ => None,
        };
        assert_eq!(code("0"), Some((Outcome::Succeeded, Some(0))));
        assert_eq!(code("255"), Some((Outcome::Failed, Some(255))));
        assert_eq!(code("fail"), Some((Outcome::Failed, None)));
        for odd in ["256", "-1", "+1", "1000", "", "START", "99999999999"] {
            assert!(What::parse(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn a_rid_is_a_uuid_and_numbers_are_numbers() {
        let rid = "0b5e8a9c-1111-4222-8333-444455556666";
        let params =
            ReportParams::parse(&format!("rid={}&count=4120&progress=0.5&create=1", rid.to_uppercase())).unwrap();
        assert_eq!((params.rid.as_deref(), params.processed, params.progress), (Some(rid), Some(4120), Some(500)));
        for odd in
            ["rid=x", "rid=0b5e8a9c11114222833344445555666600000", "count=-1", "count=x", "progress=2", "progress=NaN"]
        {
            assert!(ReportParams::parse(odd).is_err(), "{odd}");
        }
        assert_eq!(ReportParams::parse("metric=count:12").unwrap().processed, Some(12));
    }
}
