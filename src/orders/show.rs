//! The page of one order: lines, payments, refunds, what happened to it.

use super::{
    OrderDetail, State,
    detail::Line,
    refund::RefundPanel,
    refunds::{self, Refund, RefundList},
    target,
    timeline::{self, Day},
};
use crate::{
    approvals::{Request, queue},
    clock::Instant,
    customer,
    gate::{RecordAccess, RefusalWord, Target},
    id::{LineId, OrderId, PaymentId},
    mask,
    orders::ORDER_MISSING,
    web::{
        Desk, PageError, PageResult,
        changed::Changed,
        looks::was_looked_at,
        panel::{self, Look, Panel as _, Side, Subject},
        shell::{Frame, Section, Shell},
    },
};
use actix_web::web;
use askama::Template;
use std::cmp::Ordering;

/// `GET /orders/{id}`
pub(crate) async fn show(desk: Desk, path: web::Path<OrderId>) -> PageResult {
    panel::show::<OrderDetail>(&desk, path.into_inner()).await
}

impl Subject for OrderDetail {
    type Id = OrderId;
    const SECTION: Section = Section::Orders;
    const PAGE: &'static str = "/orders/{id}";
    const MISSING: Option<RefusalWord> = Some(ORDER_MISSING);

    fn target(id: &OrderId) -> Target {
        target(*id)
    }

    async fn load(desk: &Desk, id: &OrderId) -> Result<Option<Self>, PageError> {
        Ok(Self::read(&mut desk.reader(), *id).await?)
    }

    fn path(&self) -> String {
        format!("/orders/{}", self.order.id)
    }

    fn version(&self) -> Option<i64> {
        Some(self.order.version)
    }

    fn contact(&self) -> Option<&str> {
        Some(&self.order.contact)
    }

    fn panels() -> &'static [panel::Entry<Self>] {
        super::PANELS
    }

    /// A look at an order is a look at the customer it belongs to. A part of the page is one of its own, unless it belongs to
    /// one that is recorded already: a page that waits for a provider asks every few seconds.
    async fn record_look(&self, desk: &Desk, look: Look) -> Result<(), PageError> {
        let (customer, order) = (customer::target(self.order.user_id), target(self.order.id).to_string());
        if look == Look::Part && was_looked_at(desk, "view-order", &customer, &order).await? {
            return Ok(());
        }
        desk.look(&RecordAccess {
            actor: desk.actor(),
            task: "view-order",
            subject: Some(customer.to_string()),
            shown: Vec::new(),
            detail: Some(order),
            reason: None,
        })
        .await
    }

    /// Lines and payments are called what they are called on the page.
    fn field_name(&self, changed: &Changed, frame: &Frame) -> String {
        let of = |part: &str| changed.field.strip_prefix(part);
        let line = of("line.").and_then(|n| {
            let n: LineId = n.parse().ok()?;
            self.lines.iter().find(|line| line.n == n)
        });
        let payment = of("payment.").and_then(|id| {
            let id: PaymentId = id.parse().ok()?;
            self.payments.iter().find(|payment| payment.id == id)
        });
        match (line, payment) {
            (Some(line), _) => frame.with("done.line", &[("title", &line.title)]),
            (_, Some(payment)) => frame.with("done.payment", &[("payment", &payment.name(&frame.words))]),
            _ => changed.name(&frame.words),
        }
    }

    async fn page(self, desk: &Desk, shell: Shell, side: Side, status: u16) -> PageResult {
        let page = ShowPage {
            shell,
            customer: mask::name(&self.order.customer),
            may_change: may_change(desk),
            refunds: refunds::read(desk.reader(), &self).await?,
            timeline: timeline::read(desk.reader(), &self, desk.zone()).await?,
            waiting: queue::about(desk, "order", &self.order.id.to_string()).await?,
            side,
            detail: self,
        };
        desk.page(status, &page)
    }
}

pub(super) fn may_change(desk: &Desk) -> bool {
    desk.may("POST", RefundPanel::ROUTE)
}

/// The page of an order.
#[derive(Debug, Template)]
#[template(path = "orders/show.html")]
pub(crate) struct ShowPage {
    pub(crate) shell: Shell,
    pub(crate) detail: OrderDetail,
    /// The customer's name, masked.
    pub(crate) customer: String,
    /// Whether the person who looks may change orders.
    pub(crate) may_change: bool,
    pub(crate) refunds: Vec<Refund>,
    /// What happened, day by day in the reader's zone, newest first.
    pub(crate) timeline: Vec<Day>,
    /// Changes of this order that wait for a second person.
    pub(crate) waiting: Vec<Request>,
    pub(crate) side: Side,
}

impl ShowPage {
    /// Whether anything is beside the order.
    fn has_side(&self) -> bool {
        self.side.html.is_some() || !self.may_change
    }

    /// The stages of the way, with the one it is at.
    fn steps(&self) -> Vec<Step> {
        steps(&self.detail)
    }

    fn tracking(&self) -> Option<String> {
        let parcel = self.detail.parcel()?;
        Some(format!("{} {}", self.shell.name("carrier", &parcel.carrier), parcel.tracking_number))
    }

    fn sum(&self, line: &Line) -> String {
        self.detail.shown(&line.quantity.saturating_mul(line.unit_price))
    }

    /// Goods without shipping.
    fn goods(&self) -> String {
        self.detail.shown(&(self.detail.order.total - self.detail.order.shipping_fee))
    }

    /// What the points had paid: `−₩500`, or nothing where they paid nothing.
    fn paid_with_points(&self) -> String {
        let worth = self.detail.order.points_worth;
        if worth == 0 { String::new() } else { self.detail.shown(&-worth) }
    }

    /// The amount left to pay in money, after points.
    fn charged(&self) -> String {
        self.detail.shown(&(self.detail.order.total - self.detail.order.points_worth))
    }

    fn refund_list(&self) -> RefundList<'_> {
        RefundList {
            shell: &self.shell,
            href: self.detail.path(),
            refunds: &self.refunds,
            may_change: self.may_change,
            open: self.side.open.as_deref().zip(self.side.part.as_deref()),
        }
    }
}

/// One stage of an order's way.
#[derive(Clone, Copy, Debug)]
struct Step {
    state: State,
    at: Option<Instant>,
    /// `done`, `now` or `next`.
    class: &'static str,
}

fn steps(detail: &OrderDetail) -> Vec<Step> {
    let order = &detail.order;
    let at = |state| match state {
        State::Placed => Some(order.placed_at),
        State::Paid => order.paid_at,
        State::Preparing => order.preparing_at,
        State::Shipped => order.shipped_at,
        State::Delivered => order.delivered_at,
        State::Cancelled => order.cancelled_at,
    };
    let way = [State::Placed, State::Paid, State::Preparing, State::Shipped, State::Delivered];
    if order.state == State::Cancelled {
        // Where it left the way, and no farther.
        let done = way.into_iter().filter(|state| at(*state).is_some());
        let steps = done.map(|state| Step { state, at: at(state), class: "done" });
        return steps.chain([Step { state: State::Cancelled, at: order.cancelled_at, class: "now" }]).collect();
    }
    let here = way.iter().position(|state| *state == order.state).unwrap_or_default();
    let class = |place: usize| match place.cmp(&here) {
        Ordering::Less => "done",
        Ordering::Equal if order.state == State::Delivered => "done",
        Ordering::Equal => "now",
        Ordering::Greater => "next",
    };
    let step = |(place, state): (usize, State)| Step { state, at: at(state), class: class(place) };
    way.into_iter().enumerate().map(step).collect()
}
