//! Reminding of what is to be done after incidents: once a day from the day on which it is due, until it is done.

use crate::{
    clock::Instant,
    gate::{Gate, Housekeeping, Tx, mention},
    id::{ActionId, IncidentId},
    notify::{
        Channels, Facts, Message, Severity, What,
        deliver::{About, enqueue},
    },
    sql,
    store::Reader,
    web::format,
    zone::Zone,
};

/// What messages call it.
const ACTION_DUE: &str = "incidents.action-due";
/// The hour from which people are reminded.
const HOUR: i64 = 9;
const AT_ONCE: i64 = 100;

/// Writes the messages that are due down.
#[derive(Clone, Debug)]
pub(crate) struct RemindActions {
    channels: Channels,
    environment: &'static str,
    due: Vec<Due>,
    /// When the day began, in the zone of the console.
    since: Instant,
}

#[derive(Clone, Debug, sqlx::FromRow)]
struct Due {
    id: ActionId,
    incident: IncidentId,
    text: String,
    owner_name: String,
    day: String,
}

impl RemindActions {
    /// What is to be reminded of now; nothing where that is nothing.
    pub(crate) async fn due(
        reader: &Reader,
        channels: &Channels,
        environment: &'static str,
        zone: Zone,
        now: Instant,
    ) -> sqlx::Result<Option<Self>> {
        let local = now.utc().with_timezone(&zone);
        let Some(since) = zone.start_of(local.date_naive()) else { return Ok(None) };
        if now.since(since).num_hours() < HOUR {
            return Ok(None);
        }
        let due: Vec<Due> = reader
            .query(sql!(
                "select a.id, a.incident, a.text, coalesce((select s.name from staff s where s.id = a.owner), '') as owner_name, a.due as day
                   from incident_actions a
                  where a.done_at is null and a.due <= $1 and (a.reminded_at is null or a.reminded_at < $2)
                  order by a.due limit $3"
            ))
            .bind(format::day(now, zone))
            .bind(since)
            .bind(AT_ONCE)
            .all()
            .await?;
        let work = Self { channels: channels.clone(), environment, due, since };
        Ok(Some(work).filter(|work| !work.due.is_empty()))
    }

    fn message(&self, due: &Due, now: Instant) -> Message {
        Message {
            what: What::Notice,
            kind: ACTION_DUE.to_owned(),
            severity: Severity::Warning,
            key: format!("ingam:{}:{ACTION_DUE}:{}:{}", self.environment, due.id, self.since.unix()),
            title: format!("{}: {}", mention::token(due.incident), due.text),
            since: now,
            at: now,
            n: 1,
            path: format!("/incidents/{}", due.incident),
            facts: Facts { detail: Some(format!("{} · {}", due.owner_name, due.day)), ..Facts::default() },
        }
    }
}

impl Housekeeping for RemindActions {
    const NAME: &'static str = "incidents.remind";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        for due in &self.due {
            // Of several processes one does it.
            let marked = tx
                .query(sql!(
                    "update incident_actions set reminded_at = $2
                      where id = $1 and done_at is null and (reminded_at is null or reminded_at < $3)"
                ))
                .bind(due.id)
                .bind(now)
                .bind(self.since)
                .run()
                .await?;
            if marked == 0 {
                continue;
            }
            let message = self.message(due, now);
            for to in self.channels.of_alerts() {
                enqueue(tx, &to, About::Channel, &message).await?;
            }
        }
        Ok(())
    }
}

/// Reminds of what is due.
pub(crate) async fn remind(
    reader: &Reader,
    gate: &Gate,
    channels: &Channels,
    environment: &'static str,
    (zone, now): (Zone, Instant),
) -> sqlx::Result<()> {
    match RemindActions::due(reader, channels, environment, zone, now).await? {
        Some(work) => gate.run_housekeeping(&work).await,
        None => Ok(()),
    }
}
