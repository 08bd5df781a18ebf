//! Writing down what was told of alerts of others.

use super::incoming::Incoming;
use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    sql,
};
use chrono::TimeDelta;

/// How late a repetition may be: a sender looks every few minutes whether it is time for one.
const LATE: TimeDelta = TimeDelta::minutes(15);

/// Keeps what a sender told. All of it or nothing: where this fails, the sender tells it again.
#[derive(Clone, Debug)]
pub(crate) struct KeepReceived {
    pub source: String,
    pub repeat: TimeDelta,
    pub incoming: Vec<Incoming>,
}

impl Housekeeping for KeepReceived {
    const NAME: &'static str = "alerts.receive";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        // Two senders of one cluster tell the same in different orders; in one order none waits for the other in a circle.
        let mut incoming: Vec<&Incoming> = self.incoming.iter().collect();
        incoming.sort_by(|one, other| (&one.fingerprint, one.starts_at).cmp(&(&other.fingerprint, other.starts_at)));
        for alert in incoming {
            if alert.is_firing {
                firing(tx, &self.source, alert, self.repeat).await?;
            } else {
                resolved(tx, &self.source, alert, self.repeat).await?;
            }
        }
        Ok(())
    }
}

/// Until when what is heard now is good.
pub(super) fn good_until(now: Instant, repeat: TimeDelta) -> Instant {
    now.plus(repeat).plus(LATE)
}

/// An episode that is told for the first time is opened, unless a later one is known. One that is over stays so, unless that was only
/// what a person said.
pub(super) async fn firing(tx: &mut Tx<'_>, source: &str, alert: &Incoming, repeat: TimeDelta) -> sqlx::Result<()> {
    let (now, subject) = (tx.now(), alert.subject(source));
    if insert(tx, source, alert, repeat, None).await? {
        return supersede(tx, source, alert).await;
    }
    // Never a link or a value overwritten with nothing.
    tx.query(sql!(
        "update received_alerts set heard_at = $2, stale_at = $3, is_suppressed = false, url = coalesce($4, url),
                summary = coalesce($5, summary), resolved_at = null, ended_by = null
          where subject = $1 and (resolved_at is null or ended_by is not null)"
    ))
    .bind(subject)
    .bind(now)
    .bind(good_until(now, repeat))
    .bind(alert.url.clone())
    .bind(alert.summary.clone())
    .run()
    .await?;
    supersede(tx, source, alert).await
}

/// Of the episodes of one alert the one that began last can be open.
async fn supersede(tx: &mut Tx<'_>, source: &str, alert: &Incoming) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!(
        "update received_alerts set resolved_at = $3
          where source = $1 and fingerprint = $2 and resolved_at is null
            and starts_at < (select max(r.starts_at) from received_alerts r where r.source = $1 and r.fingerprint = $2)"
    ))
    .bind(source.to_owned())
    .bind(alert.fingerprint.as_str())
    .bind(now)
    .run()
    .await
    .map(drop)
}

/// It is over; what was said of it while it was open stays. Of one that was never told it is remembered, so that it does not open
/// when that is told late. Grafana 12 says of one that ends that it began when it ended (grafana issue 106065): an episode that began
/// earlier is over with it.
async fn resolved(tx: &mut Tx<'_>, source: &str, alert: &Incoming, repeat: TimeDelta) -> sqlx::Result<()> {
    let now = tx.now();
    if !insert(tx, source, alert, repeat, Some(now)).await? {
        over(tx, &alert.subject(source)).await?;
    }
    supersede(tx, source, alert).await
}

/// Ends an episode. A second time it is nothing.
pub(super) async fn over(tx: &mut Tx<'_>, subject: &str) -> sqlx::Result<()> {
    let now = tx.now();
    tx.query(sql!(
        "update received_alerts set resolved_at = $2, heard_at = $2, ended_by = null
          where subject = $1 and (resolved_at is null or ended_by is not null)"
    ))
    .bind(subject.to_owned())
    .bind(now)
    .run()
    .await
    .map(drop)
}

/// Writes an episode down, and says whether it was not known.
async fn insert(
    tx: &mut Tx<'_>,
    source: &str,
    alert: &Incoming,
    repeat: TimeDelta,
    resolved_at: Option<Instant>,
) -> sqlx::Result<bool> {
    let now = tx.now();
    let inserted = tx
        .query(sql!(
            "insert into received_alerts (subject, source, fingerprint, starts_at, title, severity, labels, url, summary,
                                          first_at, heard_at, stale_at, is_suppressed, resolved_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, false, $12) on conflict (subject) do nothing"
        ))
        .bind(alert.subject(source))
        .bind(source.to_owned())
        .bind(alert.fingerprint.as_str())
        .bind(alert.starts_at)
        .bind(alert.title.as_str())
        .bind(alert.severity.as_str())
        .bind(serde_json::to_string(&alert.labels).map_err(|error| sqlx::Error::Encode(error.into()))?)
        .bind(alert.url.clone())
        .bind(alert.summary.clone())
        .bind(now)
        .bind(good_until(now, repeat))
        .bind(resolved_at)
        .run()
        .await?;
    Ok(inserted > 0)
}
