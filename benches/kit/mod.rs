//! What the benchmarks share: a database full of sample customers, and how times are taken and shown.
use ingam::{
    allowlist::Allowlist,
    clock::Clock,
    demo::customers::{LoadSample, STEP},
    gate::{Actor, Gate, Seal},
    profile::Profile,
    secret::SecretKey,
    store::{self, Engine, Store},
};
use sqlx::{PgPool, SqlitePool};
use std::time::{Duration, Instant};

/// The database under `INGAM_BENCH_DATABASE`, migrated and holding `INGAM_BENCH_USERS` customers.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) bare: Bare,
    pub(crate) key: SecretKey,
    pub(crate) users: i64,
}

/// The same database without the console's code in between.
pub(crate) enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Bench {
    pub(crate) async fn open() -> Self {
        let url = std::env::var("INGAM_BENCH_DATABASE")
            .expect("INGAM_BENCH_DATABASE names a database to fill; see scripts/bench");
        let users =
            std::env::var("INGAM_BENCH_USERS").map_or(1_000_000, |users| users.parse().expect("a number of users"));
        let clock = Clock::system();
        store::migrate(&url, Profile::Local, clock.now()).await.expect("the schema");
        let store = Store::open(&url, 4).await.expect("the database");
        let key = SecretKey::new(*b"no key to anything but benchmark");
        let bare = match store.engine {
            Engine::Sqlite => {
                let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
                // As the product opens it, so that only the code differs.
                let pool = pool.after_connect(|connection, _| {
                    Box::pin(async move {
                        for pragma in [
                            "synchronous = full",
                            "foreign_keys = on",
                            "recursive_triggers = on",
                            "cache_size = -16000",
                        ] {
                            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("pragma {pragma}")))
                                .execute(&mut *connection)
                                .await?;
                        }
                        Ok(())
                    })
                });
                Bare::Sqlite(pool.connect(&url).await.expect("the database"))
            }
            Engine::Postgres => Bare::Postgres(PgPool::connect(&url).await.expect("the database")),
        };
        let bench = Self { store, bare, key, users };
        bench.fill(clock).await;
        bench
    }

    pub(crate) async fn gate(&self, clock: Clock) -> Gate {
        Gate::open(&self.store, ingam::changes::CATALOG, clock, self.key.clone(), Allowlist::loopback())
            .await
            .expect("the gate")
    }

    pub(crate) fn engine(&self) -> &'static str {
        match self.store.engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        }
    }

    async fn fill(&self, clock: Clock) {
        let there = self.last_user().await;
        let gate = self.gate(clock).await;
        let console = Actor::console("bench".to_owned(), "bench".to_owned());
        let begun = Instant::now();
        let mut first = there + 1;
        while first <= self.users {
            let count = STEP.min(self.users - first + 1);
            gate.submit(
                &console,
                &LoadSample { first, count, total: self.users, ..LoadSample::default() },
                &Seal::none(),
            )
            .await
            .expect("sample customers");
            first += count;
        }
        if there < self.users {
            println!("{} customers more in {:.1} s", self.users - there, begun.elapsed().as_secs_f64());
            // What a server that has run for a while has: statistics, and a visibility map.
            match &self.bare {
                Bare::Sqlite(on) => sqlx::raw_sql("analyze").execute(on).await.map(drop),
                Bare::Postgres(on) => sqlx::raw_sql("vacuum analyze").execute(on).await.map(drop),
            }
            .expect("statistics");
        }
    }

    async fn last_user(&self) -> i64 {
        const LAST: &str = "select coalesce(max(id), 0) from users";
        match &self.bare {
            Bare::Sqlite(on) => sqlx::query_scalar(LAST).fetch_one(on).await,
            Bare::Postgres(on) => sqlx::query_scalar(LAST).fetch_one(on).await,
        }
        .expect("the last customer")
    }
}

/// Times taken one by one.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) async fn take<T>(&mut self, work: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let output = work.await;
        self.0.push(begun.elapsed());
        output
    }

    /// In microseconds.
    pub(crate) fn percentile(&mut self, percent: usize) -> f64 {
        self.0.sort();
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    }

    pub(crate) fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.0.len()).unwrap_or(u32::MAX)) / self.0.iter().sum::<Duration>().as_secs_f64()
    }
}
