//! One lane for each channel: it claims what waits, sends it and writes the answer down. A receiver that hangs delays no other
//! channel. Several processes may have a lane for one channel; the claim decides who sends a message.

use super::heartbeat::Pulse;
use crate::{clock::Clock, gate::Gate, notify::send::Sender, store::Reader};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked for messages.
const TURN: Duration = Duration::from_millis(200);

/// With what a lane works.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub gate: Gate,
    pub reader: Reader,
    pub clock: Clock,
    pub sender: Sender,
    /// Beats as long as the lane goes on.
    pub pulse: Pulse,
}

/// Sends until it is stopped; what is in hand then is sent to its end.
pub(super) async fn run(lane: Lane, mut stopped: watch::Receiver<bool>) {
    while super::turn_after(TURN, &mut stopped).await {
        while !*stopped.borrow() {
            match lane.sender.send_some(&lane.gate, &lane.reader, &lane.clock).await {
                Ok(true) => lane.pulse.beat(),
                Ok(false) => {
                    lane.pulse.beat();
                    break;
                }
                Err(error) => {
                    tracing::warn!(channel = lane.sender.channel(), %error, "messages could not be claimed; trying again");
                    break;
                }
            }
        }
    }
    lane.sender.close().await;
}
