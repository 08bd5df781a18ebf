use super::{Role, Tx, word::RefusalWord};
use crate::text;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// Something that can be changed. To add one: implement this, and list it in `changes.rs`.
///
/// A change could call another change's `apply` with its own `Tx`; the inner one is then part of the outer in the log.
pub trait Change: Serialize + DeserializeOwned + Send + Sync {
    /// Names the permission, the audit action and the filter: `points.adjust`. Never renamed: changes at rest bear it.
    const KIND: &'static str;
    /// Who may make it, and whether with a code.
    const ADMITS: Admits;
    /// The fields it notes that say how much it is, for the thresholds of policies.
    const QUANTITIES: &'static [&'static str] = &[];
    /// Noted ids of rows that this change creates; dropped while it is pending, since another row may get the number.
    const CREATED_IDS: &'static [&'static str] = &[];
    /// Whether it can be made later from its stored form. A change that returns a secret to the requester cannot.
    const MAY_WAIT: bool = true;
    /// Whether it decides about a request; a decision does not itself wait for an approval.
    const IS_DECISION: bool = false;
    /// The role that a second person needs even where the configuration does not say so, if such a person exists.
    const SECOND_IF_POSSIBLE: Option<Role> = None;
    /// Whether a lever can close it for everybody until a time. What signs in, decides, contains or opens again never can.
    const MAY_CLOSE: bool = false;
    /// What the caller learns; kept with the form's key, so that a repeated form gets the same answer.
    type Output: Serialize + DeserializeOwned + Send;

    /// What the change is made to.
    fn target(&self) -> Target;

    /// Locks the target and returns its version; `None` where the change does not depend on what was seen.
    fn version(&self, _tx: &mut Tx<'_>) -> impl Future<Output = Result<Option<i64>, Fault>> + Send {
        async { Ok(None) }
    }

    /// Refuses what can be refused before a code is spent.
    fn check(&self, _tx: &mut Tx<'_>) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }

    /// Makes the change. Notes what it altered with [`Tx::note`] and emits events with [`Tx::emit`].
    fn apply(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Self::Output, Fault>> + Send;

    /// The e-mail address of the customer that it is about: a change to a customer with the mailbox of the requester needs a
    /// second person.
    fn contact(&self, _tx: &mut Tx<'_>) -> impl Future<Output = Result<Option<String>, Fault>> + Send {
        async { Ok(None) }
    }

    /// Whether the target itself demands a second person, as a batch job may.
    fn is_marked(&self, _tx: &mut Tx<'_>) -> impl Future<Output = Result<bool, Fault>> + Send {
        async { Ok(false) }
    }

    /// Whether it can be made before it is approved, where the rules let such changes be urgent.
    fn may_be_urgent(&self) -> bool {
        true
    }

    /// Writes what a refusal leaves behind besides its audit row, such as a counted failure. Runs after everything the change
    /// itself did has been undone, in the transaction that records the refusal.
    fn count_refusal(
        &self,
        _tx: &mut Tx<'_>,
        _refusal: &super::Refusal,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        async { Ok(()) }
    }
}

/// Who may make a change, and whether with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admits {
    pub by: By,
    /// A fresh one-time code, spent by the change.
    pub code: bool,
    /// Whether the command line on the host may make it too.
    pub host: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A person who is signed in with one of these roles.
    Roles(&'static [Role]),
    /// Every person who is signed in: the change is to their own account.
    AnyStaff,
    /// A person whose password was right and whose code is still to come.
    PasswordOnly,
    /// A person who gave a recovery code in place of the authenticator that they have to replace.
    RecoveryOnly,
    /// Every person with a session, also half way through signing in.
    Session,
    /// Every client on an allowed network.
    Public,
    /// No person: only the system and, where `host` says so, the command line.
    SystemOnly,
}

impl Admits {
    /// The normal case: one of `roles`, with a code.
    pub const fn sealed(roles: &'static [Role]) -> Self {
        Self { by: By::Roles(roles), code: true, host: false }
    }

    /// One of `roles` without a code: what alters no business data and must be quick.
    pub const fn noted(roles: &'static [Role]) -> Self {
        Self { code: false, ..Self::sealed(roles) }
    }

    /// The owners with a code, and the command line: the way back in for owners who are shut out.
    pub const fn owners() -> Self {
        Self { host: true, ..Self::sealed(&[Role::Owner]) }
    }

    /// A change to one's own account, sealed with a code.
    pub const fn own() -> Self {
        Self { by: By::AnyStaff, code: true, host: false }
    }

    /// A change to one's own account that needs no code.
    pub const fn own_without_code() -> Self {
        Self { by: By::AnyStaff, code: false, host: false }
    }

    pub const fn password_only(code: bool) -> Self {
        Self { by: By::PasswordOnly, code, host: false }
    }

    /// Replacing the authenticator after a recovery code. No code of the old one: it is lost.
    pub const fn recovery_only() -> Self {
        Self { by: By::RecoveryOnly, code: false, host: false }
    }

    /// Ending the session in use, of any stage.
    pub const fn session() -> Self {
        Self { by: By::Session, code: false, host: false }
    }

    pub const fn public() -> Self {
        Self { by: By::Public, code: false, host: false }
    }

    /// Work of the system that is recorded like a change.
    pub const fn system_only() -> Self {
        Self { by: By::SystemOnly, code: false, host: false }
    }

    pub const fn host_only() -> Self {
        Self { by: By::SystemOnly, code: false, host: true }
    }
}

/// What a change is made to: `user/42`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    pub kind: &'static str,
    pub id: String,
}

impl Target {
    /// The longest id, in bytes: that of the longest e-mail address.
    pub(crate) const LONGEST: usize = 254;

    /// The id may come from a form whose other fields are read later: of what a log cannot hold or show, each character is
    /// written as U+FFFD (PostgreSQL's text refuses NUL), and what is longer than a filter can ask for is cut.
    pub fn new(kind: &'static str, id: impl fmt::Display) -> Self {
        let mut id = text::shown(&id.to_string());
        id.truncate(id.floor_char_boundary(Self::LONGEST));
        Self { kind, id }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// Why a change could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The rules of the business reject the change. Shown to the person.
    #[error("{0}")]
    Rejected(Rejection),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] sqlx::Error),
}

/// A refusal that a person can read: `word` names the message in the catalogues, `field` the input it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    pub word: RefusalWord,
    pub field: Option<&'static str>,
    pub meaning: Meaning,
    /// Values for the message's placeholders. No personal data: the word and these are in the audit row.
    pub values: Vec<(&'static str, String)>,
}

/// The kind of a rejection; decides the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The target is not there (404).
    Missing,
    /// The target is in a state that does not allow it (409).
    Conflict,
    /// The input is invalid (422).
    Invalid,
    /// This person may not do it, though others of the same role may (403).
    Forbidden,
    /// Too many tries (429).
    Throttled,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.word)?;
        for (name, value) in &self.values {
            write!(f, " {name}={value}")?;
        }
        Ok(())
    }
}

impl Fault {
    pub fn missing(word: RefusalWord) -> Self {
        Self::rejected(Meaning::Missing, word)
    }

    pub fn conflict(word: RefusalWord) -> Self {
        Self::rejected(Meaning::Conflict, word)
    }

    pub fn forbidden(word: RefusalWord) -> Self {
        Self::rejected(Meaning::Forbidden, word)
    }

    pub fn throttled(word: RefusalWord) -> Self {
        Self::rejected(Meaning::Throttled, word)
    }

    pub fn invalid(field: &'static str, word: RefusalWord) -> Self {
        Self::Rejected(Rejection { word, field: Some(field), meaning: Meaning::Invalid, values: Vec::new() })
    }

    /// Adds a value for the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        if let Self::Rejected(rejection) = &mut self {
            rejection.values.push((name, value.to_string()));
        }
        self
    }

    fn rejected(meaning: Meaning, word: RefusalWord) -> Self {
        Self::Rejected(Rejection { word, field: None, meaning, values: Vec::new() })
    }
}

/// What the permission matrix, the audit filter and the docs know of a change.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub name: &'static str,
    pub admits: Admits,
    pub quantities: &'static [&'static str],
    pub may_wait: bool,
    pub is_decision: bool,
    pub second_if_possible: Option<Role>,
    pub may_close: bool,
}

impl Kind {
    pub const fn of<C: Change>() -> Self {
        Self {
            name: C::KIND,
            admits: C::ADMITS,
            quantities: C::QUANTITIES,
            may_wait: C::MAY_WAIT,
            is_decision: C::IS_DECISION,
            second_if_possible: C::SECOND_IF_POSSIBLE,
            may_close: C::MAY_CLOSE,
        }
    }

    /// Whether people make it with a code, so that a policy can hold it up.
    pub fn can_be_held_up(&self) -> bool {
        self.may_wait && !self.is_decision && self.admits.code && matches!(self.admits.by, By::Roles(_))
    }
}
