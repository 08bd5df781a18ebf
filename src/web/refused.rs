//! What a refused form says when it comes back.

use super::{
    Desk, PageError,
    form::Form,
    problem_page::Problem,
    shell::{
        field::{FieldErrors, wrong},
        seal::{FormRefusal, Meanwhile},
    },
    words::Message,
};
use crate::{
    clock::Instant,
    digits::group,
    gate::{CodeRefusal, Meaning, Reason, ReasonError, Refusal, Rejection, SYSTEM, Target, code},
    id::Seq,
    sql,
    web::shell::seal::sentence_key,
};

/// How a form comes back.
#[derive(Debug)]
pub struct Refused {
    pub status: u16,
    pub refusal: Option<FormRefusal>,
    pub errors: FieldErrors,
}

impl From<FieldErrors> for Refused {
    fn from(errors: FieldErrors) -> Self {
        Self { status: 422, refusal: None, errors }
    }
}

impl Refused {
    /// Whether the target changed after the form was shown.
    pub fn is_stale(&self) -> bool {
        matches!(self.refusal, Some(FormRefusal::Stale(_)))
    }

    fn shown(status: u16, refusal: FormRefusal) -> Self {
        Self { status, refusal: Some(refusal), errors: FieldErrors::new() }
    }
}

/// Words a refusal for the form it belongs to, or ends the request where no form can show it.
pub(crate) async fn explain(desk: &Desk, refusal: Refusal, target: &Target) -> Result<Refused, PageError> {
    Ok(match refusal {
        Refusal::Code(refusal) => code(refusal, desk.now()),
        Refusal::Stale { .. } => Refused::shown(409, FormRefusal::Stale(meanwhile(desk, target).await?)),
        Refusal::Role => Refused::shown(403, FormRefusal::NotPermitted),
        Refusal::Rejected(rejection) => match rejection.meaning {
            Meaning::Invalid if rejection.field.is_some() => field_errors(&rejection).into(),
            Meaning::Conflict => Refused::shown(409, FormRefusal::WrongState { why: rejection }),
            Meaning::Forbidden if sentence_key(&rejection).is_some() => {
                Refused::shown(403, FormRefusal::WrongState { why: rejection })
            }
            Meaning::Forbidden => Refused::shown(403, FormRefusal::NotPermitted),
            Meaning::Throttled => throttled(&rejection)?,
            Meaning::Missing | Meaning::Invalid => return Err(Refusal::Rejected(rejection).into()),
        },
        Refusal::Unrecorded(cause) => {
            tracing::error!(error = format!("{cause:#}"), "a change could not be recorded and was not made");
            Refused::shown(503, FormRefusal::NotRecorded)
        }
        other => return Err(other.into()),
    })
}

fn code(refusal: CodeRefusal, now: Instant) -> Refused {
    match refusal {
        CodeRefusal::Malformed => FieldErrors::one("code", wrong::not_a_code()).into(),
        CodeRefusal::Wrong => Refused::shown(422, FormRefusal::WrongCode { left: None }),
        CodeRefusal::Ahead => Refused::shown(422, FormRefusal::CodeAhead { from: next_step(now) }),
        CodeRefusal::Reused => Refused::shown(422, FormRefusal::UsedCode { next: next_step(now) }),
        CodeRefusal::Waiting { until } => Refused::shown(429, FormRefusal::CodeWait { until }),
        CodeRefusal::Locked | CodeRefusal::NotEnrolled => Refused::shown(429, FormRefusal::CodeLocked),
    }
}

/// When the next code appears.
pub(crate) fn next_step(now: Instant) -> Instant {
    let next = (now.unix() / code::STEP_SECONDS + 1) * code::STEP_SECONDS;
    Instant::from_unix(next).unwrap_or(now)
}

/// What a rejection says at its field, where it belongs to one: the sentence under `field-error.<word>`, filled with the
/// rejection's values.
pub(crate) fn field_errors(rejection: &Rejection) -> FieldErrors {
    let Some(field) = rejection.field else { return FieldErrors::new() };
    let fill = |message: Message, (name, value): &(&'static str, String)| message.arg(name, shown(value));
    FieldErrors::one(field, rejection.values.iter().fold(wrong::refused(rejection.word), fill))
}

/// A value of a rejection as people read it: the log holds plain integers.
fn shown(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), group)
}

fn throttled(rejection: &Rejection) -> Result<Refused, PageError> {
    match until(rejection) {
        Some(until) => Ok(Refused::shown(429, FormRefusal::CodeWait { until })),
        None => Err(PageError::recorded(Problem::TooMany { until: None })),
    }
}

/// Until when a throttled person has to wait.
pub(crate) fn until(rejection: &Rejection) -> Option<Instant> {
    rejection.values.iter().find(|(name, _)| *name == "until").and_then(|(_, at)| Instant::parse(at).ok())
}

/// Who changed the target last, where that was a person. A note alters nothing. Where it was the system, such as a refund that
/// the provider declined, there is no person to name.
async fn meanwhile(desk: &Desk, target: &Target) -> Result<Option<Meanwhile>, PageError> {
    let last: Option<(Seq, Instant, String, String)> = desk
        .reader()
        .query(sql!(
            "select seq, at, staff_name, actor from audit
              where target_kind = $1 and target_id = $2 and outcome = 'applied' and cast(after as text) <> '{}'
                and (action <> 'refunds.settle' or after ->> 'outcome' = 'failed')
              order by seq desc limit 1"
        ))
        .bind(target.kind)
        .bind(target.id.as_str())
        .optional()
        .await?;
    let last = last.filter(|(.., actor)| actor != SYSTEM);
    Ok(last.map(|(seq, at, by, _)| Meanwhile { by, at, seq }))
}

/// The reason in a form's field of that name.
pub(crate) fn read_reason(form: &Form) -> Result<Reason, FieldErrors> {
    Reason::parse(form.get("reason")).map_err(|error| FieldErrors::one("reason", reason_error(error)))
}

/// What is wrong with a reason.
pub(crate) fn reason_error(error: ReasonError) -> Message {
    match error {
        ReasonError::Missing => wrong::required(),
        ReasonError::TooShort => wrong::too_short(*Reason::LENGTH.start()),
        ReasonError::TooLong => wrong::too_long(*Reason::LENGTH.end()),
        ReasonError::Unprintable => wrong::control_characters(),
    }
}
