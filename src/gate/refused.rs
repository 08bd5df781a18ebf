//! Recording refusals that are no part of a change: requests that were turned away before, and counts of what was refused
//! too often for a row each.

use super::{
    Actor, Gate, Reason, Refusal, Target, Tx,
    audit::{self, Ending, Line},
    ledger::Ledger,
    reversal,
    tally::Due,
};
use crate::{id::Seq, sql};

impl Gate {
    /// Records that a request was turned away before it became a change: from a foreign network, with a forged form,
    /// without the role for a page. One of many like it is counted instead, and recorded with the others when the minute
    /// is over.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unrecorded`]: the database failed.
    pub async fn record_refusal(
        &self,
        actor: &Actor,
        action: &'static str,
        target: Target,
        refusal: &Refusal,
    ) -> Result<(), Refusal> {
        self.record_or_count(actor, (action, target), None, refusal).await
    }

    /// Records that a row of the log was not taken back, where its opposite could not even be made out.
    ///
    /// # Errors
    ///
    /// [`Refusal::Unrecorded`]: the database failed.
    pub(crate) async fn record_no_reversal(
        &self,
        actor: &Actor,
        (action, target): (&'static str, Target),
        (of, reason): (Seq, &Reason),
        refusal: &Refusal,
    ) -> Result<(), Refusal> {
        self.record_or_count(actor, (action, target), Some((of, reason)), refusal).await
    }

    /// `reverses`: the row that was to be taken back, and why.
    async fn record_or_count(
        &self,
        actor: &Actor,
        (action, target): (&'static str, Target),
        reverses: Option<(Seq, &Reason)>,
        refusal: &Refusal,
    ) -> Result<(), Refusal> {
        let now = self.clock.now();
        if !self.tally.gets_row(actor, action, &target, refusal, now) {
            self.tally.count(actor, action, &target, refusal, now);
            return Ok(());
        }
        let mut tx = self.begin(actor).await?;
        let none = Reason::none();
        let reason = match reverses {
            Some((of, reason)) => {
                reversal::original(&mut tx, of).await?;
                tx.ledger.reverses = Some(of);
                reason
            }
            None => &none,
        };
        let ending = Ending::of("refused", Some(refusal));
        audit::append(&mut tx, Line { actor, roles: None, action, target, reason, ending }).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Records what was counted in the minutes that are over; with `all`, also in the current one, for when the process
    /// stops.
    ///
    /// # Errors
    ///
    /// The database failed. What was not written is kept for the next time.
    pub async fn record_counts(&self, all: bool) -> sqlx::Result<()> {
        let mut due = self.tally.take(self.clock.now(), all).into_iter();
        while let Some(next) = due.next() {
            if let Err(error) = self.record_count(&next).await {
                self.tally.give_back(std::iter::once(next).chain(due).collect());
                return Err(error);
            }
        }
        Ok(())
    }

    async fn record_count(&self, due: &Due) -> sqlx::Result<()> {
        let mut tx = self.begin(&due.actor).await?;
        tx.ledger = Ledger::with_id(due.change_id.clone());
        if tx.is_recorded().await? {
            return tx.rollback().await;
        }
        tx.note("refusals", None::<i64>, due.times);
        tx.note("first_at", None::<i64>, due.first.to_string());
        tx.note("last_at", None::<i64>, due.last.to_string());
        let line = Line {
            actor: &due.actor,
            roles: None,
            action: due.action,
            target: due.target.clone(),
            reason: &Reason::none(),
            ending: Ending { outcome: "refused", refusal: due.word.clone() },
        };
        audit::append(&mut tx, line).await?;
        tx.commit().await
    }
}

impl Tx<'_> {
    /// Whether this change has its row already, from a commit whose answer was lost.
    async fn is_recorded(&mut self) -> sqlx::Result<bool> {
        let change_id = self.ledger.change_id.clone();
        let found =
            self.query(sql!("select seq from audit where change_id = $1")).bind(change_id).optional::<(i64,)>().await?;
        Ok(found.is_some())
    }
}
