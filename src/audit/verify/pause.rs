//! Slowing a verification down that runs beside the console's work: a pause after each slice, longer than the slice took.

use std::cell::Cell;
use tokio::time::{Duration, Instant, sleep};

tokio::task_local! {
    /// When the last pause of a slow verification ended. Not there where it is to be quick.
    static SINCE: Cell<Instant>;
}

/// Four fifths of the time are pauses.
const TIMES: u32 = 4;
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(5);

/// Runs a verification slowly.
pub(super) async fn slowly<T>(verification: impl Future<Output = T>) -> T {
    SINCE.scope(Cell::new(Instant::now()), verification).await
}

/// Between two slices, while no statement is open.
pub(super) async fn between_slices() {
    let Ok(took) = SINCE.try_with(|since| since.get().elapsed()) else { return };
    sleep((took * TIMES).clamp(SHORTEST, LONGEST)).await;
    let _ = SINCE.try_with(|since| since.set(Instant::now()));
}
