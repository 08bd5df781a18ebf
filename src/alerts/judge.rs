//! Writing down what has changed, and telling it.

use super::{
    condition::{Condition, Conditions},
    record::{self, Alert},
    silence::record::{Known, Scope, Silence},
    steps::{Step, steps},
    telling::{Late, Telling, is_silenced, recipients_of, tell, tell_still_open},
};
use crate::{
    batches,
    clock::{Clock, Instant},
    gate::{Gate, Housekeeping, Tx},
    id::{AlertEventId, AlertId},
    notify::{
        Facts, What,
        deliver::{self, Recipient},
    },
    sql,
    store::{Reader, Sql},
};

/// Steps that are written down in one transaction.
const AT_ONCE: usize = 100;

/// Looks at what is wrong, and writes down what has changed. Most of the time that is nothing, and no transaction begins.
/// `beside`: what is wrong in slices that alerts know nothing of.
pub(crate) async fn judge(
    reader: &Reader,
    gate: &Gate,
    clock: &Clock,
    telling: &Telling,
    beside: Vec<Condition>,
) -> sqlx::Result<()> {
    let now = clock.now();
    let open = record::open(&mut &*reader).await?;
    let mut conditions = Conditions::read(reader, &open, now).await?;
    conditions.all.extend(beside);
    let known = Known::read(&mut &*reader, &open).await?;
    let steps = steps(&open, &conditions, &known, &telling.channels, now);
    if steps.is_empty() {
        return Ok(());
    }
    // In pieces, so that of many the first are on their way while the others are written down.
    for steps in steps.chunks(AT_ONCE) {
        let (steps, silences) = (steps.to_vec(), known.silences.clone());
        gate.run_housekeeping(&JudgeAlerts { steps, silences, telling: telling.clone() }).await?;
    }
    Ok(())
}

/// The end of a statement that alters an alert which is still open and at the version that the step was worked out from.
macro_rules! as_it_was {
    () => {
        ", changed = changed + 1 where id = $1 and changed = $2 and resolved_at is null"
    };
}

/// Writes steps down. Each holds the alert against the version it was worked out from: of two processes one does it.
#[derive(Clone, Debug)]
pub(crate) struct JudgeAlerts {
    steps: Vec<Step>,
    silences: Vec<Silence>,
    telling: Telling,
}

impl Housekeeping for JudgeAlerts {
    const NAME: &'static str = "alerts.judge";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        for step in &self.steps {
            match step {
                Step::Open(condition) => self.open(tx, condition).await?,
                Step::Again { alert, condition, tell } => self.again(tx, alert, condition, *tell).await?,
                Step::Tell { alert } => self.tell_again(tx, alert).await?,
                Step::Inform { alert, to, silenced_until } => self.inform(tx, *alert, to, *silenced_until).await?,
                Step::EndSilence { silence, open } => self.end_silence(tx, silence, open).await?,
                Step::Clear { alert } => clear(tx, alert).await?,
                Step::Resolve { alert } => resolve(tx, alert).await?,
            }
        }
        Ok(())
    }
}

impl JudgeAlerts {
    async fn open(&self, tx: &mut Tx<'_>, condition: &Condition) -> sqlx::Result<()> {
        let now = tx.now();
        let mut facts = condition.facts.clone();
        facts.runbook = runbook(tx, condition).await?;
        let opened: Option<(AlertId,)> = tx
            .query(sql!(
                "insert into alerts (kind, subject, title, severity, opened_at, newest_at, n, reference, facts, told_n, told_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $7, $5)
                 on conflict (kind, subject) where resolved_at is null do nothing returning id"
            ))
            .bind(condition.kind.as_str())
            .bind(condition.subject.as_str())
            .bind(condition.title.as_str())
            .bind(condition.severity.as_str())
            .bind(now)
            .bind(condition.newest_at)
            .bind(condition.n)
            .bind(condition.reference.as_deref())
            .bind(written(&facts)?)
            .optional()
            .await?;
        // Otherwise another process was faster.
        let Some((id,)) = opened else { return Ok(()) };
        let reference = condition.reference.as_deref();
        let happened = Happened { what: "opened", n: Some(condition.n), reference, ..Happened::default() };
        append(tx, id, happened).await?;
        let Some(alert) = record::find(tx, id).await? else { return Ok(()) };
        tracing::warn!(alert = id.get(), kind = alert.kind.as_str(), subject = alert.subject, "an alert was opened");
        let mut to = recipients_of(&self.telling.channels, &alert);
        to.retain(|to| !is_silenced(&self.silences, &alert, &to.channel, now));
        self.telling.tell_opening(tx, &alert, &to, None).await
    }

    /// Tells of an open alert to those who do not know of it.
    async fn inform(
        &self,
        tx: &mut Tx<'_>,
        id: AlertId,
        to: &[Recipient],
        silenced_until: Option<Instant>,
    ) -> sqlx::Result<()> {
        let Some(alert) = record::lock(tx, id).await?.filter(Alert::is_open) else { return Ok(()) };
        self.telling.tell_opening(tx, &alert, to, Some(Late { silenced_until })).await
    }

    /// Notes that the end of a silence was seen to, and tells what is still open to those who knew of it. Those who do not know of it
    /// are told that it was opened, as of every alert.
    async fn end_silence(&self, tx: &mut Tx<'_>, silence: &Silence, open: &[AlertId]) -> sqlx::Result<()> {
        let now = tx.now();
        let settled = tx
            .query(sql!("update silences set settled_at = $2 where id = $1 and settled_at is null"))
            .bind(silence.id)
            .bind(now)
            .run()
            .await?;
        // Otherwise another process was faster.
        if settled == 0 {
            return Ok(());
        }
        if silence.scope == Scope::Channel {
            deliver::begin_again(tx, &silence.name).await?;
        }
        for id in open {
            let Some(alert) = record::lock(tx, *id).await?.filter(Alert::is_open) else { continue };
            tell_still_open(tx, &alert, silence, &self.silences).await?;
            if silence.is_of(&alert) {
                tx.query(sql!("update alerts set told_n = n, told_at = $2, changed = changed + 1 where id = $1"))
                    .bind(alert.id)
                    .bind(now)
                    .run()
                    .await?;
            }
        }
        Ok(())
    }

    async fn again(&self, tx: &mut Tx<'_>, alert: &Alert, condition: &Condition, say: bool) -> sqlx::Result<()> {
        let now = tx.now();
        let facts = Facts { runbook: alert.facts().runbook, ..condition.facts.clone() };
        let n = condition.n.max(alert.n.saturating_add(i64::from(condition.reference.is_some())));
        let changed = tx
            .query(sql!(
                "update alerts set newest_at = $3, n = $4, reference = $5, facts = $6, cleared_at = null,
                        told_n = case when $7 then $4 else told_n end, told_at = case when $7 then $8 else told_at end",
                as_it_was!()
            ))
            .bind(alert.id)
            .bind(alert.changed)
            .bind(condition.newest_at)
            .bind(n)
            .bind(condition.reference.as_deref())
            .bind(written(&facts)?)
            .bind(say)
            .bind(now)
            .run()
            .await?;
        if changed == 0 {
            return Ok(());
        }
        let reference = condition.reference.as_deref();
        let happened = Happened { what: "again", n: Some(n), reference, ..Happened::default() };
        let event = append(tx, alert.id, happened).await?;
        if say { tell(tx, alert.id, event, What::Again, None, &self.silences).await } else { Ok(()) }
    }

    /// What happened since the last message is told now.
    async fn tell_again(&self, tx: &mut Tx<'_>, alert: &Alert) -> sqlx::Result<()> {
        if !mark(tx, alert, sql!("update alerts set told_n = n, told_at = $3", as_it_was!())).await? {
            return Ok(());
        }
        let newest: Option<(AlertEventId,)> = tx
            .query(sql!("select id from alert_events where alert = $1 and what = 'again' order by id desc limit 1"))
            .bind(alert.id)
            .optional()
            .await?;
        match newest {
            Some((event,)) => tell(tx, alert.id, event, What::Again, None, &self.silences).await,
            None => Ok(()),
        }
    }
}

async fn clear(tx: &mut Tx<'_>, alert: &Alert) -> sqlx::Result<()> {
    if mark(tx, alert, sql!("update alerts set cleared_at = $3", as_it_was!())).await? {
        append(tx, alert.id, Happened { what: "cleared", ..Happened::default() }).await?;
    }
    Ok(())
}

async fn resolve(tx: &mut Tx<'_>, alert: &Alert) -> sqlx::Result<()> {
    if !mark(tx, alert, sql!("update alerts set resolved_at = $3", as_it_was!())).await? {
        return Ok(());
    }
    tracing::info!(
        alert = alert.id.get(),
        kind = alert.kind.as_str(),
        subject = alert.subject,
        "an alert was resolved"
    );
    deliver::drop_waiting(tx, alert.id).await?;
    let event = append(tx, alert.id, Happened { what: "resolved", ..Happened::default() }).await?;
    // Also under a silence: those who were told of its beginning are told of its end.
    tell(tx, alert.id, event, What::Resolved, None, &[]).await
}

/// Writes the time down as the statement says, and says whether the alert still was as the step knew it.
async fn mark(tx: &mut Tx<'_>, alert: &Alert, statement: Sql) -> sqlx::Result<bool> {
    let now = tx.now();
    let changed = tx.query(statement).bind(alert.id).bind(alert.changed).bind(now).run().await?;
    Ok(changed > 0)
}

/// What happened to an alert, for [`append`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened<'h> {
    pub what: &'h str,
    pub n: Option<i64>,
    pub reference: Option<&'h str>,
    pub staff_name: Option<&'h str>,
    pub reason: Option<&'h str>,
}

/// Notes that something happened to an alert.
pub(super) async fn append(tx: &mut Tx<'_>, alert: AlertId, happened: Happened<'_>) -> sqlx::Result<AlertEventId> {
    let now = tx.now();
    let (id,): (AlertEventId,) = tx
        .query(sql!(
            "insert into alert_events (alert, at, what, n, reference, staff_name, reason)
             values ($1, $2, $3, $4, $5, $6, $7) returning id"
        ))
        .bind(alert)
        .bind(now)
        .bind(happened.what)
        .bind(happened.n)
        .bind(happened.reference)
        .bind(happened.staff_name)
        .bind(happened.reason)
        .one()
        .await?;
    Ok(id)
}

/// Where the job says what to do.
async fn runbook(tx: &mut Tx<'_>, condition: &Condition) -> sqlx::Result<Option<String>> {
    let Some(name) = condition.kind.job(&condition.subject) else { return Ok(None) };
    let Some(job) = batches::record::job(tx, name).await? else { return Ok(None) };
    let definition = batches::record::definition(tx, name, job.version).await?;
    Ok(definition.and_then(|definition| definition.runbook))
}

fn written(facts: &Facts) -> sqlx::Result<String> {
    serde_json::to_string(facts).map_err(|error| sqlx::Error::Encode(error.into()))
}
