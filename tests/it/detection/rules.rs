//! What each rule finds, and what just is not enough for it.

use super::planted::{MINA, Planted, days_before, found, look, number, plant, plant_looks, row, seconds_after, swept};
use crate::{
    approvals::support::usual,
    evidence::support::{lay_open_tables, tamper},
    kit::{World, on_both},
};

/// A Thursday at two in the afternoon in Seoul, four days before the world begins.
const NOON: &str = "2026-02-26T05:00:00.000000Z";
/// The same day at eleven in the evening.
const NIGHT: &str = "2026-02-26T14:00:00.000000Z";
const JUN: i64 = 2;
const SORA: i64 = 3;
const HANA: i64 = 4;
const OWNER: i64 = 5;

/// The same row of another person.
fn of(staff: i64, row: Planted) -> Planted {
    Planted { staff, ..row }
}

/// What a person did on seven Thursdays more than a month before: a number of changes in the afternoon and at night.
fn thursdays(staff: i64, by_day: i64, at_night: i64) -> Vec<Planted> {
    let mut rows = Vec::new();
    for week in 6..13 {
        rows.extend((0..by_day).map(|n| of(staff, row(&seconds_after(&days_before(NOON, 7 * week), 700 * n), n, 10))));
    }
    rows.extend((0..at_night).map(|n| of(staff, row(&seconds_after(&days_before(NIGHT, 42), 700 * n), n, 10))));
    rows
}

on_both! {
    fn changes_at_unusual_hours_are_found_where_they_are_unusual_for_the_person(outer) {
        let mut rows = [thursdays(MINA, 15, 4), thursdays(JUN, 15, 6), thursdays(HANA, 15, 0), thursdays(SORA, 15, 0)].concat();
        rows.push(row(NIGHT, 7, 10));
        rows.push(row(&seconds_after(NIGHT, 60), 8, 10));
        rows.push(of(JUN, row(NIGHT, 7, 10)));
        // A minute before the night begins, and a note, which is no value.
        rows.push(of(HANA, row("2026-02-26T12:59:00.000000Z", 7, 10)));
        rows.push(of(HANA, Planted { action: "users.note", ..row(NIGHT, 7, 10) }));
        // A Saturday is a day off.
        rows.push(of(SORA, row("2026-02-28T05:00:00.000000Z", 7, 10)));
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        assert_eq!(found(world, "off-hours"), [format!("{MINA}/2026-02-26"), format!("{SORA}/2026-02-28")]);
        let mina = |column: &str| world.number(&format!("select {column} from suspicions where rule = 'off-hours' and staff_id = {MINA}"));
        let told = ["n", "off", "all", "days"].map(|name| mina(&format!("cast(evidence ->> '{name}' as bigint)")));
        assert_eq!((told, mina("last_seq - first_seq")), ([2, 4, 109, 90], 3));
    }

    fn a_change_from_an_address_not_used_for_long_is_found(outer) {
        let mut rows = Vec::new();
        for (staff, before) in [(MINA, 25), (JUN, 18), (HANA, 25), (OWNER, 25)] {
            rows.extend((1..=before).map(|day| of(staff, row(&days_before(NOON, 2 * day), day, 10))));
            rows.push(of(staff, Planted { ip: "203.0.113.9".to_owned(), ..row(NOON, 7, 10) }));
        }
        // Used 179 days before by one, and 181 days before by another; jun has 19 rows before.
        for (staff, days) in [(HANA, 179), (OWNER, 181), (JUN, 300)] {
            rows.push(of(staff, Planted { ip: "203.0.113.9".to_owned(), ..row(&days_before(NOON, days), 7, 10) }));
        }
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        assert_eq!(found(world, "new-address"), [format!("{MINA}/2026-02-26"), format!("{OWNER}/2026-02-26")]);
    }

    fn many_changes_within_minutes_are_found(outer) {
        let at = |n: i64| seconds_after(NOON, 30 * n);
        let mut rows: Vec<Planted> = (0..10).map(|n| row(&at(n), n, 10)).collect();
        // The tenth comes a second too late.
        rows.extend((0..9).map(|n| of(JUN, row(&at(n), n, 10))));
        rows.push(of(JUN, row(&seconds_after(NOON, 301), 9, 10)));
        // One seal for all of them.
        rows.extend((0..12).map(|n| of(HANA, Planted { request: "req_1".to_owned(), ..row(&at(n), n, 10) })));
        // Over midnight, where the ninth and the tenth are on the next day.
        rows.extend((0..10).map(|n| of(OWNER, row(&seconds_after("2026-02-26T14:56:00.000000Z", 30 * n), n, 10))));
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        assert_eq!(found(world, "burst"), [format!("{MINA}/2026-02-26"), format!("{OWNER}/2026-02-27")]);
        assert_eq!(world.number(&format!("select n from suspicions where rule = 'burst' and staff_id = {MINA}")), 10);
    }

    fn adjustments_just_below_the_threshold_are_found(outer) {
        let mut rows = vec![row(NOON, 1, 9_000), row(&days_before(NOON, 6), 2, -9_500), row(&days_before(NOON, 16), 3, 10_000)];
        // One point too low, and one a day too old.
        rows.extend([(0, 8_999), (6, 9_500), (16, 9_900)].map(|(days, points)| of(JUN, row(&days_before(NOON, days), 4, points))));
        rows.extend([0, 6, 30].map(|days| of(HANA, row(&days_before(NOON, days), 5, 9_500))));
        let world = &swept(outer.engine, usual, |world| plant(world, &rows));
        assert_eq!(found(world, "below-threshold"), [format!("{MINA}/2026-02-26")]);
        assert_eq!(["n", "percent", "over"].map(|name| number(world, "below-threshold", name)), [3, 90, 10_000]);
    }

    fn a_sum_for_one_customer_above_the_threshold_is_found(outer) {
        let mut rows = vec![row(NOON, 7, 6_000), row(&seconds_after(NOON, 60), 7, 5_000)];
        // Exactly the threshold; two customers; two days.
        rows.extend([of(JUN, row(NOON, 8, 5_000)), of(JUN, row(&seconds_after(NOON, 60), 8, 5_000))]);
        rows.extend([of(HANA, row(NOON, 9, 6_000)), of(HANA, row(&seconds_after(NOON, 60), 10, 6_000))]);
        rows.extend([of(OWNER, row(NOON, 11, 6_000)), of(OWNER, row(&days_before(NOON, 1), 11, 6_000))]);
        let world = &swept(outer.engine, usual, |world| plant(world, &rows));
        assert_eq!(found(world, "below-threshold"), [format!("{MINA}/7/2026-02-26")]);
        assert_eq!(number(world, "below-threshold", "sum"), 11_000);
    }

    fn one_short_reason_on_many_customers_is_found_without_its_words(outer) {
        let pasted = |staff: i64, n: i64, reason: &str| -> Vec<Planted> {
            (0..n).map(|n| of(staff, Planted { reason: reason.to_owned(), ..row(&seconds_after(NOON, 400 * n), n, 10) })).collect()
        };
        let world = &swept(outer.engine, |_| (), |world| plant(world, &[pasted(MINA, 20, "김하나 보상"), pasted(JUN, 19, "보상"), pasted(HANA, 20, "twelve chars")].concat()));
        assert_eq!(found(world, "pasted-reason"), [format!("{MINA}/2026-02-26")]);
        assert_eq!((number(world, "pasted-reason", "n"), number(world, "pasted-reason", "length")), (20, 6));
        let evidence = world.database().value("select cast(evidence as text) from suspicions where rule = 'pasted-reason'");
        assert!(!evidence.contains("보상"), "{evidence}");
    }

    fn the_first_row_after_a_long_silence_is_found(outer) {
        let mut rows = vec![row(NOON, 1, 10), row(&days_before(NOON, 30), 1, 10), of(HANA, row(NOON, 3, 10))];
        rows.extend([of(JUN, row(NOON, 2, 10)), of(JUN, row(&seconds_after(&days_before(NOON, 30), 1), 2, 10))]);
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        assert_eq!(found(world, "after-silence"), [format!("{MINA}/2026-02-26")]);
        assert_eq!(number(world, "after-silence", "n"), 30);
    }

    fn points_for_one_customer_again_and_again_are_found_once(outer) {
        let mut rows: Vec<Planted> = [0, 10, 20].map(|days| row(&days_before(NOON, days), 7, 100)).into();
        rows.extend([of(JUN, row(NOON, 7, 100)), of(JUN, row(&days_before(NOON, 1), 7, 100)), of(JUN, row(&days_before(NOON, 2), 7, -100))]);
        rows.extend([0, 10, 30].map(|days| of(HANA, row(&days_before(NOON, days), 8, 100))));
        rows.extend([(0, 9), (1, 10), (2, 11)].map(|(days, customer)| of(OWNER, row(&days_before(NOON, days), customer, 100))));
        // Two more than are evidence of the first one are not enough for another.
        rows.extend([1, 2].map(|days| row(&days_before(NOON, -days), 7, 100)));
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        assert_eq!(found(world, "same-customer"), [format!("{MINA}/7/2026-02-26")]);
        assert_eq!((number(world, "same-customer", "n"), number(world, "same-customer", "sum")), (3, 300));
        look(world);
        assert_eq!(found(world, "same-customer").len(), 1);
    }

    fn many_customers_opened_and_hardly_any_changed_are_found(outer) {
        let changed: Vec<Planted> = (0..3).map(|n| of(OWNER, row(&seconds_after(NOON, 400 * n), n, 10))).collect();
        let world = &swept(outer.engine, |_| (), |world| {
            plant(world, &changed);
            for (staff, n, usual) in [(MINA, 60, 20), (JUN, 60, 21), (HANA, 59, 10), (OWNER, 60, 10)] {
                plant_looks(world, NOON, staff, "view", 100..100 + n);
                // The same customers again are not more.
                plant_looks(world, &seconds_after(NOON, 5), staff, "view-order", 100..110);
                for day in 1..=5 {
                    plant_looks(world, &days_before(NOON, day), staff, "view", 100..100 + usual);
                }
            }
            // A list shows many.
            plant_looks(world, NOON, SORA, "search", 100..300);
        });
        assert_eq!(found(world, "browsing"), [format!("{MINA}/2026-02-26")]);
        assert_eq!(["n", "median", "changed"].map(|name| number(world, "browsing", name)), [60, 20, 0]);
        assert_eq!(world.number("select count(*) from suspicions where rule = 'browsing' and first_seq is null"), 1);
    }

    fn many_contacts_seen_in_full_are_found(outer) {
        let world = &swept(outer.engine, |_| (), |world| {
            plant(world, &[row(NOON, 1, 10)]);
            for (staff, n, usual) in [(MINA, 10, 3), (JUN, 9, 0), (HANA, 10, 4)] {
                plant_looks(world, NOON, staff, "reveal", 100..100 + n);
                if usual > 0 {
                    plant_looks(world, &days_before(NOON, 3), staff, "reveal", 100..100 + usual);
                }
            }
        });
        assert_eq!(found(world, "reveals"), [format!("{MINA}/2026-02-26")]);
        assert_eq!(number(world, "reveals", "median"), 3);
    }

    fn many_refusals_before_a_change_are_found(outer) {
        let refused = |staff: i64, seconds: i64, refusal: &'static str| {
            let row = row(&seconds_after(NOON, seconds), 7, 0);
            of(staff, Planted { outcome: "refused", refusal, action: "users.note", ..row })
        };
        let through = |staff: i64| of(staff, Planted { action: "users.note", ..row(&seconds_after(NOON, 601), 7, 0) });
        let mut rows: Vec<Planted> = [MINA, JUN, HANA, OWNER, SORA].map(through).into();
        rows.extend((1..=5).map(|n| refused(MINA, n * 100, "stale")));
        rows.extend((1..=4).map(|n| refused(JUN, n * 100, "stale")));
        // The first one is too long before.
        rows.extend([0, 100, 200, 300, 400].map(|at| refused(HANA, at, "stale")));
        // A few wrong codes count for nothing, and many do.
        rows.extend((1..=4).map(|n| refused(OWNER, n * 100, "code-wrong")).chain([refused(OWNER, 500, "stale")]));
        rows.extend((1..=5).map(|n| refused(SORA, n * 100, "code-wrong")));
        let world = &swept(outer.engine, |_| (), |world| plant(world, &rows));
        assert_eq!(found(world, "refused-then-through"), [format!("{MINA}/2026-02-26"), format!("{SORA}/2026-02-26")]);
        let rows = world.rows("select first_seq, last_seq, n from suspicions where rule = 'refused-then-through' order by staff_id");
        assert!(rows.iter().all(|row| row[2].as_deref() == Some("5")), "{rows:?}");
    }

    fn two_who_approve_each_other_are_found_where_enough_people_approve(outer) {
        let world = &swept(outer.engine, usual, |world| {
            each_other(world, [(MINA, HANA, 5), (HANA, MINA, 5), (JUN, SORA, 5), (SORA, JUN, 4)]);
            tamper(world, "update staff set roles = 'approver' where id = 4");
            tamper(world, "update staff set roles = 'operator approver' where id <= 3");
        });
        assert_eq!(found(world, "each-other"), [format!("{MINA}-{HANA}/2026-03-03")]);
        assert_eq!(["n", "all", "back", "back_all"].map(|name| number(world, "each-other", name)), [5, 6, 5, 5]);
        // It is told of once, however often it goes on.
        look(world);
        assert_eq!(found(world, "each-other").len(), 1);
        let rules = world.signed_in("owner").get("/audit/suspicions/rules");
        assert!(!rules.text().contains("can approve, so the rule"), "{rules}");
    }

    fn two_of_three_who_approve_cannot_but_approve_each_other(outer) {
        let world = &swept(outer.engine, usual, |world| {
            each_other(world, [(MINA, HANA, 5), (HANA, MINA, 5), (JUN, SORA, 0), (SORA, JUN, 0)]);
            tamper(world, "update staff set roles = 'operator approver' where id = 1");
        });
        assert_eq!(found(world, "each-other"), [] as [String; 0]);
        let rules = world.signed_in("owner").get("/audit/suspicions/rules");
        assert!(rules.text().contains("people can approve, so the rule"), "{rules}");
    }

    fn a_rule_that_is_off_finds_nothing_and_a_lower_threshold_finds_more(outer) {
        let lower = |config: &mut ingam::config::Config| {
            config.detection.burst.changes = 9;
            config.detection.same_customer.enabled = false;
        };
        let rows: Vec<Planted> = (0..9).map(|n| row(&seconds_after(NOON, 30 * n), 7, 10)).collect();
        let world = &swept(outer.engine, lower, |world| plant(world, &rows));
        assert_eq!((found(world, "burst").len(), found(world, "same-customer").len()), (1, 0));
    }
}

/// Plants requests of the first that the second approved, a number of each; one more of Hana's is rejected by the owner.
fn each_other(world: &World, approved: [(i64, i64, i64); 4]) {
    lay_open_tables(world, &["approval_requests", "approval_votes"]);
    let mut rows = Vec::new();
    let mut requests = Vec::new();
    for (asks, approves, n) in approved {
        requests.extend((0..n).map(|n| (asks, approves, n, "approved")));
    }
    // Of five and one of which five were approved, 83 % were.
    requests.push((HANA, OWNER, 9, "rejected"));
    for (asks, decides, n, verdict) in requests {
        let at = days_before(NOON, n + 1);
        let change = format!("vote{asks}{decides}{n}");
        rows.push(of(
            decides,
            Planted {
                action: "approvals.approve",
                target: format!("approval/{n}"),
                change: change.clone(),
                ..row(&at, 7, 0)
            },
        ));
        tamper(
            world,
            &format!(
                "insert into approval_requests (at, state, kind, payload, target_kind, target_id, before, after, staff_id, staff_name, ip, peer, user_agent, session, \
                 reason, change_id, rule, role, needs, expires_at, decided_at) values ('{at}', '{verdict}', 'points.adjust', '{{}}', 'user', '7', '{{}}', '{{}}', \
                 {asks}, 'x', '', '', '', '', 'x', 'asked{asks}{decides}{n}', 'over', 'approver', 1, '{at}', '{at}')"
            ),
        );
        tamper(
            world,
            &format!(
                "insert into approval_votes (request_id, staff_id, staff_name, at, verdict, reason, change_id) \
                 select max(id), {decides}, 'x', '{at}', '{verdict}', 'x', '{change}' from approval_requests"
            ),
        );
    }
    plant(world, &rows);
}
