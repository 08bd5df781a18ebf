//! A count in the navigation or on the first page is the count of what it leads to, for every role.

use crate::kit::{Browser, PEOPLE, Page, World, on_both, sample_requests, sample_runs};

/// What the navigation counts beside a section: what waits there for this person.
fn counted(browser: &Browser, section: &str) -> i64 {
    let page = browser.get("/account");
    let counts = page.all(&format!(".nav > ul > li > a[href='{section}'] .count:not(.news)"));
    counts.first().map_or(0, |count| count.split(' ').next().unwrap().parse().unwrap())
}

/// All rows of a list that continues.
fn rows(browser: &Browser, path: &str) -> i64 {
    let mut next = Some(path.to_owned());
    let mut rows = 0;
    while let Some(path) = next {
        let page = browser.get(&path);
        rows += i64::try_from(page.all("tbody tr").len()).unwrap();
        next = page.attributes("a[rel=next]", "href").first().cloned();
    }
    rows
}

fn tab(page: &Page, href: &str) -> i64 {
    let label = page.says(&format!("nav.seg a[href='{href}']"));
    label.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Requests of all kinds: some for one role, some about the reader, some that have run out.
fn requests(world: &World) {
    sample_requests(world);
    let (mina, hana) = (id(world, "mina"), id(world, "hana"));
    let now = world.clock.now();
    for (n, (staff, kind, target, role, expires)) in [
        (mina, "user", "5".to_owned(), "approver", "2099-01-01T00:00:00.000000Z"),
        (mina, "staff", hana.to_string(), "approver", "2099-01-01T00:00:00.000000Z"),
        (mina, "user", "1".to_owned(), "approver", "2020-01-01T00:00:00.000000Z"),
        (mina, "order", "1".to_owned(), "owner", "2099-01-01T00:00:00.000000Z"),
        (hana, "user", "1".to_owned(), "approver", "2099-01-01T00:00:00.000000Z"),
    ]
    .into_iter()
    .enumerate()
    {
        world
            .database()
            .tamper(&format!(
                "insert into approval_requests (at, state, kind, payload, target_kind, target_id, seen, before, after, staff_id, staff_name,
                   ip, peer, user_agent, session, reason, change_id, rule, role, needs, expires_at)
                 values ('{now}', 'waiting', 'points.adjust', '{{\"user\":1,\"delta\":50000,\"reason_kind\":\"goodwill\"}}', '{kind}', '{target}',
                   1, '{{}}', '{{}}', {staff}, 'Somebody', '127.0.0.1', '127.0.0.1', 'Kit', '', 'Two lost parcels', 'more{n}', 'over',
                   '{role}', 1, '{expires}')"
            ))
            .unwrap();
    }
    world.database().tamper("update users set email = 'hana@ingam.test' where id = 5").unwrap();
}

fn id(world: &World, who: &str) -> i64 {
    world.number(&format!("select id from staff where email = '{who}@ingam.test'"))
}

on_both! {
    fn a_count_in_the_navigation_is_the_count_of_its_page_for_every_role(world) {
        sample_runs(world);
        requests(world);
        let mut approvals = Vec::new();
        for person in PEOPLE {
            let who = person.email.split('@').next().unwrap();
            let browser = world.signed_in(who);
            let page = browser.get("/approvals");
            let yours = i64::try_from(page.says("tbody").matches("Your decision").count()).unwrap();
            assert_eq!(counted(&browser, "/approvals"), yours, "{who}: {page}");
            let forms = page.attributes("tbody a[href^='/approvals/']", "href");
            let offered = forms.iter().filter(|href| browser.get(href).has("form[action$='/approval']")).count();
            assert_eq!(i64::try_from(offered).unwrap(), yours, "{who} is offered to decide what is counted");
            approvals.push((who.to_owned(), yours));
            let batches = browser.get("/batches");
            assert_eq!(counted(&browser, "/batches"), tab(&batches, "/batches?show=attention"), "{who}");
            assert_eq!(counted(&browser, "/batches"), rows(&browser, "/batches?show=attention"), "{who}");
        }
        approvals.sort();
        let of = |who: &str| approvals.iter().find(|(name, _)| name == who).unwrap().1;
        assert_eq!((of("mina"), of("jun"), of("sora"), of("hana"), of("owner")), (0, 1, 0, 1, 1));
        assert_eq!(counted(&world.signed_in("jun"), "/batches"), 2, "three runs of one job, and one that is silent");
    }

    fn the_counts_of_the_first_page_are_those_of_the_lists_they_lead_to(world) {
        let late = "2026-02-01T00:00:00.000000Z";
        world.database().tamper(&format!("update orders set placed_at = '{late}', paid_at = '{late}' where id in (1, 6)")).unwrap();
        world.database().tamper("update orders set open_refunds = 1 where id in (2, 4); update orders set failed_refunds = 1 where id = 6").unwrap();
        for who in ["mina", "hana", "owner"] {
            let browser = world.signed_in(who);
            let home = browser.get("/");
            for needs in ["shipping", "settling", "retrying"] {
                let path = format!("/orders?needs={needs}");
                let said: i64 = home.says(&format!(".stats a[href='{path}'] .v")).parse().unwrap();
                assert_eq!(said, rows(&browser, &path), "{who}: {needs}");
            }
        }
        world.database().tamper("update orders set open_refunds = 0, failed_refunds = 0, paid_at = case when state in ('paid', 'preparing') then '2026-03-02T00:00:00.000000Z' else paid_at end").unwrap();
        let home = world.signed_in("mina").get("/").says(".stats");
        assert!(home.matches("Nothing to do").count() == 3 && !home.contains("Check the reason"), "{home}");
    }
}
