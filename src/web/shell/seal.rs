//! The seal panel: the one component every change is made with.
//!
//! The panel of each change is laid out in its own template; what they have in common is here: the hidden
//! fields, why the last attempt was refused, and what a code field may say.

use super::{Frame, Tone, field::FieldErrors};
use crate::{
    clock::Instant,
    gate::{Foreseen, Rejection},
    id::Seq,
    web::{
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
    /// What the rules say about the person who fills it in, whatever they type.
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
        let told = matches!(refusal, Some(FormRefusal::Stale(_)));
        let seen = form.get("seen").parse().ok().filter(|_| !told).unwrap_or(now);
        let is_urgent = form.get("urgent") == "yes";
        let (key, reason) = (form.get("key").to_owned(), form.get("reason").to_owned());
        (status, Self { key, seen, refusal, errors, kind, is_urgent, reason, ..Self::default() })
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

    /// The field the cursor belongs in when a refused form comes back; none where the note is to be read first, which a
    /// phone would otherwise scroll past.
    pub fn focus(&self) -> Option<&'static str> {
        match &self.refusal {
            None => self.errors.first(),
            Some(FormRefusal::WrongCode { .. } | FormRefusal::UsedCode { .. } | FormRefusal::CodeAhead { .. }) => {
                Some("code")
            }
            Some(_) => None,
        }
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
}

impl Alert {
    fn bad(title: String, body: String) -> Self {
        Self { tone: Tone::Bad, icon: Tone::Bad.icon(), title, body, seq: None }
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
            },
            Self::NotPermitted => say("refused.not-permitted"),
            Self::WrongState { why } => {
                let sentence = wrong_state(why, frame);
                Alert::bad(title, sentence.unwrap_or_else(|| frame.t("refused.wrong-state").to_owned()))
            }
            Self::NotRecorded => say("refused.not-recorded"),
        }
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
            Self::Stale(_) | Self::NotPermitted | Self::WrongState { .. } | Self::NotRecorded => None,
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
    let values: Vec<(&str, &dyn std::fmt::Display)> =
        why.values.iter().map(|(name, value)| (*name, value as &dyn std::fmt::Display)).collect();
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
