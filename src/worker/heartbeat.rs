//! Signs of life for a service outside: it is called every minute as long as the console does its background work, and tells people
//! where the calls stop. So a console that died, or that hangs, is noticed although it can tell of nothing itself.

use super::Work;
use crate::{
    clock::Instant,
    notify::{deliver::is_any_overdue, heartbeat::Heartbeat, post},
    store::Reader,
};
use chrono::TimeDelta;
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant as Moment},
};
use tokio::{sync::watch, time::sleep};

/// What has to go on in the background, each with when it did last.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulses(Arc<Mutex<Vec<(String, Moment)>>>);

impl Pulses {
    /// The pulse of one more thing, which begins now.
    pub(super) fn add(&self, name: &str) -> Pulse {
        let mut pulses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pulses.push((name.to_owned(), Moment::now()));
        Pulse { pulses: self.clone(), at: pulses.len() - 1 }
    }

    /// What did not go on for this long.
    fn stopped(&self, patience: Duration) -> Option<String> {
        let pulses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pulses.iter().find(|(_, at)| at.elapsed() > patience).map(|(name, _)| name.clone())
    }
}

/// The pulse of one thing that goes on.
#[derive(Clone, Debug)]
pub(super) struct Pulse {
    pulses: Pulses,
    at: usize,
}

impl Pulse {
    /// It goes on.
    pub(super) fn beat(&self) {
        let mut pulses = self.pulses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, at)) = pulses.get_mut(self.at) {
            *at = Moment::now();
        }
    }
}

/// Why there is no sign of life.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Unwell {
    /// This did not go on.
    Stopped(String),
    /// A message is due for this long and was not tried.
    Waits,
    Database(String),
}

impl fmt::Display for Unwell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(name) => write!(f, "{name} does not go on"),
            Self::Waits => f.write_str("messages that are due are not sent"),
            Self::Database(error) => write!(f, "the database does not answer: {error}"),
        }
    }
}

/// Calls one address until the worker is stopped. That a call fails is for the other side to notice.
pub(super) async fn run(work: Work, heartbeat: Heartbeat, pulses: Pulses, mut stopped: watch::Receiver<bool>) {
    let agent = post::agent();
    let mut told: Option<Unwell> = None;
    loop {
        let unwell = look(&work.batches.reader, work.clock.now(), &heartbeat, &pulses).await;
        match &unwell {
            None => {
                let (agent, address) = (agent.clone(), heartbeat.url.clone());
                let called = tokio::task::spawn_blocking(move || post::call(&agent, &address)).await;
                if let Ok(Err(why)) = called {
                    tracing::warn!(heartbeat = heartbeat.name, why, "the heartbeat was not taken");
                }
            }
            Some(why) if told.as_ref() != Some(why) => {
                tracing::error!(heartbeat = heartbeat.name, %why, "the heartbeat stops");
            }
            Some(_) => {}
        }
        told = unwell;
        tokio::select! {
            _ = stopped.changed() => return,
            () = sleep(heartbeat.every) => {}
        }
    }
}

async fn look(reader: &Reader, now: Instant, heartbeat: &Heartbeat, pulses: &Pulses) -> Option<Unwell> {
    if let Some(name) = pulses.stopped(heartbeat.patience) {
        return Some(Unwell::Stopped(name));
    }
    let before = now.minus(TimeDelta::from_std(heartbeat.patience).unwrap_or(TimeDelta::MAX));
    match tokio::time::timeout(heartbeat.patience, is_any_overdue(reader, before)).await {
        Err(_) => Some(Unwell::Database("it is busy".to_owned())),
        Ok(Err(error)) => Some(Unwell::Database(error.to_string())),
        Ok(Ok(waits)) => waits.then_some(Unwell::Waits),
    }
}
