//! The pages for signing in.

use crate::{
    clock::Instant,
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
    /// The address the request came from.
    pub(crate) address: Option<String>,
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
}

impl LoginNotice {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::SignedOut => "login.signed-out",
            Self::Ended => "login.ended",
            Self::Restart => "login.restart",
            Self::SetUp => "login.set-up",
        }
    }

    /// As in `data-tone=`.
    pub(crate) fn tone(self) -> &'static str {
        match self {
            Self::SignedOut | Self::SetUp => "ok",
            Self::Ended | Self::Restart => "info",
        }
    }
}

/// `GET /login/code`, and what it comes back as.
#[derive(Debug, Template)]
#[template(path = "staff/login_code.html")]
pub(crate) struct LoginCodePage {
    pub(crate) shell: Solo,
    /// Whether a recovery code is asked for (`?with=recovery`) in place of the six digits.
    pub(crate) recovery: bool,
    pub(crate) refusal: Option<FormRefusal>,
    pub(crate) errors: FieldErrors,
}

impl LoginCodePage {
    pub(crate) fn action(&self) -> String {
        self.shell.link(if self.recovery { "/login/code?with=recovery" } else { "/login/code" })
    }

    /// The page with the other kind of code.
    pub(crate) fn other(&self) -> String {
        self.shell.link(if self.recovery { "/login/code" } else { "/login/code?with=recovery" })
    }

    /// Whether no code would be taken now. A recovery code is, even from a person whose authenticator is locked.
    pub(crate) fn is_locked(&self) -> bool {
        match self.refusal {
            Some(FormRefusal::CodeWait { .. }) => true,
            Some(FormRefusal::CodeLocked) => !self.recovery,
            _ => false,
        }
    }

    pub(crate) fn code_error(&self) -> Option<String> {
        match &self.refusal {
            Some(FormRefusal::WrongCode { .. }) if self.recovery => {
                Some(self.shell.t("code-error.recovery").to_owned())
            }
            Some(refusal) => refusal.at_code(&self.shell.frame),
            None => self.errors.say("code", &self.shell.words),
        }
    }
}
