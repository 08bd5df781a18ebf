//! A form that makes a change, beside the page of what it changes.
//!
//! A [`Subject`] is what a page is about: a customer, an order, the list of networks. A [`Panel`] is one form beside it.
//! Neither knows how a form is read, sealed, refused, shown again or confirmed: that is here, once. A page gets its side as
//! finished HTML ([`Side`]), so it names no panel; a panel borrows the subject, so it can be rendered alone too.

mod address;
mod outcome;
mod post;
mod receipt;
mod show;
mod side;

use crate::{
    gate::{Change, Outcome, Refusal, RefusalWord, Target, audit::Entry as Row},
    id::{RequestId, Seq},
    web::{PageResult, changed::Changed},
};
use address::{Address, action};
pub(crate) use address::{Part, Query, RowPart, Segment};
pub(crate) use outcome::{reversal_by, show_outcome};
pub(crate) use post::{post, preview};
pub(crate) use receipt::Receipt;
pub(crate) use show::{show, show_with};
#[cfg(test)]
pub(crate) use side::side_of;
pub(crate) use side::{Button, Entry, Html, Offer, Side, forms_of};

use super::{
    Desk, PageError,
    form::Form,
    shell::{Frame, Section, Shell, field::FieldErrors, seal::SealForm},
};
use std::future::{Future, ready};

/// What a page with forms is about.
pub(crate) trait Subject: Sized + 'static {
    /// The id of its target, as in the address.
    type Id: Segment + Clone + 'static;
    const SECTION: Section;
    /// The pattern of its page in the route table: `/users/{id}`.
    const PAGE: &'static str;
    /// The refusal in the log where a form is posted to one that is not there; empty where the log says nothing of it.
    const MISSING: Option<RefusalWord>;

    /// The target of its changes.
    fn target(id: &Self::Id) -> Target;

    /// What the page and its panels show; `None` where there is no such thing, or not for this person.
    fn load(desk: &Desk, id: &Self::Id) -> impl Future<Output = Result<Option<Self>, PageError>>;

    /// Its address, `/users/42`.
    fn path(&self) -> String;

    /// The version its forms have seen; `None` where no form depends on what was seen.
    fn version(&self) -> Option<i64> {
        None
    }

    /// The address of the customer that it belongs to, by which a rule says that a person acts on their own account.
    fn contact(&self) -> Option<&str> {
        None
    }

    /// The member of staff that it is about, who cannot approve what changes them.
    fn about(&self) -> Option<Target> {
        None
    }

    /// Whether it takes forms from the person who looks at it. Where it takes none, none is shown, and one that was posted
    /// all the same comes back as its alert alone.
    fn takes_forms(&self) -> bool {
        true
    }

    /// The panels that can be open beside it, in the order of the buttons.
    fn panels() -> &'static [Entry<Self>];

    /// Records that this person looks at it, before anything is shown.
    fn record_look(&self, _desk: &Desk, _look: Look) -> impl Future<Output = Result<(), PageError>> {
        ready(Ok(()))
    }

    /// Whether a row of the log is about it, so that its page shows the receipt.
    fn is_subject_of(id: &Self::Id, row: &Row) -> bool {
        let target = Self::target(id);
        (row.target_kind.as_str(), row.target_id.as_str()) == (target.kind, target.id.as_str())
    }

    /// What a changed field is called on a receipt.
    fn field_name(&self, changed: &Changed, frame: &Frame) -> String {
        changed.name(&frame.words)
    }

    /// The page, with `side` beside it.
    fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> impl Future<Output = PageResult>;
}

/// How much of a subject is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Page,
    /// A part that the page asks for by itself.
    Part,
}

/// One form beside a subject. The value is what the form shows: what was typed, and what was read to show it.
pub(crate) trait Panel: Sized + 'static {
    type On: Subject;
    /// Which part of the subject it is about, such as one of an order's refunds; `()` where it is about all of it.
    type Part: Part;
    /// One change, or `Vec` of several of one kind under one seal.
    type Asks: Changes;

    /// As in `?panel=`.
    const NAME: &'static str;
    /// The route it posts to, as in the route table: `/users/{id}/status`.
    const ROUTE: &'static str;
    /// Its own fields, beside those of every seal: reason, code, key, seen.
    const FIELDS: &'static [&'static str] = &[];
    /// The kind of change by which the approval rules say who else is needed; empty where no rule can hold it up.
    const KIND: &'static str = <<Self::Asks as Changes>::Change as Change>::KIND;
    /// The word under `closed.` that is the title where it cannot be had; two subjects may have panels of one name.
    const CLOSED: &'static str = Self::NAME;
    /// Whether a preview is posted to `{ROUTE}/preview`.
    const HAS_PREVIEW: bool = false;
    /// Where on the page it is.
    const PLACE: Place = Place::Beside;

    /// Fields whose names depend on the subject.
    fn numbered_fields(_on: &Self::On) -> Vec<String> {
        Vec::new()
    }

    /// Fields whose names depend on what was chosen, found among the names in the body as it was posted.
    fn chosen_fields(_body: &[u8]) -> Vec<String> {
        Vec::new()
    }

    /// Whether this person may use it here at all.
    fn may(desk: &Desk, _on: &Self::On) -> bool {
        desk.may("POST", Self::ROUTE)
    }

    /// Whether it is opened where the address names no panel.
    fn is_default(_desk: &Desk, _on: &Self::On) -> bool {
        false
    }

    /// The button that opens it, in the head of the page; `None` where it is opened from elsewhere.
    fn button(_desk: &Desk, _on: &Self::On) -> Option<Button> {
        None
    }

    /// Why no person can use it now, with any input: a sentence, by the rule by which the change is refused. Its
    /// button is disabled with it.
    fn obstacle(_desk: &Desk, _on: &Self::On) -> impl Future<Output = Result<Option<String>, PageError>> {
        ready(Ok(None))
    }

    /// The version of its target.
    fn version(on: &Self::On, _part: &Self::Part) -> Option<i64> {
        on.version()
    }

    /// Builds the panel, empty or as it was filled in; or says why it cannot be had.
    fn open(
        desk: &Desk,
        on: &Self::On,
        part: &Self::Part,
        opening: Opening<'_>,
    ) -> impl Future<Output = Result<Opened<Self>, PageError>>;

    /// The change that the form asks for. The reason is read by the driver.
    fn read(
        desk: &Desk,
        on: &Self::On,
        part: &Self::Part,
        form: &Form,
    ) -> impl Future<Output = Result<Self::Asks, Unread>>;

    /// The row of the log that the change takes back.
    fn reverses(_on: &Self::On) -> Option<Seq> {
        None
    }

    /// Completes the seal with what this panel knows of it: whether the target is marked, errors found while opening.
    fn seal(&self, _on: &Self::On, seal: SealForm) -> SealForm {
        seal
    }

    /// The panel's own template.
    fn render(&self, view: View<'_, Self>) -> askama::Result<String>;

    /// The answer to a change that was made: by default the subject's page with the receipt.
    fn answer(desk: &Desk, on: &Self::On, made: Made<Self::Asks>) -> impl Future<Output = PageResult> {
        ready(Ok(desk.see_other(&format!("{}?sealed={}", on.path(), made.seq))))
    }
}

/// Where on the page of its subject a panel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Beside the page, while it is open.
    Beside,
    /// Always, where the page puts it ([`Side::within`]). A subject has at most one such panel.
    Within,
}

/// What a panel's template gets.
pub(crate) struct View<'a, P: Panel> {
    pub shell: &'a Shell,
    pub on: &'a P::On,
    pub part: &'a P::Part,
    pub seal: &'a SealForm,
}

/// Why a panel is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Opening<'a> {
    /// The address names no panel, and this is the default.
    ByDefault,
    /// The address names it.
    Requested,
    /// Its form comes back as it was filled in. `is_stale`: because the target changed after the form was shown.
    Again { form: &'a Form, is_stale: bool },
}

impl<'a> Opening<'a> {
    /// The form as it was filled in; `None` where the panel is fresh.
    pub(crate) fn form(self) -> Option<&'a Form> {
        match self {
            Self::Again { form, .. } => Some(form),
            Self::ByDefault | Self::Requested => None,
        }
    }

    /// A field as it was typed, or `fresh` where the panel is fresh.
    pub(crate) fn typed(self, field: &str, fresh: &str) -> String {
        self.form().map_or(fresh, |form| form.get(field)).to_owned()
    }

    pub(crate) fn is_stale(self) -> bool {
        matches!(self, Self::Again { is_stale: true, .. })
    }
}

/// A panel, or why it cannot be had now.
#[derive(Debug)]
pub(crate) enum Opened<P> {
    Form(P),
    /// The sentence that says why.
    Closed(String),
}

/// Why a form could not be read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// Fields are wrong; the form comes back.
    Fields(FieldErrors),
    /// The part of the subject that the form is about is gone; the panel says so.
    Gone,
    /// The change could not be made out, which is recorded; the form comes back.
    Refused(Refusal),
    /// The form was sent before, and led to this row of the log: it is answered as it was then.
    Done(Seq),
    /// The request ends on an error page.
    Page(PageError),
}

impl From<FieldErrors> for Unread {
    fn from(errors: FieldErrors) -> Self {
        Self::Fields(errors)
    }
}

impl<E: Into<PageError>> From<E> for Unread {
    fn from(error: E) -> Self {
        Self::Page(error.into())
    }
}

/// The changes that a form asks for: one, or several of one kind.
pub(crate) trait Changes {
    type Change: Change;

    fn all(&self) -> &[Self::Change];
}

impl<C: Change> Changes for C {
    type Change = C;

    fn all(&self) -> &[C] {
        std::slice::from_ref(self)
    }
}

/// Several changes of one kind under one seal.
#[derive(Debug)]
pub(crate) struct Many<C>(pub Vec<C>);

impl<C: Change> Changes for Many<C> {
    type Change = C;

    fn all(&self) -> &[C] {
        &self.0
    }
}

/// Changes that were made.
pub(crate) struct Made<A: Changes> {
    pub asks: A,
    /// What each of them gave.
    pub outputs: Vec<<A::Change as Change>::Output>,
    /// The first of their rows in the log.
    pub seq: Seq,
    /// Whether this is the answer of an earlier sending of the same form.
    pub is_repeated: bool,
}

/// The request as which the first of these waits, if one does, and whether several wait.
fn first_waiting<T>(outputs: &[Outcome<T>]) -> (Option<RequestId>, bool) {
    let waiting: Vec<RequestId> = outputs.iter().filter_map(Outcome::pending).collect();
    (waiting.first().copied(), outputs.len() > 1)
}
