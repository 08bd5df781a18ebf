//! What happened in the escalation of an alert, and what people noted on it: appended here, and shown with the alert.

use crate::{
    clock::Instant,
    gate::Tx,
    id::{AlertId, CallId, StaffId},
    sql,
    store::Queries,
};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A policy began.
    Started,
    /// A person, or those behind a channel, were called.
    Called,
    /// A step reached no person, or a whole round.
    Unreachable,
    /// A person noted something.
    Noted,
    /// It was acknowledged and left alone, so it is called about again.
    Returned,
    Ended,
}

impl What {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Called => "called",
            Self::Unreachable => "unreachable",
            Self::Noted => "noted",
            Self::Returned => "returned",
            Self::Ended => "ended",
        }
    }
}

/// One thing that happened, for [`append`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Called<'c> {
    pub what: What,
    pub policy: Option<&'c str>,
    /// Counted from 0, as is the step.
    pub round: Option<i64>,
    pub step: Option<i64>,
    /// `rota:first`, `channel:ops`
    pub target: Option<&'c str>,
    pub staff: Option<StaffId>,
    pub staff_name: Option<&'c str>,
    pub detail: Option<&'c str>,
}

impl Called<'_> {
    pub(crate) const fn of(what: What) -> Self {
        Self { what, policy: None, round: None, step: None, target: None, staff: None, staff_name: None, detail: None }
    }
}

/// Notes that something happened.
pub(crate) async fn append(tx: &mut Tx<'_>, alert: AlertId, called: Called<'_>) -> sqlx::Result<CallId> {
    let now = tx.now();
    let (id,): (CallId,) = tx
        .query(sql!(
            "insert into escalation_events (alert, at, what, policy, round, step, target, staff, staff_name, detail)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id"
        ))
        .bind(alert)
        .bind(now)
        .bind(called.what.as_str())
        .bind(called.policy)
        .bind(called.round)
        .bind(called.step)
        .bind(called.target)
        .bind(called.staff)
        .bind(called.staff_name)
        .bind(called.detail)
        .one()
        .await?;
    Ok(id)
}

/// One thing that happened, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct CallEvent {
    pub at: Instant,
    pub what: String,
    pub policy: Option<String>,
    pub step: Option<i64>,
    pub target: Option<String>,
    pub staff: Option<StaffId>,
    pub staff_name: Option<String>,
    pub detail: Option<String>,
}

macro_rules! call_columns {
    () => {
        "at, what, policy, step, target, staff, staff_name, detail"
    };
}

/// All that happened in the escalation of an alert, the oldest first.
pub(crate) async fn of_alert(db: &mut impl Queries, alert: AlertId) -> sqlx::Result<Vec<CallEvent>> {
    db.query(sql!("select ", call_columns!(), " from escalation_events where alert = $1 order by id limit 500"))
        .bind(alert)
        .all()
        .await
}

pub(crate) async fn find(db: &mut impl Queries, id: CallId) -> sqlx::Result<Option<CallEvent>> {
    db.query(sql!("select ", call_columns!(), " from escalation_events where id = $1")).bind(id).optional().await
}

/// Whether any call of a round of the escalation in hand has arrived, or may arrive yet.
pub(crate) async fn has_reached(db: &mut impl Queries, alert: AlertId, round: i64) -> sqlx::Result<bool> {
    let (is_any,): (bool,) = db
        .query(sql!(
            "select exists (select 1 from escalation_events c join deliveries d on d.called_by = c.id
                             where c.alert = $1 and c.what = 'called' and c.round = $2 and d.state in ('waiting', 'told')
                               and c.id > (select max(s.id) from escalation_events s where s.alert = $1 and s.what = 'started'))"
        ))
        .bind(alert)
        .bind(round)
        .one()
        .await?;
    Ok(is_any)
}
