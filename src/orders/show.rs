//! One order: lines, payments, refunds, what happened to it, and the panel to change something.

use super::{
    OrderDetail,
    cancel::CancelOrder,
    dismiss::{self, DismissRefund},
    note::NoteOrder,
    pages::{CancelPanel, Done, NoteBox, Panel, PanelAlone, RefundForm, RefundPanel, ShippingPanel, ShowPage},
    refund::RefundOrder,
    refund_pages::RefundsPage,
    refunds,
    retry::{self, RetryRefund},
    ship::ShipOrder,
    target, timeline,
};
use crate::{
    approvals::queue,
    audit::{self, pages::Changed},
    gate::{Change, RecordAccess},
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
    let detail = detail(&desk, path.into_inner()).await?;
    let panel = match asked.sealed {
        Some(seq) => done(&desk, &detail, seq).await?,
        None => None,
    };
    let panel = match panel {
        None if may_change(&desk) => offered(&desk, &detail, &asked).await?,
        panel => panel,
    };
    page(&desk, detail, panel, None, 200).await
}

/// The order, or 404.
pub(super) async fn detail(desk: &Desk, id: i64) -> Result<OrderDetail, Stop> {
    OrderDetail::load(&mut desk.reader(), id).await?.ok_or_else(|| Problem::NotFound.into())
}

fn may_change(desk: &Desk) -> bool {
    desk.may("POST", "/orders/{id}/refunds")
}

/// The panel that was asked for, or why it cannot be had. Nothing is offered unasked: none of it is done most of the time.
async fn offered(desk: &Desk, detail: &OrderDetail, asked: &Asked) -> Result<Option<Panel>, Stop> {
    let order = &detail.order;
    let seal = |kind| Shape::fresh(kind, fresh_key(), order.version);
    Ok(Some(match asked.panel.as_str() {
        "refund" if super::refund::refundable(detail).is_err() => {
            let is_unpaid = detail.captured() == 0 && order.points_used == 0;
            Panel::Closed { name: "refund", why: if is_unpaid { "refund.unpaid" } else { "refund.all-refunded" } }
        }
        "refund" => {
            Panel::Refund(RefundPanel { seal: seal(RefundOrder::KIND), form: RefundForm::default(), plan: None })
        }
        "cancel" if order.state.may_be_cancelled() => match detail.plan_cancelling() {
            Ok(plan) => Panel::Cancel(CancelPanel { seal: seal(CancelOrder::KIND), plan, ..CancelPanel::default() }),
            Err(_) => Panel::Closed { name: "cancel", why: "cancel.too-many-points" },
        },
        "cancel" => {
            let is_cancelled = order.cancelled_at.is_some();
            Panel::Closed { name: "cancel", why: if is_cancelled { "cancel.already" } else { "cancel.left" } }
        }
        "shipping" => shipping(detail, seal(ShipOrder::KIND)),
        "retry" => match asked.refund {
            Some(refund) => match retry::panel(desk, detail, refund, seal(RetryRefund::KIND)).await? {
                Some(panel) => Panel::Retry(panel),
                None => Panel::Closed { name: "retry", why: "retry.gone" },
            },
            None => return Ok(None),
        },
        "dismiss" => match asked.refund {
            Some(refund) => dismiss::panel(desk, detail, refund, seal(DismissRefund::KIND))
                .await?
                .map_or_else(dismiss::gone, Panel::Dismiss),
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn shipping(detail: &OrderDetail, seal: Shape) -> Panel {
    use super::State;
    let order = &detail.order;
    let closed = |why| Panel::Closed { name: "shipping", why };
    match order.state {
        State::Placed => closed("shipping.unpaid"),
        State::Cancelled => closed("shipping.cancelled"),
        State::Paid | State::Preparing if !detail.has_goods() => closed("shipping.no-goods"),
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
async fn done(desk: &Desk, detail: &OrderDetail, seq: i64) -> Result<Option<Panel>, Stop> {
    let entry = audit::own(desk, &target(detail.order.id), seq).await?;
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
    detail: OrderDetail,
    panel: Option<Panel>,
    note: Option<NoteBox>,
    status: u16,
) -> Answer {
    record_look(desk, &detail).await?;
    let may_change = may_change(desk);
    let fresh =
        || NoteBox { seal: Shape::fresh(NoteOrder::KIND, fresh_key(), detail.order.version), text: String::new() };
    let page = ShowPage {
        customer: mask::name(&detail.order.customer),
        refunds: refunds::read(desk.reader(), &detail).await?,
        timeline: timeline::read(desk.reader(), &detail, desk.zone()).await?,
        note: note.or_else(|| may_change.then(fresh)),
        waiting: queue::about(desk.reader(), "order", &detail.order.id.to_string()).await?,
        ..bare(desk, detail, panel).await?
    };
    desk.page(status, &page)
}

async fn record_look(desk: &Desk, detail: &OrderDetail) -> Result<(), Stop> {
    desk.keep(&RecordAccess {
        actor: desk.actor(),
        task: "view-order",
        subject: Some(users::target(detail.order.user_id).to_string()),
        detail: Some(target(detail.order.id).to_string()),
        reason: None,
    })
    .await
}

/// How long the parts that a page asks for by itself belong to the look that the page was.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(15);

/// Records a part of the page as a look of its own, unless it belongs to one that is recorded already: a page that waits for
/// a provider asks every few seconds.
async fn record_part(desk: &Desk, detail: &OrderDetail) -> Result<(), Stop> {
    let looked: Option<(i64,)> = desk
        .reader()
        .query(sql!(
            "select id from access_records
              where subject = $1 and staff_id = $2 and task = 'view-order' and detail = $3 and at > $4
              order by id desc limit 1"
        ))
        .bind(users::target(detail.order.user_id).to_string())
        .bind(desk.person().id)
        .bind(target(detail.order.id).to_string())
        .bind(desk.now().minus(ONE_LOOK))
        .optional()
        .await?;
    if looked.is_some() { Ok(()) } else { record_look(desk, detail).await }
}

/// The panel alone, for a page that shows the rest.
pub(super) async fn panel_alone(desk: &Desk, detail: OrderDetail, panel: Panel) -> Answer {
    record_part(desk, &detail).await?;
    desk.page(200, &PanelAlone(bare(desk, detail, Some(panel)).await?))
}

async fn bare(desk: &Desk, detail: OrderDetail, panel: Option<Panel>) -> Result<ShowPage, Stop> {
    Ok(ShowPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        customer: String::new(),
        may_change: may_change(desk),
        refunds: Vec::new(),
        timeline: Vec::new(),
        panel,
        note: None,
        waiting: Vec::new(),
        detail,
    })
}

/// `GET /orders/{id}/refunds`, asked for by the page itself while a provider has not answered.
pub async fn refunds_alone(desk: Desk, path: web::Path<i64>) -> Answer {
    let detail = detail(&desk, path.into_inner()).await?;
    record_part(&desk, &detail).await?;
    let page = RefundsPage {
        shell: desk.shell(Some(Section::Orders), None).await?,
        order: detail.order.id,
        refunds: refunds::read(desk.reader(), &detail).await?,
        may_change: may_change(&desk),
    };
    desk.page(200, &page)
}
