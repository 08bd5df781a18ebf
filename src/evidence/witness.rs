//! Witnesses (<https://c2sp.org/tlog-witness>): others, who sign a checkpoint only where it continues the one that they signed before.
//! A log with two histories finds no witness for the second one.
//!
//! A witness that does not answer is asked again. One that refuses what this log says of itself is never asked again in silence.

mod client;
pub(crate) mod record;

use self::{
    client::{Answer, Asking},
    record::{Cosignature, KeepCosignature, KeepRefusal, KeepTrouble, Pending},
};
use crate::{
    clock::Clock,
    gate::Gate,
    store::Reader,
    tlog::{checkpoint::Checkpoint, note::Note, verifier::Verifier},
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::task;

/// How far the time of a cosignature may be from ours.
const APART: u64 = 300;

/// One who is asked to sign checkpoints too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What `/add-checkpoint` is added to; without a slash at the end.
    url: String,
    key: Verifier,
}

impl Witness {
    /// Reads an address and a key, as the witness publishes them.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    pub fn parse(url: &str, key: &str) -> Result<Self, String> {
        let key = Verifier::read(key).map_err(|fault| format!("{key:?} is no public key: {fault}"))?;
        if !key.is_of_witness() {
            return Err(format!("the key of {} is that of a log, not of a witness", key.name()));
        }
        client::check(url).map_err(|why| format!("the address of {}: {why}", key.name()))?;
        Ok(Self { url: url.trim_end_matches('/').to_owned(), key })
    }

    /// The name of its key.
    pub(crate) fn name(&self) -> &str {
        self.key.name()
    }
}

/// Who signs besides, and how often to look whether there is something to sign.
#[derive(Clone, Debug)]
pub struct Witnesses {
    pub all: Vec<Witness>,
    pub look: Duration,
}

impl Default for Witnesses {
    fn default() -> Self {
        Self { all: Vec::new(), look: Duration::from_secs(10) }
    }
}

/// How asking ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// There was nothing to ask, or not yet.
    Nothing,
    Cosigned,
    /// Asked again later.
    Later(String),
    /// It refuses our history.
    Refused(String),
}

/// Asks a witness for the newest checkpoint, unless it has signed that one or is to be asked later. Dropping this is safe at any time.
pub(crate) async fn ask_if_due(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    witness: &Arc<Witness>,
) -> anyhow::Result<Asked> {
    let Some(pending) = record::pending(reader, witness.name(), clock.now()).await? else { return Ok(Asked::Nothing) };
    let asked = ask(reader, gate, clock, witness, &pending).await?;
    match &asked {
        Asked::Nothing | Asked::Cosigned => {}
        Asked::Later(why) => {
            let witness = witness.name().to_owned();
            gate.run_housekeeping(&KeepTrouble { witness, error: why.clone(), attempts: pending.attempts + 1 }).await?;
        }
        Asked::Refused(why) => {
            tracing::error!(witness = witness.name(), why, "a witness refuses the history of the audit log");
            gate.run_housekeeping(&KeepRefusal { witness: witness.name().to_owned(), text: why.clone() }).await?;
        }
    }
    Ok(asked)
}

async fn ask(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    witness: &Arc<Witness>,
    pending: &Pending,
) -> anyhow::Result<Asked> {
    let note = Note::read(pending.note.as_bytes())?;
    let checkpoint = Checkpoint::read(note.text())?;
    let mut old = pending.cosigned.unsigned_abs();
    // Once more where it names the size that it knows.
    for is_last in [false, true] {
        let proof = match record::proof(reader, old, &checkpoint).await {
            Ok(proof) => proof,
            Err(why) => return Ok(Asked::Later(format!("no proof could be made: {why}"))),
        };
        let asking = Asking { old, proof, note: pending.note.clone() };
        let asked = Arc::clone(witness);
        let answer = task::spawn_blocking(move || client::ask(&asked.url, &asking)).await?;
        match answer {
            Answer::Signed(lines) => return cosigned(gate, clock, witness, pending, &note, &lines).await,
            Answer::Knows(size) if size > checkpoint.size() => {
                // Another console may have signed and asked meanwhile.
                return Ok(if record::is_signed(reader, size).await? {
                    Asked::Later("a later checkpoint was signed just now".to_owned())
                } else {
                    Asked::Refused(format!(
                        "it has signed a log of {size} rows, and this one has {}: rows were cut off, or an older copy is in its place",
                        checkpoint.size()
                    ))
                });
            }
            Answer::Knows(size) if !is_last && size != old => old = size,
            Answer::Knows(size) => return Ok(Asked::Later(format!("it names another size each time, now {size}"))),
            Answer::Refuses(status) => {
                return Ok(Asked::Refused(format!(
                    "it does not sign the log of {} rows after that of {old} rows ({status}): rows were rewritten, or another log has the same name",
                    checkpoint.size()
                )));
            }
            Answer::Later(why) => return Ok(Asked::Later(why)),
        }
    }
    Ok(Asked::Nothing)
}

/// Keeps the signature of the witness, if it is one and of now. Those of others that it sends along are left out.
async fn cosigned(
    gate: &Gate,
    clock: &Clock,
    witness: &Witness,
    pending: &Pending,
    note: &Note,
    lines: &str,
) -> anyhow::Result<Asked> {
    let line = match verified(witness, note, lines, clock.now().unix()) {
        Ok(line) => line,
        Err(why) => return Ok(Asked::Later(why)),
    };
    let cosignature = Cosignature { checkpoint_id: pending.id, witness: witness.name().to_owned(), line };
    gate.run_housekeeping(&KeepCosignature { cosignature }).await?;
    Ok(Asked::Cosigned)
}

fn verified(witness: &Witness, note: &Note, lines: &str, now: i64) -> Result<String, String> {
    let signatures =
        crate::tlog::note::signatures(lines).map_err(|fault| format!("its answer is no signature: {fault}"))?;
    let signature = signatures.into_iter().find(|signature| signature.is_of(&witness.key));
    let signature = signature.ok_or("its answer has no signature of its key")?;
    let time = witness.key.verify_cosignature(note.text(), &signature).map_err(|fault| fault.to_string())?;
    if now.abs_diff(time) > APART {
        return Err(format!("its clock is {} seconds from ours", now.abs_diff(time)));
    }
    Ok(signature.to_string())
}

/// How long to wait before it is asked again: 1, 5, 15 minutes, then half an hour.
pub(super) fn wait(attempts: i64) -> TimeDelta {
    match attempts {
        ..=1 => TimeDelta::minutes(1),
        2 => TimeDelta::minutes(5),
        3 => TimeDelta::minutes(15),
        _ => TimeDelta::minutes(30),
    }
}
