//! The sending of a file: one at a time for each export, held by a lease that is renewed while the file is taken.

use crate::{
    gate::{Housekeeping, Tx},
    id::ExportId,
    sql,
};
use chrono::TimeDelta;

/// For how long a sending of which nothing is heard is believed to go on: its process may have ended.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(60);

/// Begins to send a file, unless it is being sent, was sent, or is out of date.
#[derive(Clone, Debug)]
pub(crate) struct BeginSending {
    pub export: ExportId,
}

impl Housekeeping for BeginSending {
    const NAME: &'static str = "exports.begin";
    /// The number of this attempt.
    type Output = Option<i64>;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Option<i64>> {
        let now = tx.now();
        let begun: Option<(i64,)> = tx
            .query(sql!(
                "update exports set state = 'sending', attempts = attempts + 1, sent = 0, lease_until = $2
                  where id = $1 and expires_at > $3 and (state = 'ready' or (state = 'sending' and lease_until < $3))
                  returning attempts"
            ))
            .bind(self.export)
            .bind(now.plus(LEASE))
            .bind(now)
            .optional()
            .await?;
        Ok(begun.map(|(attempt,)| attempt))
    }
}

/// Says how far a sending is, or that it has ended before the last row.
#[derive(Clone, Debug)]
pub(crate) struct NoteSending {
    pub export: ExportId,
    pub attempt: i64,
    pub sent: i64,
    pub goes_on: bool,
    /// The session of the person who takes it: it ends with their session and account.
    pub session: Option<String>,
}

impl Housekeeping for NoteSending {
    const NAME: &'static str = "exports.progress";
    /// Whether the export is still being sent by this attempt, to a person who is still signed in.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let until = self.goes_on.then(|| tx.now().plus(LEASE));
        let noted = tx
            .query(sql!(
                "update exports set sent = $3, lease_until = $4, state = $5
                  where id = $1 and attempts = $2 and state = 'sending'
                    and (cast($6 as text) is null
                         or exists (select 1 from sessions s join staff p on p.id = s.staff_id where s.id = $6 and p.active))"
            ))
            .bind(self.export)
            .bind(self.attempt)
            .bind(self.sent)
            .bind(until)
            .bind(if self.goes_on { "sending" } else { "ready" })
            .bind(self.session.as_deref())
            .run()
            .await?;
        Ok(noted == 1)
    }
}
