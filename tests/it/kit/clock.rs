use chrono::{DateTime, TimeDelta, Utc};
use ingam::clock::{Clock, Instant};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// A clock that does not move until the test moves it, so that no test sleeps until a moment comes.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<AtomicI64>);

/// A Monday morning in Seoul, in the past of every machine that runs this.
const START: i64 = 1_772_410_200; // 2026-03-02 09:10:00 +09:00, at the beginning of a code's 30 seconds

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START * 1_000_000)))
    }

    /// What the product is given: it sees every later movement too.
    pub(crate) fn clock(&self) -> Clock {
        let this = self.clone();
        Clock::from_fn(move || this.now())
    }

    pub(crate) fn now(&self) -> Instant {
        DateTime::<Utc>::from_timestamp_micros(self.0.load(Ordering::SeqCst)).unwrap().into()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// Moves the clock to `then`, which may also be backwards, as clocks do.
    pub(crate) fn set(&self, then: Instant) {
        self.0.store(then.utc().timestamp_micros(), Ordering::SeqCst);
    }

    /// Moves the clock forward to `second` (Unix time) unless it is later already.
    pub(crate) fn reach(&self, second: i64) {
        self.0.fetch_max(second * 1_000_000, Ordering::SeqCst);
    }

    /// The instant `by` after the clock's, which does not move.
    pub(crate) fn after(&self, by: TimeDelta) -> Instant {
        self.now().plus(by)
    }
}
