//! Keeping a search for a person, so that its address holds no personal data.

use crate::{
    gate::{Housekeeping, Looked, RecordAccess, Tx},
    id::StaffId,
    sql,
};

/// Stores a search and records it as an access, where it may show customers.
#[derive(Clone, Debug)]
pub(crate) struct KeepSearch {
    pub id: String,
    pub staff: StaffId,
    pub term: String,
    /// What the term was taken for.
    pub kind: String,
    pub status: Option<String>,
    pub access: Option<RecordAccess>,
}

impl Housekeeping for KeepSearch {
    const NAME: &'static str = "users.search";
    type Output = Looked;

    async fn run(&self, tx: &mut Tx<'_>) -> sqlx::Result<Looked> {
        if let Some(access) = &self.access
            && let braked @ Looked::Braked(_) = access.run(tx).await?
        {
            return Ok(braked);
        }
        let now = tx.now();
        tx.query(sql!("insert into searches (id, staff_id, term, kind, status, at) values ($1, $2, $3, $4, $5, $6)"))
            .bind(self.id.as_str())
            .bind(self.staff)
            .bind(self.term.as_str())
            .bind(self.kind.as_str())
            .bind(self.status.as_deref())
            .bind(now)
            .run()
            .await?;
        Ok(Looked::Recorded)
    }
}
