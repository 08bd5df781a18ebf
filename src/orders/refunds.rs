//! The refunds of an order: the part of its page that shows them, and that the page asks for again by itself.

use super::{OrderDetail, retry::may_retry, show::may_change};
use crate::{
    clock::Instant,
    id::{LineId, OrderId, PaymentId, RefundId, Seq},
    money::Money,
    sql,
    store::Reader,
    web::{
        Desk, PageResult,
        panel::{Look, Subject as _},
        problem_page::Problem,
        shell::{Frame, Section, Shell, Tone},
        words::Words,
    },
};
use actix_web::web;
use askama::{Template, filters::HtmlSafe};

/// `GET /orders/{id}/refunds`: the refunds alone, asked for by the page itself while a provider has not answered.
pub(crate) async fn refunds_alone(desk: Desk, path: web::Path<OrderId>) -> PageResult {
    let on = OrderDetail::load(&desk, &path.into_inner()).await?.ok_or(Problem::NotFound)?;
    on.record_look(&desk, Look::Part).await?;
    let shell = desk.shell(Some(Section::Orders), None).await?;
    let refunds = read(desk.reader(), &on).await?;
    let list =
        RefundList { shell: &shell, href: on.path(), refunds: &refunds, may_change: may_change(&desk), open: None };
    desk.page(200, &list)
}

/// The refunds of an order.
#[derive(Template)]
#[template(path = "orders/refunds.html")]
pub(super) struct RefundList<'a> {
    pub(super) shell: &'a Shell,
    /// The page of the order.
    pub(super) href: String,
    pub(super) refunds: &'a [Refund],
    pub(super) may_change: bool,
    /// The open panel, and which refund it is about.
    pub(super) open: Option<(&'a str, &'a str)>,
}

// It is a template, which escapes what it is given.
impl HtmlSafe for RefundList<'_> {}

impl RefundList<'_> {
    /// Whether a payment provider has still to answer for one of them.
    fn is_any_requested(&self) -> bool {
        self.refunds.iter().any(|refund| refund.state == "requested")
    }

    fn is_open(&self, panel: &str, refund: &Refund) -> bool {
        self.open.is_some_and(|(open, part)| open == panel && part == refund.id.to_string())
    }
}

/// What is to become of a refund that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing: it did not fail, or it was tried again.
    None,
    /// It waits to be tried again or set aside.
    Waits,
    /// It waits, but what it was for was refunded otherwise, so that it cannot be tried again.
    WaitsInVain,
    /// It waits, but the shop asked for it, so that only the shop can try it again.
    WaitsForShop,
    Dismissed,
}

/// One refund of the order.
#[derive(Clone, Debug)]
pub(crate) struct Refund {
    pub(crate) id: RefundId,
    pub(crate) at: Instant,
    /// When the last provider answered.
    pub(crate) settled_at: Option<Instant>,
    /// `requested`, `succeeded` or `failed`.
    pub(crate) state: String,
    pub(crate) amount: Money,
    /// Titles with how many units of each.
    pub(crate) lines: Vec<(String, i64)>,
    pub(crate) shipping: bool,
    pub(crate) points_returned: i64,
    pub(crate) points_taken: i64,
    /// Earned points that could not be taken.
    pub(crate) shortfall: i64,
    pub(crate) reason_kind: String,
    pub(crate) override_reason: Option<String>,
    /// Who asked for it; none where the shop did.
    pub(crate) staff: Option<String>,
    /// The audit row that sealed it.
    pub(crate) seq: Option<Seq>,
    pub(crate) parts: Vec<RefundPart>,
    pub(crate) retry_of: Option<RefundId>,
    pub(crate) fate: Fate,
}

impl Refund {
    /// What it was given for: one of the kinds of refunds, or where the order was cancelled, of cancellations.
    pub(crate) fn kind_name<'n>(&'n self, words: &Words) -> &'n str {
        let kind = self.reason_kind.as_str();
        let name = words.name("refund-kind", kind);
        if name == kind { words.name("cancel-kind", kind) } else { name }
    }

    pub(crate) fn can_retry(&self) -> bool {
        self.fate == Fate::Waits
    }

    pub(crate) fn can_dismiss(&self) -> bool {
        matches!(self.fate, Fate::Waits | Fate::WaitsInVain | Fate::WaitsForShop)
    }

    /// The money that was not paid back.
    pub(crate) fn failed_amount(&self) -> Money {
        let failed = self.parts.iter().filter(|part| part.state == "failed");
        let minor = failed.map(|part| part.amount.minor).fold(0, i64::saturating_add);
        Money { minor, ..self.amount }
    }

    /// Since when it has been known that it failed.
    pub(crate) fn failed_since(&self) -> Instant {
        self.settled_at.unwrap_or(self.at)
    }

    /// Why it failed, in words, each reason once.
    pub(crate) fn failures(&self, frame: &Frame) -> Vec<String> {
        let mut failures: Vec<String> = Vec::new();
        for code in self.parts.iter().filter_map(|part| part.failure.as_deref()) {
            let words = failure(code, frame);
            if !failures.contains(&words) {
                failures.push(words);
            }
        }
        failures
    }

    /// The key of what can be done about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self.fate {
            Fate::Waits => "refunds.remedy",
            Fate::WaitsForShop => "refunds.remedy-shop",
            Fate::WaitsInVain | Fate::None | Fate::Dismissed => "refunds.remedy-vain",
        }
    }

    /// Whether it gives back no money but points that paid.
    pub(crate) fn is_points_only(&self) -> bool {
        self.amount.minor == 0 && self.points_returned > 0
    }

    pub(crate) fn waits_in_vain(&self) -> bool {
        self.fate == Fate::WaitsInVain
    }

    pub(crate) fn waits_for_shop(&self) -> bool {
        self.fate == Fate::WaitsForShop
    }

    pub(crate) fn is_dismissed(&self) -> bool {
        self.fate == Fate::Dismissed
    }

    pub(crate) fn tone(&self) -> Tone {
        state_tone(&self.state)
    }

    pub(crate) fn icon(&self) -> &'static str {
        state_icon(&self.state)
    }
}

/// A provider's word for why it did not pay, as people say it; a word that is not known stays beside a general sentence.
pub(crate) fn failure(code: &str, frame: &Frame) -> String {
    let known = code.to_ascii_lowercase().replace([' ', '-'], "_");
    match frame.name("refund-failure", known.as_str()) {
        name if name == known => frame.with("refunds.declined", &[("code", &code)]),
        name => name.to_owned(),
    }
}

/// What of a refund goes to one payment.
#[derive(Clone, Debug)]
pub(crate) struct RefundPart {
    /// `card` or `transfer`, and how it is recognised.
    pub(crate) method: String,
    pub(crate) label: String,
    pub(crate) amount: Money,
    pub(crate) state: String,
    /// What the provider calls it.
    pub(crate) reference: Option<String>,
    /// The provider's word for why not.
    pub(crate) failure: Option<String>,
    /// How often the provider was asked.
    pub(crate) attempts: i64,
}

impl RefundPart {
    pub(crate) fn tone(&self) -> Tone {
        state_tone(&self.state)
    }

    pub(crate) fn icon(&self) -> &'static str {
        state_icon(&self.state)
    }
}

fn state_tone(state: &str) -> Tone {
    match state {
        "succeeded" => Tone::Ok,
        "failed" => Tone::Bad,
        _ => Tone::Warn,
    }
}

fn state_icon(state: &str) -> &'static str {
    match state {
        "succeeded" => "check",
        "failed" => "fail",
        _ => "wait",
    }
}

#[derive(sqlx::FromRow)]
struct RefundRow {
    id: RefundId,
    at: Instant,
    settled_at: Option<Instant>,
    state: String,
    amount: i64,
    shipping: i64,
    points_returned: i64,
    points_claimed: i64,
    points_taken: i64,
    reason_kind: String,
    override_reason: Option<String>,
    staff_name: Option<String>,
    retry_of: Option<RefundId>,
    is_retried: bool,
    is_dismissed: bool,
    is_ours: bool,
    seq: Option<Seq>,
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
    refund_id: RefundId,
    payment_id: PaymentId,
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
            "select r.id, r.at, r.settled_at, r.state, r.amount, r.shipping, r.points_returned, r.points_claimed, r.points_taken,
                    r.reason_kind, r.override_reason, r.staff_name, r.retry_of, r.change_id is not null as is_ours,
                    r.dismissed_at is not null as is_dismissed,
                    exists (select 1 from refunds again where again.retry_of = r.id) as is_retried, a.seq
               from refunds r left join audit a on a.change_id = r.change_id
              where r.order_id = $1 order by r.id desc"
        ))
        .bind(order)
        .all()
        .await?;
    let lines: Vec<(RefundId, LineId, i64)> = reader
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
    let title =
        |n: LineId| detail.lines.iter().find(|line| line.n == n).map(|line| line.title.clone()).unwrap_or_default();
    let mut in_vain = Vec::new();
    for row in rows.iter().filter(|row| row.fate() == Fate::Waits) {
        // By the rule by which trying again is refused.
        if !may_retry(reader, detail, row.id).await? {
            in_vain.push(row.id);
        }
    }
    let refund = |row: RefundRow| Refund {
        lines: lines.iter().filter(|(id, ..)| *id == row.id).map(|(_, n, units)| (title(*n), *units)).collect(),
        parts: parts.iter().filter(|part| part.refund_id == row.id).map(|part| self::part(detail, part)).collect(),
        id: row.id,
        at: row.at,
        settled_at: row.settled_at,
        fate: if in_vain.contains(&row.id) { Fate::WaitsInVain } else { row.fate() },
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
