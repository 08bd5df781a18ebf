//! What is normal for a job: the median of its last successes. A mean would be moved by one bad night.

/// The largest number of successful runs that a baseline is worked out from.
pub(crate) const SAMPLE: i64 = 20;
/// The smallest number of successful runs that a baseline is worked out from.
pub(crate) const LEAST: usize = 5;

/// What is normal, out of how many runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Baseline {
    /// Milliseconds.
    pub duration: Option<i64>,
    pub processed: Option<i64>,
    pub runs: i64,
}

impl Baseline {
    /// Of the last successes, newest first or in any order: milliseconds, and how many things each processed if it said.
    pub(crate) fn of(successes: &[(i64, Option<i64>)]) -> Self {
        let durations: Vec<i64> = successes.iter().map(|(duration, _)| *duration).collect();
        let counts: Vec<i64> = successes.iter().filter_map(|(_, count)| *count).collect();
        let known = |values: Vec<i64>| if values.len() < LEAST { None } else { median(values) };
        let runs = i64::try_from(successes.len()).unwrap_or(i64::MAX);
        Self { duration: known(durations), processed: known(counts), runs }
    }

    /// Whether a run that has taken so long takes twice its usual time or more.
    pub(crate) fn is_slow(self, milliseconds: i64) -> bool {
        self.duration.is_some_and(|usual| milliseconds >= usual.saturating_mul(2).max(1))
    }

    /// Whether a run that processed this number of items did half of the usual or less.
    pub(crate) fn is_low(self, processed: i64) -> bool {
        self.processed.is_some_and(|usual| usual > 0 && processed.saturating_mul(2) <= usual)
    }
}

/// The middle value; of an even number of them, half-way between the two, rounded down.
fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(values.len() / 2 - 1)?;
    Some(lower.midpoint(upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fewer_than_five_successes_say_nothing() {
        let four = [(1000, Some(10)); 4];
        assert_eq!(Baseline::of(&four), Baseline { duration: None, processed: None, runs: 4 });
        assert!(!Baseline::of(&four).is_slow(i64::MAX) && !Baseline::of(&four).is_low(0));
    }

    #[test]
    fn two_bad_nights_do_not_move_what_is_normal() {
        let mut runs = vec![(612_000, Some(117_000)); 18];
        runs.extend([(6_000_000, Some(3)), (7_000_000, Some(5))]);
        let baseline = Baseline::of(&runs);
        assert_eq!((baseline.duration, baseline.processed), (Some(612_000), Some(117_000)));
        assert!(!baseline.is_slow(1_223_999) && baseline.is_slow(1_224_000));
        assert!(!baseline.is_low(58_501) && baseline.is_low(58_500));
    }

    #[test]
    fn runs_that_count_nothing_are_compared_by_time_alone() {
        let mut runs = vec![(1000, None); 10];
        runs.push((1000, Some(5)));
        assert_eq!(Baseline::of(&runs).processed, None);
        assert!(!Baseline::of(&[(1000, Some(0)); 6]).is_low(0), "half of nothing is not little");
    }

    proptest! {
        #[test]
        fn the_median_has_as_many_on_either_side(values in prop::collection::vec(any::<i64>(), 1..40)) {
            let middle = median(values.clone()).unwrap();
            let below = values.iter().filter(|value| **value < middle).count();
            let above = values.iter().filter(|value| **value > middle).count();
            prop_assert!(below <= values.len() / 2 && above <= values.len() / 2);
        }
    }
}
