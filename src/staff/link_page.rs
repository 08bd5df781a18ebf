//! The page that shows a set-up link, once.

use super::{invitation::LINK_LASTS, people::Person};
use crate::{
    clock::Instant,
    gate::Change,
    id::{Seq, StaffId},
    web::{
        Desk, PageResult,
        panel::{Changes, Made},
        shell::{Section, Shell},
    },
};
use askama::Template;

/// The answer to a change that issues a set-up link.
#[derive(Debug, Template)]
#[template(path = "staff/link.html")]
pub(crate) struct LinkPage {
    pub(crate) shell: Shell,
    /// The kind of change that issued it.
    pub(crate) action: &'static str,
    pub(crate) holder: Holder,
    pub(crate) notice: LinkNotice,
    pub(crate) expires: Instant,
    /// The audit row.
    pub(crate) seq: Seq,
}

/// The person whose link it is.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) staff: StaffId,
    pub(crate) name: String,
    pub(crate) email: String,
}

impl Holder {
    pub(super) fn of(person: &Person) -> Self {
        Self { staff: person.id, name: person.name.clone(), email: person.email.clone() }
    }
}

/// What the page says of the link.
#[derive(Clone, Debug)]
pub(crate) enum LinkNotice {
    /// The link itself.
    Shown { link: String },
    /// The same form was sent before, and its answer showed the link.
    ShownBefore,
}

/// Shows the link that a change issued. Where the change was made by an earlier sending of the form, that one had another
/// token, which is not known any more.
pub(super) async fn show<A: Changes>(desk: &Desk, made: &Made<A>, holder: Holder, token: &str) -> PageResult {
    let notice = if made.is_repeated {
        LinkNotice::ShownBefore
    } else {
        LinkNotice::Shown { link: desk.console().link_to(&format!("/setup/{token}")) }
    };
    let page = LinkPage {
        shell: desk.shell(Some(Section::Staff), None).await?,
        action: A::Change::KIND,
        holder,
        notice,
        expires: desk.now().plus(LINK_LASTS),
        seq: made.seq,
    };
    desk.page(200, &page)
}
