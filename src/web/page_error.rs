//! How a handler ends without a page of its own: it says what kind of problem there is, and the outermost middleware
//! makes the page and writes the log, once.

use super::problem_page::Problem;
use crate::gate::{Braked, LookKind, Meaning, Refusal};
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use std::fmt;

/// A request that ends on an error page.
#[derive(Debug)]
pub struct PageError {
    pub problem: Problem,
    /// What the log should know and the page must not say.
    pub cause: Option<anyhow::Error>,
    /// Whether the audit log tells of it.
    pub recorded: bool,
}

/// The person is at the first limit on looking at customers.
#[derive(Debug, thiserror::Error)]
#[error("a reason and a code are due for more {0}")]
struct Paused(LookKind);

/// What a handler returns.
pub type PageResult = Result<HttpResponse, PageError>;

impl PageError {
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self { problem: Problem::Internal, cause: Some(cause.into()), recorded: false }
    }

    /// Whether the session ended while the request was on its way.
    pub fn is_signed_out(&self) -> bool {
        let refusal = self.cause.as_ref().and_then(|cause| cause.downcast_ref::<Refusal>());
        matches!(refusal, Some(Refusal::SignedOut))
    }

    /// The person has looked at too many customers.
    pub(crate) fn braked(braked: Braked) -> Self {
        if braked.is_final {
            return Self::recorded(Problem::TooManyLooks { until: Some(braked.until) });
        }
        let problem = Problem::TooManyLooks { until: None };
        Self { problem, cause: Some(Paused(braked.kind).into()), recorded: true }
    }

    /// Whether looking goes on with a reason and a code, and at what.
    pub(crate) fn paused(&self) -> Option<LookKind> {
        self.cause.as_ref()?.downcast_ref::<Paused>().map(|Paused(kind)| *kind)
    }

    /// Whether the page may not be shown because the person has looked at too many customers.
    pub(super) fn is_limit_on_looks(&self) -> bool {
        matches!(self.problem, Problem::TooManyLooks { .. })
    }

    pub fn recorded(problem: Problem) -> Self {
        Self { problem, cause: None, recorded: true }
    }
}

impl From<Problem> for PageError {
    fn from(problem: Problem) -> Self {
        Self { problem, cause: None, recorded: false }
    }
}

/// A failed read: the database is away or busy.
impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        let problem = match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Database(_) => Problem::Unavailable,
            _ => Problem::Internal,
        };
        Self { problem, cause: Some(error.into()), recorded: false }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::internal(error)
    }
}

/// A refusal that no form can show beside a field.
impl From<Refusal> for PageError {
    fn from(refusal: Refusal) -> Self {
        let problem = match &refusal {
            Refusal::Unrecorded(_) => Problem::NotRecorded,
            Refusal::Network => Problem::Network,
            Refusal::Address => Problem::BadRequest,
            Refusal::Unnamed => Problem::Unnamed,
            Refusal::Host => Problem::Host,
            Refusal::Forgery | Refusal::Embedded => Problem::Forgery,
            Refusal::Link => Problem::LinkGone,
            Refusal::Role | Refusal::SignedOut | Refusal::Moved => Problem::Permission,
            Refusal::KeyReused | Refusal::Stale { .. } => Problem::Conflict,
            Refusal::Code(_) => Problem::Unprocessable,
            Refusal::Rejected(rejection) => match rejection.meaning {
                Meaning::Missing => Problem::NotFound,
                Meaning::Conflict => Problem::Conflict,
                Meaning::Forbidden => Problem::Permission,
                Meaning::Invalid => Problem::Unprocessable,
                Meaning::Throttled => Problem::TooMany { until: None },
            },
        };
        match refusal {
            Refusal::Unrecorded(cause) => Self { problem, cause: Some(cause), recorded: false },
            Refusal::SignedOut => Self { problem, cause: Some(refusal.into()), recorded: true },
            _ => Self::recorded(problem),
        }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(f, "{}: {cause:#}", self.problem.key()),
            None => f.write_str(self.problem.key()),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Empty: the page is made outside, and the cause is for the log alone.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
