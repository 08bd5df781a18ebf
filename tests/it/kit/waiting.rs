//! Waiting for what happens in the background, the one place where tests poll.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a test waits before it says that something never happens.
const BOUND: Duration = Duration::from_mins(2);

/// What `look` finds as soon as it finds something, or nothing after two minutes.
pub(crate) fn poll<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + BOUND;
    loop {
        let found = look();
        if found.is_some() || Instant::now() > deadline {
            return found;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// What `look` finds as soon as it finds something.
///
/// # Panics
/// After two minutes.
#[track_caller]
pub(crate) fn wait_for<T>(look: impl FnMut() -> Option<T>) -> T {
    poll(look).expect("what the test waits for happens within two minutes")
}

/// Returns as soon as `is_so`.
///
/// # Panics
/// After two minutes.
#[track_caller]
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    wait_for(|| is_so().then_some(()));
}
