//! Time stamps (RFC 3161): an authority that knows nothing of this log signs that a checkpoint was there at a time. So a log that is made
//! again later, with a key that was taken, has no time stamp of the time that it claims.
//!
//! Only what verifies is kept: the response is about these bytes and this request, it is signed by a certificate for time stamping for
//! which one of the certificates in the settings vouches, and its time is ours within five minutes.

mod client;
pub(crate) mod record;
pub(crate) mod token;

pub use self::token::Roots;
use self::{
    record::{KeepDelay, KeepTimeStamp, Pending, TimeStamp},
    token::Request,
};
use crate::{
    clock::{Clock, Instant},
    gate::Gate,
    secret,
    store::Reader,
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::task;

/// How far the time of the authority may be from ours, in seconds.
const APART: u64 = 300;

/// Who stamps checkpoints.
#[derive(Clone, Debug)]
pub struct Authority {
    url: String,
    roots: Roots,
}

impl Authority {
    /// Reads an address, and the certificates in PEM for what it signs.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn new(url: &str, roots: Roots) -> Result<Self, String> {
        client::check(url).map_err(|why| format!("{url:?}: {why}"))?;
        Ok(Self { url: url.to_owned(), roots })
    }

    /// What it is called: its address, without what may be secret in it.
    pub(crate) fn name(&self) -> &str {
        self.url.split('?').next().unwrap_or_default()
    }
}

/// Who stamps checkpoints, how often, and how often to look whether there is one to stamp.
#[derive(Clone, Debug)]
pub struct Stamping {
    pub authority: Option<Arc<Authority>>,
    pub every: TimeDelta,
    pub look: Duration,
}

impl Default for Stamping {
    fn default() -> Self {
        Self { authority: None, every: TimeDelta::hours(1), look: Duration::from_secs(10) }
    }
}

/// Has the newest checkpoint stamped, unless one was within the time between two stamps, or the authority is to be asked later. Dropping
/// this is safe at any time.
pub(crate) async fn stamp_if_due(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    authority: &Arc<Authority>,
    every: TimeDelta,
) -> anyhow::Result<()> {
    let (name, now) = (authority.name().to_owned(), clock.now());
    let Some(Pending { id, note, attempts }) = record::pending(reader, &name, now, now.minus(every)).await? else {
        return Ok(());
    };
    let nonce = secret::random();
    let asked = Arc::clone(authority);
    let answered = task::spawn_blocking(move || ask(&asked, note.as_bytes(), nonce)).await?;
    match answered.and_then(|(response, time)| near(time, clock.now()).map(|()| (response, time))) {
        Ok((response, time)) => {
            let stamp = TimeStamp { checkpoint_id: id, authority: name, time };
            gate.run_housekeeping(&KeepTimeStamp { stamp, response }).await?;
        }
        Err(error) => {
            gate.run_housekeeping(&KeepDelay { authority: name, error, attempts: attempts + 1 }).await?;
        }
    }
    Ok(())
}

fn ask(authority: &Authority, note: &[u8], nonce: [u8; 16]) -> Result<(Vec<u8>, Instant), String> {
    let request = Request::new(note, nonce).map_err(|error| format!("no request could be made: {error}"))?;
    let response = client::post(&authority.url, &request.bytes)?;
    let time = token::answered(&response, note, &request, &authority.roots)?;
    Ok((response, time))
}

fn near(time: Instant, now: Instant) -> Result<(), String> {
    match now.unix().abs_diff(time.unix()) {
        ..=APART => Ok(()),
        seconds => Err(format!("its clock is {seconds} seconds from ours")),
    }
}
