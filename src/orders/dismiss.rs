//! Setting a failed refund aside, where nothing is to come of it: it was paid another way, or not at all.

use super::{FailedRefund, OrderDetail, contact_of, event, lock_version, target};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::{OrderId, RefundId},
    orders::REFUND_NOT_FAILED,
    sql,
    store::Queries,
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Takes a failed refund off the list of those that wait for a decision. It stays failed, and is never tried again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DismissRefund {
    pub order: OrderId,
    pub refund: RefundId,
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
            None => Err(Fault::conflict(REFUND_NOT_FAILED)),
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

/// What a failed refund was to pay; `None` where it was tried again or set aside already.
async fn amount(db: &mut impl Queries, order: OrderId, refund: RefundId) -> sqlx::Result<Option<i64>> {
    let row: Option<(i64,)> = db
        .query(sql!("select r.amount from refunds r where r.id = $1 and r.order_id = $2 and ", super::waits!()))
        .bind(refund)
        .bind(order)
        .optional()
        .await?;
    Ok(row.map(|(amount,)| amount))
}

/// The form: `?panel=dismiss&refund=5`.
pub(crate) struct DismissPanel {
    /// What the refund was to pay, in minor units.
    pub(crate) amount: i64,
}

impl Panel for DismissPanel {
    type On = OrderDetail;
    type Part = FailedRefund;
    type Asks = DismissRefund;
    const NAME: &'static str = "dismiss";
    const ROUTE: &'static str = "/orders/{id}/refunds/{refund}/dismissal";

    async fn open(
        desk: &Desk,
        on: &OrderDetail,
        FailedRefund(refund): &FailedRefund,
        _: Opening<'_>,
    ) -> Result<Opened<Self>, PageError> {
        Ok(match amount(&mut desk.reader(), on.order.id, *refund).await? {
            Some(amount) => Opened::Form(Self { amount }),
            None => Opened::Closed(desk.words().get("dismiss.gone").to_owned()),
        })
    }

    async fn read(
        _: &Desk,
        on: &OrderDetail,
        FailedRefund(refund): &FailedRefund,
        _: &Form,
    ) -> Result<DismissRefund, Unread> {
        Ok(DismissRefund { order: on.order.id, refund: *refund })
    }

    fn render(&self, View { shell, on, part, seal }: View<'_, Self>) -> askama::Result<String> {
        DismissForm { shell, refund: part.0, amount: on.shown(&self.amount), seal }.render()
    }
}

#[derive(Template)]
#[template(path = "orders/dismiss.html")]
struct DismissForm<'a> {
    shell: &'a Shell,
    refund: RefundId,
    amount: String,
    seal: &'a SealForm,
}
