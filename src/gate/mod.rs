//! The one door: nothing changes a row of business data except through [`Gate::submit`].
//!
//! Three fences keep it so. Types: [`Tx`], the only value that can run a write, has no public constructor. The engine:
//! handlers hold a [`Reader`](crate::store::Reader), through which the database itself refuses to write. Lint:
//! `clippy.toml` disallows sqlx's own ways in elsewhere.
//!
//! The gate knows no slice. A change brings its own SQL; the gate brings who, from where, with which code, why, and the
//! audit row.

mod actor;
mod admit;
mod amount;
mod at_rest;
pub mod audit;
mod behalf;
mod change;
pub mod code;
mod housekeeping;
mod judge;
mod noted;
mod outbox;
mod parking;
mod policy;
mod refusal;
mod seal;
mod sign_in;
mod tx;

pub use actor::{Actor, Origin, Role, Roles, Who};
pub use amount::Amount;
pub use at_rest::AtRest;
pub use behalf::{Asked, Rehearsed};
pub use change::{Admits, By, Change, Fault, Kind, Meaning, Rejection, Target};
pub use housekeeping::{
    AcceptRun, ClaimDeliveries, ClaimRefunds, ClaimRun, ClaimedRefund, ClaimedRun, EndSession, ForgetExpired,
    HOUSEKEEPING, Housekeeping, KeepSearch, MarkDelivered, Missing, Normal, PostponeRefund, RecordAccess, ReindexNames,
    Reindexed, ReportRun, Reported, Skips, StartRun, Stretch, Tick, TickJob, TouchSession,
};
pub use judge::is_same_mailbox;
pub use noted::Noted;
pub use outbox::Delivery;
pub use policy::{Need, Notice, Policies, Policy, When, covers};
pub use refusal::{CodeRefusal, Refusal};
pub use seal::{Given, Reason, Seal, Sealed, is_printable};
pub(crate) use sign_in::can_sign_in;
pub(crate) use tx::Writer;
pub use tx::{Event, Tx};

use crate::{clock::Clock, networks::Allowlist, secret::SecretKey, store};
use audit::{Ending, Line};
use serde::de::DeserializeOwned;

/// The door. Cheap to clone; all clones share one pool.
#[derive(Clone, Debug)]
pub struct Gate {
    writer: Writer,
    clock: Clock,
    key: SecretKey,
    networks: Allowlist,
    policies: Policies,
}

/// How often a change is tried again when the database says that somebody else was in the way.
const TRIES: usize = 5;

impl Gate {
    /// A gate that needs nobody's approval, except where somebody acts on their own account.
    pub fn new(store: &store::Store, clock: Clock, key: SecretKey, networks: Allowlist) -> Self {
        Self { writer: store.writer.clone(), clock, key, networks, policies: Policies::default() }
    }

    /// The same gate under these rules.
    #[must_use]
    pub fn with_policies(self, policies: Policies) -> Self {
        Self { policies, ..self }
    }

    /// Makes `change` for `actor`, sealed and recorded, or says why not, which is recorded too.
    pub async fn submit<C: Change>(
        &self,
        actor: &Actor,
        change: &C,
        seal: &Seal,
    ) -> Result<Sealed<Given<C::Output>>, Refusal> {
        let Sealed { seq, mut output, repeated } = self.submit_all(actor, std::slice::from_ref(change), seal).await?;
        let output = output.pop().ok_or_else(|| Refusal::Unrecorded(anyhow::anyhow!("a change gave nothing")))?;
        Ok(Sealed { seq, output, repeated })
    }

    /// Makes `change` for the system or the command line, whom no policy holds up and nobody asks for a code.
    pub async fn perform<C: Change>(&self, actor: &Actor, change: &C) -> Result<Sealed<C::Output>, Refusal> {
        let Sealed { seq, output, repeated } = self.submit(actor, change, &Seal::none()).await?;
        match output {
            Given::Made(output) => Ok(Sealed { seq, output, repeated }),
            Given::Waits(request) => Err(Refusal::Unrecorded(anyhow::anyhow!(
                "a change that nobody is there to approve waits as request {request}"
            ))),
        }
    }

    /// Makes several changes of one kind under one seal: all of them or none, with a row in the log for each. The first of
    /// their rows is named; the others follow it.
    pub async fn submit_all<C: Change>(
        &self,
        actor: &Actor,
        changes: &[C],
        seal: &Seal,
    ) -> Result<Sealed<Vec<Given<C::Output>>>, Refusal> {
        let mut tries = 1;
        loop {
            let outcome = self.attempt(actor, changes, seal).await;
            match &outcome {
                Err(Refusal::Unrecorded(error)) if tries < TRIES && is_contention(error) => tries += 1,
                Err(Refusal::Unrecorded(_)) => {
                    if let Some(change) = changes.first() {
                        self.record_apart(actor, change, seal).await;
                    }
                    return outcome;
                }
                _ => return outcome,
            }
        }
    }

    async fn attempt<C: Change>(
        &self,
        actor: &Actor,
        changes: &[C],
        seal: &Seal,
    ) -> Result<Sealed<Vec<Given<C::Output>>>, Refusal> {
        let mut tx = self.begin(actor).await?;
        tx.reason = seal.reason.clone();
        let verdict = self.decide(&mut tx, actor, changes, seal).await;
        let roles = tx.roles.clone();
        let line = |change: &C, outcome, refusal| Line {
            actor,
            roles: roles.as_ref(),
            action: C::KIND,
            target: change.target(),
            reason: &seal.reason,
            ending: Ending { outcome, refusal },
        };
        match verdict {
            Ok(Verdict::Repeated(first)) => {
                tx.rollback().await?;
                let output = answer_of(&first.output).map_err(|error| Refusal::Unrecorded(error.into()))?;
                Ok(Sealed { seq: first.seq, output, repeated: true })
            }
            Ok(Verdict::Applied(done)) => {
                let mut first = None;
                let mut output = Vec::with_capacity(done.len());
                for (change, (given, traces)) in changes.iter().zip(done) {
                    let events = tx.recall(traces);
                    let outcome = if matches!(given, Given::Made(_)) { "applied" } else { "requested" };
                    let seq = audit::append(&mut tx, line(change, outcome, None)).await?;
                    outbox::write(&mut tx, seq, &events).await?;
                    first.get_or_insert(seq);
                    output.push(given);
                }
                behalf::append_enacted(&mut tx).await?;
                let seq = first.ok_or_else(|| Refusal::Unrecorded(anyhow::anyhow!("nothing was to be changed")))?;
                let kept = serde_json::to_string(&output).map_err(|error| Refusal::Unrecorded(error.into()))?;
                admit::remember(&mut tx, actor, seal, seq, &kept).await?;
                tx.commit().await?;
                Ok(Sealed { seq, output, repeated: false })
            }
            Err(No { refusal: Refusal::Unrecorded(error), .. }) => {
                tx.rollback().await.ok();
                Err(Refusal::Unrecorded(error))
            }
            Err(No { refusal, after_code, at }) => {
                if after_code {
                    tx.undo().await?;
                }
                admit::unclaim(&mut tx, actor, seal, &refusal).await?;
                count(&mut tx, actor, &refusal).await?;
                let Some(change) = changes.get(at) else { return Err(refusal) };
                change.count_refusal(&mut tx, &refusal).await?;
                let outcome = if after_code && C::ADMITS.code { "failed" } else { "refused" };
                audit::append(&mut tx, line(change, outcome, Some(&refusal))).await?;
                tx.commit().await?;
                Err(refusal)
            }
        }
    }

    async fn begin(&self, actor: &Actor) -> sqlx::Result<Tx<'static>> {
        let mut tx = self.writer.begin(self.clock.now()).await?;
        (tx.by, tx.staff, tx.ip) = (actor.who.name(), actor.staff_id(), actor.origin.ip);
        tx.request_id.clone_from(&actor.origin.request_id);
        (tx.policies, tx.allowed) = (self.policies.clone(), self.networks.clone());
        Ok(tx)
    }

    /// The way through the door, step by step.
    async fn decide<C: Change>(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        changes: &[C],
        seal: &Seal,
    ) -> Result<Verdict<C::Output>, No> {
        if let Some(first) = admit::claim(tx, actor, changes, seal).await? {
            return Ok(Verdict::Repeated(first));
        }
        tx.roles = admit::permitted(tx, actor, C::ADMITS).await?;
        admit::allowed_network(tx, actor).await?;
        for (at, change) in changes.iter().enumerate() {
            let seen = admit::still_as_seen(tx, change, seal).await;
            seen.map_err(|refusal| No { refusal, after_code: false, at })?;
        }
        admit::second_factor(tx, &self.key, actor, C::ADMITS, seal).await?;
        // From here on the code is spent, whatever happens: a refusal goes back to this mark and no farther.
        tx.mark().await?;
        let mut done = Vec::with_capacity(changes.len());
        let mut earlier = Vec::new();
        for (at, change) in changes.iter().enumerate() {
            let given = parking::make_or_park(tx, actor, change, seal, &mut earlier).await;
            let given = given.map_err(|fault| No { refusal: fault.into(), after_code: true, at })?;
            done.push((given, tx.set_aside()));
        }
        Ok(Verdict::Applied(done))
    }

    /// Says in the log that a change failed because the database failed, and spends its code, in a transaction of its
    /// own. Where that fails as well, there is only the server's log.
    async fn record_apart<C: Change>(&self, actor: &Actor, change: &C, seal: &Seal) {
        let refusal = Refusal::Unrecorded(anyhow::anyhow!("undone"));
        let recorded = async {
            let mut tx = self.writer.begin(self.clock.now()).await?;
            tx.hurry().await?;
            if let (true, Some(staff), Some(code)) = (C::ADMITS.code, actor.staff_id(), seal.code.as_deref()) {
                code::burn(&mut tx, &self.key, staff, code).await?;
            }
            let line = Line {
                actor,
                roles: None,
                action: C::KIND,
                target: change.target(),
                reason: &seal.reason,
                ending: Ending { outcome: "failed", refusal: Some(&refusal) },
            };
            audit::append(&mut tx, line).await?;
            tx.commit().await
        };
        if let Err(error) = recorded.await {
            tracing::error!(request = actor.origin.request_id, action = C::KIND, %error, "a failed change could not be recorded");
        }
    }

    /// Records that a request was turned away before it became a change: from a foreign network, with a forged form,
    /// without the role for a page.
    pub async fn record_refusal(
        &self,
        actor: &Actor,
        action: &'static str,
        target: Target,
        refusal: &Refusal,
    ) -> Result<i64, Refusal> {
        let mut tx = self.writer.begin(self.clock.now()).await?;
        let ending = Ending { outcome: "refused", refusal: Some(refusal) };
        let line = Line { actor, roles: None, action, target, reason: &Reason::none(), ending };
        let seq = audit::append(&mut tx, line).await?;
        tx.commit().await?;
        Ok(seq)
    }

    /// Does background work of the closed list.
    pub async fn keep<H: Housekeeping>(&self, work: &H) -> sqlx::Result<H::Output> {
        let mut tx = self.writer.begin(self.clock.now()).await?;
        let output = work.run(&mut tx).await?;
        tx.commit().await?;
        Ok(output)
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The networks that the environment opens; the list in the database may open others.
    pub fn networks(&self) -> &Allowlist {
        &self.networks
    }

    pub fn key(&self) -> &SecretKey {
        &self.key
    }

    pub fn policies(&self) -> &Policies {
        &self.policies
    }
}

/// What the first sending of a form was answered. Before anything could wait, it was kept without saying that it was made.
fn answer_of<T: DeserializeOwned>(kept: &str) -> serde_json::Result<Vec<Given<T>>> {
    serde_json::from_str(kept).or_else(|error| match serde_json::from_str::<Vec<T>>(kept) {
        Ok(made) => Ok(made.into_iter().map(Given::Made).collect()),
        Err(_) => Err(error),
    })
}

enum Verdict<T> {
    /// What each change gave and what it left behind for its row.
    Applied(Vec<(Given<T>, tx::Traces)>),
    Repeated(admit::First),
}

/// A refusal, whether a code had been spent by then, and which of the changes it is about.
struct No {
    refusal: Refusal,
    after_code: bool,
    at: usize,
}

impl<E: Into<Refusal>> From<E> for No {
    fn from(error: E) -> Self {
        Self { refusal: error.into(), after_code: false, at: 0 }
    }
}

/// A wrong code counts toward the lock; the other refusals say nothing about guessing.
async fn count(tx: &mut Tx<'_>, actor: &Actor, refusal: &Refusal) -> sqlx::Result<()> {
    match (refusal, actor.staff_id()) {
        (Refusal::Code(CodeRefusal::Wrong), Some(staff)) => code::count_wrong(tx, staff).await,
        _ => Ok(()),
    }
}

fn is_contention(error: &anyhow::Error) -> bool {
    error.downcast_ref::<sqlx::Error>().is_some_and(store::is_contention)
}
