//! The list of jobs.

use super::{bars::Bars, lapse::Lapse, record::Job, state::State};
use crate::{
    clock::Instant,
    id::RunId,
    web::{
        panel::Side,
        shell::{Shell, Tone},
    },
};
use askama::Template;

/// `GET /batches`
#[derive(Debug, Template)]
#[template(path = "batches/list.html")]
pub(crate) struct ListPage {
    pub shell: Shell,
    pub rows: Vec<JobRow>,
    pub show: Show,
    /// The number of jobs of each tab, in their order.
    pub counts: [i64; 5],
    pub side: Side,
}

/// Which jobs are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Show {
    #[default]
    All,
    Attention,
    Running,
    Paused,
    Retired,
}

impl Show {
    pub(crate) const ALL: [Self; 5] = [Self::All, Self::Attention, Self::Running, Self::Paused, Self::Retired];

    /// As in `?show=`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Attention => "attention",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Retired => "retired",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|show| show.as_str() == text).unwrap_or_default()
    }

    fn has(self, row: &JobRow) -> bool {
        match self {
            Self::Retired => row.job.is_retired,
            _ if row.job.is_retired => false,
            Self::All => true,
            Self::Attention => row.needs.is_some() || !row.lapses.is_empty(),
            Self::Running => row.is_running,
            Self::Paused => row.is_paused,
        }
    }
}

/// A job with its last runs.
#[derive(Clone, Debug)]
pub(crate) struct JobRow {
    pub job: Job,
    pub bars: Bars,
    pub last: Option<LastRun>,
    /// The newest run that a person should look at, and whether it failed rather than being unusual.
    pub needs: Option<(RunId, bool)>,
    /// What did not happen to it, and no person has resolved.
    pub lapses: Vec<Lapse>,
    /// How long it usually takes, in milliseconds.
    pub typical: Option<i64>,
    pub is_running: bool,
    pub is_paused: bool,
    /// Whether its program is not there, so that its runs fail.
    pub is_missing: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LastRun {
    pub id: RunId,
    pub state: State,
    pub is_unusual: bool,
    pub at: Instant,
}

impl LastRun {
    pub(crate) fn tone(&self) -> Tone {
        if self.is_unusual && !self.state.is_bad() { Tone::Warn } else { self.state.tone() }
    }

    pub(crate) fn icon(&self) -> &'static str {
        if self.is_unusual && !self.state.is_bad() { "alert" } else { self.state.icon() }
    }

    /// The key under `run-state.`
    pub(crate) fn name(&self) -> &'static str {
        if self.is_unusual && self.state == State::Succeeded { "unusual" } else { self.state.as_str() }
    }
}

impl JobRow {
    /// The order of urgency: what failed or did not happen, what was unusual, what runs, the others.
    fn rank(&self) -> i64 {
        match self.tone() {
            Tone::Bad => 0,
            Tone::Warn => 1,
            _ if self.is_running => 2,
            _ if self.is_paused => 4,
            _ => 3,
        }
    }

    /// As in `data-tone=`; mute where there is nothing to see to.
    pub(crate) fn tone(&self) -> Tone {
        let of_runs = match self.needs {
            Some((_, true)) => Tone::Bad,
            _ if self.is_missing => Tone::Bad,
            Some((_, false)) => Tone::Warn,
            None => Tone::Mute,
        };
        self.lapses.iter().map(|lapse| lapse.kind.tone()).fold(of_runs, |worst, tone| match (worst, tone) {
            (Tone::Bad, _) | (_, Tone::Bad) => Tone::Bad,
            _ => Tone::Warn,
        })
    }
}

impl ListPage {
    pub(crate) fn new(shell: Shell, mut rows: Vec<JobRow>, show: Show) -> Self {
        let count = |show: Show| i64::try_from(rows.iter().filter(|row| show.has(row)).count()).unwrap_or_default();
        let counts = Show::ALL.map(count);
        rows.retain(|row| show.has(row));
        rows.sort_by_key(JobRow::rank);
        Self { shell, rows, show, counts, side: Side::default() }
    }

    /// The tabs with how many jobs each has; a tab without jobs is left out, except the usual ones.
    pub(crate) fn tabs(&self) -> Vec<(Show, i64)> {
        let usual = |(show, n): &(Show, i64)| *show != Show::Retired || *n > 0;
        Show::ALL.into_iter().zip(self.counts).filter(usual).collect()
    }

    pub(crate) fn is_anything_bad(&self) -> bool {
        self.counts.get(1).is_some_and(|n| *n > 0)
    }
}
