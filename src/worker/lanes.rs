//! One lane for each channel: it claims what waits, sends it and writes the answer down. A receiver that hangs delays no other
//! channel. Several processes may have a lane for one channel; the claim decides who sends a message.

use super::heartbeat::Pulse;
use crate::{
    clock::Clock,
    gate::Gate,
    notify::send::{Sender, send_claimed},
    store::Reader,
};
use std::time::Duration;
use tokio::{sync::watch, time::sleep};

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
            match lane.send_some().await {
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
}

impl Lane {
    /// Sends the next messages that are due, and says whether there were any.
    async fn send_some(&self) -> sqlx::Result<bool> {
        // Most of the time there are none, and looking does not take the place of a writer.
        let Some(claim) = self.sender.next_claim(&self.reader, self.clock.now()).await? else { return Ok(false) };
        let claimed = self.gate.run_housekeeping(&claim).await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        send_claimed(&self.sender, &self.gate, &self.clock, claimed).await?;
        sleep(self.sender.pace()).await;
        Ok(true)
    }
}
