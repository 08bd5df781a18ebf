//! When a message is tried again that was not taken.

use super::send::Answer;
use crate::clock::Instant;
use chrono::TimeDelta;

/// How long after it was made a message is tried. What is told a day late is told on the page of deliveries only.
pub(crate) const LONGEST: TimeDelta = TimeDelta::hours(24);

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Told,
    /// It is tried again at this time.
    At(Instant),
    /// It is not tried again by itself.
    Failed,
    /// There is no one to tell any more.
    Dropped,
}

/// What becomes of a message after `attempts` attempts, the last of which had this answer. `spread`, from 0 to 999, moves the next
/// attempt by up to a fifth either way, so that many messages do not come back at once.
pub(crate) fn next(answer: &Answer, attempts: i64, created: Instant, now: Instant, spread: i64) -> Next {
    let not_before = match answer {
        Answer::Taken => return Next::Told,
        Answer::Refused(_) | Answer::Unreachable(_) => return Next::Failed,
        Answer::Gone => return Next::Dropped,
        Answer::Later { after, .. } => after.unwrap_or_default(),
        Answer::Misconfigured(_) => TimeDelta::zero(),
    };
    let wait = wait(attempts);
    let moved = wait * i32::try_from(800 + spread.clamp(0, 999) * 400 / 999).unwrap_or(1000) / 1000;
    let at = now.plus(moved.max(not_before));
    if at.since(created) > LONGEST { Next::Failed } else { Next::At(at) }
}

/// What becomes of an event. It is for programs, which count on all of them: it is tried until it is taken, and no later than after a
/// minute, because all that happens to the same thing waits behind it.
pub(crate) fn next_of_event(answer: &Answer, attempts: i64, now: Instant) -> Next {
    let not_before = match answer {
        Answer::Taken => return Next::Told,
        Answer::Refused(_) | Answer::Unreachable(_) => return Next::Failed,
        Answer::Gone => return Next::Dropped,
        Answer::Later { after, .. } => after.unwrap_or_default(),
        Answer::Misconfigured(_) => TimeDelta::zero(),
    };
    let wait = match attempts {
        ..=1 => TimeDelta::seconds(2),
        2 => TimeDelta::seconds(10),
        3 => TimeDelta::seconds(30),
        _ => TimeDelta::minutes(1),
    };
    Next::At(now.plus(wait.max(not_before)))
}

/// 10 seconds, 30 seconds, 2, 5, 15 minutes, then half an hour.
fn wait(attempts: i64) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::seconds(10),
        2 => TimeDelta::seconds(30),
        3 => TimeDelta::minutes(2),
        4 => TimeDelta::minutes(5),
        5 => TimeDelta::minutes(15),
        _ => TimeDelta::minutes(30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(after: Option<i64>) -> Answer {
        Answer::Later { why: "503".to_owned(), after: after.map(TimeDelta::seconds) }
    }

    fn seconds(answer: &Answer, attempts: i64, spread: i64) -> i64 {
        let now = Instant::parse("2026-11-28T03:00:00.000000Z").unwrap();
        match next(answer, attempts, now, now, spread) {
            Next::At(at) => at.since(now).num_seconds(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn waiting_grows_to_half_an_hour_and_is_spread_by_a_fifth() {
        let waits: Vec<i64> = (1..=7).map(|attempts| seconds(&later(None), attempts, 500)).collect();
        assert_eq!(waits, [10, 30, 120, 300, 900, 1800, 1800]);
        assert_eq!((seconds(&later(None), 3, 0), seconds(&later(None), 3, 999)), (96, 144));
        assert_eq!(seconds(&Answer::Misconfigured("404".to_owned()), 1, 500), 10);
    }

    #[test]
    fn an_event_is_tried_until_it_is_taken_and_each_minute_at_least() {
        let now = Instant::parse("2026-11-28T03:00:00.000000Z").unwrap();
        let waits = [1, 2, 3, 4, 10_000].map(|attempts| match next_of_event(&later(None), attempts, now) {
            Next::At(at) => at.since(now).num_seconds(),
            other => panic!("{other:?}"),
        });
        assert_eq!(waits, [2, 10, 30, 60, 60]);
        assert_eq!(next_of_event(&later(Some(90)), 1, now), Next::At(now.plus(TimeDelta::seconds(90))));
        assert_eq!(next_of_event(&Answer::Taken, 9, now), Next::Told);
        assert_eq!(next_of_event(&Answer::Refused("too large".to_owned()), 1, now), Next::Failed);
    }

    #[test]
    fn a_receiver_that_says_when_is_not_asked_before() {
        assert_eq!(seconds(&later(Some(45)), 1, 0), 45);
        assert_eq!(seconds(&later(Some(1)), 1, 500), 10);
    }

    #[test]
    fn after_a_day_and_where_it_is_refused_for_good_it_is_not_tried_again() {
        let made = Instant::parse("2026-11-28T03:00:00.000000Z").unwrap();
        let hours = |hours| made.plus(TimeDelta::hours(hours));
        assert!(matches!(next(&later(None), 50, made, hours(23), 500), Next::At(_)));
        assert_eq!(next(&later(None), 50, made, hours(24), 500), Next::Failed);
        assert_eq!(next(&later(Some(90_000)), 1, made, made, 500), Next::Failed);
        assert_eq!(next(&Answer::Refused("400".to_owned()), 1, made, made, 500), Next::Failed);
        assert_eq!(next(&Answer::Taken, 9, made, hours(30), 500), Next::Told);
    }
}
