//! What lists have in common.

/// Where a list goes on. Pages are found by the key of their last row, so there is a next page and perhaps the first
/// one, and no page numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pager {
    /// Back to the first page, from any other.
    pub first: Option<String>,
    /// The page before this one, where the list knows it.
    pub previous: Option<String>,
    /// The page after this one.
    pub next: Option<String>,
}

impl Pager {
    /// Whether everything is on this one page.
    pub(crate) fn is_needed(&self) -> bool {
        self.first.is_some() || self.next.is_some()
    }
}

/// One of several to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}
