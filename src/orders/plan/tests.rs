use super::*;
use crate::{
    clock::Instant,
    id::{CustomerId, LineId, OrderId, PaymentId},
    money::Currency,
    orders::{
        State,
        detail::{Line, Order, Payment},
    },
};
use proptest::prelude::*;

/// An order of `lines` (quantity, unit price), paid with `points` worth `worth` and the rest with `payments`.
fn detail(
    currency: Currency,
    lines: &[(i64, i64)],
    shipping: i64,
    points: (i64, i64),
    earned: i64,
    payments: &[i64],
) -> OrderDetail {
    let goods: i64 = lines.iter().map(|(quantity, price)| quantity * price).sum();
    let at = Instant::from_unix(1_800_000_000).unwrap();
    let order = Order {
        id: OrderId::new(1),
        number: "20261119-004829".to_owned(),
        user_id: CustomerId::new(1),
        state: State::Paid,
        currency,
        total: goods + shipping,
        shipping_fee: shipping,
        shipping_refunded: false,
        points_used: points.0,
        points_worth: points.1,
        points_returned: 0,
        worth_returned: 0,
        points_earned: earned,
        points_claimed: 0,
        carrier: None,
        tracking_number: None,
        placed_at: at,
        paid_at: Some(at),
        preparing_at: None,
        shipped_at: None,
        delivered_at: None,
        cancelled_at: None,
        version: 1,
        customer: String::new(),
        contact: String::new(),
        balance: 0,
    };
    let line = |(n, (quantity, unit_price)): (i64, &(i64, i64))| Line {
        n: LineId::new(n),
        sku: String::new(),
        title: String::new(),
        variant: None,
        quantity: *quantity,
        unit_price: *unit_price,
        refunded: 0,
    };
    let payment = |(id, captured): (i64, &i64)| Payment {
        id: PaymentId::new(id),
        method: "card".to_owned(),
        label: String::new(),
        reference: String::new(),
        captured: *captured,
        captured_at: at,
        refunded: 0,
    };
    OrderDetail {
        order,
        lines: (1..).zip(lines).map(line).collect(),
        payments: (1..).zip(payments).map(payment).collect(),
    }
}

/// Applies to the figures what booking applies to the database.
fn book(detail: &mut OrderDetail, plan: &Plan) {
    for units in &plan.lines {
        detail.lines.iter_mut().find(|line| line.n == units.n).unwrap().refunded += units.quantity;
    }
    for part in &plan.parts {
        detail.payments.iter_mut().find(|payment| payment.id == part.payment).unwrap().refunded += part.amount;
    }
    detail.order.shipping_refunded |= plan.shipping > 0;
    detail.order.points_returned += plan.points_returned;
    detail.order.worth_returned += plan.points_worth;
    detail.order.points_claimed += plan.points_claimed;
    detail.order.balance += plan.points();
}

fn units(n: LineId, quantity: i64) -> RefundSpec {
    RefundSpec { lines: vec![Units { n, quantity }], ..RefundSpec::default() }
}

fn rejected(outcome: Result<Plan, Fault>) -> String {
    match outcome {
        Err(Fault::Rejected(rejection)) => rejection.word.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_of_two_units_comes_to_its_price_less_what_points_had_paid_of_it() {
    // ₩87,400 of which 5,000 points paid ₩5,000.
    let lines = [(1, 55_500), (1, 18_900), (2, 5000)];
    let detail = detail(Currency::KRW, &lines, 3000, (5000, 5000), 874, &[82_400]);
    let plan = detail.plan(&units(LineId::new(3), 1)).unwrap();
    // 5,000 × 5,000 ÷ 87,400 = 286.04
    assert_eq!((plan.points_returned, plan.amount), (286, 4714));
    // 874 × 4,714 ÷ 82,400 = 50.0004
    assert_eq!((plan.points_claimed, plan.points_taken, plan.shortfall()), (50, 50, 0));
    assert_eq!(plan.parts, [Part { payment: PaymentId::new(1), amount: 4714 }]);
}

#[test]
fn earned_points_that_were_spent_are_a_shortfall_and_never_a_debt() {
    let mut detail = detail(Currency::KRW, &[(1, 10_000)], 0, (0, 0), 100, &[10_000]);
    detail.order.balance = 30;
    let plan = detail.plan(&units(LineId::new(1), 1)).unwrap();
    assert_eq!((plan.points_claimed, plan.points_taken, plan.shortfall(), plan.points()), (100, 30, 70, -30));
}

#[test]
fn an_amount_of_ones_own_moves_no_points_that_paid() {
    let detail = detail(Currency::USD, &[(1, 10_000)], 0, (1000, 100), 50, &[9900]);
    let plan = detail.plan(&RefundSpec { amount: Some(500), ..RefundSpec::default() }).unwrap();
    assert_eq!((plan.amount, plan.points_returned, plan.computed), (500, 0, 0));
    // 50 × 500 ÷ 9,900
    assert_eq!(plan.points_claimed, 2);
}

#[test]
fn where_the_shop_gave_money_for_what_points_had_paid_a_refund_returns_no_more_points_than_it_is_worth() {
    // Half of it was paid with points; the shop has given all of the first thing back in money.
    let mut detail = detail(Currency::KRW, &[(1, 20_000), (1, 1000)], 0, (10_500, 10_500), 0, &[21_000]);
    detail.lines[0].refunded = 1;
    let plan = detail.plan(&units(LineId::new(2), 1)).unwrap();
    assert_eq!((plan.points_worth, plan.points_returned, plan.amount), (1000, 1000, 0));
}

#[test]
fn what_cannot_be_is_said_at_its_field() {
    let mut detail = detail(Currency::KRW, &[(2, 1000), (1, 500)], 300, (0, 0), 0, &[1800, 1000]);
    assert_eq!(rejected(detail.plan(&RefundSpec::default())), "refund-nothing");
    assert_eq!(rejected(detail.plan(&units(LineId::new(1), 3))), "refund-too-many");
    assert_eq!(rejected(detail.plan(&units(LineId::new(1), -1))), "refund-no-such-line");
    assert_eq!(rejected(detail.plan(&units(LineId::new(9), 1))), "refund-no-such-line");
    let twice = RefundSpec { lines: vec![Units { n: LineId::new(1), quantity: 1 }; 2], ..RefundSpec::default() };
    assert_eq!(rejected(detail.plan(&twice)), "refund-no-such-line");
    let amount = |amount| RefundSpec { amount: Some(amount), ..RefundSpec::default() };
    assert_eq!(rejected(detail.plan(&amount(2801))), "refund-too-much");
    assert_eq!(rejected(detail.plan(&amount(-1))), "refund-too-much");
    let split = |parts: &[(i64, i64)]| RefundSpec {
        split: parts
            .iter()
            .map(|(payment, amount)| Part { payment: PaymentId::new(*payment), amount: *amount })
            .collect(),
        ..amount(1500)
    };
    assert_eq!(rejected(detail.plan(&split(&[(1, 1000)]))), "refund-split-differs");
    assert_eq!(rejected(detail.plan(&split(&[(2, 1001), (1, 499)]))), "refund-payment-too-much");
    assert_eq!(rejected(detail.plan(&split(&[(1, 1000), (7, 500)]))), "refund-no-such-payment");
    assert_eq!(detail.plan(&split(&[(1, 500), (2, 1000)])).unwrap().parts.len(), 2);
    let shipping = RefundSpec { shipping: true, ..RefundSpec::default() };
    let plan = detail.plan(&shipping).unwrap();
    book(&mut detail, &plan);
    assert_eq!(rejected(detail.plan(&shipping)), "refund-shipping-gone");
}

#[test]
fn figures_at_the_end_of_64_bits_are_refused_and_do_not_run_over() {
    let mut detail = detail(Currency::KRW, &[(1, 1)], 0, (0, 0), 0, &[1]);
    detail.lines[0].unit_price = i64::MAX;
    detail.lines[0].quantity = 100_000;
    assert_eq!(rejected(detail.plan(&units(LineId::new(1), 2))), "amount-too-large");
    assert_eq!(rejected(detail.plan(&units(LineId::new(1), 1))), "refund-too-much");
    detail.order.points_used = 10;
    detail.order.points_worth = 1;
    detail.order.balance = i64::MAX;
    assert_eq!(rejected(detail.plan_cancelling()), "points-too-large");
}

/// An order as a shop could have it, and in which order its units and shipping go back.
fn orders() -> impl Strategy<Value = (OrderDetail, Vec<usize>)> {
    let lines = prop::collection::vec((1..4_i64, 1..200_000_i64), 1..6);
    (lines, 0..5000_i64, 0..=100_i64, 0..100_000_i64, 0..5000_i64, 0..=100_i64, 0..2_usize, any::<u64>()).prop_flat_map(
        |(lines, shipping, paid_by_points, points, earned, first, currency, _)| {
            let total: i64 = lines.iter().map(|(quantity, price)| quantity * price).sum::<i64>() + shipping;
            let worth = if points == 0 { 0 } else { total * paid_by_points / 100 };
            let money = total - worth;
            let payments: Vec<i64> =
                [money * first / 100, money - money * first / 100].into_iter().filter(|part| *part > 0).collect();
            let currency = [Currency::KRW, Currency::USD][currency];
            let detail = detail(currency, &lines, shipping, (points, worth), earned, &payments);
            let things: usize =
                lines.iter().map(|(quantity, _)| usize::try_from(*quantity).unwrap()).sum::<usize>() + 1;
            (Just(detail), Just((0..things).collect::<Vec<_>>()).prop_shuffle())
        },
    )
}

proptest! {
    #[test]
    fn one_thing_after_the_other_gives_back_exactly_what_was_paid((mut detail, order) in orders()) {
        // The lines' units one by one, and the shipping fee as the last thing.
        let mut things: Vec<Option<LineId>> =
            detail.lines.iter().flat_map(|line| vec![Some(line.n); usize::try_from(line.quantity).unwrap()]).collect();
        things.push(None);
        let before = detail.order.balance;
        let mut taken = 0;
        for thing in order {
            let spec = match things[thing] {
                Some(n) => units(n, 1),
                None if detail.shipping_left() == 0 => continue,
                None => RefundSpec { shipping: true, ..RefundSpec::default() },
            };
            let plan = detail.plan(&spec).unwrap();
            prop_assert!(plan.amount >= 0 && plan.points_returned >= 0 && plan.points_taken <= plan.points_claimed);
            prop_assert_eq!(plan.parts.iter().map(|part| part.amount).sum::<i64>(), plan.amount);
            taken += plan.points_taken;
            book(&mut detail, &plan);
            prop_assert!(detail.order.balance >= 0);
        }
        prop_assert_eq!(detail.refunded(), detail.captured());
        prop_assert!(detail.payments.iter().all(|payment| payment.left() == 0));
        prop_assert_eq!(detail.order.points_returned, detail.order.points_used);
        let earned = if detail.captured() == 0 { 0 } else { detail.order.points_earned };
        prop_assert_eq!(detail.order.points_claimed, earned);
        prop_assert_eq!(detail.order.balance, before + detail.order.points_used - taken);
    }

    #[test]
    fn cancelling_gives_back_whatever_refunds_have_left((mut detail, order) in orders(), first in 0..6_usize) {
        let things: Vec<LineId> =
            detail.lines.iter().flat_map(|line| vec![line.n; usize::try_from(line.quantity).unwrap()]).collect();
        for thing in order.into_iter().filter(|thing| *thing < things.len()).take(first) {
            let plan = detail.plan(&units(things[thing], 1)).unwrap();
            book(&mut detail, &plan);
        }
        let plan = detail.plan_cancelling().unwrap();
        book(&mut detail, &plan);
        prop_assert_eq!(detail.refunded(), detail.captured());
        prop_assert_eq!(detail.order.points_returned, detail.order.points_used);
        prop_assert!(detail.lines.iter().all(|line| line.left() == 0));
        prop_assert!(!detail.can_be_refunded());
    }
}
