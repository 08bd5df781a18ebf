//! The content of an error page: what happened, what to do next, and how to speak about it.

use crate::{
    clock::Instant,
    web::{
        format,
        shell::{Shell, Solo},
    },
};
use askama::Template;

/// A page for a request that could not be answered.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    pub shell: Solo,
    pub problem: Problem,
    /// The id of this request, which is in the server's log too.
    pub request: String,
    /// The address the request came from.
    pub address: Option<String>,
    /// Whether the audit log tells of it.
    pub recorded: bool,
    /// Where to go on: the page before, or the sign-in page.
    pub onward: Onward,
}

/// The same inside the frame of a signed-in person.
#[derive(Debug, Template)]
#[template(path = "problem_framed.html")]
pub(crate) struct FramedProblem {
    pub shell: Shell,
    pub page: ProblemPage,
}

impl std::ops::Deref for FramedProblem {
    type Target = ProblemPage;

    fn deref(&self) -> &ProblemPage {
        &self.page
    }
}

/// Where the button of an error page leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Onward {
    /// The first page.
    Home,
    /// The sign-in page.
    SignIn,
    /// The same address once more.
    Again(String),
    /// The sign-in page at the console's own address.
    Elsewhere(String),
}

impl Onward {
    pub(crate) fn href(&self) -> &str {
        match self {
            Self::Home => "/",
            Self::SignIn => "/login",
            Self::Again(path) | Self::Elsewhere(path) => path,
        }
    }

    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Home => "problem.home",
            Self::SignIn | Self::Elsewhere(_) => "problem.sign-in",
            Self::Again(_) => "problem.again",
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::SignIn | Self::Elsewhere(_) => "user",
            Self::Again(_) => "refresh",
        }
    }
}

/// What can go wrong with a request as a whole. Its texts are under `problem.`: title, what happened, what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// 400: the request cannot be read.
    BadRequest,
    /// 400: a trusted proxy does not name the client of the request.
    Unnamed,
    /// 403: the address is not on the allowlist.
    Network,
    /// 403: no role of this person may do it.
    Permission,
    /// 403: the request did not come from a page of this console.
    Forgery,
    /// 404
    NotFound,
    /// 404: a set-up link that was used, withdrawn, or is too old.
    LinkGone,
    /// 405
    Method,
    /// 408: the body of the request did not come in time.
    TooSlow,
    /// 409: the target is in a state in which this makes no sense.
    Conflict,
    /// 409: the form was made for a session that has ended.
    Expired,
    /// 413
    TooLarge,
    /// 415
    MediaType,
    /// 421: the request names another host than the console's.
    Host,
    /// 422: the form has fields that do not belong to it.
    Unprocessable,
    /// 429
    TooMany { until: Option<Instant> },
    /// 429: the person has looked at as many customers as one person may.
    TooManyLooks { until: Option<Instant> },
    /// 500
    Internal,
    /// 503: the change could not be recorded, so it was not made.
    NotRecorded,
    /// 503: the database cannot be reached, or the server is stopping.
    Unavailable,
}

impl Problem {
    pub fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::Unnamed => 400,
            Self::Network | Self::Permission | Self::Forgery => 403,
            Self::NotFound | Self::LinkGone => 404,
            Self::Method => 405,
            Self::Conflict | Self::Expired => 409,
            Self::TooSlow => 408,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Host => 421,
            Self::Unprocessable => 422,
            Self::TooMany { .. } | Self::TooManyLooks { .. } => 429,
            Self::Internal => 500,
            Self::NotRecorded | Self::Unavailable => 503,
        }
    }

    /// Its name under `problem.`
    pub fn key(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Unnamed => "unnamed",
            Self::Network => "network",
            Self::Permission => "permission",
            Self::Forgery => "forgery",
            Self::NotFound => "not-found",
            Self::LinkGone => "link-gone",
            Self::Method => "method",
            Self::Conflict => "conflict",
            Self::Expired => "expired",
            Self::TooSlow => "too-slow",
            Self::TooLarge => "too-large",
            Self::MediaType => "media-type",
            Self::Host => "host",
            Self::Unprocessable => "unprocessable",
            Self::TooMany { .. } => "too-many",
            Self::TooManyLooks { .. } => "too-many-looks",
            Self::Internal => "internal",
            Self::NotRecorded => "not-recorded",
            Self::Unavailable => "unavailable",
        }
    }
}

impl ProblemPage {
    pub(crate) fn title(&self) -> &'static str {
        self.say("title")
    }

    pub(crate) fn what(&self) -> &'static str {
        self.say("what")
    }

    /// One or two things to do, in order.
    pub(crate) fn steps(&self) -> Vec<String> {
        let mut steps = Vec::new();
        let until = match self.problem {
            Problem::TooMany { until } => until.map(|until| format::clock_second(until, self.shell.zone)),
            // It may be on another day.
            Problem::TooManyLooks { until } => until.map(|until| self.shell.minute(&until).shown),
            _ => None,
        };
        match until {
            Some(at) => steps.push(self.shell.with("problem.wait-until", &[("at", &at)])),
            None => steps.push(self.say("first").to_owned()),
        }
        steps.push(self.say("then").to_owned());
        steps
    }

    fn say(&self, part: &str) -> &'static str {
        self.shell.words.known(&format!("problem.{}.{part}", self.problem.key()))
    }
}
