//! One order: lines, payments, refunds, what happened to it, and the panel to change something.

use super::{
    Standing, dismiss,
    pages::{
        CancelPanel, Done, Fate, NoteBox, Panel, PanelAlone, Refund, RefundForm, RefundPanel, RefundPart,
        ShippingPanel, ShowPage,
    },
    refund_pages::RefundsPage,
    retry, target, timeline,
};
use crate::{
    audit::pages::Changed,
    clock::Instant,
    entry_columns,
    gate::{RecordAccess, audit::Entry},
    sql,
    users::{self, mask},
    web::{
        Answer, Desk, Stop,
        desk::fresh_key,
        problem_page::Problem,
        shell::{
            Section,
            seal::{Seal as Shape, Sealed},
        },
    },
};
use actix_web::web;
use chrono::TimeDelta;
use serde::Deserialize;

/// What may stand in the address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    panel: String,
    /// Which failed refund to try again.
    refund: Option<i64>,
    /// The audit row of a change just made.
    sealed: Option<i64>,
}

/// `GET /orders/{id}`
pub async fn show(desk: Desk, path: web::Path<i64>, asked: web::Query<Asked>) -> Answer {
    let standing = standing(&desk, path.into_inner()).await?;
    let panel = match asked.sealed {
        Some(seq) => done(&desk, &standing, seq).await?,
        None => None,
    };
    let panel = match panel {
        None if may_change(&desk) => offered(&desk, &standing, &asked).await?,
        panel => panel,
    };
    page(&desk, standing, panel, None, 200).await
}

/// The order, or 404.
pub(super) async fn standing(desk: &Desk, id: i64) -> Result<Standing, Stop> {
    Standing::load(&mut desk.reader(), id).await?.ok_or_else(|| Problem::NotFound.into())
}

fn may_change(desk: &Desk) -> bool {
    desk.may("POST", "/orders/{id}/refunds")
}

/// The panel that was asked for, or why it cannot be had. Nothing is offered unasked: none of it is done most of the time.
async fn offered(desk: &Desk, standing: &Standing, asked: &Asked) -> Result<Option<Panel>, Stop> {
    let order = &standing.order;
    let seal = || Shape::fresh(fresh_key(), order.version);
    Ok(Some(match asked.panel.as_str() {
        "refund" if super::refund::refundable(standing).is_err() => {
            let is_unpaid = standing.captured() == 0 && order.points_used == 0;
            Panel::Closed { name: "refund", why: if is_unpaid { "refund.unpaid" } else { "refund.all-refunded" } }
        }
        "refund" => Panel::Refund(RefundPanel { seal: seal(), form: RefundForm::default(), plan: None }),
        "cancel" if order.state.may_be_cancelled() => match standing.plan_cancelling() {
            Ok(plan) => Panel::Cancel(CancelPanel { seal: seal(), plan, ..CancelPanel::default() }),
            Err(_) => Panel::Closed { name: "cancel", why: "cancel.too-many-points" },
        },
        "cancel" => {
            let is_cancelled = order.cancelled_at.is_some();
            Panel::Closed { name: "cancel", why: if is_cancelled { "cancel.already" } else { "cancel.left" } }
        }
        "shipping" => shipping(standing, seal()),
        "retry" => match asked.refund {
            Some(refund) => match retry::panel(desk, standing, refund, seal()).await? {
                Some(panel) => Panel::Retry(panel),
                None => Panel::Closed { name: "retry", why: "retry.gone" },
            },
            None => return Ok(None),
        },
        "dismiss" => match asked.refund {
            Some(refund) => {
                dismiss::panel(desk, standing, refund, seal()).await?.map_or_else(dismiss::gone, Panel::Dismiss)
            }
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn shipping(standing: &Standing, seal: Shape) -> Panel {
    use super::State;
    let order = &standing.order;
    let closed = |why| Panel::Closed { name: "shipping", why };
    match order.state {
        State::Placed => closed("shipping.unpaid"),
        State::Cancelled => closed("shipping.cancelled"),
        State::Paid | State::Preparing if !standing.has_goods() => closed("shipping.no-goods"),
        state => Panel::Shipping(ShippingPanel {
            seal,
            state: state.next().first().map_or("", |next| next.as_str()).to_owned(),
            carrier: order.carrier.clone().unwrap_or_default(),
            tracking_number: order.tracking_number.clone().unwrap_or_default(),
            reason: String::new(),
        }),
    }
}

/// What the person just changed here, read from the row that sealed it: nothing in the address is believed but its number.
async fn done(desk: &Desk, standing: &Standing, seq: i64) -> Result<Option<Panel>, Stop> {
    let entry: Option<Entry> = desk
        .reader()
        .query(sql!(
            "select ",
            entry_columns!(),
            " from audit
              where seq = $1 and staff_id = $2 and target_kind = 'order' and target_id = $3 and outcome = 'applied'"
        ))
        .bind(seq)
        .bind(desk.person().id)
        .bind(standing.order.id.to_string())
        .optional()
        .await?;
    Ok(entry.map(|entry| {
        Panel::Done(Done {
            changed: Changed::between(&entry.before, &entry.after),
            sealed: Sealed { seq: entry.seq, at: entry.at, by: entry.staff_name, reason: entry.reason },
            action: entry.action,
        })
    }))
}

/// The page of an order. Looking is recorded before anything is shown, as a look at the customer it belongs to.
pub(super) async fn page(
    desk: &Desk,
    standing: Standing,
    panel: Option<Panel>,
    note: Option<NoteBox>,
    status: u16,
) -> Answer {
    record_look(desk, &standing).await?;
    let may_change = may_change(desk);
    let fresh = || NoteBox { seal: Shape::fresh(fresh_key(), standing.order.version), text: String::new() };
    let page = ShowPage {
        customer: mask::name(&standing.order.customer),
        refunds: refunds(desk, &standing).await?,
        timeline: timeline::read(desk.reader(), &standing, desk.zone()).await?,
        note: note.or_else(|| may_change.then(fresh)),
        ..bare(desk, standing, panel).await?
    };
    desk.page(status, &page)
}

async fn record_look(desk: &Desk, standing: &Standing) -> Result<(), Stop> {
    desk.keep(&RecordAccess {
        actor: desk.actor(),
        task: "view-order",
        subject: Some(users::target(standing.order.user_id).to_string()),
        detail: Some(target(standing.order.id).to_string()),
        reason: None,
    })
    .await
}

/// How long the parts that a page asks for by itself belong to the look that the page was.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(15);

/// Records a part of the page as a look of its own, unless it belongs to one that is recorded already: a page that waits for
/// a provider asks every few seconds.
async fn record_part(desk: &Desk, standing: &Standing) -> Result<(), Stop> {
    let looked: Option<(i64,)> = desk
        .reader()
        .query(sql!(
            "select id from access_records
              where subject = $1 and staff_id = $2 and task = 'view-order' and detail = $3 and at > $4
              order by id desc limit 1"
        ))
        .bind(users::target(standing.order.user_id).to_string())
        .bind(desk.person().id)
        .bind(target(standing.order.id).to_string())
        .bind(desk.now().minus(ONE_LOOK))
        .optional()
        .await?;
    if looked.is_some() { Ok(()) } else { record_look(desk, standing).await }
}

/// The panel alone, for a page that shows the rest.
pub(super) async fn panel_alone(desk: &Desk, standing: Standing, panel: Panel) -> Answer {
    record_part(desk, &standing).await?;
    desk.page(200, &PanelAlone(bare(desk, standing, Some(panel)).await?))
}

async fn bare(desk: &Desk, standing: Standing, panel: Option<Panel>) -> Result<ShowPage, Stop> {
    Ok(ShowPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        customer: String::new(),
        may_change: may_change(desk),
        refunds: Vec::new(),
        timeline: Vec::new(),
        panel,
        note: None,
        standing,
    })
}

/// `GET /orders/{id}/refunds`, asked for by the page itself while a provider has not answered.
pub async fn refunds_alone(desk: Desk, path: web::Path<i64>) -> Answer {
    let standing = standing(&desk, path.into_inner()).await?;
    record_part(&desk, &standing).await?;
    let page = RefundsPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        order: standing.order.id,
        refunds: refunds(&desk, &standing).await?,
        may_change: may_change(&desk),
    };
    desk.page(200, &page)
}

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
async fn refunds(desk: &Desk, standing: &Standing) -> Result<Vec<Refund>, Stop> {
    let order = standing.order.id;
    let rows: Vec<RefundRow> = desk
        .reader()
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
    let lines: Vec<(i64, i64, i64)> = desk
        .reader()
        .query(sql!(
            "select l.refund_id, l.n, l.quantity from refund_lines l join refunds r on r.id = l.refund_id
              where r.order_id = $1 order by l.refund_id, l.n"
        ))
        .bind(order)
        .all()
        .await?;
    let parts: Vec<PartRow> = desk
        .reader()
        .query(sql!(
            "select p.refund_id, p.payment_id, p.amount, p.state, p.reference, p.failure, p.attempts
               from refund_payments p join refunds r on r.id = p.refund_id
              where r.order_id = $1 order by p.refund_id, p.payment_id"
        ))
        .bind(order)
        .all()
        .await?;
    let title = |n| standing.lines.iter().find(|line| line.n == n).map(|line| line.title.clone()).unwrap_or_default();
    let refund = |row: RefundRow| Refund {
        lines: lines.iter().filter(|(id, ..)| *id == row.id).map(|(_, n, units)| (title(*n), *units)).collect(),
        parts: parts.iter().filter(|part| part.refund_id == row.id).map(|part| self::part(standing, part)).collect(),
        id: row.id,
        at: row.at,
        fate: row.fate(),
        state: row.state,
        amount: standing.money(row.amount),
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

fn part(standing: &Standing, row: &PartRow) -> RefundPart {
    let payment = standing.payments.iter().find(|payment| payment.id == row.payment_id);
    RefundPart {
        method: payment.map(|payment| payment.method.clone()).unwrap_or_default(),
        label: payment.map(|payment| payment.label.clone()).unwrap_or_default(),
        amount: standing.money(row.amount),
        state: row.state.clone(),
        reference: row.reference.clone(),
        failure: row.failure.clone(),
        attempts: row.attempts,
    }
}
