//! The rules by name.

use std::str::FromStr;

/// What is looked for. Its name is under `suspicion-rule.`, its definition under `suspicion-what.` and its sentence under
/// `suspicion-says.`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Rule {
    OffHours,
    NewAddress,
    Burst,
    BelowThreshold,
    PastedReason,
    AfterSilence,
    SameCustomer,
    Browsing,
    EachOther,
    Reveals,
    RefusedThenThrough,
}

impl Rule {
    pub(crate) const ALL: [Self; 11] = [
        Self::OffHours,
        Self::NewAddress,
        Self::Burst,
        Self::BelowThreshold,
        Self::PastedReason,
        Self::AfterSilence,
        Self::SameCustomer,
        Self::Browsing,
        Self::EachOther,
        Self::Reveals,
        Self::RefusedThenThrough,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::OffHours => "off-hours",
            Self::NewAddress => "new-address",
            Self::Burst => "burst",
            Self::BelowThreshold => "below-threshold",
            Self::PastedReason => "pasted-reason",
            Self::AfterSilence => "after-silence",
            Self::SameCustomer => "same-customer",
            Self::Browsing => "browsing",
            Self::EachOther => "each-other",
            Self::Reveals => "reveals",
            Self::RefusedThenThrough => "refused-then-through",
        }
    }
}

impl FromStr for Rule {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|rule| rule.as_str() == text).ok_or(())
    }
}
