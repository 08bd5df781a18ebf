//! The pages on which staff sign in and look after their own account.

use super::session_list::SessionRow;
use crate::{
    clock::Instant,
    web::{
        qr::QrCode,
        shell::{
            Shell, Solo, Theme,
            field::FieldErrors,
            seal::{FormRefusal, SealForm},
        },
        words::Lang,
    },
};
use askama::Template;

/// An authenticator that is being set up: shown as a picture to scan, as letters to type and as a link to tap.
#[derive(Clone, Debug)]
pub(crate) struct NewAuthenticator {
    /// The number of the page, which its form brings back.
    pub(crate) offer: String,
    /// The secret in base32.
    pub(crate) secret: String,
    /// The `otpauth://` address.
    pub(crate) address: String,
    pub(crate) qr: QrCode,
}

impl NewAuthenticator {
    pub(crate) fn new(offer: impl Into<String>, secret: impl Into<String>, address: impl Into<String>) -> Self {
        let address = address.into();
        Self { offer: offer.into(), secret: secret.into(), qr: QrCode::of(&address), address }
    }

    /// The secret in groups of four, for copying by eye.
    pub(crate) fn grouped(&self) -> String {
        let letters: Vec<char> = self.secret.chars().collect();
        letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }
}

/// `GET /setup/{token}`, and what it comes back as.
#[derive(Debug, Template)]
#[template(path = "staff/setup.html")]
pub(crate) struct SetupPage {
    pub(crate) shell: Solo,
    /// As in the address.
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) authenticator: NewAuthenticator,
    pub(crate) expires: Instant,
    pub(crate) errors: FieldErrors,
    /// What is wrong with the code.
    pub(crate) refusal: Option<FormRefusal>,
}

impl SetupPage {
    pub(crate) fn action(&self) -> String {
        self.shell.link(&format!("/setup/{}", self.token))
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.refusal.is_some() || !self.errors.is_empty()
    }

    pub(crate) fn code_error(&self) -> Option<String> {
        let refused = self.refusal.as_ref().and_then(|refusal| refusal.at_code(&self.shell.frame));
        refused.or_else(|| self.errors.say("code", &self.shell.words))
    }
}

/// `GET /login/authenticator`, and what it comes back as: the page that a recovery code leads to.
#[derive(Debug, Template)]
#[template(path = "staff/recover.html")]
pub(crate) struct RecoverPage {
    pub(crate) shell: Solo,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) authenticator: NewAuthenticator,
    /// Until when the authenticator can be replaced in this session.
    pub(crate) until: Instant,
    pub(crate) errors: FieldErrors,
}

impl RecoverPage {
    pub(crate) fn action(&self) -> String {
        self.shell.link("/login/authenticator")
    }
}

/// Ten recovery codes, shown once: after set-up and after they were renewed.
#[derive(Debug, Template)]
#[template(path = "staff/recovery_codes.html")]
pub(crate) struct RecoveryCodesPage {
    pub(crate) shell: Solo,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) codes: Vec<String>,
    /// Where to go on: `/login` after set-up, `/account` after renewal.
    pub(crate) onward: &'static str,
}

/// `GET /account`, and what its forms come back as.
#[derive(Debug, Template)]
#[template(path = "staff/account.html")]
pub(crate) struct AccountPage {
    pub(crate) shell: Shell,
    pub(crate) sessions: Vec<SessionRow>,
    /// The number of recovery codes that are left.
    pub(crate) recovery_codes_left: i64,
    pub(crate) password_changed: Option<Instant>,
    pub(crate) preferences: Preferences,
    pub(crate) panel: Option<AccountPanel>,
}

impl AccountPage {
    pub(crate) fn has_other_sessions(&self) -> bool {
        self.sessions.iter().any(|session| !session.here)
    }

    pub(crate) fn is_open(&self, panel: &str) -> bool {
        self.panel.as_ref().is_some_and(|open| open.kind.name() == panel)
    }

    /// Where the form that ends this session posts to.
    pub(crate) fn revocation(session: &SessionRow) -> String {
        format!("/account/sessions/{}/revocation", session.id)
    }

    pub(crate) fn languages() -> [Lang; 2] {
        Lang::ALL
    }

    pub(crate) fn themes() -> [Theme; 3] {
        Theme::ALL
    }

    /// Zones offered for choosing; any other name of the time zone database may be typed.
    pub(crate) fn zones() -> &'static [&'static str] {
        ZONES
    }
}

/// The content of the panel of the account page, chosen by `?panel=`.
#[derive(Clone, Debug)]
pub(crate) struct AccountPanel {
    pub(crate) kind: AccountPanelKind,
    pub(crate) seal: SealForm,
}

#[derive(Clone, Debug)]
pub(crate) enum AccountPanelKind {
    /// `?panel=password` → `POST /account/password`
    Password,
    /// `?panel=authenticator` → `POST /account/authenticator`
    Authenticator(Box<NewAuthenticator>),
    /// `?panel=recovery-codes` → `POST /account/recovery-codes`
    RecoveryCodes,
    /// `?panel=session&session={id}` → `POST /account/sessions/{id}/revocation`
    Session(SessionRow),
    /// `?panel=sessions` → `POST /account/sessions/revocation`
    OtherSessions,
}

impl AccountPanelKind {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Authenticator(_) => "authenticator",
            Self::RecoveryCodes => "recovery-codes",
            Self::Session(_) => "session",
            Self::OtherSessions => "sessions",
        }
    }
}

/// Language, time zone and theme: `POST /account/preferences`. As typed.
#[derive(Clone, Debug)]
pub(crate) struct Preferences {
    pub(crate) key: String,
    pub(crate) lang: Lang,
    pub(crate) time_zone: String,
    pub(crate) theme: Theme,
    pub(crate) errors: FieldErrors,
}

const ZONES: &[&str] = &[
    "Asia/Seoul",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Taipei",
    "Asia/Hong_Kong",
    "Asia/Singapore",
    "Asia/Ho_Chi_Minh",
    "Asia/Bangkok",
    "Asia/Jakarta",
    "Asia/Manila",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Karachi",
    "Asia/Dubai",
    "Asia/Tehran",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Europe/Kyiv",
    "Europe/Helsinki",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Madrid",
    "Europe/Rome",
    "Europe/Amsterdam",
    "Europe/London",
    "Europe/Lisbon",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "Africa/Nairobi",
    "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires",
    "America/Bogota",
    "America/Mexico_City",
    "America/New_York",
    "America/Toronto",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Vancouver",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Australia/Perth",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Pacific/Auckland",
    "UTC",
];
