//! The end of a file that was sent whole.

use super::{EXPORT_STATE, source::Whole, target};
use crate::{
    gate::{Admits, Change, Fault, Target, Tx},
    id::ExportId,
    sql,
};
use serde::{Deserialize, Serialize};

/// Notes in the log that a file was sent, with its hash, before the answer ends: a file without this row was not taken whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FinishExport {
    pub export: ExportId,
    pub attempt: i64,
    /// The request with which the file was taken.
    pub request: String,
    pub rows: i64,
    pub bytes: i64,
    /// SHA-256 of the whole file, in hexadecimal digits.
    pub sha256: String,
}

impl FinishExport {
    pub(super) fn of(export: ExportId, attempt: i64, request: String, whole: Whole) -> Self {
        let Whole { rows, bytes, sha256 } = whole;
        Self { export, attempt, request, rows, bytes, sha256 }
    }
}

impl Change for FinishExport {
    const KIND: &'static str = "exports.finish";
    const ADMITS: Admits = Admits::system_only();
    type Output = ();

    fn target(&self) -> Target {
        target(self.export)
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        let finished = tx
            .query(sql!(
                "update exports set state = 'finished', finished_at = $3, sent = $4, bytes = $5, sha256 = $6, lease_until = null
                  where id = $1 and attempts = $2 and state = 'sending'"
            ))
            .bind(self.export)
            .bind(self.attempt)
            .bind(now)
            .bind(self.rows)
            .bind(self.bytes)
            .bind(self.sha256.as_str())
            .run()
            .await?;
        if finished != 1 {
            return Err(Fault::conflict(EXPORT_STATE));
        }
        tx.note("export_sent", None::<i64>, self.rows);
        tx.note("export_attempt", None::<i64>, self.attempt);
        tx.note("export_request", None::<&str>, self.request.as_str());
        tx.note("export_bytes", None::<i64>, self.bytes);
        tx.note("export_sha256", None::<&str>, self.sha256.as_str());
        Ok(())
    }
}
