//! Background work: delivers what changes asked to be told, and forgets what has run out.
//!
//! Several processes do this at once on one database; the claim of a row decides who delivers it. Events go to the log for
//! now; a delivery is one line there.

use crate::{
    clock::{Clock, Instant},
    gate::{ClaimDeliveries, Delivery, ForgetExpired, Gate, MarkDelivered},
};
use chrono::TimeDelta;
use std::time::Duration;
use tokio::{sync::watch, task::JoinHandle, time};

/// A worker that runs until it is stopped.
#[derive(Debug)]
pub struct Worker {
    stop: watch::Sender<bool>,
    done: JoinHandle<()>,
}

impl Worker {
    /// Lets the deliveries in hand finish.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        if self.done.await.is_err() {
            tracing::error!("the worker ended badly");
        }
    }
}

const TICK: Duration = Duration::from_millis(500);
const FORGET_EVERY: TimeDelta = TimeDelta::minutes(10);
const AT_ONCE: i64 = 50;

pub fn start(gate: Gate, clock: Clock, topic: String, session_absolute: TimeDelta) -> Worker {
    let (stop, mut stopped) = watch::channel(false);
    let done = tokio::spawn(async move {
        let mut forgot: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = stopped.changed() => return,
                () = time::sleep(TICK) => {}
            }
            if let Err(error) = deliver(&gate, &topic, &stopped).await {
                tracing::warn!(%error, "events could not be delivered; trying again");
            }
            let now = clock.now();
            if forgot.is_none_or(|at| now.since(at) >= FORGET_EVERY) {
                match gate.keep(&ForgetExpired { session_absolute }).await {
                    Ok(()) => forgot = Some(now),
                    Err(error) => tracing::warn!(%error, "what has expired could not be removed; trying again"),
                }
            }
        }
    });
    Worker { stop, done }
}

/// Delivers what is waiting, oldest first, until nothing is or the worker is stopped.
async fn deliver(gate: &Gate, topic: &str, stopped: &watch::Receiver<bool>) -> sqlx::Result<()> {
    while !*stopped.borrow() {
        let deliveries = gate.keep(&ClaimDeliveries { limit: AT_ONCE }).await?;
        if deliveries.is_empty() {
            return Ok(());
        }
        for delivery in deliveries {
            log(topic, &delivery);
            gate.keep(&MarkDelivered { id: delivery.id }).await?;
        }
    }
    Ok(())
}

/// The log as a channel.
fn log(topic: &str, delivery: &Delivery) {
    tracing::info!(
        topic,
        event = delivery.topic,
        id = delivery.id,
        audit = delivery.seq,
        at = %delivery.at,
        body = %delivery.body,
        "event"
    );
}
