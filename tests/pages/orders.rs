use super::{Maker, Sample, before, html, now};
use chrono::TimeDelta;
use ingam::{
    audit::pages::Changed,
    clock::Instant,
    money::Currency,
    orders::{
        Plan, Standing, State, list_pages as list,
        pages::{self as orders, Panel},
        plan::{Part, Units, Wanted},
        standing::{Line, Order, Payment},
        timeline::{Day, Event},
    },
    web::shell::{
        Section, Tone,
        field::{FieldErrors, wrong},
        seal::{Meanwhile, Refusal, Seal, Sealed},
        table::Pager,
    },
};

fn hours(hours: i64) -> Instant {
    before(TimeDelta::hours(hours))
}

fn fresh() -> Seal {
    Seal::fresh("01JD3Q8V5W", 7)
}

fn refused(refusal: Refusal) -> Seal {
    Seal { refusal: Some(refusal), ..fresh() }
}

impl Maker {
    fn order(self, state: State) -> Order {
        // A cancelled order of these had been paid.
        let stage = |state: State| {
            if state == State::Cancelled { 1 } else { State::ALL.iter().position(|one| *one == state).unwrap() }
        };
        let reached = |wanted: State, ago: i64| (stage(state) >= stage(wanted)).then(|| hours(ago));
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

    fn standing(self, state: State) -> Standing {
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
    fn worn(self, state: State) -> Standing {
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

    fn refunds(self) -> Vec<orders::Refund> {
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
            can_retry: false,
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
                can_retry: true,
                override_reason: Some(self.text("사진 확인 후 절반만 환불", "Half, after seeing the photos")),
                ..refund(17, "failed", 12_000, vec![card(10_000, "failed", 1), bank(2_000, "succeeded", 1)])
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

    fn page(self, standing: Standing, panel: Option<Panel>) -> orders::ShowPage {
        orders::ShowPage {
            shell: self.shell(Section::Orders),
            standing,
            customer: self.text("김*연", "김*연"),
            may_change: true,
            refunds: Vec::new(),
            timeline: self.timeline(),
            panel,
            note: Some(orders::NoteBox { seal: Seal::fresh("01JD3Q8V5X", 7), text: String::new() }),
        }
    }

    fn refund(self, standing: Standing, seal: Seal, form: orders::RefundForm, plan: Option<Plan>) -> String {
        html(&self.page(standing, Some(Panel::Refund(orders::RefundPanel { seal, form, plan }))))
    }

    /// Rice and a pair of socks.
    fn chosen(self) -> (orders::RefundForm, Wanted) {
        let form = orders::RefundForm {
            units: vec![(1, String::new()), (2, "1".into()), (3, "1".into())],
            reason_kind: "damaged".into(),
            reason: self.text(
                "현미 포장 파손, 양말 1켤레 누락. 사진 확인함.",
                "Rice bag torn, one pair missing. Photos checked.",
            ),
            ..orders::RefundForm::default()
        };
        let lines = vec![Units { n: 2, quantity: 1 }, Units { n: 3, quantity: 1 }];
        (form, Wanted { lines, ..Wanted::default() })
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

    fn refund_panels(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let shipped = || self.standing(State::Shipped);
        let empty = orders::RefundForm::default;
        add("order-refund", self.refund(shipped(), fresh(), empty(), None));
        add("order-refund-worn", self.refund(self.worn(State::Shipped), fresh(), empty(), None));
        let (form, wanted) = self.chosen();
        let plan = |standing: &Standing, wanted: &Wanted| Some(standing.plan(wanted).unwrap());
        let chosen = |seal| self.refund(shipped(), seal, form.clone(), plan(&shipped(), &wanted));
        add("order-refund-typed", chosen(fresh()));
        add("order-refund-wrong-code", chosen(refused(Refusal::WrongCode { left: Some(1) })));
        add("order-refund-wrong-state", chosen(refused(Refusal::WrongState)));
        let meanwhile =
            Meanwhile { by: self.text("이하은", "Haeun Lee"), at: before(TimeDelta::seconds(76)), seq: 12_346 };
        add("order-refund-stale", chosen(refused(Refusal::Stale(Some(meanwhile)))));
        let split = vec![Part { payment: 11, amount: 10_000 }, Part { payment: 12, amount: 5_000 }];
        let special = Wanted { shipping: true, amount: Some(15_000), split, ..wanted.clone() };
        let special_form = orders::RefundForm {
            shipping: true,
            amount: self.text("15,000", "15,000"),
            override_reason: self.text("사진 확인 후 절반만 환불", "Half, after seeing the photos"),
            split: vec![(11, "10,000".into()), (12, "5,000".into())],
            ..form.clone()
        };
        let mut spent = shipped();
        spent.order = Order { balance: 0, points_earned: 9_000, points_used: 100, ..spent.order };
        let planned = plan(&spent, &special);
        add("order-refund-special", self.refund(spent, fresh(), special_form.clone(), planned));
        let mut errors = FieldErrors::one("lines", wrong::more_than_left("2", "1"));
        errors.add("shipping", wrong::shipping_refunded());
        errors.add("amount", wrong::more_than_refundable("₩82,400"));
        errors.add("split", wrong::split_differs("₩99,000", "₩15,000"));
        errors.add("override_reason", wrong::why_override());
        errors.add("reason_kind", wrong::not_a_choice());
        errors.add("reason", wrong::required());
        errors.add("code", wrong::not_a_code());
        let invalid = orders::RefundForm {
            units: vec![(1, String::new()), (2, "7".into()), (3, self.text("둘", "two"))],
            amount: self.text("99,000", "99,000"),
            reason_kind: "?".into(),
            reason: String::new(),
            ..special_form
        };
        add("order-refund-invalid", self.refund(shipped(), Seal { errors, ..fresh() }, invalid, None));
        let errors = FieldErrors::one("lines", wrong::nothing_to_refund());
        add("order-refund-nothing", self.refund(shipped(), Seal { errors, ..fresh() }, empty(), None));
        let errors = FieldErrors::one("reason_kind", wrong::not_a_choice());
        add("order-refund-no-kind", self.refund(shipped(), Seal { errors, ..fresh() }, form.clone(), None));
        // Points alone had paid.
        let mut points = shipped();
        points.payments.clear();
        points.order = Order { points_used: 87_400, points_worth: 87_400, ..points.order };
        let planned = plan(&points, &wanted);
        add("order-refund-points", self.refund(points, fresh(), form, planned));
    }

    fn other_panels(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let cancel = |standing: Standing, seal, reason| {
            let plan = standing.plan_cancelling().unwrap();
            let panel = orders::CancelPanel { seal, plan, reason_kind: "out_of_stock".into(), reason };
            html(&self.page(standing, Some(Panel::Cancel(panel))))
        };
        add("order-cancel", cancel(self.standing(State::Preparing), fresh(), String::new()));
        add("order-cancel-unpaid", cancel(self.standing(State::Placed), fresh(), self.reason()));
        let mut worn = self.worn(State::Paid);
        worn.order = Order { balance: 0, points_earned: 9_000, ..worn.order };
        let mut errors = FieldErrors::one("reason_kind", wrong::not_a_choice());
        errors.add("reason", wrong::too_short(5));
        errors.add("code", wrong::not_a_code());
        add("order-cancel-invalid", cancel(worn, Seal { errors, ..fresh() }, self.text("네", "ok")));
        let mut refunded = self.standing(State::Paid);
        refunded.payments.iter_mut().for_each(|payment| payment.refunded = payment.captured);
        add("order-cancel-refunded", cancel(refunded, refused(Refusal::NotRecorded), self.reason()));

        let ship = |state: State, seal: Seal, next: &str, carrier: &str, number: String, reason: String| {
            let panel = orders::ShippingPanel {
                seal,
                state: next.into(),
                carrier: carrier.into(),
                tracking_number: number,
                reason,
            };
            html(&self.page(self.standing(state), Some(Panel::Shipping(panel))))
        };
        let number = || self.text("601234564471", "601234564471");
        let none = String::new;
        add("order-shipping-paid", ship(State::Paid, fresh(), "preparing", "", none(), none()));
        add("order-shipping-preparing", ship(State::Preparing, fresh(), "shipped", "cj", number(), self.reason()));
        add("order-shipping-shipped", ship(State::Shipped, fresh(), "delivered", "hanjin", number(), none()));
        add("order-shipping-correct", ship(State::Shipped, fresh(), "shipped", "hanjin", number(), self.reason()));
        add("order-shipping-delivered", ship(State::Delivered, fresh(), "shipped", "hanjin", number(), none()));
        let mut errors = FieldErrors::one("tracking_number", wrong::not_a_tracking_number());
        errors.add("state", wrong::not_a_choice());
        errors.add("carrier", wrong::not_a_choice());
        errors.add("reason", wrong::required());
        let seal = Seal { errors, ..fresh() };
        add("order-shipping-invalid", ship(State::Paid, seal, "shipped", "", self.text("6012", "6012"), none()));
        let errors = FieldErrors::one("tracking_number", wrong::tracking_same());
        let seal = Seal { errors, ..fresh() };
        add("order-shipping-same", ship(State::Shipped, seal, "shipped", "hanjin", number(), self.reason()));

        let retry = |seal, reason| {
            let standing = self.standing(State::Shipped);
            let plan = standing.plan(&self.chosen().1).unwrap();
            let panel = Panel::Retry(orders::RetryPanel { seal, refund: 17, plan, reason });
            html(&orders::ShowPage { refunds: self.refunds(), ..self.page(standing, Some(panel)) })
        };
        add("order-retry", retry(fresh(), String::new()));
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("order-retry-invalid", retry(Seal { errors, ..fresh() }, self.text("네", "ok")));
    }

    fn closed_and_done(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let closed = |state, name, why| html(&self.page(self.standing(state), Some(Panel::Closed { name, why })));
        add("order-refund-unpaid", closed(State::Placed, "refund", "refund.unpaid"));
        add("order-refund-all", closed(State::Delivered, "refund", "refund.all-refunded"));
        add("order-cancel-already", closed(State::Cancelled, "cancel", "cancel.already"));
        add("order-cancel-left", closed(State::Shipped, "cancel", "cancel.left"));
        add("order-cancel-points", closed(State::Paid, "cancel", "cancel.too-many-points"));
        add("order-shipping-unpaid", closed(State::Placed, "shipping", "shipping.unpaid"));
        add("order-shipping-cancelled", closed(State::Cancelled, "shipping", "shipping.cancelled"));
        add("order-shipping-no-goods", closed(State::Paid, "shipping", "shipping.no-goods"));
        add("order-retry-gone", closed(State::Shipped, "retry", "retry.gone"));

        let done = |state, action: &str, changed: &[(&str, Option<&str>, &str)]| {
            let sealed = Sealed { seq: 12_346, at: now(), by: self.me(), reason: self.reason() };
            let changed = changed.iter().map(|(field, before, after)| Changed {
                field: (*field).into(),
                before: before.map(Into::into),
                after: Some(self.text(after, after)).filter(|_| *field == "override_reason").or(Some((*after).into())),
            });
            let panel = orders::Done { sealed, action: action.into(), changed: changed.collect() };
            html(&self.page(self.standing(state), Some(Panel::Done(panel))))
        };
        add("order-refunded", done(State::Shipped, "orders.refund", &REFUNDED));
        add("order-retried", done(State::Shipped, "refunds.retry", &REFUNDED));
        let cancelled = [REFUNDED.as_slice(), &[("state", Some("preparing"), "cancelled")]].concat();
        add("order-cancelled-done", done(State::Cancelled, "orders.cancel", &cancelled));
        let shipped = [
            ("carrier", None, "hanjin"),
            ("state", Some("preparing"), "shipped"),
            ("tracking_number", None, "601234564471"),
        ];
        add("order-shipped-done", done(State::Shipped, "orders.ship", &shipped));
        add("order-noted", done(State::Shipped, "orders.note", &[]));
    }

    pub(super) fn order_rows(self) -> Vec<list::Row> {
        let row = |id, number: &str, customer: &str, state, total, days, title: (&str, &str), more| list::Row {
            id,
            number: number.into(),
            user_id: 482_913,
            customer: self.text(customer, customer),
            state,
            total: Currency::Krw.amount(total),
            refunded: Currency::Krw.amount(0),
            open_refunds: 0,
            failed_refunds: 0,
            placed_at: before(TimeDelta::days(days)),
            waits_since: matches!(state, State::Paid | State::Preparing).then(|| before(TimeDelta::days(days))),
            title: self.text(title.0, title.1),
            more,
        };
        let rice = ("유기농 현미 4kg", "Organic brown rice 4 kg");
        let earbuds = ("무선 이어폰 Pro 2", "Wireless Earbuds Pro 2");
        vec![
            row(9, "20261119-004901", "박*민", State::Placed, 18_900, 0, rice, 0),
            row(8, "20261119-004829", "김*연", State::Paid, 87_400, 4, earbuds, 2),
            list::Row {
                refunded: Currency::Krw.amount(5_000),
                open_refunds: 1,
                ..row(7, "20261118-003312", "Emily C•••••", State::Preparing, 129_000, 5, earbuds, 1)
            },
            list::Row {
                refunded: Currency::Krw.amount(23_900),
                failed_refunds: 2,
                open_refunds: 2,
                ..row(6, "20261117-001288", "최*아", State::Delivered, 1_104_300, 6, rice, 11)
            },
            row(5, "20261117-001201", "김*연", State::Shipped, 42_000, 6, rice, 1),
            row(4, "20261116-000077", "이*", State::Delivered, 9_900, 7, earbuds, 0),
            list::Row {
                total: Currency::Usd.amount(12_999),
                refunded: Currency::Usd.amount(12_999),
                ..row(3, "20251230-009120", "박*민", State::Cancelled, 0, 325, earbuds, 0)
            },
        ]
    }

    fn order_lists(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |filter, rows, errors, next: Option<&str>| {
            let pager = Pager { first: None, previous: None, next: next.map(Into::into) };
            html(&list::ListPage { shell: self.shell(Section::Orders), filter, errors, rows, pager })
        };
        let ok = FieldErrors::new;
        let needs = |needs: &str| list::Filter { needs: needs.into(), ..list::Filter::default() };
        let next = Some("/orders?after=1772410200000000_17");
        add("orders", list(list::Filter::default(), self.order_rows(), ok(), next));
        let waiting = self.order_rows().into_iter().filter(|row| row.waits_since.is_some()).collect();
        add("orders-shipping", list(needs("shipping"), waiting, ok(), None));
        let filter = || list::Filter {
            q: self.text("u_482913", "u_482913"),
            state: "delivered".into(),
            from: "2026-11-01".into(),
            to: self.text("2026-11-20", "2026-11-20"),
            currency: "KRW".into(),
            min: self.text("10,000", "10,000"),
            max: self.text("200,000", "200,000"),
            ..list::Filter::default()
        };
        let mut first = list::ListPage {
            shell: self.shell(Section::Orders),
            filter: filter(),
            errors: ok(),
            rows: self.order_rows(),
            pager: Pager { first: Some("/orders".into()), ..Pager::default() },
        };
        first.shell.nav.retain(|item| item.section == Section::Orders);
        add("orders-filtered", html(&first));
        let mut errors = FieldErrors::one("q", wrong::not_an_order_term());
        errors.add("state", wrong::not_a_choice());
        errors.add("days", wrong::not_a_count());
        errors.add("from", wrong::not_a_day());
        errors.add("to", wrong::not_a_day());
        errors.add("currency", wrong::not_a_choice());
        errors.add("min", wrong::not_money());
        errors.add("max", wrong::not_money());
        let days = self.text("사흘", "three");
        let invalid = list::Filter { needs: "shipping".into(), days, state: "?".into(), ..filter() };
        add("orders-invalid", list(invalid, vec![], errors, None));
        let errors = FieldErrors::one("needs", wrong::not_a_choice());
        add("orders-needs-invalid", list(needs("coffee"), vec![], errors, None));
        let searched = |q: String| list::Filter { q, ..list::Filter::default() };
        let errors = FieldErrors::one("q", wrong::not_an_order_term());
        add("orders-search-invalid", list(searched(self.text("김서연", "kim")), vec![], errors, None));
        let number = self.text("20261119-999999", "20261119-999999");
        add("orders-not-found", list(searched(number), vec![], ok(), None));
        add("orders-nothing", list(list::Filter { q: String::new(), ..filter() }, vec![], ok(), None));
        add("orders-unread", list(filter(), vec![], ok(), next));
        add("orders-empty", list(list::Filter::default(), vec![], ok(), None));
        add("orders-all-shipped", list(needs("shipping"), vec![], ok(), None));
        add("orders-all-settled", list(needs("settling"), vec![], ok(), None));
        add("orders-none-failed", list(needs("retrying"), vec![], ok(), None));
        assert!(self.order_rows().iter().any(|row| row.tone() == Tone::Bad));
    }
}

const REFUNDED: [(&str, Option<&str>, &str); 9] = [
    ("amount", None, "KRW 23900"),
    ("line.2", Some("0"), "1"),
    ("override_reason", None, "Half, after seeing the photos"),
    ("payment.11", Some("KRW 0"), "KRW 23900"),
    ("points", Some("12450"), "13617"),
    ("points_returned", Some("0"), "1367"),
    ("reason_kind", None, "damaged"),
    ("refund", None, "18"),
    ("shipping_refunded", Some("false"), "true"),
];
