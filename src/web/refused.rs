//! What a refused form says when it comes back.

use super::{
    Desk, PageError,
    form::Form,
    problem_page::Problem,
    shell::{
        field::{FieldErrors, wrong},
        seal::{FormRefusal, Meanwhile},
    },
    words::{Lang, Message, Words},
};
use crate::{
    clock::Instant,
    digits::group,
    gate::{CodeRefusal, Meaning, Reason, Refusal, Rejection, Target, code},
    id::Seq,
    sql,
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
pub async fn explain(desk: &Desk, refusal: Refusal, target: &Target) -> Result<Refused, PageError> {
    Ok(match refusal {
        Refusal::Code(refusal) => code(refusal, desk.now()),
        Refusal::Stale { .. } => Refused::shown(409, FormRefusal::Stale(meanwhile(desk, target).await?)),
        Refusal::Role => Refused::shown(403, FormRefusal::NotPermitted),
        Refusal::Rejected(rejection) => match (rejection.meaning, field_error(&rejection)) {
            (Meaning::Invalid, Some((field, message))) => FieldErrors::one(field, message).into(),
            (Meaning::Conflict, _) => Refused::shown(409, FormRefusal::WrongState { why: rejection }),
            (Meaning::Forbidden, _) if rejection.word.starts_with("approval-") => {
                Refused::shown(403, FormRefusal::WrongState { why: rejection })
            }
            (Meaning::Forbidden, _) => Refused::shown(403, FormRefusal::NotPermitted),
            (Meaning::Throttled, _) => throttled(&rejection)?,
            _ => return Err(Refusal::Rejected(rejection).into()),
        },
        Refusal::Unrecorded(cause) => {
            tracing::error!(
                request = desk.visit().request_id,
                error = format!("{cause:#}"),
                "a change could not be recorded and was not made"
            );
            Refused::shown(503, FormRefusal::NotRecorded)
        }
        other => return Err(other.into()),
    })
}

fn code(refusal: CodeRefusal, now: Instant) -> Refused {
    match refusal {
        CodeRefusal::Malformed => FieldErrors::one("code", wrong::not_a_code()).into(),
        CodeRefusal::Wrong => Refused::shown(422, FormRefusal::WrongCode { left: None }),
        CodeRefusal::Reused => Refused::shown(422, FormRefusal::UsedCode { next: next_step(now) }),
        CodeRefusal::Waiting { until } => Refused::shown(429, FormRefusal::CodeWait { until }),
        CodeRefusal::Locked | CodeRefusal::NotEnrolled => Refused::shown(429, FormRefusal::CodeLocked),
    }
}

/// When the next code appears.
pub fn next_step(now: Instant) -> Instant {
    let next = (now.unix() / code::STEP_SECONDS + 1) * code::STEP_SECONDS;
    Instant::from_unix(next).unwrap_or(now)
}

/// What a rejection says at its field, where it belongs to one.
pub fn field_errors(rejection: &Rejection) -> FieldErrors {
    field_error(rejection).map(|(field, message)| FieldErrors::one(field, message)).unwrap_or_default()
}

/// The sentence at the field that a rejection belongs to.
fn field_error(rejection: &Rejection) -> Option<(&'static str, Message)> {
    let field = rejection.field?;
    let text = |name: &str| rejection.values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
    let message = match rejection.word {
        "points-more-than-balance" => wrong::more_than_balance(text("balance").parse().unwrap_or_default()),
        "refund-nothing" => wrong::nothing_to_refund(),
        "refund-too-many" => wrong::more_than_left(text("line"), text("left")),
        "refund-too-much" => wrong::more_than_refundable(text("left")),
        "refund-payment-too-much" => wrong::more_than_payment(text("payment"), text("left")),
        "refund-split-differs" => wrong::split_differs(text("amount"), text("sum")),
        "refund-shipping-gone" => wrong::shipping_refunded(),
        "tracking-number" => wrong::not_a_tracking_number(),
        "tracking-same" => wrong::tracking_same(),
        "override-reason" => wrong::why_override(),
        "points-too-large" | "amount-too-large" => wrong::too_large(),
        "status-already" => wrong::already_so(),
        "network-junk" | "staff-networks" => wrong::not_a_network(),
        "network-host-bits" => wrong::host_bits(text("meant")),
        "network-too-wide" => wrong::network_too_wide(),
        "network-known" => wrong::network_known(text("net")),
        "network-unchanged" => wrong::nothing_differs(),
        "network-wide" | "network-overlaps" | "network-wide-overlaps" => wrong::not_confirmed(text("net")),
        "network-expiry" => wrong::not_an_expiry(),
        "network-yours" => wrong::shuts_you_out(),
        "note-long" => wrong::too_long(200),
        "note-unprintable" => wrong::control_characters(),
        "password-wrong" => wrong::password_wrong(),
        "new-code-wrong" => wrong::new_code_wrong(),
        "staff-exists" => wrong::staff_exists(),
        "staff-left" => wrong::staff_left(),
        "staff-email" => wrong::not_an_email(),
        "staff-no-role" => wrong::no_role(),
        word => by_convention(rejection).unwrap_or_else(|| {
            tracing::debug!(word, "a rejection has no sentence of its own at its field");
            wrong::not_a_choice()
        }),
    };
    Some((field, message))
}

/// The sentence under `field-error.<word>`, filled with the rejection's values.
fn by_convention(rejection: &Rejection) -> Option<Message> {
    let key = format!("field-error.{}", rejection.word);
    let is_known = !Words::of(Lang::En).known(&key).is_empty();
    let message = |message: Message, (name, value): &(&'static str, String)| message.arg(name, shown(value));
    is_known.then(|| rejection.values.iter().fold(Message::new(key), message))
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
pub fn until(rejection: &Rejection) -> Option<Instant> {
    rejection.values.iter().find(|(name, _)| *name == "until").and_then(|(_, at)| Instant::parse(at).ok())
}

/// Who changed the target last, where that was a person. A note alters nothing. Where it was the system, such as a refund that
/// the provider declined, there is nobody to name.
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
    let last = last.filter(|(.., actor)| actor != "system");
    Ok(last.map(|(seq, at, by, _)| Meanwhile { by, at, seq }))
}

/// The reason in a form's field of that name.
pub fn read_reason(form: &Form) -> Result<Reason, FieldErrors> {
    Reason::parse(form.get("reason")).map_err(|word| FieldErrors::one("reason", reason_error(word)))
}

/// The reason in a form, where nothing else is wrong with it either; otherwise all that is.
pub fn read_reason_beside(form: &Form, mut errors: FieldErrors) -> Result<Reason, FieldErrors> {
    match read_reason(form) {
        Ok(reason) if errors.is_empty() => Ok(reason),
        Ok(_) => Err(errors),
        Err(other) => {
            errors.extend(other);
            Err(errors)
        }
    }
}

/// What is wrong with a reason.
pub fn reason_error(word: &'static str) -> Message {
    match word {
        "reason-short" => wrong::too_short(5),
        "reason-long" => wrong::too_long(500),
        "unprintable" => wrong::control_characters(),
        _ => wrong::required(),
    }
}
