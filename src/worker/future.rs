//! What was stored by a clock that was ahead, judged again: it would bar codes, sign-ins and refunds until the clock has come that
//! far. Schedules are judged where they are moved on ([`super::batches`]).

use crate::{
    clock::Instant,
    gate::{Gate, Housekeeping, Judging, Tx, code::STEP_SECONDS, lead},
    sql,
    store::Reader,
};
use chrono::TimeDelta;

/// Times that are stored lie ahead by less than this: clocks of several machines differ, codes wait for 15 minutes, refunds for ten.
const FARTHEST: TimeDelta = TimeDelta::minutes(30);

/// Judges again what lies too far ahead of the clock.
#[derive(Clone, Debug)]
pub(crate) struct JudgeFuture;

/// The newest times that can be right.
struct Bounds {
    now: Instant,
    /// Of times that lie ahead.
    farthest: Instant,
    /// Of times that something happened.
    happened: Instant,
    /// The step of one-time codes that no right clock has come to.
    step: i64,
}

impl Bounds {
    fn at(now: Instant) -> Self {
        Self {
            now,
            farthest: now.plus(FARTHEST),
            happened: now.plus(lead::TOLERATED),
            step: now.plus(lead::TOLERATED).unix() / STEP_SECONDS,
        }
    }
}

impl Housekeeping for JudgeFuture {
    const NAME: &'static str = "future.judge";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let Bounds { now, farthest, happened, step } = Bounds::at(tx.now());
        tx.query(sql!("delete from sessions where created_at > $1 or seen_at > $1")).bind(happened).run().await?;
        tx.query(sql!(
            "update throttles set waits_until = null, updated_at = $2 where waits_until > $1 or updated_at > $3"
        ))
        .bind(farthest)
        .bind(now)
        .bind(happened)
        .run()
        .await?;
        tx.query(sql!("update authenticators set waits_until = null where waits_until > $1"))
            .bind(farthest)
            .run()
            .await?;
        // Every code until now counts as used; the next one is taken.
        tx.query(sql!("update authenticators set last_step = $2 where last_step > $1"))
            .bind(step)
            .bind(now.unix() / STEP_SECONDS)
            .run()
            .await?;
        tx.query(sql!("update refund_payments set ask_at = $2 where state = 'requested' and ask_at > $1"))
            .bind(farthest)
            .bind(now)
            .run()
            .await?;
        Ok(())
    }
}

/// Judges again what lies too far ahead, where there is anything, which most of the time there is not.
pub(super) async fn judge(reader: &Reader, gate: &Gate, now: Instant, judging: Judging) -> sqlx::Result<()> {
    let Bounds { farthest, happened, step, .. } = Bounds::at(now);
    let (found,): (bool,) = reader
        .query(sql!(
            "select exists (select 1 from sessions where created_at > $2 or seen_at > $2)
                 or exists (select 1 from throttles where waits_until > $1 or updated_at > $2)
                 or exists (select 1 from authenticators where waits_until > $1 or last_step > $3)
                 or exists (select 1 from refund_payments where state = 'requested' and ask_at > $1)"
        ))
        .bind(farthest)
        .bind(happened)
        .bind(step)
        .one()
        .await?;
    if !found {
        return Ok(());
    }
    let (database,): (Instant,) = reader
        .query(sql!(
            sqlite: "select strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z' as at",
            postgres: "select clock_timestamp() as at",
        ))
        .one()
        .await?;
    if judging.compares_clocks && database.since(now).abs() > lead::TOLERATED {
        tracing::error!(%now, %database, "the clock of this machine is not that of the database; set it right");
    } else {
        tracing::warn!("what a clock that was ahead has stored is judged again");
        gate.run_housekeeping(&JudgeFuture).await?;
    }
    Ok(())
}
