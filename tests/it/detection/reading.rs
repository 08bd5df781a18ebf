//! The list, the pages, the rows that are evidence, and what reports read.

use super::planted::{days_before, plant, plant_suspicion, row, seconds_after, swept};
use crate::kit::{Page, World, block_on, on_both};
use ingam::{
    clock::Instant,
    detection::record::{Suspicion, of_period},
    store::Store,
};

const NOON: &str = "2026-02-26T05:00:00.000000Z";

/// The numbers of the suspicions on a page.
fn shown(page: &Page) -> Vec<i64> {
    let links = page.attributes("tbody td.t a", "href");
    links.iter().map(|href| href.rsplit('/').next().unwrap().parse().unwrap()).collect()
}

on_both! {
    fn the_list_has_pages_in_both_directions_and_filters(world) {
        for n in 0..120 {
            plant_suspicion(world, if n % 2 == 0 { "burst" } else { "reveals" }, 1 + n % 3, (n == 7).then_some(5), 12);
        }
        let sora = world.signed_in("sora");
        let first = sora.get("/audit/suspicions");
        assert_eq!(shown(&first), (71..=120).rev().collect::<Vec<_>>());
        let second = sora.get(&first.attributes("a[rel=next]", "href").remove(0));
        let third = sora.get(&second.attributes("a[rel=next]", "href").remove(0));
        assert_eq!((shown(&second), shown(&third)), ((21..=70).rev().collect(), (1..=20).rev().collect()));
        let back = sora.get(&third.attributes("a[rel=prev]", "href").remove(0)).follow();
        assert_eq!(shown(&back), shown(&second));
        let begin = sora.get(&back.attributes("a[rel=prev]", "href").remove(0));
        assert_eq!(begin.location(), Some("/audit/suspicions"));
        assert_eq!(shown(&begin.follow()), shown(&first));
        // Person 5 is the other one of a pair.
        assert_eq!(shown(&sora.get("/audit/suspicions?staff=5")), [8]);
        assert_eq!(shown(&sora.get("/audit/suspicions?rule=burst&staff=2&state=open")).len(), 20);
        assert_eq!(shown(&sora.get("/audit/suspicions?state=confirmed")), [] as [i64; 0]);
        for query in ["rule=x", "state=closed", "staff=mina"] {
            assert_eq!(sora.get(&format!("/audit/suspicions?{query}")).status, 422, "{query}");
        }
    }

    fn the_page_leads_to_the_rows_that_are_its_evidence_and_no_others(outer) {
        let mut rows: Vec<_> = (0..10).map(|n| row(&seconds_after(NOON, 30 * n), 100 + n, 10)).collect();
        rows.push(row(&days_before(NOON, 1), 7, 10));
        rows.push(row(&seconds_after(NOON, 3_600), 8, 10));
        // Another person's row between them.
        rows.push(super::planted::Planted { staff: 2, ..row(&seconds_after(NOON, 45), 9, 10) });
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        // An auditor has no links to customers.
        let owner = world.signed_in("owner");
        let id = world.number("select id from suspicions where rule = 'burst'");
        let page = owner.get(&format!("/audit/suspicions/{id}"));
        assert!(page.says("main").contains("10 changes within 300 seconds"), "{page}");
        let evidence = page.attributes("dd a[href^='/audit?']", "href").remove(0);
        let list = owner.get(&evidence);
        let targets: Vec<i64> = (100..110).rev().collect();
        let links = list.attributes("tbody a[href^='/users/']", "href");
        let found: Vec<i64> = links.iter().map(|href| href.trim_start_matches("/users/").parse().unwrap()).collect();
        assert_eq!(found, targets, "{list}");
        // The person who looked into it is in the access records.
        assert_eq!(world.number(&format!("select count(*) from access_records where detail = 'audit/suspicions/{id}'")), 1);
        assert!(owner.get("/audit/suspicions").text().contains("10 changes within 300 seconds"));
    }

    fn the_log_is_filtered_by_row_numbers(world) {
        let sora = world.signed_in("sora");
        let numbers = |query: &str| {
            let page = sora.get(&format!("/audit?rows={query}"));
            assert_eq!(page.status, 200, "{query}: {page}");
            page.attributes("a.seq", "href")
        };
        assert_eq!(numbers("1-2"), ["/audit/2", "/audit/1"]);
        assert_eq!(numbers("0"), ["/audit/0"]);
        assert_eq!(numbers("900-9223372036854775807").len(), 0);
        for query in ["2-1", "x", "-1", "1-", "99999999999999999999"] {
            assert_eq!(sora.get(&format!("/audit?rows={query}")).status, 422, "{query}");
        }
    }

    fn the_rules_are_shown_with_their_thresholds_and_false_alarms(world) {
        for outcome in ["false-alarm", "explained", "open"] {
            let id = plant_suspicion(world, "burst", 1, None, 12);
            let closed = format!("state = 'closed', outcome = '{outcome}', closed_at = found_at, closed_by = 'x{id}'");
            if outcome != "open" {
                world.database().tamper(&format!("update suspicions set {closed} where id = {id}")).unwrap();
            }
        }
        // Forty days ago, and a hundred.
        for days in [40, 100] {
            let id = plant_suspicion(world, "burst", 1, None, 12);
            let at = days_before(&world.clock.now().to_string(), days);
            world.database().tamper(&format!("update suspicions set began_at = '{at}' where id = {id}")).unwrap();
        }
        let page = world.signed_in("sora").get("/audit/suspicions/rules");
        let burst = page.says("tbody tr:nth-child(3)");
        assert!(burst.contains("Many changes at once") && burst.contains("Changes: 10") && burst.contains("Seconds: 300"), "{burst}");
        assert!(burst.contains("3 found") && burst.contains("1 false alarm") && burst.contains("4 found"), "{burst}");
    }

    fn reports_read_a_period_page_by_page_with_the_open_ones_first(world) {
        for n in 0..7 {
            let id = plant_suspicion(world, "burst", 1, None, 12);
            let at = days_before("2026-02-28T15:00:00.000000Z", n);
            world.database().tamper(&format!("update suspicions set began_at = '{at}' where id = {id}")).unwrap();
        }
        world.database().tamper("update suspicions set state = 'closed', outcome = 'explained', closed_at = found_at, closed_by = 'x' || cast(id as text) where id in (4, 5)").unwrap();
        // Its first day is the 22nd and its end the 28th: number 1 begins with the end, and number 7 is the 22nd.
        let period = Instant::parse("2026-02-22T15:00:00.000000Z").unwrap()..Instant::parse("2026-02-28T15:00:00.000000Z").unwrap();
        for limit in [1, 2, 3, 4, 50] {
            let all = pages(world, &period, limit);
            let found: Vec<i64> = all.iter().map(|suspicion| suspicion.id.get()).collect();
            assert_eq!(found, [7, 6, 3, 2, 5, 4], "{limit}");
            assert_eq!(all.last().unwrap().outcome.as_deref(), Some("explained"));
        }
    }
}

/// All of a period, read a number at a time.
fn pages(world: &World, period: &std::ops::Range<Instant>, limit: usize) -> Vec<Suspicion> {
    block_on(async {
        let store = Store::open(&world.database().url, 1).await.unwrap();
        let (mut all, mut place) = (Vec::new(), None);
        loop {
            let (found, next) = of_period(&mut &store.reader, period.clone(), place, limit).await.unwrap();
            assert!(found.len() <= limit);
            all.extend(found);
            place = next;
            if place.is_none() {
                store.close().await;
                return all;
            }
        }
    })
}
