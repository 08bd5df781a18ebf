//! The filters of the list that a form was opened from, as they were typed.

use super::{Holds, selection::query_of};
use crate::{
    access, audit,
    web::{link::link, list::ListQuery as _, panel::Query},
};

#[derive(Clone, Debug)]
pub(crate) enum Typed {
    Log(audit::filter::Filter),
    Access(access::list::Filter),
}

impl Typed {
    /// Those in the address of the form.
    pub(super) fn of(query: &Query) -> Self {
        match Holds::parse(query.get("holds")).unwrap_or_default() {
            Holds::Log => Self::Log(audit::filter::Filter::beside_panels(query)),
            Holds::Access => Self::Access(access::list::Filter::beside_panels(query)),
        }
    }

    /// What [`query`](Self::query) wrote; `None` where it did not write this.
    pub(super) fn read(holds: Holds, text: &str) -> Option<Self> {
        match holds {
            Holds::Log => serde_urlencoded::from_str(text).ok().map(Self::Log),
            Holds::Access => serde_urlencoded::from_str(text).ok().map(Self::Access),
        }
    }

    pub(super) fn none(holds: Holds) -> Self {
        match holds {
            Holds::Log => Self::Log(audit::filter::Filter::default()),
            Holds::Access => Self::Access(access::list::Filter::default()),
        }
    }

    pub(crate) fn holds(&self) -> Holds {
        match self {
            Self::Log(_) => Holds::Log,
            Self::Access(_) => Holds::Access,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Log(filter) => filter.is_empty(),
            Self::Access(filter) => filter.is_empty(),
        }
    }

    /// The filters that are set, each with the word that the list has for it.
    pub(crate) fn shown(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Log(filter) => filter.shown(),
            Self::Access(filter) => filter.shown(),
        }
    }

    /// As the form carries them.
    pub(super) fn query(&self) -> String {
        match self {
            Self::Log(filter) => query_of(&filter.fields()),
            Self::Access(filter) => query_of(&filter.fields()),
        }
    }

    /// The list with these filters.
    pub(super) fn list_href(&self) -> String {
        match self {
            Self::Log(filter) => filter.href(""),
            Self::Access(filter) => filter.href(""),
        }
    }

    /// What counts the rows of a form that was opened with this end.
    pub(super) fn size_href(&self, end: &str) -> String {
        let holds = Some(self.holds()).filter(|holds| !holds.is_log()).map_or("", Holds::as_str);
        link("/audit/exports/size", &[("end", end), ("filter", &self.query()), ("holds", holds)])
    }
}
