//! How long it takes until alerts are acknowledged and over.

use crate::kit::{World, on_both};

/// An alert that was acknowledged and ended after this number of minutes; never where that is 0.
fn alert(world: &World, id: i64, job: &str, opened: &str, acknowledged: i64, ended: i64) {
    let begun = ingam::clock::Instant::parse(&format!("{opened}T03:00:00.000000Z")).unwrap();
    let after = |minutes: i64| match minutes {
        0 => "null".to_owned(),
        minutes => format!("'{}'", begun.plus(chrono::TimeDelta::minutes(minutes))),
    };
    let event = match acknowledged {
        0 => String::new(),
        // Acknowledged twice: the first one counts.
        minutes => format!(
            "insert into alert_events (alert, at, what) values ({id}, {}, 'acknowledged'), ({id}, {}, 'acknowledged');",
            after(minutes + 500),
            after(minutes)
        ),
    };
    let sql = format!(
        "insert into alerts (id, kind, subject, title, severity, opened_at, newest_at, n, facts, told_n, told_at, resolved_at)
           values ({id}, 'runs.failed', '{job}', '{job}', 'critical', '{begun}', '{begun}', 1, '{{}}', 1, '{begun}', {}); {event}",
        after(ended)
    );
    world.database().tamper(&sql).unwrap();
}

on_both! {
    fn mean_times_are_shown_by_job_and_month_with_a_table_beside_the_chart(world) {
        alert(world, 901, "settle", "2026-02-03", 2, 10);
        alert(world, 902, "settle", "2026-02-10", 4, 30);
        alert(world, 903, "settle", "2026-01-10", 0, 60);
        alert(world, 904, "report", "2026-02-11", 10, 20);
        // Before the year, and not of a job.
        alert(world, 905, "settle", "2025-01-11", 10, 20);
        let sora = world.signed_in("sora");
        let page = sora.get("/incidents/times");
        let row = |page: &crate::kit::Page, name: &str| {
            page.all("tbody tr").into_iter().find(|row| row.starts_with(name)).unwrap_or_default()
        };
        assert!(row(&page, "2026-02").starts_with("2026-02 3 5 min 20 s of 3 20 min 00 s of 3"), "{}", row(&page, "2026-02"));
        assert!(row(&page, "2026-01").starts_with("2026-01 1 — 1 h 0 min of 1"), "{}", row(&page, "2026-01"));
        assert!(row(&page, "settle").starts_with("settle 3 3 min 00 s of 2"), "{page}");
        assert_eq!(page.all("svg.none, .ch svg").len(), 2);
        assert_eq!(page.attributes(".ch svg", "role"), ["img", "img"]);
        let job = sora.get("/incidents/times?job=report");
        assert!(row(&job, "2026-02").starts_with("2026-02 1 10 min 00 s of 1 20 min 00 s of 1"), "{}", row(&job, "2026-02"));
        assert_eq!(sora.get("/incidents/times?job=nothing").status, 200);
    }
}
