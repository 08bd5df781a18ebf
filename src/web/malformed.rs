//! Posted bodies that no page of the console sends: they are the probes of an attacker, so the log tells of them.

use super::{Console, PageError, visit::Visit};
use crate::gate::{Meaning, Refusal, Rejection};
use actix_web::{body::BoxBody, dev::ServiceResponse, http::StatusCode};

crate::gate::refusal_words! {
    /// What was posted is not what a form of the console sends.
    FORM_MALFORMED = "form-malformed";
}

/// Why a body is not what a form of the console sends. Names fields of the form and never what was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No pairs of names and values.
    #[error("not-a-form")]
    NotAForm,
    /// Names that the form does not have. They are not kept: the sender invented them.
    #[error("unknown-field")]
    Unknown { fields: usize },
    /// A field that occurs more than once.
    #[error("repeated-field")]
    Repeated { field: String },
    /// Bytes that are no text.
    #[error("not-text")]
    NotText { field: String },
    /// A field that people do not fill in has a value that the page did not give it.
    #[error("forged-value")]
    Value,
    /// Larger than any form.
    #[error("too-large")]
    TooLarge,
}

impl Malformed {
    /// The refusal for the log.
    pub(crate) fn refusal(&self) -> Refusal {
        let mut values = vec![("fault", self.to_string())];
        match self {
            Self::Unknown { fields } => values.push(("fields", fields.to_string())),
            Self::Repeated { field } | Self::NotText { field } => values.push(("field", field.clone())),
            Self::NotAForm | Self::Value | Self::TooLarge => {}
        }
        Refusal::Rejected(Rejection { word: FORM_MALFORMED, field: None, meaning: Meaning::Invalid, values })
    }
}

/// Records that what was posted is no form of the console, whichever part of the program found that.
pub(super) async fn record(console: &Console, visit: &Visit, answer: &ServiceResponse<BoxBody>) {
    let Some(error) = answer.response().error().filter(|_| !matches!(visit.method.as_str(), "GET" | "HEAD")) else {
        return;
    };
    let known = error.as_error::<PageError>();
    if known.is_some_and(|error| error.recorded) {
        return;
    }
    let malformed = known.and_then(|error| error.cause.as_ref()?.downcast_ref::<Malformed>().cloned());
    let malformed = malformed.or(match answer.status() {
        StatusCode::UNPROCESSABLE_ENTITY => Some(Malformed::Value),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Malformed::TooLarge),
        StatusCode::BAD_REQUEST => Some(Malformed::NotAForm),
        _ => None,
    });
    if let Some(malformed) = malformed {
        visit.recorded.set(console.record(visit, &malformed.refusal()).await);
    }
}
