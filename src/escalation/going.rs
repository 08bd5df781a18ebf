//! An escalation on its way: calling people step by step, until there is something to wait for.

use super::{
    policy::{Policy, PolicyStep, To},
    record::Escalation,
    turn::Escalate,
};
use crate::{
    alerts::{
        call::{self, Called, What},
        record::Alert,
        telling::{Call, is_silenced},
    },
    clock::Instant,
    gate::Tx,
    id::CallId,
    notify::deliver::Recipient,
    oncall::record::on_duty,
    ways,
};
use std::collections::HashSet;

/// An escalation that goes on in one transaction, until there is something to wait for.
pub(super) struct Going<'g> {
    work: &'g Escalate,
    alert: &'g Alert,
    policy: &'g Policy,
    pub(super) row: Escalation,
    /// Who had acknowledged it, where it comes back.
    returned_by: Option<&'g str>,
    /// Whether the time of the next round has come.
    pub(super) has_waited: bool,
    pub(super) told: HashSet<Recipient>,
}

impl<'g> Going<'g> {
    pub(super) fn new(
        work: &'g Escalate,
        alert: &'g Alert,
        policy: &'g Policy,
        row: Escalation,
        returned_by: Option<&'g str>,
    ) -> Self {
        Self { work, alert, policy, row, returned_by, has_waited: false, told: HashSet::new() }
    }

    /// The number of the next step, and the step; nothing after the last one.
    pub(super) fn step(&self) -> Option<(usize, &'g PolicyStep)> {
        let at = usize::try_from(self.row.next_step).ok()?;
        self.policy.steps.get(at).map(|step| (at, step))
    }

    /// Makes steps until one has called a person and the next has a time of its own. One that reaches no person is not waited for.
    pub(super) async fn go_on(&mut self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        loop {
            let Some((at, step)) = self.step() else {
                if self.end_round(tx).await? {
                    continue;
                }
                return Ok(());
            };
            let call = self.call(tx, at, step).await?;
            self.row.next_step = self.row.next_step.saturating_add(1);
            let Some(call) = call else { continue };
            self.row.is_reached = true;
            self.row.unreached_at = None;
            self.row.newest_call = Some(call);
            self.has_waited = false;
            let pause = self.policy.steps.get(at.saturating_add(1)).map_or(self.policy.pause(), |next| next.after);
            if pause > chrono::TimeDelta::zero() {
                self.wait(now.plus(pause));
                return Ok(());
            }
        }
    }

    pub(super) fn wait(&mut self, until: Instant) {
        let next = self.step().map(|(_, step)| step).or_else(|| self.policy.steps.first().filter(|_| !self.is_last()));
        self.row.next_at = Some(until);
        self.row.next_target = next.map(|step| step.to.to_string());
    }

    /// Whether no round comes after the one in hand.
    fn is_last(&self) -> bool {
        usize::try_from(self.row.round).is_ok_and(|round| round >= self.policy.repeat)
    }

    /// Ends a round: says so loudly where none of its steps reached a person, and begins the next one. False where there is nothing
    /// more to do now.
    async fn end_round(&mut self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        if !self.row.is_reached {
            self.row.unreached_at = self.row.unreached_at.or(Some(now));
            self.say_unreached(tx).await?;
        }
        if self.is_last() {
            let ended = Called { detail: Some("steps"), ..self.called(What::Ended) };
            call::append(tx, self.alert.id, ended).await?;
            (self.row.next_at, self.row.next_target, self.row.newest_call) = (None, None, None);
            return Ok(false);
        }
        (self.row.round, self.row.next_step) = (self.row.round.saturating_add(1), 0);
        (self.row.is_reached, self.row.newest_call) = (false, None);
        if !self.has_waited {
            self.wait(now.plus(self.policy.pause()));
            return Ok(false);
        }
        // One that reaches no person waits for the next one.
        self.has_waited = false;
        Ok(true)
    }

    /// Calls those that a step names. Nothing where it reaches no person.
    async fn call(&mut self, tx: &mut Tx<'_>, at: usize, step: &PolicyStep) -> sqlx::Result<Option<CallId>> {
        let now = tx.now();
        let target = step.to.to_string();
        let step_number = i64::try_from(at).unwrap_or(i64::MAX);
        let of_step = |what| Called { step: Some(step_number), target: Some(&target), ..self.called(what) };
        let (to, staff, name) = match &step.to {
            To::Channel(channel) => (self.work.escalating.telling.channels.over(channel), None, None),
            To::Rota(rota) => {
                let Some(member) = on_duty(tx, rota, now).await? else {
                    let unreachable = Called { detail: Some("no-duty"), ..of_step(What::Unreachable) };
                    call::append(tx, self.alert.id, unreachable).await?;
                    return Ok(None);
                };
                (ways::proven(tx, member.id).await?, Some(member.id), Some(member.name))
            }
        };
        let is_heard = |to: &Recipient| !is_silenced(&self.work.silences, self.alert, &to.channel, now);
        let to: Vec<Recipient> = to.into_iter().filter(is_heard).collect();
        let of_person = |what| Called { staff, staff_name: name.as_deref(), ..of_step(what) };
        if to.is_empty() {
            let detail = Some(if staff.is_some() { "no-way" } else { "no-channel" });
            call::append(tx, self.alert.id, Called { detail, ..of_person(What::Unreachable) }).await?;
            return Ok(None);
        }
        let call = call::append(tx, self.alert.id, of_person(What::Called)).await?;
        self.tell(tx, to, call, Some(self.policy.place(at)), false).await?;
        Ok(Some(call))
    }

    /// Tells all channels that take alerts that a whole round reached no person.
    async fn say_unreached(&mut self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tracing::error!(
            alert = self.alert.id.get(),
            policy = self.policy.name,
            "no step of an escalation reached a person"
        );
        let event = Called { detail: Some("round"), ..self.called(What::Unreachable) };
        let event = call::append(tx, self.alert.id, event).await?;
        let mut to = self.work.escalating.telling.channels.of_alerts();
        to.retain(|to| !is_silenced(&self.work.silences, self.alert, &to.channel, now));
        self.tell(tx, to, event, None, true).await
    }

    async fn tell(
        &mut self,
        tx: &mut Tx<'_>,
        to: Vec<Recipient>,
        call: CallId,
        escalation: Option<String>,
        is_unreached: bool,
    ) -> sqlx::Result<()> {
        let returned_by = self.returned_by.map(str::to_owned);
        let said = Call { id: call, escalation, returned_by, is_unreached };
        self.work.escalating.telling.tell_call(tx, self.alert, &to, &said).await?;
        self.told.extend(to);
        Ok(())
    }

    /// Notes that all messages of the step before were refused for good.
    pub(super) async fn note_refused(&mut self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let Some(newest) = self.row.newest_call.take() else { return Ok(()) };
        let Some(was) = call::find(tx, newest).await? else { return Ok(()) };
        let unreachable = Called {
            step: was.step,
            target: was.target.as_deref(),
            staff: was.staff,
            staff_name: was.staff_name.as_deref(),
            detail: Some("refused"),
            ..self.called(What::Unreachable)
        };
        call::append(tx, self.alert.id, unreachable).await?;
        self.row.is_reached = call::has_reached(tx, self.alert.id, self.row.round).await?;
        Ok(())
    }

    fn called(&self, what: What) -> Called<'g> {
        let policy = self.policy;
        Called { policy: Some(&policy.name), round: Some(self.row.round), ..Called::of(what) }
    }
}
