//! The seal panel: the one component every change is made with.
//!
//! The panel of each change is laid out in its own template; what they have in common is here: the hidden
//! fields, why the last attempt was refused, and what a code field may say.

use super::{Frame, OpenIncident, Tone, field::FieldErrors};
use crate::{
    clock::Instant,
    gate::{Foreseen, Rejection},
    id::Seq,
    web::{
        desk::fresh_key,
        form::Form,
        format,
        refused::Refused,
        words::{Lang, Words},
    },
};

/// The state of a seal panel that waits to be filled in.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that the panel says")]
pub struct SealForm {
    /// The idempotency key of this form.
    pub key: String,
    /// The version of the target this page shows.
    pub seen: i64,
    /// Why the last attempt was refused.
    pub refusal: Option<FormRefusal>,
    /// What is wrong with single fields.
    pub errors: FieldErrors,
    /// The change it makes, `points.adjust`: by which the rules say who else is needed.
    pub kind: &'static str,
    /// Whether the target asks for a second person.
    pub is_marked: bool,
    /// What the rules say about the person who fills it in, for all that they can type.
    pub foreseen: Foreseen,
    /// Whether what the form says so far is more than one person may do alone.
    pub is_beyond: bool,
    /// Whether it waits for them even where such changes may be urgent.
    pub must_wait: bool,
    /// Whether the form says that it cannot wait for them.
    pub is_urgent: bool,
    /// Whose request this seal decides about, where it does, and when they sealed it.
    pub requester: Option<(String, Instant)>,
    /// Where the form posts to, and where its preview does; empty where it has none.
    pub action: String,
    pub preview: String,
    /// The page without the panel.
    pub close: String,
    /// The reason as it was typed.
    pub reason: String,
    /// The incidents that the reason can name by a choice, and the one that was chosen.
    pub incidents: Vec<OpenIncident>,
    pub incident: String,
}

impl SealForm {
    pub fn fresh(kind: &'static str, key: impl Into<String>, seen: i64) -> Self {
        Self { kind, key: key.into(), seen, ..Self::default() }
    }

    /// The same over a target that asks for a second person, or does not.
    #[must_use]
    pub fn marked(self, is_marked: bool) -> Self {
        Self { is_marked, ..self }
    }

    /// The panel of a form that comes back, over a target that is at version `now`. Only where the note says that something
    /// changed meanwhile does the next attempt count as having seen it. A mistake in a field says no such thing, so the
    /// attempt after it is still held against what the form was filled in for.
    pub fn again(kind: &'static str, form: &Form, now: i64, refused: Refused) -> (u16, Self) {
        let Refused { status, refusal, errors } = refused;
        let told = matches!(&refusal, Some(FormRefusal::Stale(_)))
            || matches!(&refusal, Some(FormRefusal::Used(Some(first))) if first.is_last);
        let seen = form.get("seen").parse().ok().filter(|_| !told).unwrap_or(now);
        let is_urgent = form.get("urgent") == "yes";
        let is_used = matches!(refusal, Some(FormRefusal::Used(_)));
        let key = Some(form.get("key")).filter(|key| !is_used && !key.is_empty());
        let key = key.map_or_else(fresh_key, str::to_owned);
        let (reason, incident) = (form.get("reason").to_owned(), form.get("incident").to_owned());
        (status, Self { key, seen, refusal, errors, kind, is_urgent, reason, incident, ..Self::default() })
    }

    /// The reason as it was typed, or this one in a form that is fresh: what is done with one tap explains itself.
    pub fn reason_or<'r>(&'r self, usual: &'r str) -> &'r str {
        if self.reason.is_empty() && self.errors.is_empty() { usual } else { &self.reason }
    }

    /// The note at the head of the panel. Every one of them begins by saying that nothing was changed.
    pub fn alert(&self, frame: &Frame) -> Option<Alert> {
        match &self.refusal {
            Some(refusal) => Some(refusal.alert(frame)),
            None if self.errors.is_empty() => None,
            // Fields are looked at before the code is spent.
            None => {
                let body = if self.errors.has("code") { "refused.fields" } else { "refused.fields-unspent" };
                Some(Alert::bad(frame.t("refused.title").to_owned(), frame.t(body).to_owned()))
            }
        }
    }

    /// The hint at the code field; empty where the note at the head of the panel says all there is to say.
    pub fn code_error(&self, frame: &Frame) -> Option<String> {
        if self.is_locked() {
            return None;
        }
        self.refusal
            .as_ref()
            .and_then(|refusal| refusal.at_code(frame))
            .or_else(|| self.errors.say("code", &frame.words))
    }

    /// Whether nothing can be sealed now, with any input.
    pub fn is_locked(&self) -> bool {
        matches!(
            self.refusal,
            Some(
                FormRefusal::CodeWait { .. }
                    | FormRefusal::CodeLocked
                    | FormRefusal::NotPermitted
                    | FormRefusal::WrongState { .. }
            )
        )
    }
}

/// Why a change was not made, where no single field is to blame.
#[derive(Clone, Debug)]
pub enum FormRefusal {
    /// The code does not fit; `left` more wrong ones and the person has to wait.
    WrongCode { left: Option<i64> },
    /// The code is the next one, which works only from `from` on: the clock of the phone is ahead.
    CodeAhead { from: Instant },
    /// The code was spent already; the next one appears at `next`.
    UsedCode { next: Instant },
    /// Too many wrong codes in a row.
    CodeWait { until: Instant },
    /// Ten wrong codes: an owner has to reset the authenticator.
    CodeLocked,
    /// The target is not as it was when the form was shown.
    Stale(Option<Meanwhile>),
    /// The role does not allow it, or not any more.
    NotPermitted,
    /// The target is in a state in which this makes no sense; what the rules of the business said.
    WrongState { why: Rejection },
    /// The audit row could not be written, so the change was not made either.
    NotRecorded,
    /// The form was made for a session of this person that has ended.
    Expired,
    /// It was sent after the session had ended, and is shown again as it was typed then. `empty` is the address of an empty
    /// one; where there is none, nothing that was typed is kept.
    Kept { at: Instant, empty: String },
    /// The form was used for something else before: what that was, where it is known.
    Used(Option<FirstUse>),
}

/// What a form did when it was sent before.
#[derive(Clone, Debug)]
pub struct FirstUse {
    /// The kind of change.
    pub action: String,
    pub at: Instant,
    pub seq: Seq,
    /// The page that shows it; empty where there is none for this person.
    pub href: String,
    /// Whether nothing else was changed after it.
    pub is_last: bool,
}

/// What another person changed while the form was open.
#[derive(Clone, Debug)]
pub struct Meanwhile {
    pub by: String,
    pub at: Instant,
    /// The audit row of that change.
    pub seq: Seq,
}

/// A note in the panel.
#[derive(Clone, Debug)]
pub struct Alert {
    pub tone: Tone,
    pub icon: &'static str,
    pub title: String,
    pub body: String,
    /// The audit row that tells more.
    pub seq: Option<Seq>,
    /// An address and what it is called.
    pub link: Option<(String, &'static str)>,
}

impl Alert {
    /// The form is to be looked at once more.
    fn again(title: String, body: String) -> Self {
        Self { tone: Tone::Warn, icon: Tone::Warn.icon(), ..Self::bad(title, body) }
    }

    fn bad(title: String, body: String) -> Self {
        Self { tone: Tone::Bad, icon: Tone::Bad.icon(), title, body, seq: None, link: None }
    }
}

impl FormRefusal {
    fn alert(&self, frame: &Frame) -> Alert {
        let title = frame.t("refused.title").to_owned();
        let say = |key: &'static str| Alert::bad(title.clone(), frame.t(key).to_owned());
        match self {
            Self::WrongCode { .. } => say("refused.wrong-code"),
            Self::CodeAhead { .. } => say("refused.code-ahead"),
            Self::UsedCode { .. } => say("refused.used-code"),
            Self::CodeWait { until } => Alert {
                icon: "lock",
                ..Alert::bad(
                    frame.t("refused.wait-title").to_owned(),
                    frame.with("refused.wait", &[("until", &format::clock_second(*until, frame.zone))]),
                )
            },
            Self::CodeLocked => Alert {
                icon: "lock",
                ..Alert::bad(frame.t("refused.locked-title").to_owned(), frame.t("refused.locked").to_owned())
            },
            Self::Stale(meanwhile) => Alert {
                tone: Tone::Warn,
                icon: Tone::Warn.icon(),
                title: frame.t("refused.stale-title").to_owned(),
                body: match meanwhile {
                    Some(Meanwhile { by, at, .. }) => frame.with(
                        "refused.stale-by",
                        &[
                            ("by", by),
                            ("ago", &format::ago(*at, frame.now, frame.words)),
                            ("at", &format::clock_second(*at, frame.zone)),
                        ],
                    ),
                    None => frame.t("refused.stale").to_owned(),
                },
                seq: meanwhile.as_ref().map(|meanwhile| meanwhile.seq),
                link: None,
            },
            Self::NotPermitted => say("refused.not-permitted"),
            Self::WrongState { why } => {
                let sentence = wrong_state(why, frame);
                Alert::bad(title, sentence.unwrap_or_else(|| frame.t("refused.wrong-state").to_owned()))
            }
            Self::NotRecorded => say("refused.not-recorded"),
            Self::Expired => Alert::again(frame.t("refused.title").to_owned(), frame.t("refused.expired").to_owned()),
            Self::Kept { empty, .. } if empty.is_empty() => {
                Alert::again(frame.t("refused.kept-title").to_owned(), frame.t("refused.kept-nothing").to_owned())
            }
            Self::Kept { at, empty } => {
                let body = frame.with("refused.kept", &[("at", &format::clock_second(*at, frame.zone))]);
                let link = Some((empty.clone(), frame.t("refused.kept-empty")));
                Alert { link, ..Alert::again(frame.t("refused.kept-title").to_owned(), body) }
            }
            Self::Used(first) => Self::used(first.as_ref(), frame),
        }
    }

    fn used(first: Option<&FirstUse>, frame: &Frame) -> Alert {
        let title = frame.t("refused.used-title").to_owned();
        let Some(FirstUse { action, at, seq, href, .. }) = first else {
            return Alert::again(title, frame.t("refused.used-unknown").to_owned());
        };
        let (ago, clock) = (format::ago(*at, frame.now, frame.words), format::clock_second(*at, frame.zone));
        let what = frame.done(action);
        let body = frame.with("refused.used", &[("what", &what), ("ago", &ago), ("at", &clock)]);
        let link = (!href.is_empty()).then(|| (href.clone(), frame.t("refused.used-show")));
        Alert { seq: Some(*seq), link, ..Alert::again(title, body) }
    }

    /// The hint at the code field, there and on the sign-in page.
    pub fn at_code(&self, frame: &Frame) -> Option<String> {
        match self {
            Self::WrongCode { left: None } => Some(frame.t("code-error.wrong").to_owned()),
            Self::WrongCode { left: Some(left) } => Some(frame.count("code-error.wrong-left", left)),
            Self::CodeAhead { from } => Some(Self::at_step("code-error.ahead", *from, frame)),
            Self::UsedCode { next } => Some(Self::at_step("code-error.used", *next, frame)),
            Self::CodeWait { until } => {
                Some(frame.with("code-error.wait", &[("until", &format::clock_second(*until, frame.zone))]))
            }
            Self::CodeLocked => Some(frame.t("code-error.locked").to_owned()),
            Self::Expired => Some(frame.t("code-error.expired").to_owned()),
            Self::Stale(_)
            | Self::NotPermitted
            | Self::WrongState { .. }
            | Self::NotRecorded
            | Self::Kept { .. }
            | Self::Used(_) => None,
        }
    }
}

impl FormRefusal {
    /// A sentence about the moment at which a step begins: when, and in how many seconds.
    fn at_step(key: &'static str, step: Instant, frame: &Frame) -> String {
        let left = step.since(frame.now).num_seconds().clamp(0, 30);
        frame.with(key, &[("at", &format::clock_second(step, frame.zone)), ("s", &left)])
    }
}

/// Why the state of the target does not allow it, where there is a sentence of its own for that.
pub(crate) fn wrong_state(why: &Rejection, frame: &Frame) -> Option<String> {
    // A time is shown as the person's clock has it.
    let shown = |value: &String| Instant::parse(value).map_or_else(|_| value.clone(), |at| frame.minute(&at).shown);
    let shown: Vec<(&str, String)> = why.values.iter().map(|(name, value)| (*name, shown(value))).collect();
    let values: Vec<(&str, &dyn std::fmt::Display)> =
        shown.iter().map(|(name, value)| (*name, value as &dyn std::fmt::Display)).collect();
    let key = sentence_key(why)?;
    // A value named `why` is the word of another refusal.
    if let Some((_, inner)) = why.values.iter().find(|(name, _)| *name == "why") {
        return Some(frame.with(&key, &[("why", &frame.name("refusal", inner))]));
    }
    Some(frame.with(&key, &values))
}

/// The key of the sentence that says why a rejection is one, where the catalogue has it.
pub(crate) fn sentence_key(why: &Rejection) -> Option<String> {
    let key = format!("refused-state.{}", why.word);
    (!Words::of(Lang::En).known(&key).is_empty()).then_some(key)
}
