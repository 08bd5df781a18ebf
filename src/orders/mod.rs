//! Orders: finding them, cancelling, refunding, shipping and noting. The shop makes an order and its payments; the console
//! changes what came of them.
//!
//! A refund is decided in one transaction ([`plan`] says what it comes to, [`booking`] writes it down) and reserved by
//! its rows from then on; the payment provider is asked afterwards, by the worker, and its answer is a change of its own
//! ([`settle`]).

pub mod booking;
pub mod cancel;
pub mod carrier;
pub mod claim;
pub mod dismiss;
mod event;
pub mod filter;
pub mod find;
pub mod list;
pub mod list_pages;
pub mod note;
pub mod pages;
pub mod panels;
pub mod plan;
pub mod refund;
pub mod refund_pages;
mod refunds;
pub mod retry;
pub mod sample;
pub mod settle;
pub mod ship;
pub mod show;
pub mod standing;
pub mod state;
pub mod term;
pub mod timeline;

pub use plan::Plan;
pub use standing::Standing;
pub use state::State;

use crate::{
    gate::{Fault, Target, Tx},
    sql,
};

/// Of a refund `r`: it failed, and nobody has tried it again or set it aside.
macro_rules! waits {
    () => {
        "r.state = 'failed' and r.dismissed_at is null
         and not exists (select 1 from refunds again where again.retry_of = r.id)"
    };
}
pub(crate) use waits;

/// An order as the target of a change.
pub fn target(id: i64) -> Target {
    Target::new("order", id)
}

/// The e-mail address of the customer whose order it is.
pub(crate) async fn contact_of(tx: &mut Tx<'_>, id: i64) -> Result<Option<String>, Fault> {
    let row: Option<(String,)> = tx
        .query(sql!("select u.email from orders o join users u on u.id = o.user_id where o.id = $1"))
        .bind(id)
        .optional()
        .await?;
    Ok(row.map(|(email,)| email))
}

/// Locks an order's row for the rest of the transaction and says which version it has. Its lines, payments and refunds are
/// written by nobody who does not hold this lock.
pub(crate) async fn lock_version(tx: &mut Tx<'_>, id: i64) -> Result<i64, Fault> {
    let row: Option<(i64,)> = tx
        .query(sql!(
            sqlite: "select version from orders where id = $1",
            postgres: "select version from orders where id = $1 for update",
        ))
        .bind(id)
        .optional()
        .await?;
    row.map(|(version,)| version).ok_or_else(missing)
}

/// What stands at this point of a change.
pub(crate) async fn standing(tx: &mut Tx<'_>, id: i64) -> Result<Standing, Fault> {
    Standing::load(tx, id).await?.ok_or_else(missing)
}

pub(crate) fn missing() -> Fault {
    Fault::missing("order-missing")
}
