//! What a run can be, and how that looks.

use crate::web::shell::Tone;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for its turn.
    Queued,
    /// A process has claimed it and not yet begun.
    Starting,
    Running,
    /// It was told to end.
    Cancelling,
    Succeeded,
    Failed,
    TimedOut,
    Cancelled,
    /// Its outcome is unknown. Only a person can state it.
    Lost,
    /// It never ran, because another one did or the job was paused.
    Skipped,
}

impl State {
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::Cancelling,
        Self::Succeeded,
        Self::Failed,
        Self::TimedOut,
        Self::Cancelled,
        Self::Lost,
        Self::Skipped,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
            Self::Skipped => "skipped",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it has still to come, is under way, or is held until a person states its outcome.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Starting | Self::Running | Self::Cancelling | Self::Lost)
    }

    /// Whether a process is believed to be at work on it.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Starting | Self::Running | Self::Cancelling)
    }

    /// Whether something is still to be heard of it without anybody's doing.
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Queued) || self.is_under_way()
    }

    /// Whether it may be run again: it came to an end, and not to a good one.
    pub const fn may_rerun(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Cancelled | Self::Skipped)
    }

    /// Whether a person should look at it.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Lost)
    }

    pub const fn tone(self) -> Tone {
        match self {
            Self::Queued | Self::Cancelled | Self::Skipped => Tone::Mute,
            Self::Starting | Self::Running => Tone::Info,
            Self::Cancelling => Tone::Warn,
            Self::Succeeded => Tone::Ok,
            Self::Failed | Self::TimedOut | Self::Lost => Tone::Bad,
        }
    }

    pub const fn icon(self) -> &'static str {
        match self {
            Self::Queued => "wait",
            Self::Starting | Self::Running | Self::Cancelling => "running",
            Self::Succeeded => "check",
            Self::Failed | Self::TimedOut => "x",
            Self::Cancelled => "ban",
            Self::Lost => "alert",
            Self::Skipped => "minus",
        }
    }
}

impl TryFrom<String> for State {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no state of a run"))
    }
}
