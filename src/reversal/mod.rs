//! Taking back what a row of the log changed: the opposite change under the same rules, linked both ways, once.
//!
//! A reversal has no kind of its own. It is an ordinary change of the kind that is the opposite, with the row that it takes back in its
//! seal; the gate asks [`table`] again in its transaction whether it is. What cannot be taken back says why, and what to do instead.

mod kinds;
mod never;
mod panel;
mod show;
mod table;

pub(crate) use panel::reverse;
pub(crate) use show::{Row, Standing, show};
pub(crate) use table::REVERSALS;
#[cfg(test)]
pub(crate) use {
    panel::ReversePanel,
    show::{ReversalPage, Stated},
};

crate::gate::refusal_words! {
    /// The network would have been closed again by now.
    REVERSAL_ENDED = "reversal-ended";
    /// Changes of this kind cannot be taken back.
    REVERSAL_KIND = "reversal-kind";
    /// The customer has fewer points left than would be taken back.
    REVERSAL_SHORT = "reversal-short";
}
