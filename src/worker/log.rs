//! The audit log in the background: verifying it, signing it, and shipping what was signed; sealing the access records, and removing what was
//! kept as long as it had to be.

use super::{Work, turn_after};
use crate::{
    access::{seal::seal_if_due, tie::tie_if_due},
    audit::background::{Verifying, report_unsigned, verify_if_due},
    evidence::{
        keep::{self, sign_if_due},
        nodes,
        ship::{ship_due, target::Target},
        signing::Signing,
        timestamp::{Authority, stamp_if_due},
        witness::{Witness, ask_if_due},
    },
    retention::purge::{Rules, purge_some},
};
use chrono::TimeDelta;
use std::sync::Arc;
use tokio::sync::watch;

/// How long after the start it is looked for the first time what is not kept any longer.
const PURGE_FIRST: TimeDelta = TimeDelta::minutes(5);
/// How long after a failure it is tried again.
const PURGE_AGAIN: TimeDelta = TimeDelta::minutes(10);

/// Looks every few minutes whether the next verification is due; the first time some minutes after the start.
pub(super) async fn verify(work: Work, mut stopped: watch::Receiver<bool>) {
    let Some(Verifying { every, look }) = work.verifying else { return };
    while turn_after(look, &mut stopped).await {
        let verifying = verify_if_due(&work.batches.reader, &work.gate, &work.clock, every);
        tokio::select! {
            verified = verifying => if let Err(error) = verified {
                tracing::warn!(%error, "the audit log could not be verified; trying again");
            },
            _ = stopped.changed() => return,
        }
    }
}

/// Seals access records some seconds after they were made, and tells the log of their tree from time to time.
pub(super) async fn seal_access(work: Work, mut stopped: watch::Receiver<bool>) {
    let Some(sealing) = work.sealing else { return };
    let (reader, gate) = (&work.batches.reader, &work.gate);
    let mut turn = 0_u32;
    while turn_after(sealing.look, &mut stopped).await {
        turn = turn.wrapping_add(1);
        if let Err(error) = seal_if_due(reader, gate, sealing, turn).await {
            tracing::warn!(%error, "access records could not be sealed; trying again");
        }
        if let Err(error) = tie_if_due(reader, gate, &work.clock, sealing).await {
            tracing::warn!(%error, "the log could not be told of the access records; trying again");
        }
    }
}

/// Removes what is not kept any longer, a part after the other, and looks again a day after all of it was removed.
pub(super) async fn purge(work: Work, mut stopped: watch::Receiver<bool>) {
    let Some(purging) = work.purging else { return };
    let rules = Rules {
        retention: work.retention,
        session_absolute: work.session_absolute,
        zone: work.setting.zone,
        at_once: purging.at_once,
    };
    let mut rested = Some((work.clock.now(), PURGE_FIRST.min(purging.every)));
    while turn_after(if rested.is_some() { purging.look } else { purging.pause }, &mut stopped).await {
        let now = work.clock.now();
        // A clock that was set back is noticed at once.
        if rested.is_some_and(|(at, rest)| at <= now && now.since(at) < rest) {
            continue;
        }
        match purge_some(&work.batches.reader, &work.gate, &work.clock, rules).await {
            Ok(true) => rested = None,
            Ok(false) => rested = Some((now, purging.every)),
            Err(error) => {
                tracing::error!(
                    error = format!("{error:#}"),
                    "what is not kept any longer could not be removed; trying again later"
                );
                rested = Some((now, PURGE_AGAIN));
            }
        }
    }
}

/// Signs the log from time to time, and keeps the subtrees that proofs are made of. What a signer found that is no more is over.
pub(super) async fn sign(work: Work, mut stopped: watch::Receiver<bool>) {
    let Some(signing) = &work.signing else {
        return forget_finding(&work).await;
    };
    let mut turn = 0_u32;
    while turn_after(signing.look, &mut stopped).await {
        tokio::select! {
            signed = sign_once(&work, signing, turn) => match signed {
                Ok(()) => turn = turn.wrapping_add(1),
                Err(error) => tracing::warn!(error = format!("{error:#}"), "the audit log could not be signed; trying again"),
            },
            _ = stopped.changed() => return,
        }
    }
}

async fn sign_once(work: &Work, signing: &Signing, turn: u32) -> anyhow::Result<()> {
    let (reader, gate) = (&work.batches.reader, &work.gate);
    if let Some(refused) = sign_if_due(reader, gate, &work.clock, signing, turn).await? {
        report_unsigned(gate, &refused).await?;
    }
    nodes::fill(reader, gate).await?;
    Ok(())
}

/// Ships checkpoints to a target.
pub(super) async fn ship(work: Work, target: Arc<Target>, mut stopped: watch::Receiver<bool>) {
    let (reader, gate, within) = (&work.batches.reader, &work.gate, work.shipping.within);
    while turn_after(work.shipping.look, &mut stopped).await {
        tokio::select! {
            shipped = ship_due(reader, gate, &work.clock, &target, within) => if let Err(error) = shipped {
                tracing::warn!(%error, target = target.name(), "checkpoints could not be shipped; trying again");
            },
            _ = stopped.changed() => return,
        }
    }
}

/// Asks a witness for its signature on the newest checkpoint.
pub(super) async fn ask_witness(work: Work, witness: Arc<Witness>, mut stopped: watch::Receiver<bool>) {
    let (reader, gate) = (&work.batches.reader, &work.gate);
    while turn_after(work.witnesses.look, &mut stopped).await {
        tokio::select! {
            asked = ask_if_due(reader, gate, &work.clock, &witness) => if let Err(error) = asked {
                tracing::warn!(error = format!("{error:#}"), witness = witness.name(), "a witness could not be asked; trying again");
            },
            _ = stopped.changed() => return,
        }
    }
}

/// Has checkpoints stamped with the time.
pub(super) async fn stamp(work: Work, authority: Arc<Authority>, mut stopped: watch::Receiver<bool>) {
    let (reader, gate, every) = (&work.batches.reader, &work.gate, work.stamping.every);
    while turn_after(work.stamping.look, &mut stopped).await {
        tokio::select! {
            stamped = stamp_if_due(reader, gate, &work.clock, &authority, every) => if let Err(error) = stamped {
                tracing::warn!(error = format!("{error:#}"), authority = authority.name(), "a checkpoint could not be stamped; trying again");
            },
            _ = stopped.changed() => return,
        }
    }
}

async fn forget_finding(work: &Work) {
    let forget = async {
        match keep::finding(&mut &work.batches.reader).await? {
            Some(_) => work.gate.run_housekeeping(&keep::KeepFinding { text: None }).await,
            None => Ok(()),
        }
    };
    if let Err(error) = forget.await {
        tracing::warn!(%error, "what the signer had found could not be taken back");
    }
}
