//! The last runs of a job as bars: as high as they took long, and those that failed below the line.

use super::{record::Run, state::State};
use crate::clock::Instant;

/// The number of runs shown.
pub(crate) const SHOWN: usize = 30;
/// The baseline of the bars.
const BASE: i64 = 18;
const HIGHEST: i64 = 16;
const LEAST: i64 = 3;

/// A run as far as a bar shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mini {
    pub state: State,
    /// Milliseconds.
    pub took: Option<i64>,
    pub is_unusual: bool,
}

/// One bar, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    pub class: &'static str,
    pub x: i64,
    pub y: i64,
    pub height: i64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Bars {
    pub drawn: Vec<Bar>,
    pub failed: i64,
    pub shown: i64,
}

impl Bars {
    /// Of a job's last runs, the newest first.
    pub(crate) fn of_runs(runs: &[Run], now: Instant) -> Self {
        let mini = |run: &Run| Mini {
            state: run.state,
            took: run.took(now),
            is_unusual: run.is_unusual() && run.resolution.is_none(),
        };
        Self::of(&runs.iter().rev().map(mini).collect::<Vec<_>>())
    }

    /// Of runs in order, the oldest first.
    pub(crate) fn of(runs: &[Mini]) -> Self {
        let longest = runs.iter().filter_map(|run| run.took).max().unwrap_or_default().max(1);
        let first = SHOWN.saturating_sub(runs.len());
        let bar = |(at, run): (usize, &Mini)| {
            let x = i64::try_from(first + at).unwrap_or_default() * 5;
            if run.state.is_bad() {
                return Bar { class: "b-bad", x, y: BASE + 1, height: 7 };
            }
            let took = run.took.unwrap_or_default();
            let height = (took.saturating_mul(HIGHEST) / longest).clamp(LEAST, HIGHEST);
            let class = match run.state {
                _ if run.is_unusual => "b-odd",
                State::Starting | State::Running | State::Cancelling | State::Queued => "b-run",
                _ => "b-ok",
            };
            Bar { class, x, y: BASE - height, height }
        };
        let failed = runs.iter().filter(|run| run.state.is_bad()).count();
        let count = |n: usize| i64::try_from(n).unwrap_or_default();
        Self { drawn: runs.iter().enumerate().map(bar).collect(), failed: count(failed), shown: count(runs.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_rise_from_the_line_and_failures_hang_below_it() {
        let run = |state, took| Mini { state, took: Some(took), is_unusual: false };
        let bars = Bars::of(&[run(State::Succeeded, 1000), run(State::Failed, 5), run(State::Succeeded, 1)]);
        assert_eq!((bars.failed, bars.shown), (1, 3));
        assert_eq!(bars.drawn[0], Bar { class: "b-ok", x: 135, y: 2, height: 16 });
        assert_eq!(bars.drawn[1], Bar { class: "b-bad", x: 140, y: 19, height: 7 });
        assert_eq!(bars.drawn[2], Bar { class: "b-ok", x: 145, y: 15, height: 3 });
    }
}
