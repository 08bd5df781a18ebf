//! Setting a failed refund aside, where nothing is to come of it: it was paid another way, or not at all.

use super::{
    OrderDetail, contact_of, event, lock_version,
    pages::{DismissPanel, Panel},
    show, target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    sql,
    store::Queries,
    web::{
        Answer, Desk,
        desk::seal_of,
        form::Form,
        refused::{self, Refused},
        shell::seal::Seal as Shape,
    },
};
use actix_web::web;
use serde::{Deserialize, Serialize};

/// Takes a failed refund off the list of what waits for somebody. It stays failed, and is never tried again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DismissRefund {
    pub order: i64,
    pub refund: i64,
}

impl Change for DismissRefund {
    const KIND: &'static str = "refunds.dismiss";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    type Output = ();

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        match amount(tx, self.order, self.refund).await? {
            Some(_) => Ok(()),
            None => Err(Fault::conflict("refund-not-failed")),
        }
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        contact_of(tx, self.order).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let now = tx.now();
        tx.query(sql!("update refunds set dismissed_at = $2 where id = $1")).bind(self.refund).bind(now).run().await?;
        tx.query(sql!("update orders set failed_refunds = failed_refunds - 1, version = version + 1 where id = $1"))
            .bind(self.order)
            .run()
            .await?;
        tx.note("refund", None::<i64>, self.refund);
        tx.note("dismissed", false, true);
        event::append(tx, self.order, "refund-dismissed", Some(self.refund), None).await
    }
}

/// What a refund was to give back that failed, and that nobody has tried again or set aside.
async fn amount(db: &mut impl Queries, order: i64, refund: i64) -> sqlx::Result<Option<i64>> {
    let row: Option<(i64,)> = db
        .query(sql!("select r.amount from refunds r where r.id = $1 and r.order_id = $2 and ", super::waits!()))
        .bind(refund)
        .bind(order)
        .optional()
        .await?;
    Ok(row.map(|(amount,)| amount))
}

/// `POST /orders/{id}/refunds/{refund}/dismissal`
pub async fn dismiss(desk: Desk, path: web::Path<(i64, i64)>, body: web::Bytes) -> Answer {
    let (order, refund) = path.into_inner();
    let form = desk.form(&body, &["reason", "code", "key", "seen"]).await?;
    let reason = match refused::read_reason(&form) {
        Ok(reason) => reason,
        Err(errors) => return show_again(&desk, order, refund, &form, errors.into()).await,
    };
    let change = DismissRefund { order, refund };
    match desk.submit(&change, &seal_of(&form, reason)?).await {
        Ok(sealed) => Ok(desk.see_sealed(&sealed, &format!("/orders/{order}"))),
        Err(refusal) => {
            let refused = refused::explain(&desk, refusal, &change.target()).await?;
            show_again(&desk, order, refund, &form, refused).await
        }
    }
}

async fn show_again(desk: &Desk, order: i64, refund: i64, form: &Form, refused: Refused) -> Answer {
    let detail = show::detail(desk, order).await?;
    let (status, seal) = Shape::again(DismissRefund::KIND, form, detail.order.version, refused);
    let panel = match panel(desk, &detail, refund, seal).await? {
        Some(panel) => Panel::Dismiss(DismissPanel { reason: form.get("reason").to_owned(), ..panel }),
        None => gone(),
    };
    show::page(desk, detail, Some(panel), None, status).await
}

/// The panel for this refund, where it can be set aside.
pub(super) async fn panel(
    desk: &Desk,
    detail: &OrderDetail,
    refund: i64,
    seal: Shape,
) -> sqlx::Result<Option<DismissPanel>> {
    let amount = amount(&mut desk.reader(), detail.order.id, refund).await?;
    Ok(amount.map(|amount| DismissPanel { seal, refund, amount, reason: String::new() }))
}

/// What stands in its place where it cannot.
pub(super) fn gone() -> Panel {
    Panel::Closed { name: "dismiss", why: "dismiss.gone" }
}
