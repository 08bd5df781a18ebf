use super::{Maker, Sample, before, html, now};
use chrono::TimeDelta;
use ingam::{
    clock::Instant,
    money::Currency,
    orders::{
        Standing, State,
        pages::{self as orders, Panel},
        standing::{Line, Order, Payment},
        timeline::{Day, Event},
    },
    web::shell::{
        Section,
        field::{FieldErrors, wrong},
        seal::{Refusal, Seal},
    },
};

fn hours(hours: i64) -> Instant {
    before(TimeDelta::hours(hours))
}

pub(super) fn fresh() -> Seal {
    Seal::fresh("", "01JD3Q8V5W", 7)
}

pub(super) fn refused(refusal: Refusal) -> Seal {
    Seal { refusal: Some(refusal), ..fresh() }
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
            id: 4829,
            number: "20261119-004829".into(),
            user_id: 482_913,
            state,
            currency: Currency::Krw,
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
            open_refunds: 0,
            failed_refunds: 0,
            version: 7,
            customer: self.text("김연", "김연"),
            balance: 12_450,
        }
    }

    pub(super) fn standing(self, state: State) -> Standing {
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
            payment(11, "card", self.text("···· 2208", "···· 2208"), "30918244", 70_000),
            payment(12, "transfer", self.text("하늘은행", "Haneul Bank"), "pay_9921840", 12_400),
        ];
        Standing {
            order: Order { points_used: if is_paid { 5_000 } else { 0 }, ..self.order(state) },
            lines: vec![
                line(
                    1,
                    "EB-2201-BK",
                    self.text("무선 이어폰 Pro 2", "Wireless Earbuds Pro 2"),
                    Some(self.text("블랙", "black")),
                    1,
                    55_500,
                    0,
                ),
                line(2, "GR-0410", self.text("유기농 현미 4kg", "Organic brown rice 4 kg"), None, 1, 18_900, 0),
                line(
                    3,
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
    pub(super) fn worn(self, state: State) -> Standing {
        let mut standing = self.standing(state);
        standing.lines[1].refunded = 1;
        standing.payments[1].refunded = 12_400;
        standing.order =
            Order { shipping_refunded: true, points_returned: 1_200, points_claimed: 200, ..standing.order };
        standing
    }

    fn timeline(self) -> Vec<Day> {
        let event = |minutes, kind: &str| Event {
            at: before(TimeDelta::minutes(minutes)),
            kind: kind.into(),
            amount: None,
            text: None,
            staff: None,
            seq: None,
            reason: None,
        };
        let ours = |minutes, kind: &str, seq| Event {
            staff: Some(self.text("이하은", "Haeun Lee")),
            seq: Some(seq),
            reason: Some(self.reason()),
            ..event(minutes, kind)
        };
        let parcel = Some(format!("hanjin {}", self.text("601234564471", "601234564471")));
        let note = Some(self.text(
            "고객이 부재 시 경비실에 맡겨 달라고 요청함.",
            "Asked to leave it with the guard when nobody is at home.",
        ));
        let amount = Some(Currency::Krw.amount(23_900));
        vec![
            Day {
                at: now(),
                events: vec![
                    Event { amount, ..event(3, "refund-failed") },
                    Event { amount, ..ours(5, "refund-requested", 12_346) },
                    Event { amount, ..event(60, "refund-succeeded") },
                    ours(70, "delivery-undone", 12_341),
                    event(90, "delivered"),
                ],
            },
            Day {
                at: hours(40),
                events: vec![
                    Event { text: parcel.clone(), ..ours(2400, "tracking-corrected", 12_330) },
                    Event { text: note, ..ours(2450, "note", 12_321) },
                    Event { text: parcel, ..event(2500, "shipped") },
                ],
            },
            Day {
                at: hours(150),
                events: vec![
                    event(8400, "preparing"),
                    Event { amount: Some(Currency::Krw.amount(82_400)), ..event(8940, "paid") },
                    event(9000, "placed"),
                    event(9000, "beamed-up"),
                ],
            },
        ]
    }

    pub(super) fn refunds(self) -> Vec<orders::Refund> {
        let part = |method: &str, label: String, amount, state: &str, attempts| orders::RefundPart {
            method: method.into(),
            label,
            amount: Currency::Krw.amount(amount),
            state: state.into(),
            reference: (state == "succeeded").then(|| "rf_15_11_8f3a91c2".into()),
            failure: (state == "failed").then(|| self.text("card_expired", "card_expired")),
            attempts,
        };
        let card = |amount, state, attempts| part("card", self.text("···· 2208", "···· 2208"), amount, state, attempts);
        let bank =
            |amount, state, attempts| part("transfer", self.text("하늘은행", "Haneul Bank"), amount, state, attempts);
        let socks = self.text("양말 3켤레", "Socks, 3 pairs");
        let rice = self.text("유기농 현미 4kg", "Organic brown rice 4 kg");
        let refund = |id, state: &str, amount, parts| orders::Refund {
            id,
            at: before(TimeDelta::minutes(id * 7)),
            state: state.into(),
            amount: Currency::Krw.amount(amount),
            lines: vec![(rice.clone(), 1), (socks.clone(), 2)],
            shipping: false,
            points_returned: 0,
            points_taken: 0,
            shortfall: 0,
            reason_kind: "damaged".into(),
            override_reason: None,
            staff: Some(self.me()),
            seq: Some(12_300 + id),
            parts,
            retry_of: None,
            fate: orders::Fate::None,
        };
        vec![
            orders::Refund {
                retry_of: Some(17),
                points_returned: 1_367,
                points_taken: 200,
                shortfall: 39,
                ..refund(18, "requested", 23_900, vec![card(23_900, "requested", 3)])
            },
            orders::Refund {
                fate: orders::Fate::Waits,
                override_reason: Some(self.text("사진 확인 후 절반만 환불", "Half, after seeing the photos")),
                ..refund(17, "failed", 12_000, vec![card(10_000, "failed", 1), bank(2_000, "succeeded", 1)])
            },
            orders::Refund {
                fate: orders::Fate::Dismissed,
                ..refund(16, "failed", 5_000, vec![card(5_000, "failed", 2)])
            },
            orders::Refund {
                fate: orders::Fate::WaitsForShop,
                staff: None,
                seq: None,
                ..refund(14, "failed", 7_000, vec![bank(7_000, "failed", 0)])
            },
            orders::Refund {
                shipping: true,
                reason_kind: "out_of_stock".into(),
                ..refund(15, "succeeded", 26_900, vec![card(26_900, "succeeded", 1)])
            },
            orders::Refund {
                lines: Vec::new(),
                points_returned: 500,
                staff: None,
                seq: None,
                reason_kind: "goodwill".into(),
                ..refund(9, "succeeded", 0, Vec::new())
            },
        ]
    }

    pub(super) fn page(self, standing: Standing, panel: Option<Panel>) -> orders::ShowPage {
        orders::ShowPage {
            waiting: vec![self.request(7, ingam::approvals::request::State::Owed)],
            shell: self.shell(Section::Orders),
            standing,
            customer: self.text("김*연", "김*연"),
            may_change: true,
            refunds: Vec::new(),
            timeline: self.timeline(),
            panel,
            note: Some(orders::NoteBox { seal: Seal::fresh("", "01JD3Q8V5X", 7), text: String::new() }),
        }
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
        let page = |state| self.page(self.standing(state), None);
        add("order-placed", html(&page(State::Placed)));
        add("order-paid", html(&page(State::Paid)));
        add("order-preparing", html(&page(State::Preparing)));
        add("order-shipped", html(&page(State::Shipped)));
        add("order-delivered", html(&page(State::Delivered)));
        add("order-cancelled", html(&page(State::Cancelled)));
        let worn = || self.page(self.worn(State::Shipped), None);
        add("order-refunds", html(&orders::ShowPage { refunds: self.refunds(), ..worn() }));
        let mut look_only =
            orders::ShowPage { may_change: false, note: None, refunds: self.refunds(), ..page(State::Shipped) };
        look_only.shell.nav.retain(|item| item.section == Section::Orders);
        add("order-look-only", html(&look_only));
        let noted = |seal: Seal, text: String| {
            html(&orders::ShowPage { note: Some(orders::NoteBox { seal, text }), ..page(State::Paid) })
        };
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("order-note-invalid", noted(Seal { errors, ..fresh() }, self.text("네", "ok")));
        add("order-note-wrong-code", noted(refused(Refusal::WrongCode { left: Some(2) }), self.reason()));
        add("order-note-waiting", noted(refused(Refusal::CodeWait { until: now() }), self.reason()));
    }
}
