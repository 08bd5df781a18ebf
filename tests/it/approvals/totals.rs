//! The running totals of a person's day: they say what the log says, and reading them costs the same however long the day is.

use crate::{
    approvals::support::{points_rule, request_of, state, under},
    kit::{Engine, World, addition, assert_sound, block_on, on_both, points},
    people::support::id_of,
};
use ingam::store::STATEMENTS;
use sqlx::Connection as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

const ROWS: i64 = 20_000;

/// Mina adjusted points of customer 2 this often today, one point each.
fn lengthen_the_day(world: &World) {
    let text = match world.engine {
        Engine::Sqlite => include_str!("day.sqlite.sql"),
        Engine::Postgres => include_str!("day.postgres.sql"),
    };
    let size = world.number("select size from audit_head") + ROWS;
    let sql = text
        .replace("{rows}", &ROWS.to_string())
        .replace("{staff}", &id_of(world, "mina").to_string())
        .replace("{user}", "2")
        .replace("{at}", &world.clock.now().to_string())
        .replace("{hashes}", &size.count_ones().to_string());
    world.database().tamper(&sql).unwrap();
}

/// Rows that statements about the day have read since the counts were reset, by PostgreSQL's own statistics.
fn rows_read(world: &World) -> i64 {
    // A session reports what it has read ten seconds after its last transaction at the latest.
    thread::sleep(Duration::from_secs(11));
    world.number(
        "select coalesce(sum(t.seq_tup_read + coalesce(t.idx_tup_fetch, 0)), 0)
              + coalesce((select sum(i.idx_tup_read) from pg_stat_user_indexes i
                           where i.relname in ('audit', 'point_entries', 'counted_days', 'counted_amounts')), 0)
           from pg_stat_user_tables t where t.relname in ('audit', 'point_entries', 'counted_days', 'counted_amounts')",
    )
}

/// Steps of SQLite's machine that the product's statement with this part takes, with these values.
fn steps(world: &World, part: &str, values: &[String]) -> u64 {
    let statement = STATEMENTS.iter().find(|statement| statement.sqlite.contains(part)).unwrap().sqlite;
    // As text of literals, so that their types are those of the columns.
    let sql = values
        .iter()
        .enumerate()
        .rev()
        .fold(statement.to_owned(), |sql, (n, value)| sql.replace(&format!("${}", n + 1), value));
    block_on(async {
        let mut connection = sqlx::SqliteConnection::connect(&world.database().url).await.unwrap();
        // A connection reads the schema with its first statement.
        #[expect(clippy::disallowed_methods, reason = "the tests look behind the one door")]
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut connection).await.unwrap();
        let counted = Arc::new(AtomicU64::new(0));
        let counts = Arc::clone(&counted);
        connection.lock_handle().await.unwrap().set_progress_handler(1, move || {
            counts.fetch_add(1, Ordering::Relaxed);
            true
        });
        #[expect(clippy::disallowed_methods, reason = "the tests look behind the one door")]
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        counted.load(Ordering::Relaxed)
    })
}

on_both! {
    fn a_day_that_is_long_when_its_counting_begins_is_added_up_from_the_log(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(30_000), 1)]);
        lengthen_the_day(world);
        let mina = world.signed_in("mina");
        let done = addition(&mina, 1, "10,000").set("code", &world.code("mina")).submit();
        assert!(done.location().unwrap().starts_with("/users/1?sealed="), "{done}");
        let request = request_of(&addition(&mina, 1, "1").set("code", &world.code("mina")).submit());
        assert_eq!((points(world, 1), state(world, request).as_str()), (22_450, "waiting"));
        let totals = world.rows("select kind, quantity, currency, total from counted_amounts");
        let total = |n: &str| ["points.adjust", "points", "", n].map(|text| Some(text.to_owned())).to_vec();
        assert_eq!(totals, [total("30000")]);
    }

    /// Found with a day of a million rows: each change that was held added up the whole day, two seconds each.
    fn a_day_is_added_up_once_also_where_each_change_is_held(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(10_000), 1)]);
        lengthen_the_day(world);
        let mina = world.signed_in("mina");
        for user in [1, 3] {
            request_of(&addition(&mina, user, "1").set("code", &world.code("mina")).submit());
            assert_eq!(world.rows("select total from counted_amounts"), [[Some("20000".to_owned())]]);
        }
    }

    fn a_change_reads_as_many_rows_on_a_long_day_as_on_a_short_one(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(1_000_000), 1)]);
        let mina = world.signed_in("mina");
        // The first change of the day begins its count.
        assert_eq!(addition(&mina, 4, "1").set("code", &world.code("mina")).submit().status, 303);
        let forms = [1, 2, 3].map(|user| addition(&mina, user, "1"));
        lengthen_the_day(world);
        if outer.engine == Engine::Sqlite {
            let (mina, now) = (id_of(world, "mina").to_string(), format!("'{}'", world.clock.now()));
            let day = world.rows("select '''' || began || '''', '''' || ends || '''' from counted_days").remove(0);
            let [began, ends] = [0, 1].map(|n| day[n].clone().unwrap());
            let asked = steps(world, "join counted_days d", &[mina, began, ends]);
            assert!((10..200).contains(&asked), "{asked} steps for the totals of a day");
            let bound = |user: &str, at: &str| steps(world, "- coalesce((select adjusted_sum", &[user.to_owned(), at.to_owned()]);
            for at in ["'2000-01-01T00:00:00.000000Z'".to_owned(), now] {
                let (long, short) = (bound("2", &at), bound("1", &at));
                assert!(long <= short + 30, "{long} steps for a customer of {ROWS} adjustments, {short} without any");
            }
            return;
        }
        world.database().tamper("select pg_stat_reset()").unwrap();
        for form in forms {
            assert_eq!(form.set("code", &world.code("mina")).submit().status, 303);
        }
        let read = rows_read(world);
        assert!((1..500).contains(&read), "three changes read {read} rows");
    }

    fn what_one_process_counts_is_right_for_another_with_midnight_elsewhere(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(20_000), 1)]);
        let mina = world.signed_in("mina");
        assert_eq!(addition(&mina, 1, "9,000").set("code", &world.code("mina")).submit().status, 303);
        // Another process of the same console, whose days are those of UTC.
        let utc = world.another(|config| {
            let rules = vec![points_rule(10_000, Some(20_000), 1)];
            config.policies = ingam::gate::Policies::new(ingam::changes::KINDS, rules, Vec::new(), ingam::zone::Zone::UTC);
        });
        let utc = utc.unwrap();
        let there = mina.at(utc.address);
        assert_eq!(addition(&there, 1, "9,000").set("code", &world.code("mina")).submit().status, 303);
        request_of(&addition(&mina, 1, "9,000").set("code", &world.code("mina")).submit());
        request_of(&addition(&there, 1, "9,000").set("code", &world.code("mina")).submit());
        assert_eq!(points(world, 1), 30_450);
        assert_sound(world);
    }

    fn totals_of_days_that_are_over_are_forgotten(outer) {
        let world = &under(outer.engine, vec![points_rule(10_000, Some(20_000), 1)]);
        let mina = world.signed_in("mina");
        assert_eq!(addition(&mina, 1, "9,000").set("code", &world.code("mina")).submit().status, 303);
        assert_eq!(world.number("select count(*) from counted_amounts"), 1);
        world.clock.advance(Duration::from_hours(50));
        crate::kit::wait_until(|| world.number("select count(*) from counted_days") == 0);
        assert_eq!(world.number("select count(*) from counted_amounts"), 0);
        assert_sound(world);
    }
}
