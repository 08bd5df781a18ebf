//! Keeping a search for a person, so that its address holds no personal data.

use crate::{
    gate::{Housekeeping, Looked, RecordAccess, Tx},
    id::StaffId,
    sql,
};

/// Stores a search for a person and records it as an access.
#[derive(Clone, Debug)]
pub(crate) struct KeepSearch {
    pub id: String,
    pub staff: StaffId,
    pub term: String,
    pub status: Option<String>,
    pub access: RecordAccess,
}

impl Housekeeping for KeepSearch {
    const NAME: &'static str = "users.search";
    type Output = Looked;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Looked> {
        let looked = self.access.run(tx).await?;
        if matches!(looked, Looked::Braked(_)) {
            return Ok(looked);
        }
        let now = tx.now();
        tx.query(sql!("insert into searches (id, staff_id, term, kind, status, at) values ($1, $2, $3, $4, $5, $6)"))
            .bind(self.id.as_str())
            .bind(self.staff)
            .bind(self.term.as_str())
            .bind(self.access.detail.as_deref().unwrap_or_default())
            .bind(self.status.as_deref())
            .bind(now)
            .run()
            .await?;
        Ok(looked)
    }
}
