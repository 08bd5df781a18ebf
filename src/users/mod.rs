//! Customers: finding them, looking at them, suspending them.

pub mod contact;
pub mod find;
pub mod list;
pub mod load;
pub mod mask;
pub mod pages;
pub mod reindex;
pub mod sample;
pub mod search;
pub mod show;
pub mod status;
pub mod term;

use crate::{
    gate::{Fault, Target, Tx},
    sql,
};

/// A customer as the target of a change.
pub fn target(id: i64) -> Target {
    Target::new("user", id)
}

/// The e-mail address of a customer.
pub(crate) async fn contact_of(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = tx.query(sql!("select email from users where id = $1")).bind(id).optional().await?;
    Ok(row.map(|(email,)| email))
}

/// Locks a customer's row for the rest of the transaction and says which version it has.
pub(crate) async fn lock_version(tx: &mut Tx<'_>, id: i64) -> Result<i64, Fault> {
    let row: Option<(i64,)> = tx
        .query(sql!(
            sqlite: "select version from users where id = $1",
            postgres: "select version from users where id = $1 for update",
        ))
        .bind(id)
        .optional()
        .await?;
    row.map(|(version,)| version).ok_or_else(|| Fault::missing("user-missing"))
}
