use super::maker::{Maker, Sample, before, html};
use crate::{
    id::{CustomerId, OrderId},
    money::Currency,
    orders::{State, filter::Filter, list_pages as list},
    web::{
        list::ListQuery as _,
        shell::{
            Section, Tone,
            field::{FieldErrors, wrong},
        },
    },
};
use chrono::TimeDelta;

impl Maker {
    pub(super) fn order_rows(self) -> Vec<list::Row> {
        let row = |id, number: &str, customer: &str, state, total, days, title: (&str, &str), more| list::Row {
            id,
            number: number.into(),
            user_id: CustomerId::new(482_913),
            customer: self.text(customer, customer),
            state,
            total: Currency::KRW.amount(total),
            refunded: Currency::KRW.amount(0),
            open_refunds: 0,
            failed_refunds: 0,
            points_returned: 0,
            failed: None,
            placed_at: before(TimeDelta::days(days)),
            waits_since: matches!(state, State::Paid | State::Preparing).then(|| before(TimeDelta::days(days))),
            title: self.text(title.0, title.1),
            more,
        };
        let rice = ("유기농 현미 4kg", "Organic brown rice 4 kg");
        let earbuds = ("무선 이어폰 Pro 2", "Wireless Earbuds Pro 2");
        vec![
            row(OrderId::new(9), "20261119-004901", "박*민", State::Placed, 18_900, 0, rice, 0),
            row(OrderId::new(8), "20261119-004829", "김*연", State::Paid, 87_400, 4, earbuds, 2),
            list::Row {
                refunded: Currency::KRW.amount(5_000),
                open_refunds: 1,
                ..row(OrderId::new(7), "20261118-003312", "Emily C•••••", State::Preparing, 129_000, 5, earbuds, 1)
            },
            list::Row {
                refunded: Currency::KRW.amount(23_900),
                failed_refunds: 2,
                points_returned: 1_200,
                failed: Some(list::Failed {
                    amount: Currency::KRW.amount(12_000),
                    since: before(TimeDelta::hours(30)),
                    code: Some("card_expired".into()),
                    is_ours: true,
                }),
                open_refunds: 2,
                ..row(OrderId::new(6), "20261117-001288", "최*아", State::Delivered, 1_104_300, 6, rice, 11)
            },
            row(OrderId::new(5), "20261117-001201", "김*연", State::Shipped, 42_000, 6, rice, 1),
            row(OrderId::new(4), "20261116-000077", "이*", State::Delivered, 9_900, 7, earbuds, 0),
            list::Row {
                total: Currency::USD.amount(12_999),
                failed_refunds: 1,
                failed: Some(list::Failed {
                    amount: Currency::USD.amount(12_999),
                    since: before(TimeDelta::days(3)),
                    code: Some(self.text("EX-17", "EX-17")),
                    is_ours: false,
                }),
                refunded: Currency::USD.amount(12_999),
                ..row(OrderId::new(3), "20251230-009120", "박*민", State::Cancelled, 0, 325, earbuds, 0)
            },
        ]
    }

    pub(super) fn order_lists(self, out: &mut Vec<Sample>) {
        let mut add = |name, html| out.push(Sample { name, html });
        let list = |filter: Filter, rows, errors, next: Option<&str>| {
            let pager = filter.pager(next);
            let typed = filter.q.clone();
            html(&list::ListPage { shell: self.shell(Section::Orders), typed, filter, errors, rows, pager })
        };
        let ok = FieldErrors::new;
        let needs = |needs: &str| Filter { needs: needs.into(), ..Filter::default() };
        let next = Some("1772410200000000_17");
        add("orders", list(Filter::default(), self.order_rows(), ok(), next));
        let waiting = self.order_rows().into_iter().filter(|row| row.waits_since.is_some()).collect();
        add("orders-shipping", list(needs("shipping"), waiting, ok(), None));
        let filter = || Filter {
            q: self.text("u_482913", "u_482913"),
            state: "delivered".into(),
            from: "2026-11-01".into(),
            to: self.text("2026-11-20", "2026-11-20"),
            currency: "KRW".into(),
            min: self.text("10,000", "10,000"),
            max: self.text("200,000", "200,000"),
            place: "1772410200000000_17".into(),
            ..Filter::default()
        };
        let mut first = list::ListPage {
            shell: self.shell(Section::Orders),
            typed: filter().q,
            filter: filter(),
            errors: ok(),
            rows: self.order_rows(),
            pager: filter().pager(None::<&str>),
        };
        first.shell.nav.retain(|item| item.section == Section::Orders);
        add("orders-filtered", html(&first));
        let mut errors = FieldErrors::one("q", wrong::not_an_order_term());
        errors.add("state", wrong::not_a_choice());
        errors.add("days", wrong::not_a_count());
        errors.add("from", wrong::not_a_day());
        errors.add("to", wrong::not_a_day());
        errors.add("currency", wrong::not_a_choice());
        errors.add("min", wrong::not_money(Currency::USD));
        errors.add("max", wrong::not_money(Currency::USD));
        let days = self.text("사흘", "three");
        let invalid = Filter { needs: "shipping".into(), days, state: "?".into(), ..filter() };
        add("orders-invalid", list(invalid, vec![], errors, None));
        let errors = FieldErrors::one("needs", wrong::not_a_choice());
        add("orders-needs-invalid", list(needs("coffee"), vec![], errors, None));
        let searched = |q: String| Filter { q, ..Filter::default() };
        let errors = FieldErrors::one("q", wrong::not_an_order_term());
        add("orders-search-invalid", list(searched(self.text("김서연", "kim")), vec![], errors, None));
        let number = self.text("20261119-999999", "20261119-999999");
        add("orders-not-found", list(searched(number), vec![], ok(), None));
        add("orders-nothing", list(Filter { q: String::new(), ..filter() }, vec![], ok(), None));
        add("orders-unread", list(filter(), vec![], ok(), next));
        add("orders-empty", list(Filter::default(), vec![], ok(), None));
        add("orders-all-shipped", list(needs("shipping"), vec![], ok(), None));
        add("orders-all-settled", list(needs("settling"), vec![], ok(), None));
        add("orders-none-failed", list(needs("retrying"), vec![], ok(), None));
        assert!(self.order_rows().iter().any(|row| row.tone() == Tone::Bad));
    }
}
