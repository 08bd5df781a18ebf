//! Incidents, their actions and postmortems as they are stored.

use super::{INCIDENT, INCIDENT_ALREADY, INCIDENT_PERSON, WORKS, severity::Grade, step::Step};
use crate::{
    clock::Instant,
    gate::{Fault, Tx, mention},
    id::{ActionId, AlertId, IncidentId, PostmortemId, StaffId},
    sql,
    staff::colleague::{Colleague, with_roles},
    store::{Queries, Reader},
    web::shell::{OpenIncident, Tone},
};

/// The most open incidents that a page names.
const NAMED: i64 = 20;

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Incident {
    pub id: IncidentId,
    pub title: String,
    #[sqlx(try_from = "String")]
    pub severity: Grade,
    #[sqlx(try_from = "String")]
    pub step: Step,
    pub opened_at: Instant,
    pub opened_name: String,
    pub alert: Option<AlertId>,
    pub lead: Option<StaffId>,
    pub lead_name: Option<String>,
    pub impact: String,
    pub cause: Option<String>,
    pub remedy: Option<String>,
    pub recovered_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub no_actions: Option<String>,
    pub changed: i64,
}

macro_rules! incident_columns {
    () => {
        "i.id, i.title, i.severity, i.step, i.opened_at, i.opened_name, i.alert, i.lead, \
         (select s.name from staff s where s.id = i.lead) as lead_name, i.impact, i.cause, i.remedy, i.recovered_at, i.closed_at, \
         i.no_actions, i.changed"
    };
}
pub(crate) use incident_columns;

impl Incident {
    pub(crate) fn is_open(&self) -> bool {
        self.step != Step::Closed
    }

    pub(crate) fn href(&self) -> String {
        format!("/incidents/{}", self.id)
    }

    /// As people name it: `INC-12`.
    pub(crate) fn token(&self) -> String {
        mention::token(self.id)
    }

    /// Whether it says this anywhere, in small letters.
    pub(crate) fn says(&self, text: &str) -> bool {
        let has = |field: &str| field.to_lowercase().contains(text);
        let fields = [self.cause.as_deref(), self.remedy.as_deref(), self.lead_name.as_deref()];
        has(&self.title) || has(&self.token()) || has(&self.impact) || fields.into_iter().flatten().any(has)
    }
}

pub(crate) async fn find(db: &mut impl Queries, id: IncidentId) -> sqlx::Result<Option<Incident>> {
    db.query(sql!("select ", incident_columns!(), " from incidents i where i.id = $1")).bind(id).optional().await
}

/// An incident that stays as it is until the change is done.
pub(super) async fn lock(tx: &mut Tx<'_>, id: IncidentId) -> Result<Incident, Fault> {
    tx.query(sql!(
        sqlite: "select id from incidents where id = $1",
        postgres: "select id from incidents where id = $1 for update",
    ))
    .bind(id)
    .optional::<(IncidentId,)>()
    .await?;
    find(tx, id).await?.ok_or_else(|| Fault::missing(INCIDENT))
}

/// The version of an incident, which stays so until the change is done.
pub(super) async fn version(tx: &mut Tx<'_>, id: IncidentId) -> Result<Option<i64>, Fault> {
    lock(tx, id).await.map(|incident| Some(incident.changed))
}

/// Those that are not closed, the newest first, as every page knows them.
pub(crate) async fn named(reader: &Reader) -> sqlx::Result<Vec<OpenIncident>> {
    let open: Vec<(IncidentId, String, String, String, Option<AlertId>)> = reader
        .query(sql!(
            "select id, title, severity, step, alert from incidents where step <> 'closed' order by id desc limit $1"
        ))
        .bind(NAMED)
        .all()
        .await?;
    let named =
        |(id, title, severity, step, alert): (IncidentId, String, String, String, Option<AlertId>)| OpenIncident {
            id,
            token: mention::token(id),
            title,
            tone: Grade::parse(&severity).map_or(Tone::Mute, Grade::tone),
            severity,
            step,
            alert,
        };
    Ok(open.into_iter().map(named).collect())
}

/// What is to be done so that it does not happen again.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Action {
    pub id: ActionId,
    pub incident: IncidentId,
    pub text: String,
    pub owner: StaffId,
    pub owner_name: String,
    /// `2026-11-20`
    pub due: String,
    pub done_at: Option<Instant>,
}

macro_rules! action_columns {
    () => {
        "a.id, a.incident, a.text, a.owner, coalesce((select s.name from staff s where s.id = a.owner), '') as owner_name, a.due, \
         a.done_at"
    };
}

impl Action {
    /// As people name its incident: `INC-12`.
    pub(crate) fn token(&self) -> String {
        mention::token(self.incident)
    }

    /// Whether its day has come, in the days of the reader.
    pub(crate) fn is_due(&self, today: &str) -> bool {
        self.done_at.is_none() && self.due.as_str() <= today
    }
}

/// The actions of an incident in the order in which they were added.
pub(crate) async fn actions(db: &mut impl Queries, incident: IncidentId) -> sqlx::Result<Vec<Action>> {
    db.query(sql!(
        "select ",
        action_columns!(),
        " from incident_actions a where a.incident = $1 order by a.id limit 100"
    ))
    .bind(incident)
    .all()
    .await
}

pub(super) async fn action(db: &mut impl Queries, id: ActionId) -> sqlx::Result<Option<Action>> {
    db.query(sql!("select ", action_columns!(), " from incident_actions a where a.id = $1")).bind(id).optional().await
}

/// What a person is to do after incidents, what is due first.
pub(crate) async fn actions_of(reader: &Reader, owner: StaffId) -> sqlx::Result<Vec<Action>> {
    reader
        .query(sql!(
            "select ",
            action_columns!(),
            " from incident_actions a where a.owner = $1 and a.done_at is null order by a.due, a.id limit 20"
        ))
        .bind(owner)
        .all()
        .await
}

/// A postmortem as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Postmortem {
    pub id: PostmortemId,
    pub text: String,
    pub hash: String,
    pub sealed_at: Instant,
    pub staff_name: String,
}

/// The postmortem that holds, which is the newest.
pub(crate) async fn postmortem(db: &mut impl Queries, incident: IncidentId) -> sqlx::Result<Option<Postmortem>> {
    db.query(sql!(
        "select id, text, hash, sealed_at, staff_name from postmortems where incident = $1 order by id desc limit 1"
    ))
    .bind(incident)
    .optional()
    .await
}

/// Those who can work on incidents, by name.
pub(crate) async fn workers(db: &mut impl Queries) -> sqlx::Result<Vec<Colleague>> {
    with_roles(db, WORKS).await
}

/// One of them, or what is said at the field.
pub(super) async fn worker(db: &mut impl Queries, id: StaffId, field: &'static str) -> Result<Colleague, Fault> {
    let found = workers(db).await?.into_iter().find(|worker| worker.id == id);
    found.ok_or_else(|| Fault::invalid(field, INCIDENT_PERSON))
}

/// Refuses a second open incident of one alert, which stays as it is meanwhile.
pub(super) async fn refuse_second(tx: &mut Tx<'_>, alert: AlertId) -> Result<(), Fault> {
    let open: Option<(IncidentId,)> =
        tx.query(sql!("select id from incidents where alert = $1 and step <> 'closed'")).bind(alert).optional().await?;
    open.map_or(Ok(()), |(id,)| Err(Fault::conflict(INCIDENT_ALREADY).with("n", id)))
}
