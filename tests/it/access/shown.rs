//! Each access record names every customer who was shown, and no one else.

use crate::kit::{Browser, Page, World, assert_sound, at_once, on_both};
use std::collections::BTreeSet;

/// Sixty customers more, whom a search for `Crowd` finds.
fn crowd(world: &World) {
    let rows: Vec<String> = (100..160)
        .map(|id| format!("({id}, 'crowd{id}@names.kr', 'Crowd N{id}', '2026-02-01T00:00:00.000000Z')"))
        .collect();
    let sql = format!("insert into users (id, email, name, joined_at) values {}", rows.join(", "));
    world.database().tamper(&sql).unwrap();
}

/// The customers whom a page links to.
fn on_page(page: &Page) -> BTreeSet<i64> {
    let links = page.attributes("tbody a", "href");
    links.iter().filter_map(|link| link.strip_prefix("/users/")?.parse().ok()).collect()
}

/// The customers whom the record of this page names, which is one record.
fn named(world: &World, page: &Page) -> BTreeSet<i64> {
    let request = page.header("ingam-request").unwrap();
    let records = world.rows(&format!("select id, shown from access_records where request_id = '{request}'"));
    let [record] = records.as_slice() else { panic!("{records:?}: {page}") };
    let id = record[0].as_deref().unwrap();
    let rows = world.rows(&format!("select customer from access_subjects where record_id = {id}"));
    let named: BTreeSet<i64> = rows.iter().map(|row| row[0].as_deref().unwrap().parse().unwrap()).collect();
    assert_eq!(record[1].as_deref().unwrap(), named.len().to_string(), "each once");
    named
}

fn search(browser: &Browser, term: &str) -> Page {
    browser.get("/users").form_to("/users/searches").set("q", term).submit()
}

fn next(browser: &Browser, page: &Page) -> Page {
    browser.get(&page.attributes("a[rel=next]", "href")[0])
}

on_both! {
    fn a_search_names_everyone_it_showed_on_each_page_and_no_one_else(world) {
        crowd(world);
        let mina = world.signed_in("mina");
        let answer = search(&mina, "Crowd");
        assert_eq!(answer.status, 303, "{answer}");
        assert_eq!(named(world, &answer), BTreeSet::new(), "it leads to a list, which names its own");
        let first = answer.follow();
        let second = next(&mina, &first);
        let third = next(&mina, &second);
        let mut all = BTreeSet::new();
        for page in [&first, &second, &third] {
            assert!(!on_page(page).is_empty(), "{page}");
            assert_eq!(named(world, page), on_page(page), "{page}");
            all.append(&mut named(world, page));
        }
        assert_eq!(all, (100..160).collect());
        // One hit: the answer itself says who it is.
        let only = search(&mina, "crowd131@names.kr");
        assert_eq!(only.location(), Some("/users/131"), "{only}");
        assert_eq!(named(world, &only), BTreeSet::from([131]));
        assert_eq!(named(world, &only.follow()), BTreeSet::from([131]));
        // None found, none named.
        assert_eq!(named(world, &search(&mina, "Nemo Nusquam").follow()), BTreeSet::new());
        assert_sound(world);
    }

    fn every_page_that_shows_customers_names_them(world) {
        let owner = world.signed_in("owner");
        let newest = owner.get("/users");
        assert_eq!(named(world, &newest), on_page(&newest), "{newest}");
        assert!(named(world, &newest).len() > 1);
        assert_eq!(named(world, &owner.get("/users/2")), BTreeSet::from([2]));
        let orders = owner.get("/orders");
        let placed = world.rows("select distinct user_id from orders");
        let placed: BTreeSet<i64> = placed.iter().map(|row| row[0].as_deref().unwrap().parse().unwrap()).collect();
        assert!(placed.len() > 1);
        assert_eq!(named(world, &orders), placed, "{orders}");
        let of_one = owner.get("/orders?q=u_1");
        assert_eq!(named(world, &of_one), BTreeSet::from([1]), "{of_one}");
        let buyer = world.number("select user_id from orders where id = 1");
        assert_eq!(named(world, &owner.get("/orders/1")), BTreeSet::from([buyer]));
        let number = world.database().value("select number from orders where id = 1");
        let only = owner.get("/orders").form_to("/orders/searches").set("q", &number).submit();
        assert_eq!(only.location(), Some("/orders/1"), "{only}");
        assert_eq!(named(world, &only), BTreeSet::from([buyer]));

        // A search that found several kinds.
        world.database().tamper(
            "insert into users (id, email, name, joined_at) values (70, 'twin@names.kr', 'Sora Twin', '2026-02-01T00:00:00.000000Z');
             update staff set name = 'Twin Sora' where email = 'sora@ingam.test'",
        ).unwrap();
        let several = search(&owner, "sora twin").follow();
        assert!(several.has("a[href='/users/70']"), "{several}");
        assert_eq!(named(world, &several), BTreeSet::from([70]));

        // Contacts in full, and the log with rows about customers.
        let mina = world.signed_in("mina");
        let revealed = mina.get("/users/1?panel=contact").form_to("/contact").set("reason", "She called").submit();
        assert_eq!(revealed.status, 200, "{revealed}");
        let reveals = "select s.customer from access_records r join access_subjects s on s.record_id = r.id where r.task = 'reveal'";
        assert_eq!(world.rows(reveals), [[Some("1".to_owned())]]);
        let adjusted = mina.get("/users/2?panel=points").form_to("/point-adjustments").set("amount", "10")
            .set("reason", "Late delivery").set("code", &world.code("mina")).submit();
        assert_eq!(adjusted.status, 303, "{adjusted}");
        assert_eq!(named(world, &owner.get("/audit")), BTreeSet::from([2]));
        assert_eq!(named(world, &owner.get("/audit/0")), BTreeSet::new());
    }

    fn two_people_at_once_are_each_recorded_with_what_they_saw(world) {
        crowd(world);
        let (mina, hana) = (world.signed_in("mina"), world.signed_in("hana"));
        let crowd = search(&mina, "Crowd").location().unwrap().to_owned();
        let looks: Vec<_> = (0..6).flat_map(|_| [(&mina, crowd.as_str()), (&hana, "/users?status=suspended"), (&hana, "/orders")]).collect();
        let pages = at_once(&looks, |(browser, path)| browser.get(path));
        for (page, (_, path)) in pages.iter().zip(&looks) {
            assert_eq!(page.status, 200, "{page}");
            match *path {
                "/orders" => assert!(named(world, page).len() > 1, "{page}"),
                _ => assert_eq!(named(world, page), on_page(page), "{page}"),
            }
        }
        assert_sound(world);
    }

    fn a_customer_has_a_history_of_who_looked(world) {
        crowd(world);
        let mina = world.signed_in("mina");
        search(&mina, "Crowd").follow();
        let reveal = mina.get("/users/100?panel=contact").form_to("/contact").set("reason", "Crowd called").submit();
        assert_eq!(reveal.status, 200);
        assert!(!mina.get("/users/100").has("#looks"), "addresses of colleagues are not for everyone");

        let sora = world.signed_in("sora");
        let listed = sora.get("/access-records?subject=100&task=search");
        assert_eq!(listed.all("tbody tr").len(), 1, "{listed}");
        assert!(listed.says("tbody summary").contains("25 customers"), "{listed}");
        assert!(listed.all("tbody details .id").contains(&"u_117".to_owned()), "{listed}");
        let other = sora.get("/access-records?subject=1&task=search");
        assert_eq!(other.all("tbody tr").len(), 0, "{other}");

        let owner = world.signed_in("owner");
        for _ in 0..10 {
            owner.get("/users/100");
        }
        let page = owner.get("/users/100");
        assert_eq!(page.all("#looks tbody tr").len(), 10, "{page}");
        assert!(page.says("#looks tbody").contains("Olivia Owens"), "{page}");
        let older = owner.get(&page.attributes("#looks a[rel=next]", "href")[0]);
        let says = older.says("#looks tbody");
        assert!(says.contains("Mina Kang") && says.contains("Crowd called") && says.contains("127.0.0.1"), "{older}");
        assert!(older.has("#looks a[rel=first], #looks a[href='/users/100#looks']"), "{older}");
        assert_eq!(older.all("#looks tbody tr").len(), 7, "a list, pages, a reveal, and the reader's own: {older}");
    }

    fn the_changes_of_a_customer_are_paged(world) {
        let mina = world.signed_in("mina");
        for n in 1..=11 {
            let form = mina.get("/users/2?panel=points").form_to("/point-adjustments").set("amount", "1");
            let reason = format!("Change number {n}");
            assert_eq!(form.set("reason", &reason).set("code", &world.code("mina")).submit().status, 303);
        }
        let page = mina.get("/users/2");
        assert_eq!(page.all("#history tbody tr").len(), 10, "{page}");
        assert!(!page.all("#history tbody td").contains(&"Change number 1".to_owned()), "{page}");
        let older = mina.get(&page.attributes("#history a[rel=next]", "href")[0]);
        assert!(older.all("#history tbody td").contains(&"Change number 1".to_owned()), "{older}");
    }
}
