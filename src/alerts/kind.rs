//! What can be wrong.

use crate::{
    approvals::expire::APPROVALS_OVERDUE,
    batches::{
        finish::{RUNS_FAILED, RUNS_LOW},
        lapse::LapseKind,
        state::State,
        watch::{BATCHES_MISSED, RUNS_LATE, RUNS_SLOW},
    },
    notify::Severity,
};
use chrono::TimeDelta;

/// How long a thing that comes and goes by itself has to be right before its alert is over: otherwise each time is told twice.
const SETTLES: TimeDelta = TimeDelta::minutes(10);

macro_rules! kinds {
    ($($(#[$meta:meta])* $kind:ident = $name:expr => $severity:ident;)*) => {
        /// What can be wrong. What there is an event of has its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum AlertKind {
            $($(#[$meta])* $kind,)*
        }

        impl AlertKind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),*];
            /// The names of all, which routes can name.
            pub(crate) const NAMES: &[&str] = &[$($name),*];

            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            pub(crate) const fn severity(self) -> Severity {
                match self {
                    $(Self::$kind => Severity::$severity,)*
                }
            }
        }
    };
}

kinds! {
    RunFailed = RUNS_FAILED.as_str() => Critical;
    RunTimedOut = "runs.timed-out" => Critical;
    RunLost = "runs.lost" => Critical;
    /// It is under way for twice its usual time.
    RunSlow = RUNS_SLOW.as_str() => Warning;
    /// It succeeded with less than half of what is usual.
    RunLow = RUNS_LOW.as_str() => Warning;
    /// It waits too long to begin.
    RunLate = RUNS_LATE.as_str() => Warning;
    /// Ticks for which nothing was started or reported.
    Missed = BATCHES_MISSED.as_str() => Critical;
    /// Ticks that were left out because another run was open.
    Skipped = "batches.skipped" => Warning;
    ReportRefused = "batches.report-refused" => Warning;
    /// Paused for more than a day.
    Paused = "batches.paused" => Warning;
    /// Its schedule names no time to come.
    Unscheduled = "batches.unscheduled" => Warning;
    /// An urgent change was made, and its approval is late.
    ApprovalOverdue = APPROVALS_OVERDUE.as_str() => Warning;
    Unfit = "audit.verification-failed" => Critical;
    /// The signer refuses to sign the log.
    Unsigned = "audit.signing-refused" => Critical;
    /// Checkpoints are not away from here in time, or something else is in their place.
    Unshipped = "audit.shipping-late" => Critical;
    /// A witness has signed another history of the log.
    Disputed = "audit.witness-refuses" => Critical;
    /// A witness has not answered for a day.
    WitnessAway = "audit.witness-away" => Warning;
    /// An authority for time stamps has not answered for a day.
    Unstamped = "audit.timestamp-late" => Warning;
    ChannelFailing = "notify.channel-failing" => Critical;
    /// An alert of another system; how bad it is says the sender.
    Received = "received.firing" => Warning;
    /// A partition of a topic that is read does not move.
    QueueStuck = "queue.stuck" => Warning;
    /// No person who can act is on duty in a rota.
    DutyGap = "oncall.gap" => Critical;
}

impl AlertKind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text)
    }

    /// What is wrong with a run that a person should look at; nothing where they need not now. `slow` takes longer than usual, `few` is
    /// less than what is usual.
    pub(crate) fn of_run(state: State, slow: bool, few: bool) -> Option<Self> {
        match state {
            State::Failed => Some(Self::RunFailed),
            State::TimedOut => Some(Self::RunTimedOut),
            State::Lost => Some(Self::RunLost),
            State::Queued => Some(Self::RunLate),
            state if state.is_under_way() && slow => Some(Self::RunSlow),
            State::Succeeded if few => Some(Self::RunLow),
            _ => None,
        }
    }

    pub(crate) const fn of_lapse(lapse: LapseKind) -> Self {
        match lapse {
            LapseKind::Missed => Self::Missed,
            LapseKind::Skipped => Self::Skipped,
            LapseKind::Refused => Self::ReportRefused,
            LapseKind::Paused => Self::Paused,
            LapseKind::Never => Self::Unscheduled,
        }
    }

    /// The job that an alert with this subject is about, where it is about one.
    pub(crate) fn job(self, subject: &str) -> Option<&str> {
        let is_job = self.as_str().starts_with("runs.") || self.as_str().starts_with("batches.");
        is_job.then_some(subject)
    }

    /// How long it has to be right before the alert is over.
    pub(crate) const fn settles(self) -> TimeDelta {
        match self {
            Self::Missed | Self::Skipped | Self::ReportRefused | Self::ChannelFailing => SETTLES,
            _ => TimeDelta::zero(),
        }
    }

    /// Whether a run that is made again decides whether it is right again.
    pub(crate) const fn waits_for_rerun(self) -> bool {
        matches!(self, Self::RunFailed | Self::RunTimedOut | Self::RunLost | Self::RunLow)
    }
}

impl TryFrom<String> for AlertKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no kind of alert"))
    }
}
