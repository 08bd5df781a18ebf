//! Finding a customer by any of their details.

use crate::kit::{Browser, Page, World, on_both};
use std::fmt::Write as _;

/// Asks the box on top of every page.
fn search(browser: &Browser, term: &str, status: &str) -> Page {
    let done = browser.get("/users").form_to("/users/searches").set("q", term).forge("status", status).submit();
    assert_eq!(done.status, 303, "{term}: {done}");
    done
}

/// The customers on a page of the list.
fn listed(page: &Page) -> Vec<i64> {
    assert_eq!(page.status, 200, "{page}");
    page.all("tbody code.id").iter().map(|id| id.trim_start_matches("u_").parse().unwrap()).collect()
}

/// Whom a search finds; one alone is gone to at once.
fn found(browser: &Browser, term: &str, status: &str) -> Vec<i64> {
    let done = search(browser, term, status);
    let to = done.location().unwrap();
    if let Some(id) = to.strip_prefix("/users/") {
        return vec![id.parse().unwrap()];
    }
    let mut ids = listed(&done.follow());
    assert_ne!(ids.len(), 1, "one hit is gone to: {term}");
    ids.sort_unstable();
    ids
}

/// 120 more, numbered from 1001: three on each day, every fourth suspended.
pub(crate) fn crowd(world: &World) {
    let mut sql = "insert into users (id, email, phone, name, status, points, joined_at) values ".to_owned();
    for n in 0..120 {
        let status = if n % 4 == 0 { "suspended" } else { "active" };
        let comma = if n == 0 { "" } else { "," };
        let day = 1 + n / 3 % 28;
        write!(
            sql,
            "{comma}({}, 'guest{n:03}@crowd.kr', '8210{:04}7777', '하늘{} Guest', '{status}', 0, '2026-02-{day:02}T00:00:00.000000Z')",
            1001 + n,
            1000 + n,
            ["가", "나", "다"][n % 3],
        )
        .unwrap();
    }
    world.database().tamper(&sql).unwrap();
}

/// Everybody on all pages from this one on, in the order of the pages.
fn walk(first: Page) -> Vec<i64> {
    let mut ids = listed(&first);
    let mut page = first;
    for _ in 0..20 {
        let next = page.attributes("a[rel=next]", "href");
        let [next] = next.as_slice() else { return ids };
        assert!(listed(&page).len() == 25, "a page is full where there is another");
        page = page.browser.get(next);
        ids.extend(listed(&page));
    }
    panic!("the list has no end");
}

on_both! {
    fn every_notation_finds_whom_it_means(world) {
        let mina = world.signed_in("mina");
        for (term, ids) in [
            ("+82 10-4821-4821", &[1][..]),
            ("010 4821 4821", &[1]),
            ("01048214821", &[1]),
            ("010-4821-4821", &[1]),
            ("(010) 4821.4821", &[1]),
            ("+821048214821", &[1]),
            ("821048214821", &[1]),
            ("tel:+82-10-3333-4444", &[2]),
            ("+82 (0)10 3333 4444", &[2]),
            ("+1 415 555 0123", &[3]),
            ("+1 (415) 555-0123", &[3]),
            ("48214821", &[1]),
            ("4821-4821", &[1]),
            ("8210-4821-4821", &[1]),
            ("(+82) 10-4821-4821", &[1]),
            ("Tel. 010-4821-4821", &[1]),
            ("휴대폰 010-4821-4821", &[1]),
            ("김서연 010-4821-4821", &[1]),
            ("4821", &[1, 5]),
            ("-4821", &[1, 5]),
            ("0123", &[3]),
            ("u_1", &[1]),
            ("U_4", &[4]),
            ("#2", &[2]),
            ("3", &[3]),
            ("  u_5 ", &[5]),
            ("u_999", &[]),
            ("seoyeon.k@naver.com", &[1]),
            ("SEOYEON.K@Naver.com", &[1]),
            ("김서연 <seoyeon.k@naver.com>", &[1]),
            ("seoyeon.k@", &[1]),
            ("seoyeon.k@nav", &[1]),
            ("seoyeon.k", &[1]),
            ("emma.t@example.co", &[3]),
            ("@naver.com", &[1, 5]),
            ("@nav", &[1, 5]),
            ("@example.com", &[3]),
            ("nobody@naver.com", &[]),
            ("김서연", &[1]),
            ("서연", &[1]),
            ("연", &[1, 5]),
            ("김연", &[5]),
            ("김", &[1, 5]),
            ("도윤", &[4]),
            ("\u{1109}\u{1165}\u{110b}\u{1167}\u{11ab}", &[1]),
            ("Emma", &[3]),
            ("emma thompson", &[3]),
            ("thomp", &[3]),
            ("jihoon", &[2]),
            ("궁예", &[]),
            ("%", &[]),
            ("a_b", &[]),
            ("em%", &[]),
            ("' or 1=1 --", &[]),
        ] {
            // A sign alone cannot be searched for at all.
            if term == "%" {
                let page = mina.get("/users").form_to("/users/searches").set("q", term).submit();
                assert_eq!(page.status, 422);
                continue;
            }
            assert_eq!(found(&mina, term, ""), ids, "{term}");
        }
    }

    fn a_search_is_narrowed_by_status(world) {
        let mina = world.signed_in("mina");
        assert_eq!(found(&mina, "이도윤", "suspended"), [4]);
        assert_eq!(found(&mina, "이도윤", "active"), [] as [i64; 0]);
        assert_eq!(found(&mina, "@naver.com", "active"), [1, 5]);
        assert_eq!(found(&mina, "@naver.com", "suspended"), [] as [i64; 0]);
        assert_eq!(found(&mina, "u_4", "active"), [] as [i64; 0]);
        assert_eq!(listed(&mina.get("/users?status=suspended")), [4]);
        assert_eq!(listed(&mina.get("/users?status=active")).len(), 4);
        // The filters beside the list keep the search.
        let list = search(&mina, "연", "").follow();
        let narrowed = list.attributes("nav.seg a", "href");
        assert_eq!(narrowed.len(), 3);
        assert_eq!(listed(&mina.get(&narrowed[2])), [] as [i64; 0]);
        assert_eq!(listed(&mina.get(&narrowed[0])).len(), 2);
    }

    fn pages_show_everybody_once(world) {
        crowd(world);
        let mina = world.signed_in("mina");
        let everybody: Vec<i64> = (1..=5).chain(1001..=1120).collect();
        let suspended: Vec<i64> = [4].into_iter().chain((0..120).step_by(4).map(|n| 1001 + n)).collect();
        let crowd: Vec<i64> = (1001..=1120).collect();
        let first_third: Vec<i64> = (0..120).step_by(3).map(|n| 1001 + n).collect();
        for (what, first, expected) in [
            ("everybody", mina.get("/users"), &everybody),
            ("the suspended", mina.get("/users?status=suspended"), &suspended),
            ("a domain", search(&mina, "@crowd.kr", "").follow(), &crowd),
            ("an e-mail's beginning", search(&mina, "guest0", "").follow(), &crowd[..100].to_vec()),
            ("four digits", search(&mina, "7777", "").follow(), &crowd),
            ("two syllables", search(&mina, "하늘", "").follow(), &crowd),
            ("three syllables", search(&mina, "하늘가", "").follow(), &first_third),
            ("a word that is name and e-mail", search(&mina, "guest", "").follow(), &crowd),
            ("a phone number's beginning", search(&mina, "010 10", "").follow(), &crowd[..100].to_vec()),
        ] {
            let mut ids = walk(first);
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count, "{what}: a customer twice");
            assert_eq!(&ids, expected, "{what}");
        }
        let newest = walk(mina.get("/users"));
        let joined = world.rows("select id from users order by joined_at desc, id desc");
        assert_eq!(newest, joined.iter().map(|row| row[0].as_deref().unwrap().parse().unwrap()).collect::<Vec<i64>>());
    }

    fn no_address_says_whom_one_looked_for(world) {
        let mina = world.signed_in("mina");
        for term in ["seoyeon.k@naver.com", "nobody@nowhere.kr", "01048214821", "4821", "연", "emma"] {
            let done = search(&mina, term, "");
            let to = done.location().unwrap();
            let is_plain = |to: &str| {
                let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                let hex = |text: &str| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                to.strip_prefix("/users/").is_some_and(digits) || to.strip_prefix("/users?search=").is_some_and(hex)
            };
            assert!(is_plain(to), "{to}");
            let page = done.follow();
            let personal = ["naver", "nowhere", "4821", "emma", "seoyeon", "연", "%EC"];
            for (css, attribute) in
                [("[href]", "href"), ("[action]", "action"), ("[hx-get]", "hx-get"), ("[name=return]", "value")]
            {
                for link in page.attributes(css, attribute) {
                    assert!(!personal.iter().any(|part| link.contains(part)), "{term}: {link}");
                }
            }
        }
        // Asked for by GET, a term means nothing.
        assert_eq!(listed(&mina.get("/users?q=emma")).len(), 5);
    }

    fn the_search_of_another_account_is_not_shown(world) {
        let mina = world.signed_in("mina");
        let to = search(&mina, "@naver.com", "").location().unwrap().to_owned();
        assert_eq!(listed(&mina.get(&to)).len(), 2);
        assert_eq!(mina.get(&to).attributes("#term", "value"), ["@naver.com"]);
        let hana = world.signed_in("hana");
        let page = hana.get(&to);
        assert!(page.status == 404 || listed(&page).len() == 5, "{page}");
        assert!(!page.text().contains("@naver.com\""), "the term is not told: {page}");
    }
}
