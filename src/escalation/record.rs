//! Escalations as they are stored.

use crate::{
    clock::Instant,
    gate::Tx,
    id::{AlertId, CallId},
    sql,
    store::Queries,
};

/// How far the escalation of an alert is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Escalation {
    pub alert: AlertId,
    pub policy: String,
    pub round: i64,
    pub next_step: i64,
    pub next_at: Option<Instant>,
    pub next_target: Option<String>,
    pub newest_call: Option<CallId>,
    pub is_reached: bool,
    pub unreached_at: Option<Instant>,
    pub changed: i64,
}

macro_rules! escalation_columns {
    () => {
        "e.alert, e.policy, e.round, e.next_step, e.next_at, e.next_target, e.newest_call, e.is_reached, e.unreached_at, e.changed"
    };
}

pub(crate) async fn find(db: &mut impl Queries, alert: AlertId) -> sqlx::Result<Option<Escalation>> {
    db.query(sql!("select ", escalation_columns!(), " from escalations e where e.alert = $1"))
        .bind(alert)
        .optional()
        .await
}

/// Those of open alerts.
pub(super) async fn open(db: &mut impl Queries) -> sqlx::Result<Vec<Escalation>> {
    db.query(sql!(
        "select ",
        escalation_columns!(),
        " from alerts a cross join escalations e where e.alert = a.id and a.resolved_at is null order by e.alert"
    ))
    .all()
    .await
}

/// The open alerts about which none of the messages of the newest call will arrive, though the next step is still to come.
pub(super) async fn refused(db: &mut impl Queries) -> sqlx::Result<Vec<AlertId>> {
    let refused: Vec<(AlertId,)> = db
        .query(sql!(
            "select e.alert from alerts a cross join escalations e
              where e.alert = a.id and a.resolved_at is null and e.next_at is not null and e.newest_call is not null
                and not exists (select 1 from deliveries d where d.called_by = e.newest_call and d.state in ('waiting', 'told'))"
        ))
        .all()
        .await?;
    Ok(refused.into_iter().map(|(alert,)| alert).collect())
}

/// When a person last did something about the job of an alert, or noted something on it.
pub(super) async fn attended(
    db: &mut impl Queries,
    alert: AlertId,
    job: Option<&str>,
) -> sqlx::Result<Option<Instant>> {
    let noted: Option<(Instant,)> = db
        .query(sql!("select at from escalation_events where alert = $1 and what = 'noted' order by id desc limit 1"))
        .bind(alert)
        .optional()
        .await?;
    let Some(job) = job else { return Ok(noted.map(|(at,)| at)) };
    let done: Option<(Instant,)> = db
        .query(sql!(
            "select at from batch_events
              where job = $1 and kind in ('requested', 'cancel-requested', 'rerun', 'paused', 'resumed', 'new-normal', 'accepted',
                                          'false_alarm', 'dead', 'finished') order by id desc limit 1"
        ))
        .bind(job.to_owned())
        .optional()
        .await?;
    Ok(noted.max(done).map(|(at,)| at))
}

/// Writes down how far an escalation is; its version goes up.
pub(super) async fn keep(tx: &mut Tx<'_>, escalation: &Escalation) -> sqlx::Result<()> {
    tx.query(sql!(
        "insert into escalations (alert, policy, round, next_step, next_at, next_target, newest_call, is_reached, unreached_at, changed)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         on conflict (alert) do update set policy = excluded.policy, round = excluded.round, next_step = excluded.next_step,
           next_at = excluded.next_at, next_target = excluded.next_target, newest_call = excluded.newest_call,
           is_reached = excluded.is_reached, unreached_at = excluded.unreached_at, changed = excluded.changed"
    ))
    .bind(escalation.alert)
    .bind(escalation.policy.as_str())
    .bind(escalation.round)
    .bind(escalation.next_step)
    .bind(escalation.next_at)
    .bind(escalation.next_target.as_deref())
    .bind(escalation.newest_call)
    .bind(escalation.is_reached)
    .bind(escalation.unreached_at)
    .bind(escalation.changed.saturating_add(1))
    .run()
    .await
    .map(drop)
}
