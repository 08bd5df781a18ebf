//! One lane for each channel: it claims what waits, sends it and writes the answer down. A receiver that hangs delays no other
//! channel. Several processes may have a lane for one channel; the claim decides who sends a message.

use crate::{clock::Clock, gate::Gate, notify::send::Sender, sql, store::Reader};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked for messages.
const TURN: Duration = Duration::from_millis(200);
/// Messages that are claimed at once: as many as are surely sent before the claim ends.
const AT_ONCE: i64 = 2;

/// With what a lane works.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    pub gate: Gate,
    pub reader: Reader,
    pub clock: Clock,
    pub sender: Sender,
}

/// Sends until it is stopped; what is in hand then is sent to its end.
pub(super) async fn run(lane: Lane, mut stopped: watch::Receiver<bool>) {
    while super::turn_after(TURN, &mut stopped).await {
        while !*stopped.borrow() {
            match lane.send_some().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(channel = lane.sender.channel(), %error, "messages could not be claimed; trying again");
                    break;
                }
            }
        }
    }
    lane.sender.close().await;
}

impl Lane {
    /// Sends the next messages that are due, and says whether there were any.
    async fn send_some(&self) -> sqlx::Result<bool> {
        // Most of the time there are none, and looking does not take the place of a writer.
        let (waits,): (bool,) = self
            .reader
            .query(sql!(
                "select exists (select 1 from deliveries where channel = $1 and state = 'waiting' and next_at <= $2)"
            ))
            .bind(self.sender.channel().to_owned())
            .bind(self.clock.now())
            .one()
            .await?;
        if !waits {
            return Ok(false);
        }
        self.sender.send_some(&self.gate, &self.clock, AT_ONCE).await
    }
}
