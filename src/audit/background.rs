//! Verifying in the background: once a day, slowly, by one process at a time. How it ended is kept for the page of the log, and
//! what does not fit is a row of the log and an event.

use super::verify::{Unfit, verify_slowly};
use crate::{
    clock::{Clock, Instant},
    evidence::{keep::KeepFinding, sign::Refused},
    gate::{Actor, Admits, By, Change, Fault, Gate, Housekeeping, Target, Tx, while_claimed},
    secret, sql,
    store::{Queries, Reader},
};
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use std::time::Duration;

crate::gate::topics! {
    /// A verification in the background, or the signer, found something that does not fit the audit log.
    AUDIT_UNFIT = "audit.unfit";
}

/// How often the log is verified in the background, and how often to look whether that is due.
#[derive(Clone, Copy, Debug)]
pub struct Verifying {
    pub every: TimeDelta,
    pub look: Duration,
}

impl Default for Verifying {
    fn default() -> Self {
        Self { every: TimeDelta::days(1), look: Duration::from_mins(5) }
    }
}

/// How long a claim lasts, and how often it is renewed.
const LEASE: TimeDelta = TimeDelta::minutes(5);
const RENEW: Duration = Duration::from_mins(1);

/// How the last verification ended.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct LastVerification {
    pub finished_at: Option<Instant>,
    /// The rows of the log that were verified.
    pub size: Option<i64>,
    /// What does not fit.
    pub finding: Option<String>,
}

pub(crate) async fn last(db: &mut impl Queries) -> sqlx::Result<LastVerification> {
    db.query(sql!("select finished_at, size, finding from verification where id = 1")).one().await
}

/// Claims the next verification for this process, or keeps the claim.
#[derive(Clone, Debug)]
pub(crate) struct ClaimVerification {
    /// Who claims; a claim of one's own is renewed.
    pub by: String,
    /// Those that finished after this are recent enough.
    pub due: Instant,
}

impl Housekeeping for ClaimVerification {
    const NAME: &'static str = "verification.claim";
    /// Whether this process verifies.
    type Output = bool;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<bool> {
        let now = tx.now();
        let claimed = tx
            .query(sql!(
                "update verification set claimed_until = $1, claimed_by = $2
                  where id = 1 and (finished_at is null or finished_at <= $3)
                    and (claimed_until is null or claimed_until < $4 or claimed_by = $2)"
            ))
            .bind(now.plus(LEASE))
            .bind(self.by.as_str())
            .bind(self.due)
            .bind(now)
            .run()
            .await?;
        Ok(claimed == 1)
    }
}

/// Keeps how a verification ended.
#[derive(Clone, Debug)]
pub(crate) struct KeepVerification {
    pub by: String,
    pub size: Option<i64>,
    /// What does not fit.
    pub finding: Option<String>,
}

impl Housekeeping for KeepVerification {
    const NAME: &'static str = "verification.keep";
    type Output = ();

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<()> {
        let now = tx.now();
        tx.query(sql!(
            "update verification set finished_at = $1, fits = $2, size = $3, finding = $4, claimed_until = null, claimed_by = null
              where id = 1 and claimed_by = $5"
        ))
        .bind(now)
        .bind(self.finding.is_none())
        .bind(self.size)
        .bind(self.finding.as_deref())
        .bind(self.by.as_str())
        .run()
        .await
        .map(drop)
    }
}

/// Puts into the log that something does not fit it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ReportUnfit {
    pub finding: String,
}

impl Change for ReportUnfit {
    const KIND: &'static str = "audit.report-unfit";
    const ADMITS: Admits = Admits { by: By::SystemOnly, code: false, host: false };
    type Output = ();

    fn target(&self) -> Target {
        Target::new("audit", "log")
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        tx.note("finding", None::<&str>, self.finding.as_str());
        tx.emit(AUDIT_UNFIT, serde_json::json!({ "finding": self.finding }));
        Ok(())
    }
}

/// Puts a finding into the log.
async fn report(gate: &Gate, finding: String) -> anyhow::Result<()> {
    let actor = Actor::system(format!("verify_{}", hex::encode(secret::random::<8>())));
    gate.submit_unattended(&actor, &ReportUnfit { finding }).await?;
    Ok(())
}

/// Puts into the log why it is not signed, and keeps that for the pages. A process that ends between the two says it again.
pub(crate) async fn report_unsigned(gate: &Gate, refused: &Refused) -> anyhow::Result<()> {
    let finding = refused.to_string();
    tracing::error!(finding, "the audit log is not signed");
    report(gate, finding.clone()).await?;
    gate.run_housekeeping(&KeepFinding { text: Some(finding) }).await?;
    Ok(())
}

/// Verifies if it is time to, and this process is the one to do it. Dropping this is safe at any time.
pub(crate) async fn verify_if_due(reader: &Reader, gate: &Gate, clock: &Clock, every: TimeDelta) -> anyhow::Result<()> {
    let due = clock.now().minus(every);
    // Asked without writing first: it is the answer nearly always.
    if last(&mut &*reader).await?.finished_at.is_some_and(|finished| finished > due) {
        return Ok(());
    }
    let by = hex::encode(secret::random::<8>());
    let claim = ClaimVerification { by: by.clone(), due };
    if !gate.run_housekeeping(&claim).await? {
        return Ok(());
    }
    let work = verify_slowly(reader, gate.catalog().kinds);
    let Some(outcome) = while_claimed(gate, &claim, RENEW, work).await else { return Ok(()) };
    let (size, finding) = match outcome {
        Ok(verified) => (Some(verified.rows), None),
        Err(Unfit::Unreadable(error)) => return Err(error.into()),
        Err(unfit) => (None, Some(unfit.to_string())),
    };
    if let Some(finding) = &finding {
        tracing::error!(finding, "the audit log does not fit");
        // Once for each finding: the page has it as long as it lasts.
        if last(&mut &*reader).await?.finding.as_ref() != Some(finding) {
            report(gate, finding.clone()).await?;
        }
    }
    gate.run_housekeeping(&KeepVerification { by, size, finding }).await?;
    Ok(())
}
