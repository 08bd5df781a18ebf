use super::{
    maker::{Maker, Sample, before, html, now, refused_field},
    orders::{fresh, refused},
};
use crate::{
    id::{LineId, PaymentId, RefundId, Seq},
    orders::{
        FailedRefund, OrderDetail, State,
        cancel::CancelPanel,
        detail::Order,
        dismiss::DismissPanel,
        plan::{Part, RefundSpec, Units},
        refund::RefundPanel,
        retry::RetryPanel,
        ship::ShippingPanel,
        show::ShowPage,
    },
    web::{
        changed::Changed,
        panel::{Opened, Panel, Receipt, Side, Subject as _},
        shell::{
            Section,
            field::{FieldErrors, wrong},
            seal::{FormRefusal, Meanwhile, SealForm},
        },
    },
};
use chrono::TimeDelta;

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

/// What a person typed into the form that refunds.
type Typed = (RefundPanel, String);

impl Maker {
    fn with<P: Panel<On = OrderDetail, Part = ()>>(self, on: OrderDetail, panel: P, seal: SealForm) -> String {
        let side = self.order_side(&on, &(), Opened::Form(panel), seal);
        html(&self.page(on, side))
    }

    fn refund(self, on: OrderDetail, seal: SealForm, (panel, reason): Typed, wanted: Option<&RefundSpec>) -> String {
        let plan = wanted.map(|wanted| on.plan(wanted).unwrap());
        self.with(on, RefundPanel { plan, ..panel }, SealForm { reason, ..seal })
    }

    /// Rice and a pair of socks.
    fn chosen(self) -> (Typed, RefundSpec) {
        let panel = RefundPanel {
            units: vec![(LineId::new(1), String::new()), (LineId::new(2), "1".into()), (LineId::new(3), "1".into())],
            reason_kind: "damaged".into(),
            ..RefundPanel::default()
        };
        let reason = self
            .text("현미 포장 파손, 양말 1켤레 누락. 사진 확인함.", "Rice bag torn, one pair missing. Photos checked.");
        let lines = vec![Units { n: LineId::new(2), quantity: 1 }, Units { n: LineId::new(3), quantity: 1 }];
        ((panel, reason), RefundSpec { lines, ..RefundSpec::default() })
    }

    pub(super) fn refund_panels(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let shipped = || self.detail(State::Shipped);
        let empty = || (RefundPanel::default(), String::new());
        add("order-refund", self.refund(shipped(), fresh(), empty(), None));
        add("order-refund-worn", self.refund(self.worn(State::Shipped), fresh(), empty(), None));
        let (typed, wanted) = self.chosen();
        let chosen = |seal| self.refund(shipped(), seal, typed.clone(), Some(&wanted));
        add("order-refund-typed", chosen(fresh()));
        add("order-refund-wrong-code", chosen(refused(FormRefusal::WrongCode { left: Some(1) })));
        add("order-refund-wrong-state", chosen(refused(super::maker::wrong_state())));
        let meanwhile = Meanwhile {
            by: self.text("이하은", "Haeun Lee"),
            at: before(TimeDelta::seconds(76)),
            seq: Seq::new(12_346),
        };
        add("order-refund-stale", chosen(refused(FormRefusal::Stale(Some(meanwhile)))));
        let split = vec![
            Part { payment: PaymentId::new(11), amount: 10_000 },
            Part { payment: PaymentId::new(12), amount: 5_000 },
        ];
        let special = RefundSpec { shipping: true, amount: Some(15_000), split, ..wanted.clone() };
        let special_panel = RefundPanel {
            shipping: true,
            amount: self.text("15,000", "15,000"),
            override_reason: self.text("사진 확인 후 절반만 환불", "Half, after seeing the photos"),
            split: vec![(PaymentId::new(11), "10,000".into()), (PaymentId::new(12), "5,000".into())],
            ..typed.0.clone()
        };
        let mut spent = shipped();
        spent.order = Order { balance: 0, points_earned: 9_000, points_used: 100, ..spent.order };
        let special_form = (special_panel.clone(), typed.1.clone());
        add("order-refund-special", self.refund(spent, fresh(), special_form, Some(&special)));
        let mut errors = FieldErrors::one("lines", refused_field("refund-too-many", &[("line", &"2"), ("left", &"1")]));
        errors.add("shipping", refused_field("refund-shipping-gone", &[]));
        errors.add("amount", refused_field("refund-too-much", &[("left", &"₩82,400")]));
        errors.add("split", refused_field("refund-split-differs", &[("amount", &"₩99,000"), ("sum", &"₩15,000")]));
        errors.add("override_reason", refused_field("override-reason", &[]));
        errors.add("reason_kind", wrong::not_a_choice());
        errors.add("reason", wrong::required());
        errors.add("code", wrong::not_a_code());
        let invalid = RefundPanel {
            units: vec![
                (LineId::new(1), String::new()),
                (LineId::new(2), "7".into()),
                (LineId::new(3), self.text("둘", "two")),
            ],
            amount: self.text("99,000", "99,000"),
            reason_kind: "?".into(),
            ..special_panel
        };
        add(
            "order-refund-invalid",
            self.refund(shipped(), SealForm { errors, ..fresh() }, (invalid, String::new()), None),
        );
        let errors = FieldErrors::one("lines", refused_field("refund-nothing", &[]));
        add("order-refund-nothing", self.refund(shipped(), SealForm { errors, ..fresh() }, empty(), None));
        let errors = FieldErrors::one("reason_kind", wrong::not_a_choice());
        add("order-refund-no-kind", self.refund(shipped(), SealForm { errors, ..fresh() }, typed.clone(), None));
        // Points alone had paid.
        let mut points = shipped();
        points.payments.clear();
        points.order = Order { points_used: 87_400, points_worth: 87_400, ..points.order };
        add("order-refund-points", self.refund(points, fresh(), typed, Some(&wanted)));
    }

    pub(super) fn other_panels(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let shipped = || self.detail(State::Shipped);
        let cancel = |on: OrderDetail, seal, reason| {
            let panel = CancelPanel { plan: on.plan_cancelling().unwrap(), reason_kind: "out_of_stock".into() };
            self.with(on, panel, SealForm { reason, ..seal })
        };
        add("order-cancel", cancel(self.detail(State::Preparing), fresh(), String::new()));
        add("order-cancel-unpaid", cancel(self.detail(State::Placed), fresh(), self.reason()));
        let mut worn = self.worn(State::Paid);
        worn.order = Order { balance: 0, points_earned: 9_000, ..worn.order };
        let mut errors = FieldErrors::one("reason_kind", wrong::not_a_choice());
        errors.add("reason", wrong::too_short(5));
        errors.add("code", wrong::not_a_code());
        add("order-cancel-invalid", cancel(worn, SealForm { errors, ..fresh() }, self.text("네", "ok")));
        let mut refunded = self.detail(State::Paid);
        refunded.payments.iter_mut().for_each(|payment| payment.refunded = payment.captured);
        add("order-cancel-refunded", cancel(refunded, refused(FormRefusal::NotRecorded), self.reason()));

        let ship = |state: State, seal: SealForm, next: &str, carrier: &str, number: String, reason: String| {
            let panel = ShippingPanel { state: next.into(), carrier: carrier.into(), tracking_number: number };
            self.with(self.detail(state), panel, SealForm { reason, ..seal })
        };
        let number = || self.text("601234564471", "601234564471");
        let none = String::new;
        add("order-shipping-paid", ship(State::Paid, fresh(), "preparing", "", none(), none()));
        add("order-shipping-preparing", ship(State::Preparing, fresh(), "shipped", "cj", number(), self.reason()));
        add("order-shipping-shipped", ship(State::Shipped, fresh(), "delivered", "hanjin", number(), none()));
        add("order-shipping-correct", ship(State::Shipped, fresh(), "shipped", "hanjin", number(), self.reason()));
        add("order-shipping-delivered", ship(State::Delivered, fresh(), "shipped", "hanjin", number(), none()));
        let mut errors = FieldErrors::one("tracking_number", refused_field("tracking-number", &[]));
        errors.add("state", wrong::not_a_choice());
        errors.add("carrier", wrong::not_a_choice());
        errors.add("reason", wrong::required());
        let seal = SealForm { errors, ..fresh() };
        add("order-shipping-invalid", ship(State::Paid, seal, "shipped", "", self.text("6012", "6012"), none()));
        let errors = FieldErrors::one("tracking_number", refused_field("tracking-same", &[]));
        let seal = SealForm { errors, ..fresh() };
        add("order-shipping-same", ship(State::Shipped, seal, "shipped", "hanjin", number(), self.reason()));

        let about = |side: Side| html(&ShowPage { refunds: self.refunds(), ..self.page(shipped(), side) });
        let retry = |seal, reason| {
            let panel = RetryPanel { plan: shipped().plan(&self.chosen().1).unwrap() };
            let seal = SealForm { reason, ..seal };
            about(self.order_side(&shipped(), &FailedRefund(RefundId::new(17)), Opened::Form(panel), seal))
        };
        add("order-retry", retry(fresh(), String::new()));
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("order-retry-invalid", retry(SealForm { errors, ..fresh() }, self.text("네", "ok")));

        let dismiss = |seal, reason| {
            let seal = SealForm { reason, ..seal };
            about(self.order_side(
                &shipped(),
                &FailedRefund(RefundId::new(17)),
                Opened::Form(DismissPanel { amount: 12_000 }),
                seal,
            ))
        };
        add("order-dismiss", dismiss(fresh(), String::new()));
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("order-dismiss-invalid", dismiss(SealForm { errors, ..fresh() }, self.text("네", "ok")));
    }

    /// The page with the sentence that says why a panel cannot be had.
    fn closed<P: Panel<On = OrderDetail>>(self, part: &P::Part, state: State, why: &str) -> String {
        let on = self.detail(state);
        let why = self.frame().words.known(why).to_owned();
        let side = self.order_side::<P>(&on, part, Opened::Closed(why), fresh());
        html(&self.page(on, side))
    }

    pub(super) fn closed_and_done(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        add("order-refund-unpaid", self.closed::<RefundPanel>(&(), State::Placed, "refund.unpaid"));
        add("order-refund-all", self.closed::<RefundPanel>(&(), State::Delivered, "refund.all-refunded"));
        add("order-cancel-already", self.closed::<CancelPanel>(&(), State::Cancelled, "cancel.already"));
        add("order-cancel-left", self.closed::<CancelPanel>(&(), State::Shipped, "cancel.left"));
        add("order-cancel-points", self.closed::<CancelPanel>(&(), State::Paid, "cancel.too-many-points"));
        add("order-shipping-unpaid", self.closed::<ShippingPanel>(&(), State::Placed, "shipping.unpaid"));
        add("order-shipping-cancelled", self.closed::<ShippingPanel>(&(), State::Cancelled, "shipping.cancelled"));
        add("order-shipping-no-goods", self.closed::<ShippingPanel>(&(), State::Paid, "shipping.no-goods"));
        add(
            "order-retry-gone",
            self.closed::<RetryPanel>(&FailedRefund(RefundId::new(17)), State::Shipped, "retry.gone"),
        );
        add(
            "order-dismiss-gone",
            self.closed::<DismissPanel>(&FailedRefund(RefundId::new(17)), State::Shipped, "dismiss.gone"),
        );

        let done = |state, action: &str, changed: &[(&str, Option<&str>, &str)]| {
            let (on, shell) = (self.detail(state), self.shell(Section::Orders));
            let changed = changed.iter().map(|(field, before, after)| {
                let changed = Changed {
                    field: (*field).into(),
                    before: before.map(Into::into),
                    after: Some(if *field == "override_reason" { self.text(after, after) } else { (*after).into() }),
                };
                (on.field_name(&changed, &shell), changed)
            });
            let receipt = Receipt {
                seq: Seq::new(12_346),
                at: now(),
                by: self.me(),
                reason: self.reason(),
                action: action.into(),
                changed: changed.collect(),
            };
            let receipt = receipt.html(&shell, &on.path()).unwrap();
            html(&self.page(on, Side { html: Some(receipt), ..Side::default() }))
        };
        add("order-refunded", done(State::Shipped, "orders.refund", &REFUNDED));
        add("order-retried", done(State::Shipped, "refunds.retry", &REFUNDED));
        let dismissed = [("dismissed", Some("false"), "true"), ("refund", None, "17")];
        add("order-dismissed", done(State::Shipped, "refunds.dismiss", &dismissed));
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
}
