//! Orders that were cancelled and refunded.

use super::{Month, words};
use crate::{
    gate::{Actor, Outcome, Refusal},
    id::{LineId, OrderId, PaymentId, RefundId},
    orders::{
        cancel::CancelOrder,
        plan::{RefundSpec, Units},
        refund::RefundOrder,
        settle::{self, SettleRefund},
    },
    sql,
};

impl Month<'_> {
    /// A refund that the payment provider declines, so that it can be tried again. Those of the shop are among the sample orders, and
    /// only the shop could try them again.
    pub(super) async fn decline(&mut self) -> anyhow::Result<()> {
        self.staff.operator.sign_in().await?;
        self.refund_with(false).await?;
        Ok(self.staff.operator.sign_out().await?)
    }

    pub(super) async fn refund(&mut self) -> anyhow::Result<()> {
        self.refund_with(true).await
    }

    async fn refund_with(&mut self, succeeds: bool) -> anyhow::Result<()> {
        let Some(order) = self.order(sql!(
            "select o.id from orders o
              where o.state = 'delivered' and o.delivered_at < $1 and o.placed_at < $1 and o.points_used = 0 and o.points_earned = 0
                and not exists (select 1 from refunds r where r.order_id = o.id)
                and not exists (select 1 from point_entries p where p.user_id = o.user_id and p.at > $1)
              order by o.placed_at desc limit 20"
        )).await?
        else {
            return Ok(());
        };
        let (kind, reason) = *self.chance.of_these(words::REFUNDS).unwrap_or(&("other", "고객 요청"));
        let reason = self.reason(reason);
        let units = Units { n: LineId::new(1), quantity: 1 };
        let change = RefundOrder {
            order,
            spec: RefundSpec { lines: vec![units], ..RefundSpec::default() },
            reason_kind: kind.to_owned(),
            override_reason: None,
        };
        if let Some(Outcome::Applied(booked)) = self.staff.operator.seal(&change, &reason).await? {
            self.settle(order, booked.refund, succeeds).await?;
        }
        Ok(())
    }

    pub(super) async fn cancel(&mut self) -> anyhow::Result<()> {
        let Some(order) = self
            .order(sql!(
                "select o.id from orders o
              where o.state in ('paid', 'preparing') and o.placed_at < $1 and o.paid_at < $1
                and (o.preparing_at is null or o.preparing_at < $1) and o.points_used = 0 and o.points_earned = 0
                and not exists (select 1 from point_entries p where p.user_id = o.user_id and p.at > $1)
              order by o.placed_at limit 20"
            ))
            .await?
        else {
            return Ok(());
        };
        let (kind, reason) = *self.chance.of_these(words::CANCELLATIONS).unwrap_or(&("other", "고객 요청"));
        let reason = self.reason(reason);
        let change = CancelOrder { order, reason_kind: kind.to_owned() };
        if let Some(Outcome::Applied(cancelled)) = self.staff.operator.seal(&change, &reason).await?
            && let Some(refund) = cancelled.refund
        {
            self.settle(order, refund, true).await?;
        }
        Ok(())
    }

    async fn order(&mut self, statement: crate::store::Sql) -> anyhow::Result<Option<OrderId>> {
        let some: Vec<(OrderId,)> = self.reader.query(statement).bind(self.time.now()).all().await?;
        Ok(self.chance.of_these(&some).map(|(order,)| *order))
    }

    /// The answers of the payment provider, a few seconds later.
    async fn settle(&mut self, order: OrderId, refund: RefundId, succeeds: bool) -> anyhow::Result<()> {
        let payments: Vec<(PaymentId,)> = self
            .reader
            .query(sql!("select payment_id from refund_payments where refund_id = $1 and state = 'requested' order by payment_id"))
            .bind(refund)
            .all()
            .await?;
        for (payment,) in payments {
            self.time.pass(self.chance.within(2, 9));
            let outcome = if succeeds {
                settle::Outcome::Succeeded(format!("RF{}{}", refund.get(), payment.get()))
            } else {
                settle::Outcome::Failed("card_expired".to_owned())
            };
            let change = SettleRefund { order, refund, payment, outcome };
            let actor = Actor::system(format!("refund_{refund}"));
            if let Err(Refusal::Unrecorded(error)) = self.gate.submit_unattended(&actor, &change).await {
                return Err(error);
            }
        }
        Ok(())
    }
}
