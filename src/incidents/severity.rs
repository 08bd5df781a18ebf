//! How bad an incident is: the three grades by which teams call each other, the worst first.

use crate::web::shell::Tone;
use serde::{Deserialize, Serialize};

/// How bad an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Customers cannot do what they come for, or data is lost.
    Sev1,
    /// A part fails, or there is a way around it.
    Sev2,
    /// Customers notice little or nothing.
    Sev3,
}

impl Grade {
    pub(crate) const NAMES: [&str; 3] = ["sev1", "sev2", "sev3"];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Sev1 => "sev1",
            Self::Sev2 => "sev2",
            Self::Sev3 => "sev3",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Sev1, Self::Sev2, Self::Sev3].into_iter().find(|grade| grade.as_str() == text)
    }

    pub(crate) const fn tone(self) -> Tone {
        match self {
            Self::Sev1 => Tone::Bad,
            Self::Sev2 => Tone::Warn,
            Self::Sev3 => Tone::Mute,
        }
    }
}

impl TryFrom<String> for Grade {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no severity of an incident"))
    }
}
