//! The timeline of an incident: what people did here, and what was collected, by the time at which it happened.

use crate::{
    clock::Instant,
    gate::Tx,
    id::{IncidentEventId, IncidentId, Seq},
    sql,
    store::{Queries, Reader},
    web::{list::Page, shell::Frame},
};

/// The number of entries of a window.
pub(crate) const WINDOW: usize = 50;

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Event {
    pub id: IncidentEventId,
    pub at: Instant,
    pub what: String,
    pub staff_name: Option<String>,
    pub text: String,
    pub link: Option<String>,
    /// The row of the log, of what a change wrote.
    pub seq: Option<Seq>,
}

macro_rules! event_columns {
    () => {
        "e.id, e.at, e.what, e.staff_name, e.text, e.link, \
         case when e.source = 'change' then (select a.seq from audit a where a.change_id = e.source_id) else null end as seq"
    };
}

/// What comes before the kind of a change that names the incident in its reason, and of one that waits for a second person.
pub(super) const CHANGED: &str = "changed.";
pub(super) const ASKED: &str = "asked.";

impl Event {
    /// What happened, in words.
    pub(crate) fn name(&self, frame: &Frame) -> String {
        if let Some(action) = self.what.strip_prefix(CHANGED) {
            return frame.done(action).to_owned();
        }
        if let Some(action) = self.what.strip_prefix(ASKED) {
            return frame.with("incident.asked", &[("what", &frame.name("action", action))]);
        }
        frame.name("incident-event", &self.what).to_owned()
    }

    /// Its page; of a change the row of the log, for those who may read that.
    pub(crate) fn href(&self, may_audit: bool) -> Option<String> {
        match (&self.link, self.seq) {
            (Some(link), _) if link.starts_with("/audit/") && !may_audit => None,
            (Some(link), _) => Some(link.clone()),
            (None, Some(seq)) if may_audit => Some(format!("/audit/{seq}")),
            (None, _) => None,
        }
    }
}

/// A window of entries, the newest first, before the one with this id.
pub(crate) async fn window(
    reader: &Reader,
    incident: IncidentId,
    before: Option<IncidentEventId>,
) -> sqlx::Result<Page<Event, IncidentEventId>> {
    let from = match before {
        Some(id) => place(reader, incident, id).await?,
        None => (Instant::latest(), IncidentEventId::MAX),
    };
    let rows = async |limit| {
        reader
            .query(sql!(
                "select ",
                event_columns!(),
                " from incident_events e where e.incident = $1 and (e.at, e.id) < ($2, $3) order by e.at desc, e.id desc limit $4"
            ))
            .bind(incident)
            .bind(from.0)
            .bind(from.1)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .all()
            .await
    };
    Page::read(WINDOW, rows, |event: &Event| event.id).await
}

/// Where an entry is in the order of time. One that is not there is before all.
async fn place(reader: &Reader, incident: IncidentId, id: IncidentEventId) -> sqlx::Result<(Instant, IncidentEventId)> {
    let at: Option<(Instant,)> = reader
        .query(sql!("select at from incident_events where id = $1 and incident = $2"))
        .bind(id)
        .bind(incident)
        .optional()
        .await?;
    Ok(at.map_or((Instant::earliest(), IncidentEventId::MIN), |(at,)| (at, id)))
}

/// The first entries in the order of time, for a postmortem.
pub(super) async fn first(db: &mut impl Queries, incident: IncidentId, limit: i64) -> sqlx::Result<Vec<Event>> {
    db.query(sql!(
        "select ",
        event_columns!(),
        " from incident_events e where e.incident = $1 order by e.at, e.id limit $2"
    ))
    .bind(incident)
    .bind(limit)
    .all()
    .await
}

/// Writes down what the change in hand did with an incident. Its row of the log has the same change id.
pub(super) async fn append(tx: &mut Tx<'_>, incident: IncidentId, what: &str, text: &str) -> sqlx::Result<()> {
    let (now, change, by, staff) = (tx.now(), tx.change_id().to_owned(), tx.by().to_owned(), tx.staff());
    tx.query(sql!(
        "insert into incident_events (incident, at, recorded_at, what, staff, staff_name, text, source, source_id)
         values ($1, $2, $2, $3, $4, $5, $6, 'change', $7)"
    ))
    .bind(incident)
    .bind(now)
    .bind(what.to_owned())
    .bind(staff)
    .bind(by)
    .bind(text.to_owned())
    .bind(change)
    .run()
    .await
    .map(drop)
}
