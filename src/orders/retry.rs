//! Taking up a refund again that the payment provider declined.

use super::{
    FailedRefund, OrderDetail,
    booking::{Grounds, book, lock_customer},
    contact_of, detail,
    effect::{self, Effect},
    lock_version,
    plan::{Part, Plan, RefundSpec, Units},
    refund::Booked,
    target,
};
use crate::{
    gate::{Admits, Change, Fault, Role, Target, Tx},
    id::{LineId, OrderId, PaymentId, RefundId},
    orders::{ORDER_REFUNDED, REFUND_NOT_FAILED},
    sql,
    store::{Queries, Reader},
    web::{
        Desk, PageError,
        form::Form,
        panel::{Opened, Opening, Panel, Unread, View},
        shell::{Shell, seal::SealForm},
    },
};
use askama::Template;
use serde::{Deserialize, Serialize};

/// Books what failed of a refund once more, as a refund of its own under a new key: the old one stays what it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RetryRefund {
    pub order: OrderId,
    pub refund: RefundId,
}

/// A refund that failed, as far as it matters for trying it again.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    pub spec: RefundSpec,
    pub reason_kind: String,
    pub override_reason: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    released: bool,
    shipping: i64,
    amount: i64,
    reason_kind: String,
    override_reason: Option<String>,
}

impl Failed {
    /// What to ask for to get what `refund` did not: all of it, or where a part was paid, the money that was not.
    pub(crate) async fn load(db: &mut impl Queries, order: OrderId, refund: RefundId) -> sqlx::Result<Option<Self>> {
        let row: Option<Row> = db
            .query(sql!(
                "select released, shipping, amount, reason_kind, override_reason from refunds r
                  where r.id = $1 and r.order_id = $2 and r.change_id is not null and ",
                super::waits!()
            ))
            .bind(refund)
            .bind(order)
            .optional()
            .await?;
        let Some(row) = row else { return Ok(None) };
        let parts: Vec<(PaymentId, i64)> = db
            .query(sql!(
                "select payment_id, amount from refund_payments where refund_id = $1 and state = 'failed' order by payment_id"
            ))
            .bind(refund)
            .all()
            .await?;
        let split: Vec<Part> = parts.into_iter().map(|(payment, amount)| Part { payment, amount }).collect();
        let mut spec = RefundSpec { amount: Some(row.amount), split, ..RefundSpec::default() };
        if row.released {
            let lines: Vec<(LineId, i64)> = db
                .query(sql!("select n, quantity from refund_lines where refund_id = $1 order by n"))
                .bind(refund)
                .all()
                .await?;
            spec.lines = lines.into_iter().map(|(n, quantity)| Units { n, quantity }).collect();
            spec.shipping = row.shipping > 0;
        } else {
            spec.amount = Some(spec.split.iter().map(|part| part.amount).sum());
        }
        Ok(Some(Self { spec, reason_kind: row.reason_kind, override_reason: row.override_reason }))
    }
}

impl Change for RetryRefund {
    const KIND: &'static str = "refunds.retry";
    const ADMITS: Admits = Admits::sealed(&[Role::Operator]);
    const MAY_CLOSE: bool = true;
    const QUANTITIES: &'static [&'static str] = &["amount", "points_returned"];
    const CREATED_IDS: &'static [&'static str] = &["refund"];
    type Output = Booked;

    fn target(&self) -> Target {
        target(self.order)
    }

    async fn version(&self, tx: &mut Tx<'_>) -> Result<Option<i64>, Fault> {
        lock_version(tx, self.order).await.map(Some)
    }

    async fn check(&self, tx: &mut Tx<'_>) -> Result<(), Fault> {
        let detail = detail(tx, self.order).await?;
        self.plan(tx, &detail).await.map(drop)
    }

    async fn contact(&self, tx: &mut Tx<'_>) -> Result<Option<String>, Fault> {
        contact_of(tx, self.order).await
    }

    async fn apply(&self, tx: &mut Tx<'_>) -> Result<Booked, Fault> {
        let detail = lock_customer(tx, self.order).await?;
        let (failed, plan) = self.plan(tx, &detail).await?;
        let grounds = Grounds {
            reason_kind: &failed.reason_kind,
            override_reason: failed.override_reason.as_deref(),
            retry_of: Some(self.refund),
        };
        Ok(Booked { refund: book(tx, &detail, &plan, grounds).await? })
    }
}

impl RetryRefund {
    async fn plan(&self, tx: &mut Tx<'_>, detail: &OrderDetail) -> Result<(Failed, Plan), Fault> {
        let failed = Failed::load(tx, self.order, self.refund).await?;
        let failed = failed.ok_or_else(|| Fault::conflict(REFUND_NOT_FAILED))?;
        let plan = failed.plan(detail)?;
        Ok((failed, plan))
    }
}

impl Failed {
    /// What trying it again comes to now. What it wanted may have been refunded otherwise meanwhile; that is no mistake in a
    /// field of the form.
    fn plan(&self, detail: &OrderDetail) -> Result<Plan, Fault> {
        match detail.plan(&self.spec) {
            Err(Fault::Rejected(_)) => Err(Fault::conflict(ORDER_REFUNDED)),
            other => other,
        }
    }
}

/// Whether a refund that failed can be tried again.
pub(super) async fn may_retry(reader: &Reader, detail: &OrderDetail, refund: RefundId) -> sqlx::Result<bool> {
    let failed = Failed::load(&mut &*reader, detail.order.id, refund).await?;
    Ok(failed.is_some_and(|failed| failed.plan(detail).is_ok()))
}

/// The form: `?panel=retry&refund=5`.
pub(crate) struct RetryPanel {
    pub(crate) plan: Plan,
}

impl Panel for RetryPanel {
    type On = OrderDetail;
    type Part = FailedRefund;
    type Asks = RetryRefund;
    const NAME: &'static str = "retry";
    const ROUTE: &'static str = "/orders/{id}/refunds/{refund}/retry";

    async fn open(
        desk: &Desk,
        on: &OrderDetail,
        FailedRefund(refund): &FailedRefund,
        _: Opening<'_>,
    ) -> Result<Opened<Self>, PageError> {
        let failed = Failed::load(&mut desk.reader(), on.order.id, *refund).await?;
        Ok(match failed.and_then(|failed| failed.plan(on).ok()) {
            Some(plan) => Opened::Form(Self { plan }),
            None => Opened::Closed(desk.words().get("retry.gone").to_owned()),
        })
    }

    async fn read(
        _: &Desk,
        on: &OrderDetail,
        FailedRefund(refund): &FailedRefund,
        _: &Form,
    ) -> Result<RetryRefund, Unread> {
        Ok(RetryRefund { order: on.order.id, refund: *refund })
    }

    fn render(&self, View { shell, on, part, seal }: View<'_, Self>) -> askama::Result<String> {
        let foreseen = &seal.foreseen;
        let effect = Effect { shell, on, plan: &self.plan, kind: Self::KIND, is_whole: false, foreseen };
        let seal = &effect.sealed(seal);
        let amount = on.shown(&self.plan.amount);
        RetryForm { shell, refund: part.0, amount, effect, fine: effect::fine(shell, on), seal }.render()
    }
}

#[derive(Template)]
#[template(path = "orders/retry.html")]
struct RetryForm<'a> {
    shell: &'a Shell,
    refund: RefundId,
    amount: String,
    effect: Effect<'a>,
    fine: &'a str,
    seal: &'a SealForm,
}
