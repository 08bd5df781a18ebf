use super::maker::{Maker, Sample, before, html, now};
use crate::{
    clock::Instant,
    id::{CustomerId, LineId, OrderId, PaymentId},
    money::Currency,
    orders::{
        OrderDetail, State,
        detail::{Line, Order, Payment},
        note::NotePanel,
        show::ShowPage,
    },
    web::{
        panel::{Button, Html, Opened, Panel, Side, side_of},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, SealForm},
        },
    },
};
use chrono::TimeDelta;

pub(super) fn hours(hours: i64) -> Instant {
    before(TimeDelta::hours(hours))
}

pub(super) fn fresh() -> SealForm {
    SealForm::fresh("", "01JD3Q8V5W", 7)
}

pub(super) fn refused(refusal: FormRefusal) -> SealForm {
    SealForm { refusal: Some(refusal), ..fresh() }
}

impl Maker {
    fn order(self, state: State) -> Order {
        // A cancelled order of these had been paid.
        let place = |state: State| {
            if state == State::Cancelled { 1 } else { State::ALL.iter().position(|one| *one == state).unwrap() }
        };
        let reached = |wanted: State, ago: i64| (place(state) >= place(wanted)).then(|| hours(ago));
        let is_sent = matches!(state, State::Shipped | State::Delivered);
        Order {
            id: OrderId::new(4829),
            number: "20261119-004829".into(),
            user_id: CustomerId::new(482_913),
            state,
            currency: Currency::KRW,
            total: 87_400,
            shipping_fee: 3_000,
            shipping_refunded: false,
            points_used: 5_000,
            points_worth: 5_000,
            points_returned: 0,
            worth_returned: 0,
            points_earned: 824,
            points_claimed: 0,
            carrier: is_sent.then(|| "hanjin".into()),
            tracking_number: is_sent.then(|| self.text("601234564471", "601234564471")),
            placed_at: hours(150),
            paid_at: reached(State::Paid, 149),
            preparing_at: reached(State::Preparing, 140),
            shipped_at: reached(State::Shipped, 51),
            delivered_at: (state == State::Delivered).then(|| hours(4)),
            cancelled_at: (state == State::Cancelled).then(|| hours(2)),
            version: 7,
            customer: self.text("김연", "김연"),
            contact: "seoyeon.k@naver.com".into(),
            balance: 12_450,
        }
    }

    pub(super) fn detail(self, state: State) -> OrderDetail {
        let line = |n, sku: &str, title: String, variant, quantity, unit_price, refunded| Line {
            n,
            sku: sku.into(),
            title,
            variant,
            quantity,
            unit_price,
            refunded,
        };
        let payment = |id, method: &str, label: String, reference: &str, captured| Payment {
            id,
            method: method.into(),
            label,
            reference: reference.into(),
            captured,
            captured_at: hours(149),
            refunded: 0,
        };
        let is_paid = state != State::Placed;
        let payments = vec![
            payment(PaymentId::new(11), "card", self.text("···· 2208", "···· 2208"), "30918244", 70_000),
            payment(PaymentId::new(12), "transfer", self.text("하늘은행", "Haneul Bank"), "pay_9921840", 12_400),
        ];
        OrderDetail {
            order: Order { points_used: if is_paid { 5_000 } else { 0 }, ..self.order(state) },
            lines: vec![
                line(
                    LineId::new(1),
                    "EB-2201-BK",
                    self.text("무선 이어폰 Pro 2", "Wireless Earbuds Pro 2"),
                    Some(self.text("블랙", "black")),
                    1,
                    55_500,
                    0,
                ),
                line(
                    LineId::new(2),
                    "GR-0410",
                    self.text("유기농 현미 4kg", "Organic brown rice 4 kg"),
                    None,
                    1,
                    18_900,
                    0,
                ),
                line(
                    LineId::new(3),
                    "SK-3-GY",
                    self.text("양말 3켤레", "Socks, 3 pairs"),
                    Some(self.text("그레이", "grey")),
                    2,
                    5_000,
                    0,
                ),
            ],
            payments: if is_paid { payments } else { Vec::new() },
        }
    }

    /// Partly refunded: one line whole, one payment with nothing left, the shipping fee gone.
    pub(super) fn worn(self, state: State) -> OrderDetail {
        let mut detail = self.detail(state);
        detail.lines[1].refunded = 1;
        detail.payments[1].refunded = 12_400;
        detail.order = Order { shipping_refunded: true, points_returned: 1_200, points_claimed: 200, ..detail.order };
        detail
    }

    /// The page of an order with this beside it.
    pub(super) fn page(self, detail: OrderDetail, side: Side) -> ShowPage {
        let button = |name, icon, label: &str| Button { name, icon, label: self.frame().words.known(label).to_owned() };
        ShowPage {
            waiting: vec![self.request(7, crate::approvals::request::State::Owed)],
            shell: self.shell(Section::Orders),
            customer: self.text("김*연", "김*연"),
            may_change: true,
            refunds: Vec::new(),
            timeline: self.timeline(),
            side: Side {
                buttons: vec![
                    button("refund", "undo", "refund.title"),
                    button("shipping", "truck", "shipping.title"),
                    button("cancel", "ban", "cancel.title"),
                ],
                within: self.note(&detail, SealForm::fresh("", "01JD3Q8V5X", 7)),
                ..side
            },
            detail,
        }
    }

    /// The rendered side of a panel of an order.
    pub(super) fn order_side<P: Panel<On = OrderDetail>>(
        self,
        on: &OrderDetail,
        part: &P::Part,
        opened: Opened<P>,
        seal: SealForm,
    ) -> Side {
        side_of(&self.shell(Section::Orders), on, part, opened, seal).unwrap().0
    }

    fn note(self, on: &OrderDetail, seal: SealForm) -> Option<Html> {
        self.order_side(on, &(), Opened::Form(NotePanel), seal).within
    }

    pub(super) fn orders(self, out: &mut Vec<Sample>) {
        self.order_lists(out);
        self.order_states(out);
        self.refund_panels(out);
        self.other_panels(out);
        self.closed_and_done(out);
    }

    fn order_states(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let page = |state| self.page(self.detail(state), Side::default());
        add("order-placed", html(&page(State::Placed)));
        add("order-paid", html(&page(State::Paid)));
        add("order-preparing", html(&page(State::Preparing)));
        add("order-shipped", html(&page(State::Shipped)));
        add("order-delivered", html(&page(State::Delivered)));
        add("order-cancelled", html(&page(State::Cancelled)));
        let worn = || self.page(self.worn(State::Shipped), Side::default());
        add("order-refunds", html(&ShowPage { refunds: self.refunds(), ..worn() }));
        let mut look_only =
            ShowPage { may_change: false, side: Side::default(), refunds: self.refunds(), ..page(State::Shipped) };
        look_only.shell.nav.retain(|item| item.section == Section::Orders);
        add("order-look-only", html(&look_only));
        let noted = |seal: SealForm, reason: String| {
            let mut page = page(State::Paid);
            page.side.within = self.note(&page.detail, SealForm { reason, ..seal });
            html(&page)
        };
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("order-note-invalid", noted(SealForm { errors, ..fresh() }, self.text("네", "ok")));
        add("order-note-wrong-code", noted(refused(FormRefusal::WrongCode { left: Some(2) }), self.reason()));
        add("order-note-waiting", noted(refused(FormRefusal::CodeWait { until: now() }), self.reason()));
    }
}
