//! What happened to a job or a run and is to be read later, a row each.

use crate::{
    clock::Instant,
    gate::{Fault, SYSTEM, Tx},
    id::{RunId, Seq},
    sql,
    web::shell::{Shell, Tone},
};

pub(super) async fn append(
    tx: &mut Tx<'_>,
    job: &str,
    run: Option<RunId>,
    kind: &'static str,
    detail: Option<&str>,
) -> Result<(), Fault> {
    let (now, by, change) = (tx.now(), tx.by().to_owned(), tx.change_id().to_owned());
    tx.query(sql!(
        "insert into batch_events (job, run_id, at, kind, detail, staff_name, change_id) values ($1, $2, $3, $4, $5, $6, $7)"
    ))
    .bind(job)
    .bind(run)
    .bind(now)
    .bind(kind)
    .bind(detail)
    .bind(by)
    .bind(change)
    .run()
    .await?;
    Ok(())
}

/// Something that happened to a run or a job.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Event {
    pub(crate) at: Instant,
    pub(crate) kind: String,
    pub(crate) detail: Option<String>,
    pub(crate) staff_name: String,
    /// The row of the log that tells of it, and the reason that was given.
    pub(crate) seq: Option<Seq>,
    pub(crate) reason: Option<String>,
}

impl Event {
    /// What else there is to say of it, in the reader's words and time.
    pub(crate) fn more(&self, shell: &Shell) -> Option<String> {
        let detail = self.detail.as_deref()?;
        if let Ok(at) = Instant::parse(detail) {
            return Some(shell.minute(&at).shown);
        }
        match (self.kind.as_str(), detail.split_once(' ')) {
            ("missed", Some((count, due))) => {
                let due = Instant::parse(due).map_or_else(|_| due.to_owned(), |at| shell.minute(&at).shown);
                Some(shell.with("run.missed", &[("n", &count), ("at", &due)]))
            }
            ("late-report", Some((state, code))) => {
                let state = shell.name("run-state", state);
                Some(format!("{state}, {}", shell.with("run.exit-code", &[("n", &code)])))
            }
            ("late-report", None) => Some(shell.name("run-state", detail).to_owned()),
            (_, Some(("signal", n))) => Some(shell.with("run-failure.signal", &[("n", &n)])),
            _ => Some(shell.name("run-failure", detail).to_owned()),
        }
    }

    pub(crate) fn is_by_system(&self) -> bool {
        self.staff_name == SYSTEM
    }

    pub(crate) fn tone(&self) -> Tone {
        match self.kind.as_str() {
            "failed" | "timed_out" | "lost" => Tone::Bad,
            "slow" | "late" | "low" | "missed" | "late-report" => Tone::Warn,
            "succeeded" | "finished" | "accepted" => Tone::Ok,
            _ => Tone::Mute,
        }
    }

    pub(crate) fn icon(&self) -> &'static str {
        match self.kind.as_str() {
            "succeeded" | "finished" => "check",
            "failed" | "timed_out" | "dead" => "x",
            "lost" | "slow" | "late" | "low" | "missed" | "late-report" => "alert",
            "rerun" | "requested" => "rerun",
            "cancelled" | "cancel-requested" => "ban",
            "paused" => "minus",
            "resumed" => "play",
            _ => "flag",
        }
    }
}
