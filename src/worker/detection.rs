//! Looking for what people should explain.

use super::{Work, turn_after};
use crate::detection::{
    Detecting,
    run::{Detection, detect_if_due},
};
use tokio::sync::watch;

/// Looks every minute whether the next look is due.
pub(super) async fn run(work: Work, mut stopped: watch::Receiver<bool>) {
    let Some(Detecting { every, look }) = work.detecting else { return };
    let detection = Detection {
        reader: &work.batches.reader,
        gate: &work.gate,
        clock: &work.clock,
        thresholds: &work.detection,
        zone: work.setting.zone,
        channels: &work.channels,
        environment: work.setting.profile.as_str(),
    };
    while turn_after(look, &mut stopped).await {
        tokio::select! {
            looked = detect_if_due(&detection, every) => if let Err(error) = looked {
                tracing::warn!(error = format!("{error:#}"), "suspicions could not be looked for; trying again");
            },
            _ = stopped.changed() => return,
        }
    }
}
