//! Doing what is due: calling people, going on where one is not reached, and saying so.

use super::{
    due::{Due, Known, due, may_be_alone},
    going::Going,
    policy::{Policies, Policy},
    record::{self, Escalation},
};
use crate::{
    alerts::{
        call::{self, Called, What},
        record::{self as alert_record, Alert},
        silence::record::{Silence, unsettled},
        telling::Telling,
    },
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx},
    id::AlertId,
    notify::deliver::Recipient,
    sql,
    store::Reader,
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
    pub(super) silences: Vec<Silence>,
    pub(super) escalating: Escalating,
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
