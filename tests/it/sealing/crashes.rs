//! The real program, killed in the middle of its work: a change is there with everything that belongs to it, or not at all.

use crate::{
    kit::{Browser, Engine, Operator, Process, World, assert_sound, on_both, operators, poll, wait_until, within},
    sealing::support::{applied, customers, entries},
};
use ingam::{clock::Clock, secret};
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

const PEOPLE: i64 = 150;
const THREADS: usize = 6;
const KILLS: usize = 12;

/// Many operators who change points as fast as their authenticators allow: two codes each at first, then one in half a
/// minute. What each change is called in its reason tells afterwards how it ended.
struct Crowd {
    people: Vec<Operator>,
    /// The last step that each of them used, with any outcome.
    used: Vec<Mutex<i64>>,
    turn: AtomicUsize,
    stop: AtomicBool,
    /// The changes that were answered with "done".
    done: Mutex<Vec<String>>,
    /// Those that were sent and never answered.
    unanswered: AtomicUsize,
}

impl Crowd {
    fn of(world: &World, process: &Process) -> Self {
        customers(world, 100, 10);
        let people = operators(world, PEOPLE, Clock::system().now(), || process.browser());
        Self {
            used: people.iter().map(|_| Mutex::new(0)).collect(),
            people,
            turn: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            done: Mutex::default(),
            unanswered: AtomicUsize::new(0),
        }
    }

    fn work(&self, address: SocketAddr) {
        while !self.stop.load(Ordering::Relaxed) {
            let turn = self.turn.fetch_add(1, Ordering::Relaxed);
            let who = turn % self.people.len();
            let Some(step) = self.next_step(who) else {
                thread::sleep(Duration::from_millis(1));
                continue;
            };
            let name = format!("change number {turn}");
            match change(&self.people[who], address, 100 + turn % 10, step, &name) {
                Ok(303) => self.done.lock().unwrap().push(name),
                Ok(status) => panic!("{name} was answered with {status}"),
                Err(_) => drop(self.unanswered.fetch_add(1, Ordering::Relaxed)),
            }
        }
    }

    /// A step whose code is accepted now and that this person has not used.
    fn next_step(&self, who: usize) -> Option<i64> {
        let now = Clock::system().now().unix();
        let oldest = if now % 30 > 20 { now / 30 } else { now / 30 - 1 };
        let mut used = self.used[who].lock().unwrap();
        let step = oldest.max(*used + 1);
        (step <= now / 30).then(|| {
            *used = step;
            step
        })
    }

    /// Lets them work until `until` returns, and waits for the last answers.
    fn while_they_work<T>(&self, address: SocketAddr, until: impl FnOnce() -> T) -> T {
        self.stop.store(false, Ordering::Relaxed);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| self.work(address));
            }
            let result = until();
            self.stop.store(true, Ordering::Relaxed);
            result
        })
    }

    /// Every change that was answered is in the log once, and none is there twice.
    fn assert_kept(&self, world: &World) {
        let rows = world.rows(
            "select reason, count(*) from audit where action = 'points.adjust' and outcome = 'applied' group by reason",
        );
        let times: BTreeMap<String, String> =
            rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect();
        assert!(times.values().all(|times| times == "1"), "a change is in the log twice: {times:?}");
        for name in self.done.lock().unwrap().iter() {
            assert!(times.contains_key(name), "{name} was answered and is gone");
        }
    }

    fn done(&self) -> usize {
        self.done.lock().unwrap().len()
    }
}

/// Posts one point for a customer.
fn change(who: &Operator, address: SocketAddr, user: usize, step: i64, name: &str) -> Result<u16, String> {
    let browser: Browser = who.browser.at(address);
    let fields = [
        ("direction", "add"),
        ("amount", "1"),
        ("reason_kind", "goodwill"),
        ("reason", name),
        ("code", &who.code_of(step)),
        ("key", &name.replace(' ', "-")),
        ("csrf", &who.csrf),
    ]
    .map(|(field, value)| (field.to_owned(), value.to_owned()));
    let path = format!("/users/{user}/point-adjustments");
    browser.request("POST", &path).form(&fields).try_send().map(|page| page.status)
}

fn random_moment() -> Duration {
    Duration::from_millis(60 + u64::from(secret::random::<1>()[0]) * 2)
}

on_both! {
    fn killed_at_any_moment_it_has_done_things_whole_or_not_at_all(world) {
        let mut process = world.binary();
        let crowd = Crowd::of(world, &process);
        for _ in 0..KILLS {
            let address = process.address;
            crowd.while_they_work(address, || {
                thread::sleep(random_moment());
                process.kill();
            });
            assert_eq!(entries(world), applied(world), "the ledger and the log after a kill");
            process.restart(world.database());
        }
        crowd.assert_kept(world);
        assert_sound(world);
        let unanswered = crowd.unanswered.load(Ordering::Relaxed);
        assert!(crowd.done() >= KILLS, "only {} changes were made: that was no load", crowd.done());
        // On a busy machine a kill may find no request waiting.
        assert!(unanswered >= KILLS / 2, "only {unanswered} changes were cut off: that was no load");
        // And it goes on where it stopped.
        let before = crowd.done();
        let address = process.address;
        crowd.while_they_work(address, || {
            poll(|| (crowd.done() > before).then_some(()));
        });
        assert!(crowd.done() > before);
    }

    fn asked_to_end_under_load_it_ends_well(world) {
        let mut process = world.binary();
        let crowd = Crowd::of(world, &process);
        let address = process.address;
        let status = crowd.while_they_work(address, || {
            poll(|| (crowd.done() >= 10).then_some(()));
            process.terminate()
        });
        assert!(crowd.done() >= 10, "only {} changes were made: that was no load", crowd.done());
        assert_eq!(status.code(), Some(0));
        crowd.assert_kept(world);
        assert_sound(world);
    }
}

#[test]
fn asked_to_end_it_answers_the_request_in_hand_first() {
    // How far the request has got can be seen on PostgreSQL only.
    within(Engine::Postgres, |world| {
        let mut process = world.binary();
        let crowd = Crowd::of(world, &process);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut holder = runtime.block_on(PgConnection::connect(&world.database().url)).unwrap();
        runtime.block_on(holder.execute("begin")).unwrap();
        runtime.block_on(holder.execute("select 1 from users where id = 100 for update")).unwrap();
        let address = process.address;
        let (answer, status) = thread::scope(|scope| {
            let step = crowd.next_step(0).unwrap();
            let person = &crowd.people[0];
            let sent = scope.spawn(move || change(person, address, 100, step, "change in hand"));
            let waits =
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
            wait_until(|| world.number(waits) > 0);
            let ended = scope.spawn(|| process.terminate());
            thread::sleep(Duration::from_millis(300));
            runtime.block_on(holder.execute("rollback")).unwrap();
            (sent.join().unwrap(), ended.join().unwrap())
        });
        assert_eq!(answer, Ok(303));
        assert_eq!(status.code(), Some(0));
        assert_eq!(applied(world), 1);
        assert_sound(world);
    });
}
