use super::{
    Maker, Sample, before, html, now,
    orders::{fresh, refused},
};
use chrono::TimeDelta;
use ingam::{
    audit::pages::Changed,
    orders::{
        Plan, Standing, State,
        pages::{self as orders, Panel},
        plan::{Part, Units, Wanted},
        standing::Order,
    },
    web::shell::{
        field::{FieldErrors, wrong},
        seal::{Meanwhile, Refusal, Seal, Sealed},
    },
};

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

impl Maker {
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

    pub(super) fn refund_panels(self, out: &mut Vec<Sample>) {
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
        add("order-refund-wrong-state", chosen(refused(super::wrong_state())));
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

    pub(super) fn other_panels(self, out: &mut Vec<Sample>) {
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

        let dismiss = |seal, reason| {
            let panel = Panel::Dismiss(orders::DismissPanel { seal, refund: 17, amount: 12_000, reason });
            html(&orders::ShowPage { refunds: self.refunds(), ..self.page(self.standing(State::Shipped), Some(panel)) })
        };
        add("order-dismiss", dismiss(fresh(), String::new()));
        let errors = FieldErrors::one("reason", wrong::too_short(5));
        add("order-dismiss-invalid", dismiss(Seal { errors, ..fresh() }, self.text("네", "ok")));
    }

    pub(super) fn closed_and_done(self, out: &mut Vec<Sample>) {
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
        add("order-dismiss-gone", closed(State::Shipped, "dismiss", "dismiss.gone"));

        let done = |state, action: &str, changed: &[(&str, Option<&str>, &str)]| {
            let sealed = Sealed { seq: 12_346, at: now(), by: self.me(), reason: self.reason() };
            let changed = changed.iter().map(|(field, before, after)| Changed {
                field: (*field).into(),
                before: before.map(Into::into),
                after: Some(if *field == "override_reason" { self.text(after, after) } else { (*after).into() }),
            });
            let panel = orders::Done { sealed, action: action.into(), changed: changed.collect() };
            html(&self.page(self.standing(state), Some(Panel::Done(panel))))
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
