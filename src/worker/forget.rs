//! Removing what has expired, from tables of all slices.

use crate::{
    clock::Instant,
    gate::{Housekeeping, Tx},
    sql,
    web::drafts,
};
use chrono::TimeDelta;

/// Removes what has expired: drafts, form keys, invitations, totals of past days, delivered
/// events, messages that wait no longer, received alerts that are over, counts of looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForgetExpired;

impl Housekeeping for ForgetExpired {
    const NAME: &'static str = "expired.forget";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        let older = |age: TimeDelta| -> Instant { now.minus(age) };
        tx.query(sql!("delete from drafts where at < $1")).bind(older(drafts::LASTS)).run().await?;
        tx.query(sql!("delete from idempotency where at < $1")).bind(older(TimeDelta::days(7))).run().await?;
        tx.query(sql!("delete from invitations where expires_at < $1")).bind(now).run().await?;
        tx.query(sql!("delete from throttles where updated_at < $1")).bind(older(TimeDelta::days(1))).run().await?;
        tx.query(sql!("delete from looks where starts_at < $1")).bind(older(TimeDelta::days(3))).run().await?;
        // Their amounts go with them. A day that is over is asked about by no rule.
        tx.query(sql!("delete from counted_days where ends < $1")).bind(older(TimeDelta::days(1))).run().await?;
        tx.query(sql!("delete from outbox where delivered_at < $1")).bind(older(TimeDelta::days(30))).run().await?;
        // What told of an alert that is still open says who is told of its end.
        tx.query(sql!(
            "delete from deliveries where created_at < $1 and state <> 'waiting' and not (state = 'failed' and what = 'event')
                and not exists (select 1 from alerts where alerts.id = deliveries.alert and alerts.resolved_at is null)"
        ))
        .bind(older(TimeDelta::days(30)))
        .run()
        .await?;
        tx.query(sql!("delete from received_alerts where resolved_at < $1"))
            .bind(older(TimeDelta::days(30)))
            .run()
            .await?;
        tx.query(sql!("delete from queue_rejects where at < $1")).bind(older(TimeDelta::days(90))).run().await?;
        Ok(())
    }
}
