//! Doing what is due: calling people, going on where one is not reached, and saying so.

use super::{
    due::{Due, Known, due, may_be_alone},
    policy::{Policies, Policy, PolicyStep, To},
    record::{self, Escalation},
};
use crate::{
    alerts::{
        call::{self, Called, What},
        record::{self as alert_record, Alert},
        silence::record::{Silence, unsettled},
        telling::{Call, Telling, is_silenced},
    },
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx},
    id::{AlertId, CallId},
    notify::deliver::Recipient,
    oncall::record::on_duty,
    sql,
    store::Reader,
    ways,
};
use std::collections::HashSet;

/// Alerts that are seen to in one transaction.
const AT_ONCE: usize = 50;

/// With what escalations are carried on.
#[derive(Clone, Debug)]
pub(crate) struct Escalating {
    pub policies: Policies,
    pub telling: Telling,
}

/// Looks at what is due, and does it. Most of the time that is nothing, and no transaction begins.
pub(crate) async fn escalate(reader: &Reader, gate: &Gate, clock: &Clock, escalating: &Escalating) -> sqlx::Result<()> {
    if escalating.policies.is_empty() {
        return Ok(());
    }
    let now = clock.now();
    let open = alert_record::open(&mut &*reader).await?;
    if open.is_empty() {
        return Ok(());
    }
    let silences = unsettled(&mut &*reader).await?;
    let known = known(reader, &open, now).await?;
    let due = due(&open, &known, &silences, &escalating.policies, now);
    for due in due.chunks(AT_ONCE) {
        let (due, silences) = (due.to_vec(), silences.clone());
        gate.run_housekeeping(&Escalate { due, silences, escalating: escalating.clone() }).await?;
    }
    Ok(())
}

async fn known(reader: &Reader, open: &[Alert], now: Instant) -> sqlx::Result<Known> {
    let rows = record::open(&mut &*reader).await?;
    let refused = if rows.is_empty() { Vec::new() } else { record::refused(&mut &*reader).await? };
    let mut known = Known {
        rows: rows.into_iter().map(|row| (row.alert, row)).collect(),
        refused: refused.into_iter().collect(),
        ..Known::default()
    };
    for alert in open.iter().filter(|alert| may_be_alone(alert, now)) {
        if let Some(at) = record::attended(&mut &*reader, alert.id, alert.job()).await? {
            known.attended.insert(alert.id, at);
        }
    }
    Ok(known)
}

/// Does what is due. Each thing is held against the version it was worked out from, under the lock of its alert: of two processes one
/// does it, and none where a person has acknowledged the alert meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct Escalate {
    due: Vec<Due>,
    silences: Vec<Silence>,
    escalating: Escalating,
}

impl Housekeeping for Escalate {
    const NAME: &'static str = "escalations.step";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        for due in &self.due {
            match due {
                Due::Begin { alert } => self.begin(tx, *alert).await?,
                Due::Go { alert, changed, is_refused } => self.go(tx, *alert, *changed, *is_refused).await?,
                Due::Return { alert, acknowledged_at } => self.come_back(tx, *alert, *acknowledged_at).await?,
            }
        }
        Ok(())
    }
}

impl Escalate {
    async fn begin(&self, tx: &mut Tx<'_>, id: AlertId) -> sqlx::Result<()> {
        let Some(alert) = lock(tx, id).await?.filter(|alert| alert.acknowledged_at.is_none()) else { return Ok(()) };
        if record::find(tx, id).await?.is_some() {
            return Ok(());
        }
        let Some(policy) = self.escalating.policies.of(&alert) else { return Ok(()) };
        self.start(tx, &alert, policy, None, 0).await.map(drop)
    }

    async fn go(&self, tx: &mut Tx<'_>, id: AlertId, changed: i64, is_refused: bool) -> sqlx::Result<()> {
        let Some(alert) = lock(tx, id).await?.filter(|alert| alert.acknowledged_at.is_none()) else { return Ok(()) };
        let Some(row) = record::find(tx, id).await?.filter(|row| row.changed == changed) else { return Ok(()) };
        let Some(policy) = self.escalating.policies.find(&row.policy) else {
            return end(tx, row, Called { detail: Some("policy"), ..Called::of(What::Ended) }).await;
        };
        let mut going = Going::new(self, &alert, policy, row, None);
        // After the last step of a round there is only the next round to wait for.
        going.has_waited = !is_refused && going.step().is_none();
        if is_refused {
            going.note_refused(tx).await?;
        }
        going.go_on(tx).await?;
        record::keep(tx, &going.row).await
    }

    /// Takes an acknowledgement back that nothing followed, and begins again.
    async fn come_back(&self, tx: &mut Tx<'_>, id: AlertId, acknowledged_at: Instant) -> sqlx::Result<()> {
        let is_same = |alert: &Alert| alert.acknowledged_at == Some(acknowledged_at);
        let Some(alert) = lock(tx, id).await?.filter(is_same) else { return Ok(()) };
        let Some(policy) = self.escalating.policies.of(&alert) else { return Ok(()) };
        let by = match alert.acknowledged_by {
            Some(staff) => {
                tx.query(sql!("select name from staff where id = $1")).bind(staff).optional::<(String,)>().await?
            }
            None => None,
        };
        let by = by.map(|(name,)| name).unwrap_or_default();
        tx.query(sql!(
            "update alerts set acknowledged_at = null, acknowledged_by = null, changed = changed + 1 where id = $1"
        ))
        .bind(id)
        .run()
        .await?;
        tracing::warn!(
            alert = id.get(),
            "an alert that was acknowledged was left alone for an hour, and is called about again"
        );
        call::append(
            tx,
            id,
            Called { staff: alert.acknowledged_by, staff_name: Some(&by), ..Called::of(What::Returned) },
        )
        .await?;
        let changed = record::find(tx, id).await?.map_or(0, |row| row.changed);
        let told = self.start(tx, &alert, policy, Some(&by), changed).await?;
        // Those who know of it and are not called now.
        self.escalating.telling.tell_returned(tx, &alert, &by, &told, &self.silences).await
    }

    /// Begins a policy with its first step; says who was told.
    async fn start(
        &self,
        tx: &mut Tx<'_>,
        alert: &Alert,
        policy: &Policy,
        returned_by: Option<&str>,
        changed: i64,
    ) -> sqlx::Result<HashSet<Recipient>> {
        call::append(tx, alert.id, Called { policy: Some(&policy.name), ..Called::of(What::Started) }).await?;
        let row = Escalation {
            alert: alert.id,
            policy: policy.name.clone(),
            round: 0,
            next_step: 0,
            next_at: None,
            next_target: None,
            newest_call: None,
            is_reached: false,
            unreached_at: None,
            changed,
        };
        let mut going = Going::new(self, alert, policy, row, returned_by);
        match policy.steps.first() {
            Some(first) if first.after > chrono::TimeDelta::zero() => going.wait(tx.now().plus(first.after)),
            _ => going.go_on(tx).await?,
        }
        record::keep(tx, &going.row).await?;
        Ok(going.told)
    }
}

/// The alert, if it is as wrong as it was, which stays so until the transaction is done.
async fn lock(tx: &mut Tx<'_>, id: AlertId) -> sqlx::Result<Option<Alert>> {
    let alert = alert_record::lock(tx, id).await?;
    Ok(alert.filter(|alert| alert.is_open() && alert.cleared_at.is_none()))
}

async fn end(tx: &mut Tx<'_>, mut row: Escalation, ended: Called<'_>) -> sqlx::Result<()> {
    (row.next_at, row.next_target, row.newest_call) = (None, None, None);
    call::append(tx, row.alert, ended).await?;
    record::keep(tx, &row).await
}

/// An escalation that goes on in one transaction, until there is something to wait for.
struct Going<'g> {
    work: &'g Escalate,
    alert: &'g Alert,
    policy: &'g Policy,
    row: Escalation,
    /// Who had acknowledged it, where it comes back.
    returned_by: Option<&'g str>,
    /// Whether the time of the next round has come.
    has_waited: bool,
    told: HashSet<Recipient>,
}

impl<'g> Going<'g> {
    fn new(
        work: &'g Escalate,
        alert: &'g Alert,
        policy: &'g Policy,
        row: Escalation,
        returned_by: Option<&'g str>,
    ) -> Self {
        Self { work, alert, policy, row, returned_by, has_waited: false, told: HashSet::new() }
    }

    /// The number of the next step, and the step; nothing after the last one.
    fn step(&self) -> Option<(usize, &'g PolicyStep)> {
        let at = usize::try_from(self.row.next_step).ok()?;
        self.policy.steps.get(at).map(|step| (at, step))
    }

    /// Makes steps until one has called a person and the next has a time of its own. One that reaches no person is not waited for.
    async fn go_on(&mut self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
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

    fn wait(&mut self, until: Instant) {
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

    /// Calls those whom a step names. Nothing where it reaches no person.
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
        let whom = |what| Called { staff, staff_name: name.as_deref(), ..of_step(what) };
        if to.is_empty() {
            let detail = Some(if staff.is_some() { "no-way" } else { "no-channel" });
            call::append(tx, self.alert.id, Called { detail, ..whom(What::Unreachable) }).await?;
            return Ok(None);
        }
        let call = call::append(tx, self.alert.id, whom(What::Called)).await?;
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
        let mut to = self.work.escalating.telling.channels.beside("");
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
    async fn note_refused(&mut self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
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
