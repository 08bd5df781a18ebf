//! The pages for signing in.

use crate::{
    clock::Instant,
    persona::{Codes, Persona},
    web::{
        format,
        shell::{Frame, Solo, field::FieldErrors, seal::FormRefusal},
    },
};
use askama::Template;

/// `GET /login`, and what it comes back as.
#[derive(Debug, Template)]
#[template(path = "staff/login.html")]
pub(crate) struct LoginPage {
    pub(crate) shell: Solo,
    /// As typed. The password never comes back.
    pub(crate) email: String,
    pub(crate) refusal: Option<LoginRefusal>,
    pub(crate) errors: FieldErrors,
    pub(crate) notice: Option<LoginNotice>,
    /// Whether what was typed into a form is kept until its person has signed in.
    pub(crate) has_draft: bool,
    /// The address the request came from.
    pub(crate) address: Option<String>,
    /// The people of a demo with their codes.
    pub(crate) personas: Vec<(Persona, Codes)>,
}

/// Why a sign-in was refused. An unknown account, a disabled one and a wrong password are one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginRefusal {
    Wrong,
    Throttled { until: Instant },
}

impl LoginRefusal {
    pub(crate) fn say(&self, frame: &Frame) -> String {
        match self {
            Self::Wrong => frame.t("login.wrong").to_owned(),
            Self::Throttled { until } => {
                frame.with("login.throttled", &[("at", &format::clock_second(*until, frame.zone))])
            }
        }
    }
}

/// Why a person is on the sign-in page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginNotice {
    SignedOut,
    /// The session was idle or old, or was revoked.
    Ended,
    /// Too long between password and code.
    Restart,
    /// Password and authenticator are set.
    SetUp,
    /// The form of this page cannot be taken any more; the page is there again.
    Old,
}

impl LoginNotice {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::SignedOut => "login.signed-out",
            Self::Ended => "login.ended",
            Self::Restart => "login.restart",
            Self::SetUp => "login.set-up",
            Self::Old => "login.old",
        }
    }

    /// As in `data-tone=`.
    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::SignedOut | Self::SetUp => "ok",
            Self::Ended | Self::Restart | Self::Old => "info",
        }
    }
}

/// Which code a page asks for, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodeStep {
    /// `/login/code`: the second step of signing in.
    Authenticator,
    /// `/login/code?with=recovery`: the same with a recovery code in place of the six digits.
    Recovery,
    /// `/login/confirmation`: a session that was opened in another browser and on another network.
    Confirmation,
}

impl CodeStep {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Authenticator => "/login/code",
            Self::Recovery => "/login/code?with=recovery",
            Self::Confirmation => "/login/confirmation",
        }
    }
}

/// The page of a [`CodeStep`], and what it comes back as.
#[derive(Debug, Template)]
#[template(path = "staff/login_code.html")]
pub(crate) struct LoginCodePage {
    pub(crate) shell: Solo,
    pub(crate) step: CodeStep,
    pub(crate) refusal: Option<FormRefusal>,
    pub(crate) errors: FieldErrors,
}

impl LoginCodePage {
    pub(crate) fn action(&self) -> String {
        self.shell.link(self.step.path())
    }

    /// The page with the other kind of code.
    pub(crate) fn other(&self) -> String {
        let other = if self.is_recovery() { CodeStep::Authenticator } else { CodeStep::Recovery };
        self.shell.link(other.path())
    }

    pub(crate) fn is_recovery(&self) -> bool {
        self.step == CodeStep::Recovery
    }

    pub(crate) fn is_confirmation(&self) -> bool {
        self.step == CodeStep::Confirmation
    }

    /// Whether no code would be taken now. A recovery code is, even from a person whose authenticator is locked.
    pub(crate) fn is_locked(&self) -> bool {
        match self.refusal {
            Some(FormRefusal::CodeWait { .. }) => true,
            Some(FormRefusal::CodeLocked) => !self.is_recovery(),
            _ => false,
        }
    }

    pub(crate) fn code_error(&self) -> Option<String> {
        match &self.refusal {
            Some(FormRefusal::WrongCode { .. }) if self.is_recovery() => {
                Some(self.shell.t("code-error.recovery").to_owned())
            }
            Some(refusal) => refusal.at_code(&self.shell.frame),
            None => self.errors.say("code", &self.shell.words),
        }
    }
}
