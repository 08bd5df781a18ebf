//! The refunds of an order, for its page.

use super::{
    OrderDetail,
    refund_pages::{Fate, Refund, RefundPart},
};
use crate::{clock::Instant, sql, store::Reader};

#[derive(sqlx::FromRow)]
struct RefundRow {
    id: i64,
    at: Instant,
    state: String,
    amount: i64,
    shipping: i64,
    points_returned: i64,
    points_claimed: i64,
    points_taken: i64,
    reason_kind: String,
    override_reason: Option<String>,
    staff_name: Option<String>,
    retry_of: Option<i64>,
    is_retried: bool,
    is_dismissed: bool,
    is_ours: bool,
    seq: Option<i64>,
}

impl RefundRow {
    fn fate(&self) -> Fate {
        match self.state.as_str() {
            "failed" if self.is_dismissed => Fate::Dismissed,
            "failed" if self.is_retried => Fate::None,
            "failed" if self.is_ours => Fate::Waits,
            "failed" => Fate::WaitsForShop,
            _ => Fate::None,
        }
    }
}

#[derive(sqlx::FromRow)]
struct PartRow {
    refund_id: i64,
    payment_id: i64,
    amount: i64,
    state: String,
    reference: Option<String>,
    failure: Option<String>,
    attempts: i64,
}

/// The refunds of the order, newest first, in three statements however many there are.
pub(super) async fn read(reader: &Reader, detail: &OrderDetail) -> sqlx::Result<Vec<Refund>> {
    let order = detail.order.id;
    let rows: Vec<RefundRow> = reader
        .query(sql!(
            "select r.id, r.at, r.state, r.amount, r.shipping, r.points_returned, r.points_claimed, r.points_taken,
                    r.reason_kind, r.override_reason, r.staff_name, r.retry_of, r.change_id is not null as is_ours,
                    r.dismissed_at is not null as is_dismissed,
                    exists (select 1 from refunds again where again.retry_of = r.id) as is_retried, a.seq
               from refunds r left join audit a on a.change_id = r.change_id
              where r.order_id = $1 order by r.id desc"
        ))
        .bind(order)
        .all()
        .await?;
    let lines: Vec<(i64, i64, i64)> = reader
        .query(sql!(
            "select l.refund_id, l.n, l.quantity from refund_lines l join refunds r on r.id = l.refund_id
              where r.order_id = $1 order by l.refund_id, l.n"
        ))
        .bind(order)
        .all()
        .await?;
    let parts: Vec<PartRow> = reader
        .query(sql!(
            "select p.refund_id, p.payment_id, p.amount, p.state, p.reference, p.failure, p.attempts
               from refund_payments p join refunds r on r.id = p.refund_id
              where r.order_id = $1 order by p.refund_id, p.payment_id"
        ))
        .bind(order)
        .all()
        .await?;
    let title = |n| detail.lines.iter().find(|line| line.n == n).map(|line| line.title.clone()).unwrap_or_default();
    let refund = |row: RefundRow| Refund {
        lines: lines.iter().filter(|(id, ..)| *id == row.id).map(|(_, n, units)| (title(*n), *units)).collect(),
        parts: parts.iter().filter(|part| part.refund_id == row.id).map(|part| self::part(detail, part)).collect(),
        id: row.id,
        at: row.at,
        fate: row.fate(),
        state: row.state,
        amount: detail.money(row.amount),
        shipping: row.shipping > 0,
        points_returned: row.points_returned,
        points_taken: row.points_taken,
        shortfall: row.points_claimed - row.points_taken,
        reason_kind: row.reason_kind,
        override_reason: row.override_reason,
        staff: row.staff_name,
        seq: row.seq,
        retry_of: row.retry_of,
    };
    Ok(rows.into_iter().map(refund).collect())
}

fn part(detail: &OrderDetail, row: &PartRow) -> RefundPart {
    let payment = detail.payments.iter().find(|payment| payment.id == row.payment_id);
    RefundPart {
        method: payment.map(|payment| payment.method.clone()).unwrap_or_default(),
        label: payment.map(|payment| payment.label.clone()).unwrap_or_default(),
        amount: detail.money(row.amount),
        state: row.state.clone(),
        reference: row.reference.clone(),
        failure: row.failure.clone(),
        attempts: row.attempts,
    }
}
