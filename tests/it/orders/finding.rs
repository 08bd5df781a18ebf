//! Finding orders: by what names one, by what it needs, by when and how much.

use crate::{
    kit::{Browser, World, on_both},
    orders::support::orders,
};

/// The numbers of the orders that a list shows.
fn listed(browser: &Browser, path: &str) -> Vec<String> {
    let page = browser.get(path);
    assert_eq!(page.status, 200, "{path}: {page}");
    page.all("main tbody td.t a")
        .into_iter()
        .map(|text| text.split(' ').next().unwrap_or_default().to_owned())
        .collect()
}

const ALL: [&str; 6] =
    ["20260301-000009", "20260228-000017", "20260227-000030", "20260226-000021", "20260225-000002", "20260220-000003"];

fn search(browser: &Browser, term: &str) -> crate::kit::Page {
    browser.get("/orders").form_to("/orders/searches").set("q", term).submit()
}

on_both! {
    fn whatever_names_an_order_leads_straight_to_it(world) {
        let mina = world.signed_in("mina");
        for (term, order) in [
            ("20260228-000017", 1), ("20260228000017", 1), ("30918245", 1), ("pi_3Nx7", 2), ("1234567890", 2), ("6012-3456-4471", 4),
        ] {
            let found = search(&mina, term);
            assert_eq!((found.status, found.location()), (303, Some(format!("/orders/{order}").as_str())), "{term}: {found}");
        }
        // The box in the frame of every page knows an order by its number too.
        let found = mina.get("/").form_to("/users/searches").set("q", "20260226-000021").submit();
        assert_eq!(found.location(), Some("/orders/4"));
        // A customer has several.
        let found = search(&mina, "u_1");
        assert_eq!(found.location(), Some("/orders?q=u_1"));
        assert_eq!(listed(&mina, "/orders?q=u_1"), [ALL[1], ALL[5]]);
        assert_eq!(search(&mina, "u_4").location(), Some("/orders/5"));
        assert_eq!(listed(&mina, "/orders?q=99999999-999999"), Vec::<String>::new());
    }

    fn an_order_has_any_number_that_the_column_takes_and_a_parcel_any_that_its_carrier_gave(world) {
        for (id, number, tracking, reference) in [
            (50, "R281277012", "1912345678", "PI_UpperCase"),
            (51, "ORD-2026-1234", "6012-3456 9999", "30918299"),
            (52, "100000123", "1Z 999 AA1 01 2345 6784", "ref-52"),
        ] {
            world.database().tamper(&format!(
                "insert into orders (id, number, user_id, state, currency, total, shipping_fee, placed_at, paid_at, shipped_at, carrier, tracking_number)
                 values ({id}, '{number}', 2, 'shipped', 'KRW', 1000, 0, '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z',
                         '2026-01-02T00:00:00.000000Z', 'other', '{tracking}');
                 insert into payments (id, order_id, method, label, reference, captured, captured_at)
                 values ({id}, {id}, 'card', '···· 1111', '{reference}', 1000, '2026-01-01T00:00:00.000000Z')"
            )).unwrap();
        }
        let mina = world.signed_in("mina");
        for (term, order) in [
            ("R281277012", 50), ("r281277012", 50), ("#R281277012", 50), ("ORD-2026-1234", 51), ("ord–2026–1234", 51),
            ("100000123", 52), ("#100000123", 52), ("pi_uppercase", 50), ("PI_UPPERCASE", 50), ("PI_3NX7", 2),
            ("1912345678", 50), ("19 1234 5678", 50), ("601234569999", 51), ("6012.3456.9999", 51), ("６０１２３４５６９９９９", 51),
            ("1z999aa10123456784", 52), ("601234564471", 4), ("6012 3456 4471", 4),
        ] {
            let path = format!("/orders/{order}");
            for found in [search(&mina, term), mina.get("/").form_to("/users/searches").set("q", term).submit()] {
                assert_eq!((found.status, found.location()), (303, Some(path.as_str())), "{term}: {found}");
            }
        }
        // In the address of a list it may be a telephone number, and is refused.
        assert_eq!(mina.get("/orders?q=1912345678").status, 422);
        assert_eq!(listed(&mina, "/orders?q=ORD-2026-1234"), ["ORD-2026-1234"]);
    }

    fn what_could_be_a_person_never_gets_into_an_address(world) {
        let mina = world.signed_in("mina");
        for term in ["seoyeon.k@naver.com", "010-4821-4821", "김서연", "82 10 4821 4821", "821048214821", "1048214821", "900101-2234567"] {
            let answer = search(&mina, term);
            let is_someone = !term.starts_with('9');
            // The box knows customers too.
            assert_eq!(answer.location(), is_someone.then_some("/users/1"), "{term}: {answer}");
            assert_eq!(answer.status, if is_someone { 303 } else { 200 }, "{term}: {answer}");
            let path = format!("/orders?{}", serde_urlencoded::to_string([("q", term)]).unwrap());
            assert_eq!(mina.get(&path).status, 422);
            if answer.status != 303 {
                let kept = answer.attributes("form[method=get] [name=q]", "value");
                assert!(kept.iter().all(String::is_empty), "{answer}");
            }
        }
        // Digits that are nothing here could still be something elsewhere.
        for (from, to, term) in [("/orders", "/orders/searches", "4111111111111111"), ("/", "/users/searches", "19900101-2234567")] {
            let nothing = mina.get(from).form_to(to).set("q", term).submit();
            assert_eq!((nothing.status, nothing.location()), (200, None), "{nothing}");
            assert!(nothing.attributes("a", "href").iter().all(|href| !href.contains(term)), "{nothing}");
        }
    }

    fn filters_are_plain_addresses_that_can_be_shared(world) {
        let mina = world.signed_in("mina");
        assert_eq!(listed(&mina, "/orders"), ALL);
        assert_eq!(listed(&mina, "/orders?state=paid"), [ALL[1]]);
        assert_eq!(listed(&mina, "/orders?from=2026-02-26&to=2026-02-27"), [ALL[2], ALL[3]]);
        assert_eq!(listed(&mina, "/orders?min=10,000&max=30,000"), [ALL[0], ALL[2], ALL[3]]);
        assert_eq!(listed(&mina, "/orders?min=30000&max=30000"), [ALL[3]]);
        assert_eq!(listed(&mina, "/orders?currency=USD"), [ALL[5]]);
        assert_eq!(listed(&mina, "/orders?currency=USD&min=65.02"), [ALL[5]]);
        assert_eq!(listed(&mina, "/orders?currency=USD&min=65.03"), Vec::<String>::new());
        // It is the second of March, ten past nine in Seoul.
        assert_eq!(listed(&mina, "/orders?needs=shipping&days=1"), [ALL[2], ALL[1]], "who waits longest is first");
        assert_eq!(listed(&mina, "/orders?needs=shipping&days=2"), [ALL[2]]);
        assert_eq!(listed(&mina, "/orders?needs=shipping"), Vec::<String>::new());
        assert_eq!(listed(&mina, "/orders?needs=settling"), Vec::<String>::new());
        assert_eq!(listed(&mina, "/orders?needs=shipping&days=1&q=u_1"), [ALL[1]]);
        assert_eq!(listed(&mina, "/orders?needs=retrying&q=u_1"), Vec::<String>::new());
        assert_eq!(listed(&mina, "/orders?state=paid&min=1"), [ALL[1]]);
        for (reversed, field) in [("from=2026-02-27&to=2026-02-26", "to"), ("min=2&max=1", "max"), ("min=2&max=1&currency=USD", "max")] {
            let page = mina.get(&format!("/orders?{reversed}"));
            assert_eq!((page.status, page.has(&format!("#{field}-error"))), (200, true), "{reversed}: {page}");
        }
        for odd in ["state=lost", "needs=love", "days=-1", "from=yesterday", "min=ten", "currency=XXX", "max=-5"] {
            assert_eq!(mina.get(&format!("/orders?{odd}")).status, 422, "{odd}");
        }
        for odd in ["after=1", "after=x_y", "after=-1_-1"] {
            assert_eq!(mina.get(&format!("/orders?{odd}")).status, 400, "{odd}");
        }
    }

    fn pages_follow_each_other_without_a_gap_or_a_repetition(world) {
        orders(world, 1000, 60);
        let mina = world.signed_in("mina");
        for filter in ["", "&state=paid", "&min=9000&max=11000", "&currency=KRW&min=10000&max=10000", "&q=u_2", "&needs=shipping&days=1"] {
            let mut seen = Vec::new();
            let mut path = format!("/orders?{}", filter.trim_start_matches('&'));
            loop {
                seen.extend(listed(&mina, &path));
                match mina.get(&path).attributes("a[rel=next]", "href").pop() {
                    Some(next) => path = next,
                    None => break,
                }
            }
            let expected = match filter { "" => 66, "&q=u_2" => 60, "&needs=shipping&days=1" => 62, _ => 61 };
            assert_eq!(seen.len(), expected, "{filter}");
            let unique: std::collections::BTreeSet<_> = seen.iter().collect();
            assert_eq!(unique.len(), seen.len(), "{filter}");
        }
    }

    fn a_customers_page_shows_their_orders(world) {
        let mina = world.signed_in("mina");
        let page = mina.get("/users/1");
        let said = page.says("#orders");
        assert!(said.contains("20260228-000017") && said.contains("₩87,400") && said.contains("$65.02"), "{said}");
        assert!(page.has("a[href='/orders/1']"));
        assert!(mina.get("/users/2").has("#orders"));
    }

    fn looking_at_orders_is_recorded_and_shows_no_name_in_full(world) {
        let mina = world.signed_in("mina");
        let records = |world: &World| world.rows("select task, subject, detail from access_records order by id desc limit 1").remove(0);
        let page = mina.get("/orders");
        assert!(!page.text().contains("김서연"), "{page}");
        assert_eq!(records(world), [Some("search".to_owned()), None, Some("orders".to_owned())]);
        let page = mina.get("/orders/1");
        assert!(!page.text().contains("김서연"), "{page}");
        assert_eq!(records(world), [Some("view-order".to_owned()), Some("user/1".to_owned()), Some("order/1".to_owned())]);
    }

    fn who_may_only_look_is_offered_no_change(world) {
        let hana = world.signed_in("hana");
        let page = hana.get("/orders/1?panel=refund");
        assert_eq!(page.status, 200);
        assert!(!page.has("form[action^='/orders/1/']"), "{page}");
        for (who, status) in [("jun", 403), ("sora", 403), ("owner", 200)] {
            assert_eq!(world.signed_in(who).get("/orders/1").status, status, "{who}");
        }
    }
}
