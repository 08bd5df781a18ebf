//! Submitting changes: the steps in order, the transaction around them, and how a refusal is recorded.

use super::{
    Actor, By, Change, CodeRefusal, Fault, Gate, Housekeeping, Kind, Outcome, Reason, Refusal, Seal, Sealed, Tx, Who,
    admit,
    audit::{self, Ending, Line},
    behalf, code, daily, hold,
    ledger::Ledger,
    outbox,
    reversal::REVERSAL_OTHER,
    span,
    tx::{Identity, Savepoint},
};
use crate::store;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::pin::Pin;
use tracing::Instrument as _;

crate::gate::topics! {
    /// A command on the host changed something.
    HOST_CHANGED = "host.changed";
}

/// How often a change is tried again when the database reports contention.
const TRIES: usize = 5;

impl Gate {
    /// Makes `change` for `actor`, or holds it as a request, and records it.
    ///
    /// # Errors
    ///
    /// The reason why the change is refused, which is recorded too. Only [`Refusal::Unrecorded`] means that the database
    /// failed; then nothing was changed.
    pub async fn submit<C: Change>(
        &self,
        actor: &Actor,
        change: &C,
        seal: &Seal,
    ) -> Result<Sealed<Outcome<C::Output>>, Refusal> {
        let Sealed { seq, mut output, repeated } = self.submit_all(actor, std::slice::from_ref(change), seal).await?;
        let output = output.pop().ok_or_else(|| Refusal::Unrecorded(anyhow::anyhow!("a change gave nothing")))?;
        Ok(Sealed { seq, output, repeated })
    }

    /// Makes `change` for the system or the command line, for which no policy and no code applies.
    ///
    /// # Errors
    ///
    /// As [`Gate::submit`]; [`Refusal::Unrecorded`] also if a policy holds the change back all the same.
    pub async fn submit_unattended<C: Change>(&self, actor: &Actor, change: &C) -> Result<Sealed<C::Output>, Refusal> {
        self.submit_for(actor, change, &Reason::none()).await
    }

    /// The same with work of the closed list in the same transaction: both are done or neither is. Where the work says that it is not
    /// to be done any more, nothing is, and no row tells of it ([`Refusal::Stale`]). A change that is refused is recorded, and the
    /// work is done.
    ///
    /// # Errors
    ///
    /// As [`Gate::submit_unattended`].
    pub async fn submit_unattended_with<C: Change, H: Housekeeping<Output = bool>>(
        &self,
        actor: &Actor,
        change: &C,
        work: &H,
    ) -> Result<(), Refusal> {
        let (target, seal) = (change.target(), Seal::none());
        let decided = self.try_all(actor, std::slice::from_ref(change), &seal, Some(work));
        decided.instrument(span::of(C::KIND, Some(&target))).await.map(drop)
    }

    /// The same for a command on the host, with its reason.
    ///
    /// # Errors
    ///
    /// As [`Gate::submit_unattended`].
    pub async fn submit_for<C: Change>(
        &self,
        actor: &Actor,
        change: &C,
        reason: &Reason,
    ) -> Result<Sealed<C::Output>, Refusal> {
        let seal = Seal { reason: reason.clone(), ..Seal::none() };
        let Sealed { seq, output, repeated } = self.submit(actor, change, &seal).await?;
        match output {
            Outcome::Applied(output) => Ok(Sealed { seq, output, repeated }),
            Outcome::Pending(request) => Err(Refusal::Unrecorded(anyhow::anyhow!(
                "a change that nobody is there to approve waits as request {request}"
            ))),
        }
    }

    /// Makes several changes of one kind under one seal: all of them or none, with a row in the log for each. `seq` is the
    /// first of these rows; the others follow it.
    ///
    /// # Errors
    ///
    /// As [`Gate::submit`], for the first change that is refused; then none of them is made.
    pub async fn submit_all<C: Change>(
        &self,
        actor: &Actor,
        changes: &[C],
        seal: &Seal,
    ) -> Result<Sealed<Vec<Outcome<C::Output>>>, Refusal> {
        let target = changes.first().map(Change::target);
        let decided = async {
            let outcome = self.try_all(actor, changes, seal, None).await;
            let refusal = outcome.as_ref().err().map(Refusal::word);
            if actor.staff_id().is_some() {
                tracing::info!(refusal, "decided");
            } else {
                tracing::debug!(refusal, "decided");
            }
            outcome
        };
        decided.instrument(span::of(C::KIND, target.as_ref())).await
    }

    async fn try_all<C: Change>(
        &self,
        actor: &Actor,
        changes: &[C],
        seal: &Seal,
        beside: Option<&dyn Beside>,
    ) -> Result<Sealed<Vec<Outcome<C::Output>>>, Refusal> {
        let mut tries = 1;
        loop {
            let outcome = self.attempt(actor, changes, seal, beside).await;
            match &outcome {
                Err(Refusal::Unrecorded(error)) if tries < TRIES && is_contention(error) => tries += 1,
                Err(Refusal::Unrecorded(_)) => {
                    span::record_outcome("failed");
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
        beside: Option<&dyn Beside>,
    ) -> Result<Sealed<Vec<Outcome<C::Output>>>, Refusal> {
        let mut tx = self.begin(actor).await?;
        // First, because the lock of the log is the last one taken.
        if let Some(beside) = beside
            && !beside.run(&mut tx).await?
        {
            tx.rollback().await?;
            return Err(Refusal::Stale { now: 0 });
        }
        tx.who.reason = seal.reason.clone();
        let verdict = self.decide(&mut tx, actor, changes, seal).await;
        let roles = tx.who.roles.clone();
        let line = |change: &C, outcome, refusal| Line {
            actor,
            roles: roles.as_ref(),
            action: C::KIND,
            target: change.target(),
            reason: &seal.reason,
            ending: Ending::of(outcome, refusal),
        };
        match verdict {
            Ok(Verdict::Repeated(first)) => {
                tx.rollback().await?;
                span::record_outcome("repeated");
                let output = answer_of(&first.output).map_err(|error| Refusal::Unrecorded(error.into()))?;
                Ok(Sealed { seq: first.seq, output, repeated: true })
            }
            Ok(Verdict::Applied(done)) => {
                let mut first = None;
                let mut output = Vec::with_capacity(done.len());
                let mut enacted = Vec::new();
                for (change, (given, ledger)) in changes.iter().zip(done) {
                    tx.ledger = ledger;
                    let counted = daily::noted(C::QUANTITIES, &tx.ledger);
                    let audit::Appended { seq, at } =
                        audit::append(&mut tx, line(change, outcome_word(&given), None)).await?;
                    if matches!(actor.who, Who::Console { .. }) {
                        tx.emit(HOST_CHANGED, json!({ "change": C::KIND }));
                    }
                    if let (Outcome::Applied(_), Some(staff)) = (&given, actor.staff_id()) {
                        daily::add(&mut tx, staff, at, C::KIND, &counted).await?;
                    }
                    let events = std::mem::take(&mut tx.ledger.events);
                    outbox::write(&mut tx, seq, &events).await?;
                    enacted.append(&mut tx.ledger.enacted);
                    first.get_or_insert(seq);
                    output.push(given);
                }
                behalf::append_enacted(&mut tx, enacted).await?;
                let seq = first.ok_or_else(|| Refusal::Unrecorded(anyhow::anyhow!("nothing was to be changed")))?;
                let kept = serde_json::to_string(&output).map_err(|error| Refusal::Unrecorded(error.into()))?;
                admit::remember(&mut tx, actor, seal, seq, &kept).await?;
                tx.commit().await?;
                span::record_outcome(output.first().map_or("applied", outcome_word));
                Ok(Sealed { seq, output, repeated: false })
            }
            Err(Refused { refusal: Refusal::Unrecorded(error), .. }) => {
                tx.rollback().await.ok();
                Err(Refusal::Unrecorded(error))
            }
            Err(Refused { refusal, code_spent, index }) => {
                if code_spent {
                    tx.rollback_to(Savepoint::All).await?;
                }
                admit::unclaim(&mut tx, actor, seal, &refusal).await?;
                count(&mut tx, actor, &refusal).await?;
                let Some(change) = changes.get(index) else { return Err(refusal) };
                change.count_refusal(&mut tx, &refusal).await?;
                let outcome = if code_spent && C::ADMITS.code { "failed" } else { "refused" };
                // What spends a code, or is a guess, is slowed down already.
                let is_rare = code_spent && (C::ADMITS.code || matches!(C::ADMITS.by, By::Public | By::PasswordOnly))
                    || matches!(refusal, Refusal::Code(CodeRefusal::Wrong));
                let (target, now) = (change.target(), tx.now());
                if is_rare || self.tally.gets_row(actor, C::KIND, &target, &refusal, now) {
                    audit::append(&mut tx, line(change, outcome, Some(&refusal))).await?;
                    tx.commit().await?;
                } else {
                    tx.commit().await?;
                    self.tally.count(actor, C::KIND, &target, &refusal, now);
                }
                span::record_outcome(outcome);
                Err(refusal)
            }
        }
    }

    pub(super) async fn begin(&self, actor: &Actor) -> sqlx::Result<Tx<'static>> {
        let mut tx = self.writer.begin(self.clock.now(), &self.setup).await?;
        tx.who = Identity {
            name: actor.who.name(),
            staff: actor.staff_id(),
            ip: actor.origin.ip,
            request_id: actor.origin.request_id.clone(),
            ..Identity::default()
        };
        Ok(tx)
    }

    /// Runs the steps of admission and then the changes.
    async fn decide<C: Change>(
        &self,
        tx: &mut Tx<'_>,
        actor: &Actor,
        changes: &[C],
        seal: &Seal,
    ) -> Result<Verdict<C::Output>, Refused> {
        if let Some(first) = admit::claim(tx, actor, changes, seal).await? {
            return Ok(Verdict::Repeated(first));
        }
        tx.who.roles = admit::permitted(tx, actor, &Kind::of::<C>()).await?;
        admit::allowed_network(tx, actor).await?;
        if seal.reverses.is_some() && changes.len() > 1 {
            return Err(Fault::conflict(REVERSAL_OTHER).into());
        }
        for (index, change) in changes.iter().enumerate() {
            let seen = admit::still_as_seen(tx, change, seal).await;
            seen.map_err(|refusal| Refused { refusal, code_spent: false, index })?;
        }
        admit::second_factor(tx, &self.key, actor, C::ADMITS, seal).await?;
        // Before the savepoint: a day that is added up once stays so, also where the change is held or refused.
        let policies = tx.setup.policies.clone();
        if let Some(staff) = actor.staff_id().filter(|_| policies.counts_days(C::KIND)) {
            tx.today = Some((staff, daily::today(tx, staff, policies.zone).await?));
        }
        // From here on the code is spent in any case: a refusal goes back to this savepoint and no further.
        tx.savepoint(Savepoint::All).await?;
        let mut done = Vec::with_capacity(changes.len());
        let mut earlier = Vec::new();
        for (index, change) in changes.iter().enumerate() {
            let mark = if index == 0 { Savepoint::First } else { Savepoint::Next };
            let given = hold::apply_or_hold(tx, actor, change, seal, mark, &mut earlier).await;
            let given = given.map_err(|fault| Refused { refusal: fault.into(), code_spent: true, index })?;
            done.push((given, std::mem::take(&mut tx.ledger)));
        }
        Ok(Verdict::Applied(done))
    }

    /// Records that a change failed because the database failed, and spends its code, in a transaction of its own. If that
    /// fails as well, only the server's log has it.
    async fn record_apart<C: Change>(&self, actor: &Actor, change: &C, seal: &Seal) {
        let refusal = Refusal::Unrecorded(anyhow::anyhow!("undone"));
        let recorded = async {
            let mut tx = self.writer.begin(self.clock.now(), &self.setup).await?;
            tx.limit_lock_wait().await?;
            if let (true, Some(staff), Some(code)) = (C::ADMITS.code, actor.staff_id(), seal.code.as_deref()) {
                code::burn(&mut tx, &self.key, staff, code).await?;
            }
            let line = Line {
                actor,
                roles: None,
                action: C::KIND,
                target: change.target(),
                reason: &seal.reason,
                ending: Ending::of("failed", Some(&refusal)),
            };
            audit::append(&mut tx, line).await?;
            tx.commit().await
        };
        if let Err(error) = recorded.await {
            tracing::error!(%error, "a failed change could not be recorded");
        }
    }

    /// Runs background work of the closed list in a transaction of its own.
    pub async fn run_housekeeping<H: Housekeeping>(&self, work: &H) -> sqlx::Result<H::Output> {
        let mut tx = self.writer.begin(self.clock.now(), &self.setup).await?;
        let output = work.run(&mut tx).await?;
        tx.commit().await?;
        Ok(output)
    }
}

/// Reads the stored answer to the first submission of a form. Answers from before approvals existed do not say that the
/// change was made.
fn answer_of<T: DeserializeOwned>(kept: &str) -> serde_json::Result<Vec<Outcome<T>>> {
    serde_json::from_str(kept).or_else(|error| match serde_json::from_str::<Vec<T>>(kept) {
        Ok(made) => Ok(made.into_iter().map(Outcome::Applied).collect()),
        Err(_) => Err(error),
    })
}

/// The outcome in the words of the audit log.
fn outcome_word<T>(outcome: &Outcome<T>) -> &'static str {
    match outcome {
        Outcome::Applied(_) => "applied",
        Outcome::Pending(_) => "requested",
    }
}

/// Work that is done in the transaction of a change.
trait Beside: Sync {
    /// Says whether it is still to be done.
    fn run<'t>(&'t self, tx: &'t mut Tx<'static>) -> Pin<Box<dyn Future<Output = sqlx::Result<bool>> + Send + 't>>;
}

impl<H: Housekeeping<Output = bool>> Beside for H {
    fn run<'t>(&'t self, tx: &'t mut Tx<'static>) -> Pin<Box<dyn Future<Output = sqlx::Result<bool>> + Send + 't>> {
        Box::pin(Housekeeping::run(self, tx))
    }
}

enum Verdict<T> {
    /// The outcome of each change, and what it left behind for its row.
    Applied(Vec<(Outcome<T>, Ledger)>),
    Repeated(admit::First),
}

/// A refusal, whether a code had been spent by then, and the index of the change that was refused.
struct Refused {
    refusal: Refusal,
    code_spent: bool,
    index: usize,
}

impl<E: Into<Refusal>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self { refusal: error.into(), code_spent: false, index: 0 }
    }
}

/// Counts a wrong code toward the lock. The other refusals are no sign of guessing.
async fn count(tx: &mut Tx<'_>, actor: &Actor, refusal: &Refusal) -> sqlx::Result<()> {
    match (refusal, actor.staff_id()) {
        (Refusal::Code(CodeRefusal::Wrong), Some(staff)) => code::count_wrong(tx, staff).await,
        _ => Ok(()),
    }
}

fn is_contention(error: &anyhow::Error) -> bool {
    error.downcast_ref::<sqlx::Error>().is_some_and(store::is_contention)
}
