//! Browsing the audit log: every filter finds and leaves out, pages show every row once, and rows lead on.

use crate::kit::{Browser, Page, World, on_both};
use std::time::Duration;

/// The rows on a page.
fn shown(page: &Page) -> Vec<i64> {
    assert_eq!(page.status, 200, "{page}");
    page.attributes("tbody a.seq", "href")
        .iter()
        .map(|href| href.trim_start_matches("/audit/").parse().unwrap())
        .collect()
}

fn query(pairs: &[(&str, &str)]) -> String {
    format!("/audit?{}", serde_urlencoded::to_string(pairs).unwrap())
}

/// What the database says, newest first.
fn wanted(world: &World, condition: &str) -> Vec<i64> {
    let rows = world.rows(&format!("select seq from audit where {condition} order by seq desc"));
    rows.iter().map(|row| row[0].as_deref().unwrap().parse().unwrap()).collect()
}

fn adjust(world: &World, mina: &Browser, user: i64, reason: &str) -> i64 {
    let form = mina.get(&format!("/users/{user}?panel=points")).form_to("/point-adjustments");
    let done = form.set("amount", "10").set("reason", reason).set("code", &world.code("mina")).submit();
    assert_eq!(done.status, 303, "{done}");
    world.last_audit().seq
}

/// All rows of all pages, in the order of the pages.
fn walk(first: Page) -> Vec<i64> {
    let mut rows = shown(&first);
    let mut page = first;
    for _ in 0..20 {
        let next = page.attributes("a[rel=next]", "href");
        let [next] = next.as_slice() else { return rows };
        page = page.browser.get(next);
        rows.extend(shown(&page));
    }
    panic!("the log has no end");
}

/// What happens in a morning.
fn a_morning(world: &World) {
    let mina = world.signed_in("mina");
    adjust(world, &mina, 1, "배송 지연 보상, 100% 책임");
    adjust(world, &mina, 3, "Goodwill for a_b \"quoted\" it's fine");
    adjust(world, &mina, 1, "Late delivery\nand an apology");
    let status = mina.get("/users/2?panel=status").form_to("/status").set("reason", "연체 회수 요청");
    assert_eq!(status.clone().set("code", &world.wrong_code("mina")).submit().status, 422);
    assert_eq!(status.set("code", &world.code("mina")).submit().status, 303);
    world.signed_in("jun").get("/users");
    crate::kit::try_password(&world.browser(), "hana@ingam.test", "not hers at all");
}

/// All rows of the pages that lead back from this one, the nearest page first.
fn walk_back(mut page: Page) -> Vec<Vec<i64>> {
    let mut pages = Vec::new();
    for _ in 0..20 {
        let previous = page.attributes("a[rel=prev]", "href");
        let [previous] = previous.as_slice() else { return pages };
        page = page.browser.get(previous).follow();
        pages.push(shown(&page));
    }
    panic!("the log has no beginning");
}

on_both! {
    fn the_previous_page_is_the_one_that_led_here(outer) {
        let world = World::start(outer.engine);
        crate::evidence::support::grow_by(&world, 220, |seq| (1 + seq % 2, format!("{{\"seq\":\"{seq}\"}}")));
        crate::evidence::support::recompute(&world);
        let sora = world.signed_in("sora");
        for filter in ["/audit?", "/audit?target=user/1", "/audit?target=user/1&outcome=applied", "/audit?outcome=applied&text=", "/audit?outcome=applied&hide=sign-ins"] {
            let (mut page, mut pages) = (sora.get(filter), Vec::new());
            assert!(!page.has("a[rel=prev]"), "{filter}");
            loop {
                pages.push(shown(&page));
                match page.attributes("a[rel=next]", "href").as_slice() {
                    [next] => page = sora.get(next),
                    _ => break,
                }
            }
            assert!(pages.len() > 2, "{filter}: {}", pages.len());
            pages.pop();
            pages.reverse();
            let back = walk_back(page);
            // The first page begins with what has come meanwhile.
            let last = pages.len() - 1;
            assert_eq!(back[..last], pages[..last], "{filter}");
            assert!(back[last].first() >= pages[last].first(), "{filter}: {back:?}");
        }
        let odd = sora.get("/audit?after=x");
        assert_eq!(odd.status, 400, "{odd}");
        assert_eq!(sora.get("/audit?after=-5").follow().status, 200);
        assert_eq!(sora.get("/audit?after=99999999").location(), Some("/audit"));
    }

    fn orders_and_staff_are_named_in_the_list_and_customers_are_not(world) {
        let mina = world.signed_in("mina");
        let note = mina.get("/orders/1").form_to("/notes").set("reason", "She will call again").set("code", &world.code("mina")).submit();
        assert_eq!(note.status, 303, "{note}");
        adjust(world, &mina, 1, "Late delivery");
        let sora = world.signed_in("sora");
        let list = sora.get("/audit");
        let number = world.rows("select number from orders where id = 1")[0][0].clone().unwrap();
        let name = world.rows("select name from users where id = 1")[0][0].clone().unwrap();
        let cell = |target: &str| list.all("tbody td").into_iter().find(|cell| cell.contains(target)).unwrap();
        assert!(cell("order/1").contains(&number), "{}", cell("order/1"));
        assert!(list.all("tbody td").iter().any(|cell| cell.contains("Mina Kang")), "{list}");
        assert!(!list.text().contains(&name), "{list}");
    }

    fn the_list_reads_like_a_ledger(world) {
        let mina = world.signed_in("mina");
        let adjusted = mina.get("/users/1?panel=points").form_to("/point-adjustments").set("amount", "10").set("reason", "Late delivery").set("code", &world.code("mina")).submit();
        assert_eq!(adjusted.status, 303, "{adjusted}");
        let had = world.last_audit();
        let [before, after] = [&had.before, &had.after].map(|side| side["points"].as_str().unwrap().to_owned());
        let sora = world.signed_in("sora");
        // What it was and what it became is in the list itself.
        let list = sora.get("/audit");
        let row = list.all("tbody tr").into_iter().find(|row| row.contains("points.adjust")).unwrap();
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        assert!(digits(&row).contains(&format!("{before}{after}")) && row.contains('→'), "{row}");
        // Signing in and out are left out, the rest is there.
        assert!(list.all("tbody tr").iter().any(|row| row.contains("session.start")), "{list}");
        let hide = list.attributes(".bar-f a", "href").into_iter().find(|href| href.contains("hide=")).unwrap();
        let without = sora.get(&hide);
        assert!(!without.all("tbody tr").iter().any(|row| row.contains("session.")), "{without}");
        assert!(without.all("tbody tr").iter().any(|row| row.contains("points.adjust")), "{without}");
        // Together with another filter, and no further than the window of a page.
        let both = sora.get("/audit?hide=sign-ins&staff=1");
        assert!(both.status == 200 && !both.says("tbody").contains("session.start"), "{both}");
        assert_eq!(sora.get("/audit?hide=all").status, 422);
        // The days of the reader, from one click.
        let today = list.attributes(".bar-f a", "href").into_iter().find(|href| href.contains("from=2026-03-02")).unwrap();
        world.clock.advance(std::time::Duration::from_hours(24));
        let late = world.signed_in("sora");
        let of_yesterday = late.get(&today);
        assert!(of_yesterday.all("tbody tr").iter().any(|row| row.contains("points.adjust")), "{of_yesterday}");
        let of_today = late.get(&late.get("/audit").attributes(".bar-f a", "href").into_iter().find(|href| href.contains("from=2026-03-03")).unwrap());
        assert!(of_today.status == 200 && !of_today.all("tbody tr").iter().any(|row| row.contains("points.adjust")), "{of_today}");
    }

    fn every_filter_finds_what_fits_and_nothing_else(world) {
        a_morning(world);
        let sora = world.signed_in("sora");
        let mina = world.number("select id from staff where email = 'mina@ingam.test'").to_string();
        for (pairs, condition) in [
            (&[][..], "1 = 1".to_owned()),
            (&[("staff", mina.as_str())], format!("staff_id = {mina}")),
            (&[("action", "points.adjust")], "action = 'points.adjust'".to_owned()),
            (&[("action", "users.status")], "action = 'users.status'".to_owned()),
            (&[("action", "request.refused")], "action = 'request.refused'".to_owned()),
            (&[("action", "account.password")], "1 = 0".to_owned()),
            (&[("target", "user/1")], "target_kind = 'user' and target_id = '1'".to_owned()),
            (&[("target", "u_3")], "target_kind = 'user' and target_id = '3'".to_owned()),
            (&[("target", "2")], "target_kind = 'user' and target_id = '2'".to_owned()),
            (&[("target", "user/999")], "1 = 0".to_owned()),
            (&[("outcome", "applied")], "outcome = 'applied'".to_owned()),
            (&[("outcome", "refused")], "outcome = 'refused'".to_owned()),
            (&[("outcome", "failed")], "1 = 0".to_owned()),
            (&[("address", "127.0.0.1")], "ip = '127.0.0.1'".to_owned()),
            (&[("address", "127.0.0.0/8")], "ip = '127.0.0.1'".to_owned()),
            (&[("address", "127.0.0.0/31")], "ip = '127.0.0.1'".to_owned()),
            (&[("address", "127.0.0.2/31")], "1 = 0".to_owned()),
            (&[("address", "10.0.0.0/8")], "1 = 0".to_owned()),
            (&[("address", "::1")], "1 = 0".to_owned()),
            (&[("address", "fd00::/8")], "1 = 0".to_owned()),
            (&[("staff", &mina), ("outcome", "refused")], format!("staff_id = {mina} and outcome = 'refused'")),
            (
                &[
                    ("staff", &mina),
                    ("action", "points.adjust"),
                    ("target", "user/1"),
                    ("outcome", "applied"),
                    ("address", "127.0.0.0/8"),
                ],
                format!("staff_id = {mina} and action = 'points.adjust' and target_id = '1'"),
            ),
            (&[("staff", "999")], "1 = 0".to_owned()),
        ] {
            let page = sora.get(&query(pairs));
            assert_eq!(shown(&page), wanted(world, &condition), "{pairs:?}");
        }
        assert!(
            !wanted(world, "outcome = 'refused'").is_empty() && !wanted(world, "action = 'request.refused'").is_empty()
        );
    }

    fn text_is_found_in_reasons_whatever_its_length_and_letters(world) {
        a_morning(world);
        let owner = world.signed_in("owner");
        let log = world.audit();
        for (text, count) in [
            ("배송", 1),
            ("배송 지연", 1),
            ("지연", 1),
            ("연체 회수", 2),
            ("연", 3),
            ("송", 1),
            ("후추", 0),
            ("100%", 1),
            ("%", 1),
            ("_", 1),
            ("a_b", 1),
            ("0% 책", 1),
            ("a%b", 0),
            ("a__", 0),
            ("...", 0),
            ("\"quoted\"", 1),
            ("\"", 1),
            ("\"\"\"", 0),
            ("'", 1),
            ("it's", 1),
            ("' or '1'='1", 0),
            ("\\", 0),
            ("\\\\\\", 0),
            ("LATE DELIVERY", 1),
            ("goodwill", 1),
            ("apology", 1),
            ("d*", 0),
            ("late AND good", 0),
            ("NOT late", 0),
            ("reason:late", 0),
        ] {
            let expected: Vec<i64> = log
                .iter()
                .rev()
                .filter(|row| row.reason.to_lowercase().contains(&text.to_lowercase()))
                .map(|row| row.seq)
                .collect();
            // A refused change keeps its reason too: that of the suspension is there twice.
            assert_eq!(expected.len(), count, "the morning has {text:?} so often");
            let page = owner.get(&query(&[("text", text)]));
            assert_eq!(shown(&page), expected, "{text:?}");
            let both = owner.get(&query(&[("text", text), ("action", "points.adjust")]));
            let adjusted: Vec<i64> = log
                .iter()
                .rev()
                .filter(|row| expected.contains(&row.seq) && row.action == "points.adjust")
                .map(|row| row.seq)
                .collect();
            assert_eq!(shown(&both), adjusted, "{text:?}");
        }
    }

    fn a_day_is_a_day_where_the_reader_is(world) {
        // A minute before midnight in Seoul, and a minute after it.
        world.clock.set("2026-03-02T14:59:00.000000Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into());
        let mina = world.signed_in("mina");
        let late = adjust(world, &mina, 1, "Just before midnight");
        world.clock.set("2026-03-02T15:01:00.000000Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().into());
        let early = adjust(world, &mina, 1, "Just after midnight");
        let sora = world.signed_in("sora");
        let has = |pairs: &[(&str, &str)]| {
            let rows = shown(&sora.get(&query(pairs)));
            (rows.contains(&late), rows.contains(&early))
        };
        assert_eq!(has(&[("from", "2026-03-03")]), (false, true));
        assert_eq!(has(&[("to", "2026-03-02")]), (true, false));
        assert_eq!(has(&[("from", "2026-03-02"), ("to", "2026-03-03")]), (true, true));
        assert_eq!(has(&[("from", "2026-03-03"), ("to", "2026-03-02")]), (false, false));
        assert_eq!(has(&[("from", "2026-03-04")]), (false, false));
        assert_eq!(has(&[("to", "2026-03-01")]), (false, false));
        let zone = sora.get("/account").form("#preferences form").set("time_zone", "UTC").submit();
        assert_eq!(zone.status, 303);
        assert_eq!(has(&[("from", "2026-03-02"), ("to", "2026-03-02")]), (true, true));
        assert_eq!(has(&[("from", "2026-03-03")]), (false, false));
    }

    fn pages_show_every_row_once_and_the_newest_first(world) {
        let nobody = world.browser();
        for _ in 0..130 {
            assert_eq!(nobody.post("/login", &[]).status, 403);
            // Slowly enough for a row each.
            world.clock.advance(Duration::from_secs(3));
        }
        let sora = world.signed_in("sora");
        let all = wanted(world, "1 = 1");
        assert!(all.len() > 130);
        assert_eq!(walk(sora.get("/audit")), all);
        assert_eq!(walk(sora.get("/audit?action=request.refused")), wanted(world, "action = 'request.refused'"));
        assert_eq!(walk(sora.get("/audit?address=127.0.0.0/8&outcome=refused")), wanted(world, "outcome = 'refused'"));
        assert_eq!(walk(sora.get("/audit?address=127.0.0.1")), wanted(world, "ip = '127.0.0.1'"));
        let second = sora.get("/audit").attributes("a[rel=next]", "href").remove(0);
        // Rows that come meanwhile do not shift the pages.
        let before = shown(&sora.get(&second));
        nobody.post("/login", &[]);
        assert_eq!(shown(&sora.get(&second)), before);
        assert_eq!(sora.get("/audit?before=-1").status, 400);
        assert!(shown(&sora.get("/audit?before=0")).is_empty());
    }

    fn a_row_shows_before_and_after_its_hash_and_its_neighbours(world) {
        a_morning(world);
        let owner = world.signed_in("owner");
        let row = world.audit().into_iter().find(|row| row.action == "points.adjust").unwrap();
        let page = owner.get(&format!("/audit/{}", row.seq));
        assert_eq!(page.status, 200);
        let said = page.says("main");
        for part in ["12,450", "12,460", "배송 지연 보상, 100% 책임", "Mina Kang", "mina@ingam.test", "127.0.0.1"]
        {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let body =
            hex::decode(world.database().value(&format!("select body from audit where seq = {}", row.seq))).unwrap();
        let leaf = hex::encode(ingam::secret::sha256(&[&[0], body.as_slice()].concat()));
        assert!(page.text().contains(&leaf), "the hash of the row");
        let links = page.attributes("main a[href]", "href");
        for link in [format!("/audit/{}", row.seq - 1), format!("/audit/{}", row.seq + 1), "/users/1".to_owned()] {
            assert!(links.contains(&link), "{link} is not in {links:?}");
        }
        let last = world.last_audit().seq;
        let links = |seq: i64| owner.get(&format!("/audit/{seq}")).attributes("main a[href^=\"/audit/\"]", "href");
        assert!(!links(0).contains(&"/audit/-1".to_owned()));
        assert!(!links(last).contains(&format!("/audit/{}", last + 1)));
        assert_eq!(owner.get(&format!("/audit/{}", last + 100)).status, 404);
        // An auditor may not open customers, and is offered none.
        let sora = world.signed_in("sora");
        let page = sora.get(&format!("/audit/{}", row.seq));
        assert!(page.attributes("a[href^=\"/users\"]", "href").is_empty());
        assert!(page.says("main").contains("user/1"));
    }

    fn a_filter_that_makes_no_sense_is_said_at_its_field(world) {
        let sora = world.signed_in("sora");
        for (field, value) in [
            ("staff", "mina"),
            ("action", "points.steal"),
            ("outcome", "perhaps"),
            ("target", "/"),
            ("target", "\u{202e}"),
            ("from", "yesterday"),
            ("to", "2026-02-30"),
            ("address", "office"),
            ("address", "10.0.0.0/33"),
            ("address", "010.0.0.1"),
            ("text", "\u{200b}"),
        ] {
            let page = sora.get(&query(&[(field, value)]));
            assert_eq!(page.status, 422, "{field}={value}: {page}");
            assert!(page.has(&format!("#{field}-error")), "{field}={value}: {page}");
            assert!(page.attributes("tbody a.seq", "href").is_empty());
        }
        let long = "x".repeat(201);
        assert_eq!(sora.get(&query(&[("text", &long)])).status, 422);
    }

    fn a_filtered_view_can_be_shared(world) {
        a_morning(world);
        let sora = world.signed_in("sora");
        let form = sora.get("/audit").form("form.filters[method=get]");
        let page = form.set("action", "points.adjust").set("target", "user/1").submit();
        assert_eq!(shown(&page).len(), 2);
        let owner = world.signed_in("owner");
        assert_eq!(shown(&owner.get(&page.path)), shown(&page));
        assert_eq!(page.form("form.filters[method=get]").value("target"), Some("user/1"));
    }
}
