//! The list: open ones first, searched by text and state.

use super::support::{open, recovered, seal};
use crate::kit::{Page, block_on, on_both, plan};

fn titles(page: &Page) -> Vec<String> {
    page.all("tbody td.t a")
}

on_both! {
    fn incidents_are_found_by_text_and_state_and_those_that_are_open_come_first(world) {
        let jun = world.signed_in("jun");
        let closed = recovered(world, &jun, "Settlement fails");
        seal(world, &jun, closed, "postmortem", &[("text", "# The bank")]);
        seal(world, &jun, closed, "advance", &[("no_actions", "The bank has changed it")]);
        open(&jun, "환불이 늦어짐");
        let still = recovered(world, &jun, "Refunds are late");
        let found = |query: &str| titles(&jun.get(&format!("/incidents{query}")));
        assert_eq!(found(""), ["Refunds are late", "환불이 늦어짐", "Settlement fails"]);
        assert_eq!(found("?show=open"), ["Refunds are late", "환불이 늦어짐"]);
        assert_eq!(found("?show=closed"), ["Settlement fails"]);
        assert_eq!(found("?q=FAILS"), ["Settlement fails"]);
        assert_eq!(found("?q=%ED%99%98%EB%B6%88"), ["환불이 늦어짐"]);
        // What is in the cause, and the number.
        assert_eq!(found("?q=empty+file"), ["Refunds are late", "Settlement fails"]);
        assert_eq!(found(&format!("?q=inc-{still}")), ["Refunds are late"]);
        assert_eq!(found("?q=empty&show=open"), ["Refunds are late"]);
        assert_eq!(found("?q=nothing+of+this"), [] as [String; 0]);
        let long = jun.get(&format!("/incidents?q={}", "a".repeat(101)));
        assert!(long.status == 422 && long.text().contains("at most 100 characters"), "{long}");
        assert_eq!(jun.get("/incidents?show=x").status, 422);
    }

    fn many_closed_incidents_are_shown_page_by_page_each_once(world) {
        let jun = world.signed_in("jun");
        let now = world.clock.now();
        let rows: Vec<String> = (1..=1_200).map(|n| {
            let title = if n % 400 == 0 { "Needle" } else { "Hay" };
            format!("('{title} {n}', 'sev3', 'closed', '{now}', 1, 'Jun Park', 1, '{now}', '{now}')")
        }).collect();
        let columns = "title, severity, step, opened_at, opened_by, opened_name, lead, recovered_at, closed_at";
        world.database().tamper(&format!("insert into incidents ({columns}) values {}", rows.join(", "))).unwrap();
        let mut page = jun.get("/incidents");
        let mut all = titles(&page);
        while let [next] = page.attributes("a[rel=next]", "href").as_slice() {
            page = jun.get(next);
            all.extend(titles(&page));
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 1_200);
        assert_eq!(titles(&jun.get("/incidents?q=needle")), ["Needle 1200", "Needle 800", "Needle 400"]);
    }

    fn what_is_asked_about_incidents_goes_along_an_index(world) {
        let tables = [" incidents i", " incident_events e", "incident_actions a", "from postmortems where", "from incidents where", "from alerts a"];
        let mut seen = 0;
        for statement in ingam::store::STATEMENTS {
            // The verification reads all of a table, in slices along its key.
            let is_asked = tables.iter().any(|table| statement.sqlite.contains(table)) && statement.sqlite.starts_with("select");
            if is_asked {
                seen += 1;
                let plan = block_on(plan(world, statement)).unwrap();
                let scans = plan.lines().filter(|line| line.contains("SCAN") || line.contains("Seq Scan"));
                // The open ones are few, and have an index of their own.
                let scans: Vec<&str> = scans.filter(|line| !line.contains("INDEX") && !line.contains("CONSTANT ROW")).collect();
                assert!(scans.is_empty(), "{}\n{plan}", statement.sqlite);
            }
        }
        assert!(seen > 15, "{seen}");
    }
}
