//! What the demo's jobs do: settling days, letting points expire, putting back what people are found by; and the month in
//! which they ran before.

use crate::{
    batches::support::log,
    kit::{World, assert_sound, block_on, on_both},
};
use ingam::{
    allowlist::Allowlist,
    batches::define,
    demo::{
        jobs::{self, LoadBatches},
        shop::{expire::ExpirePoints, settle::SettleDay},
    },
    gate::{Actor, Gate, Refusal, Seal},
    id::CustomerId,
    store::Store,
    users::take_over::TakeOverLedger,
};

/// Runs a job as the demo does, to a good end; what it wrote.
fn job(world: &World, arguments: &[&str]) -> String {
    let done = world.command(&[&["job"][..], arguments].concat()).output().unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    said
}

/// The gate before the database of a world, for what no page asks for.
async fn open_gate(world: &World) -> (Store, Gate) {
    let config = world.config();
    let store = Store::open(&config.database_url, 1).await.unwrap();
    let gate =
        Gate::open(&store, ingam::changes::CATALOG, world.clock.clock(), config.secret_key, Allowlist::loopback())
            .await
            .unwrap();
    (store, gate)
}

/// Customers from 100 on who earned 1,000 points long ago, spent 300 of them, and have earned 500 that have not
/// expired.
fn old_customers(world: &World, count: i64) {
    let take_over = || {
        block_on(async {
            let (store, gate) = open_gate(world).await;
            let actor = Actor::console("tests".to_owned(), "founding".to_owned());
            gate.submit_unattended(&actor, &TakeOverLedger {}).await.unwrap();
            store.close().await;
            gate.close().await;
        });
    };
    let rows = |row: &dyn Fn(i64) -> String| (100..100 + count).map(row).collect::<Vec<_>>().join(", ");
    let (long_ago, later, fresh) =
        ("2020-01-02T00:00:00.000000Z", "2021-05-06T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z");
    let sql = format!(
        "insert into users (id, email, name, points, joined_at) values {};
         insert into point_entries (user_id, at, delta, balance, kind, memo) values {}",
        rows(&|id| format!("({id}, 'old{id}@example.com', 'Old {id}', 1200, '{long_ago}')")),
        rows(&|id| format!(
            "({id}, '{long_ago}', 1000, 1000, 'earned', null), ({id}, '{later}', -300, 700, 'spent', null),
             ({id}, '{fresh}', 500, 1200, 'earned', null)"
        )),
    );
    world.database().tamper(&sql).unwrap();
    take_over();
}

fn assert_points_are_their_ledger(world: &World) {
    let odd = world.rows(
        "select u.id from users u
          where u.points <> coalesce((select sum(p.delta) from point_entries p where p.user_id = u.id), 0)",
    );
    assert!(odd.is_empty(), "{odd:?}");
    assert_sound(world);
}

fn settlements(world: &World) -> Vec<Vec<Option<String>>> {
    world.rows(
        "select day, currency, orders, captured, refunded, cast(at as text) from settlements order by day, currency",
    )
}

on_both! {
    fn settling_a_day_twice_gives_the_same(world) {
        // A minute before midnight in Seoul, and midnight, which is the next day; and the same day in another currency.
        world.database().tamper(
            "insert into payments (id, order_id, method, label, reference, captured, captured_at, refunded) values
               (900, 4, 'card', 'x', 'r-900', 700, '2026-02-28T14:59:59.999999Z', 200),
               (901, 4, 'card', 'x', 'r-901', 5, '2026-02-28T15:00:00.000000Z', 0),
               (902, 2, 'card', 'x', 'r-902', 1234, '2026-02-27T15:00:00.000000Z', 0)",
        ).unwrap();
        let said = job(world, &["daily-settlement", "--date", "2026-02-28"]);
        assert!(said.contains("::count processed=3") && said.contains("₩83,100"), "{said}");
        let first = settlements(world);
        let sums: Vec<Vec<&str>> =
            first.iter().map(|row| row[..5].iter().map(|value| value.as_deref().unwrap()).collect()).collect();
        assert_eq!(sums, [["2026-02-28", "KRW", "2", "83100", "200"], ["2026-02-28", "USD", "1", "1234", "0"]]);
        let noted = world.last_audit();
        assert_eq!((noted.action.as_str(), noted.target.as_str()), ("settlements.settle", "settlement/2026-02-28"));
        assert_eq!(noted.after["settled.KRW"], "KRW 83100");
        job(world, &["daily-settlement", "--date", "2026-02-28"]);
        assert_eq!(settlements(world), first, "also when it became so");
        assert_eq!(world.last_audit().before["settled.KRW"], "KRW 83100");
        // What is refunded later is in it when it is settled again.
        world.database().tamper("update payments set refunded = 700 where id = 900").unwrap();
        job(world, &["daily-settlement", "--date", "2026-02-28"]);
        assert_eq!(settlements(world)[0][4].as_deref(), Some("700"));
        assert_eq!(settlements(world)[1], first[1]);
    }

    fn a_day_without_payments_leaves_no_row_and_what_is_no_day_is_refused(world) {
        let said = job(world, &["daily-settlement", "--date", "2019-01-01"]);
        assert!(said.contains("warning: no payment") && said.contains("::count processed=0"), "{said}");
        assert_eq!(settlements(world), Vec::<Vec<Option<String>>>::new());
        let refused = block_on(async {
            let (store, gate) = open_gate(world).await;
            let change = SettleDay { day: "2026-02-30".to_owned() };
            let refused = gate.submit(&Actor::system("test".to_owned()), &change, &Seal::none()).await;
            store.close().await;
            gate.close().await;
            refused.unwrap_err()
        });
        assert!(matches!(refused, Refusal::Rejected(_)), "{refused:?}");
    }

    fn old_points_expire_once_and_the_ledger_stays_what_the_log_says(world) {
        old_customers(world, 2);
        let said = job(world, &["point-expiry"]);
        assert!(said.contains("::progress 1.000") && !said.contains("warning"), "{said}");
        // Earned a thousand, of which three hundred were spent: seven hundred go, and what is fresh stays.
        assert_eq!(world.number("select points from users where id = 100"), 500);
        assert_eq!(world.number("select points from users where id = 4"), 0, "nothing was ever spent of these");
        let entry = world.rows("select delta, balance, staff_name from point_entries where user_id = 101 and kind = 'expired'");
        assert_eq!(entry, [[Some("-700".to_owned()), Some("500".to_owned()), Some("system".to_owned())]]);
        assert_eq!(world.number("select version from users where id = 100"), 2, "an open form is out of date");
        assert_points_are_their_ledger(world);
        let before = world.audit_size();
        let said = job(world, &["point-expiry"]);
        assert!(said.contains("::count processed=0 skipped=0"), "{said}");
        assert_eq!(world.audit_size(), before);
    }

    fn points_that_were_used_meanwhile_do_not_expire(world) {
        old_customers(world, 1);
        let expire = |amount: i64| {
            let cutoff = "2025-01-01T00:00:00.000000Z".to_owned();
            block_on(async {
                let (store, gate) = open_gate(world).await;
                let change = ExpirePoints { user: CustomerId::new(100), amount, cutoff };
                let done = gate.submit_unattended(&Actor::system("test".to_owned()), &change).await;
                store.close().await;
                gate.close().await;
                done.map(|sealed| sealed.output)
            })
        };
        for odd in [701, 0, -1, i64::MAX, i64::MIN] {
            let refused = expire(odd).unwrap_err();
            assert!(matches!(&refused, Refusal::Rejected(why) if why.word.as_str() == "expiry-changed"), "{odd}: {refused:?}");
        }
        assert_eq!(world.last_audit().outcome, "refused");
        assert_eq!(expire(700).unwrap(), 500);
        assert!(expire(1).is_err());
        assert_points_are_their_ledger(world);
    }

    fn two_runs_at_once_let_nothing_expire_twice(world) {
        old_customers(world, 30);
        let start = || world.command(&["job", "point-expiry"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let both = [start(), start()];
        for one in both {
            let done = one.wait_with_output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        }
        assert_eq!(world.number("select count(*) from users where id >= 100 and points = 500"), 30);
        assert_eq!(world.number("select count(*) from point_entries where user_id >= 100 and kind = 'expired'"), 30);
        assert_points_are_their_ledger(world);
    }

    fn an_expiry_that_was_typed_in_is_named(world) {
        old_customers(world, 1);
        job(world, &["point-expiry"]);
        let unfit = |sql: &str| {
            world.database().tamper(sql).unwrap();
            let ended = world.command(&["audit", "verify"]).output().unwrap();
            assert!(!ended.status.success(), "{sql}");
            String::from_utf8(ended.stderr).unwrap()
        };
        let said = unfit(
            "insert into point_entries (user_id, at, delta, balance, kind, change_id, staff_name)
             values (100, '2026-03-01T00:00:00.000000Z', -100, 400, 'expired', 'made-up', 'system');
             update users set points = 400 where id = 100",
        );
        assert!(said.contains("ledger entry"), "{said}");
    }

    fn a_part_of_a_name_that_was_lost_is_put_back(world) {
        let parts = || world.rows("select part, user_id from user_name_parts order by user_id, part");
        let before = parts();
        let said = job(world, &["search-reindex"]);
        assert!(said.contains("::count processed=5") && said.contains("; 0 missing"), "{said}");
        world.database().tamper("delete from user_name_parts where user_id = 5 or part = 'thompson'").unwrap();
        assert_ne!(parts(), before);
        let said = job(world, &["search-reindex"]);
        assert!(said.contains("::progress 1.000") && said.contains("; 3 missing"), "{said}");
        assert_eq!(parts(), before);
    }

    fn coupons_of_a_campaign_that_has_ended_fail_with_what_to_do(world) {
        let ended = world.command(&["job", "coupon-issue", "--campaign", "autumn-2026"]).output().unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(1));
        assert!(said.contains("autumn-2026 has ended. No coupon was issued."), "{said}");
        assert!(said.lines().last().unwrap().contains("rerun this with campaign winter-2026"), "{said}");
        let said = job(world, &["coupon-issue", "--campaign", "winter-2026"]);
        assert!(said.contains("::count processed=4") && said.contains("::progress 1.000"), "{said}");
    }

    fn the_month_before_is_there_with_two_runs_to_look_at(world) {
        let loaded = block_on(async {
            let (store, gate) = open_gate(world).await;
            let actor = Actor::console("tests".to_owned(), "loading".to_owned());
            let jobs = jobs::jobs("/bin/true", "/data");
            assert!(gate.submit_unattended(&actor, &LoadBatches::default()).await.is_err(), "no job is defined yet");
            define::take_over(&store.reader, &gate, &jobs).await.unwrap();
            let first = gate.submit_unattended(&actor, &LoadBatches::default()).await.unwrap().output;
            let again = gate.submit_unattended(&actor, &LoadBatches::default()).await.unwrap().output;
            store.close().await;
            gate.close().await;
            (first, again)
        });
        let count = |what: &str| world.number(&format!("select count(*) from {what}"));
        assert_eq!(loaded, (count("batch_runs"), 0));
        assert!(loaded.0 > 180, "{loaded:?}");
        assert_eq!(count("batch_events where run_id is not null"), loaded.0);
        assert_eq!(count("batch_runs where state = 'failed' or is_low"), count("batch_log"));
        assert_eq!(count("batch_runs r join batch_log l on l.run_id = r.id where l.until <> r.next_line"), 0);
        assert_eq!(count("batch_runs where cause = 'report' and job <> 'warehouse-sync'"), 0);
        let open = world.rows(
            "select job, state, id from batch_runs
              where resolution is null and (state in ('failed', 'timed_out', 'lost') or is_slow or is_low) order by job",
        );
        let open: Vec<(&str, &str)> =
            open.iter().map(|row| (row[0].as_deref().unwrap(), row[1].as_deref().unwrap())).collect();
        assert_eq!(open, [("coupon-issue", "failed"), ("point-expiry", "succeeded")]);
        let failed = world.number("select max(id) from batch_runs where job = 'coupon-issue'");
        let jun = world.signed_in("jun");
        assert!(log(&jun, failed).contains("winter-2026"));
        for page in ["/batches", "/runs", "/batches/search-reindex", "/batches/warehouse-sync"] {
            assert_eq!(jun.get(page).status, 200, "{page}");
        }
        assert_sound(world);
    }

    fn a_list_of_runs_before_the_first_one_says_where_runs_come_from(world) {
        let jun = world.signed_in("jun");
        assert!(jun.get("/runs").says("main").contains("Runs appear here when a schedule or a person starts them"));
        assert!(jun.get("/runs?show=lost").says("main").contains("No runs match"));
    }
}
