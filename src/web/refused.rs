//! What a refused form says when it comes back.

use super::{
    Desk, PageError,
    form::Form,
    problem_page::Problem,
    shell::{
        field::{FieldErrors, wrong},
        seal::{FirstUse, FormRefusal, Meanwhile},
    },
    words::Message,
};
use crate::{
    clock::Instant,
    digits::group,
    gate::{CodeRefusal, Meaning, Outcome, Reason, ReasonError, Refusal, Rejection, SYSTEM, Target, code, mention},
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

    /// The row of what the form did before, where no page for it is known yet.
    pub(crate) fn first_use_without_page(&self) -> Option<Seq> {
        match &self.refusal {
            Some(FormRefusal::Used(Some(first))) if first.href.is_empty() => Some(first.seq),
            _ => None,
        }
    }

    pub(crate) fn show_first_use(&mut self, page: String) {
        if let Some(FormRefusal::Used(Some(first))) = &mut self.refusal {
            first.href = page;
        }
    }

    /// It was made for a session of this person that has ended.
    pub(crate) fn expired() -> Self {
        Self::shown(409, FormRefusal::Expired)
    }

    /// It was sent after the session had ended, at this time.
    pub(crate) fn kept(at: Instant, empty: String) -> Self {
        Self::shown(200, FormRefusal::Kept { at, empty })
    }

    fn shown(status: u16, refusal: FormRefusal) -> Self {
        Self { status, refusal: Some(refusal), errors: FieldErrors::new() }
    }
}

/// Words a refusal for the form it belongs to, or ends the request where no form can show it.
pub(crate) async fn explain(desk: &Desk, refusal: Refusal, target: &Target, form: &Form) -> Result<Refused, PageError> {
    Ok(match refusal {
        Refusal::KeyReused => Refused::shown(409, FormRefusal::Used(first_use(desk, target, form.get("key")).await?)),
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

/// What the form with this key did when it was sent before.
async fn first_use(desk: &Desk, target: &Target, key: &str) -> Result<Option<FirstUse>, PageError> {
    let first: Option<(Seq, Instant, String, String)> = desk
        .reader()
        .query(sql!(
            "select a.seq, a.at, a.action, i.output from idempotency i join audit a on a.seq = i.seq
              where i.staff_id = $1 and i.key = $2"
        ))
        .bind(desk.person().id)
        .bind(key)
        .optional()
        .await?;
    let Some((seq, at, action, output)) = first else { return Ok(None) };
    let last = meanwhile(desk, target).await?;
    let is_last = last.is_none_or(|last| last.seq == seq);
    let waits = serde_json::from_str::<Vec<Outcome<serde::de::IgnoredAny>>>(&output).unwrap_or_default();
    let request = waits.iter().find_map(Outcome::pending);
    let href = request.map(|request| format!("/approvals/{request}?sealed={seq}")).unwrap_or_default();
    Ok(Some(FirstUse { action, at, seq, href, is_last }))
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

/// The reason in a form's field of that name, with the incident that the form names.
pub(crate) fn read_reason(form: &Form) -> Result<Reason, FieldErrors> {
    let reason = Reason::parse(form.get("reason")).map_err(|error| FieldErrors::one("reason", reason_error(error)))?;
    match form.get("incident") {
        "" => Ok(reason),
        token => naming(reason, token),
    }
}

/// The reason with the incident that was chosen beside it.
fn naming(reason: Reason, token: &str) -> Result<Reason, FieldErrors> {
    let Some(incident) = mention::read(token) else {
        return Err(FieldErrors::one("incident", wrong::not_a_choice()));
    };
    if mention::mentioned(reason.as_str()).contains(&incident) {
        return Ok(reason);
    }
    let room = Reason::LENGTH.end().saturating_sub(token.len() + 1);
    Reason::parse(&format!("{} {token}", reason.as_str()))
        .map_err(|_| FieldErrors::one("reason", wrong::too_long(room)))
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
