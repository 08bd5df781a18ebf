//! A customer as what changes are about: naming, locking, and whom it belongs to. Their pages are in [`users`](crate::users).

use crate::{
    gate::{Fault, Target, Tx},
    id::CustomerId,
    sql,
};

crate::gate::refusal_words! {
    /// There is no such customer.
    pub(crate) USER_MISSING = "user-missing";
}

/// A customer as the target of a change.
pub(crate) fn target(id: CustomerId) -> Target {
    Target::new("user", id)
}

/// The e-mail address of a customer.
pub(crate) async fn contact_of(tx: &mut Tx<'_>, id: CustomerId) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = tx.query(sql!("select email from users where id = $1")).bind(id).optional().await?;
    Ok(row.map(|(email,)| email))
}

/// Locks a customer's row for the rest of the transaction and says which version it has.
pub(crate) async fn lock_version(tx: &mut Tx<'_>, id: CustomerId) -> Result<i64, Fault> {
    let row: Option<(i64,)> = tx
        .query(sql!(
            sqlite: "select version from users where id = $1",
            postgres: "select version from users where id = $1 for update",
        ))
        .bind(id)
        .optional()
        .await?;
    row.map(|(version,)| version).ok_or_else(|| Fault::missing(USER_MISSING))
}
