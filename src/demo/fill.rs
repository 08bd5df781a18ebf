//! Filling an empty demo, and adding sample customers and orders to any database that is not production's.

use super::{
    customers::{LoadSample, STEP},
    data::{Account, Data},
    jobs::LoadBatches,
    month,
    orders::{LoadOrders, STEP as ORDERS_STEP, UNTOLD},
    processor::OneProcessor,
    worker::Time,
};
use crate::{
    batches::{claim::TickJob, define, definition::Definition, record},
    clock::{Clock, Instant},
    config::Config,
    gate::{Actor, Catalog, Gate, Reason, Refusal, Role, Roles, code},
    password,
    secret::random,
    sql,
    staff::founding::{Founder, found_with},
    store::Store,
};
use chrono::TimeDelta;
use tokio::task::spawn_blocking;

/// Who works at the demo's shop.
const STAFF: [(&str, &str, Role); 5] = [
    ("mina@ingam.test", "김민아", Role::Operator),
    ("jun@ingam.test", "박준호", Role::Oncall),
    ("sora@ingam.test", "이소라", Role::Auditor),
    ("hana@ingam.test", "최하나", Role::Approver),
    ("owner@ingam.test", "Olivia Kang", Role::Owner),
];

/// Two thousand customers have ten thousand orders.
const ORDERS_A_CUSTOMER: i64 = 5;

/// What is made at the moment, for people who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Customers,
    Orders,
    Staff,
    Jobs,
    Month,
}

/// Fills a new demo: its staff, `users` customers with their orders, its jobs, and what they all did in the month before. The log
/// begins a month ago; what is loaded reaches up to now.
pub(crate) async fn fill(
    catalog: Catalog,
    actor: &Actor,
    data: &Data,
    config: &Config,
    clock: Clock,
    users: i64,
    tell: impl Fn(Stage),
) -> anyhow::Result<()> {
    let now = clock.now();
    let present = Some(now.unix());
    let time = Time::at(now.minus(TimeDelta::days(i64::try_from(month::DAYS)?) + TimeDelta::hours(20)));
    let time_zone = config.time_zone.to_string();
    let staff = spawn_blocking(move || staff(&time_zone));
    // The hashing has begun on another thread, which may go where it likes.
    let processor = OneProcessor::stay();
    let store = Store::open_to_fill(&config.database_url).await?;
    let gate = Gate::open(&store, catalog, time.clock(), config.secret_key.clone(), config.allowed_networks.clone())
        .await?
        .with_policies(config.policies.clone());
    // A demo that begins has no owner yet to read a reason.
    let reason = Reason::none();
    tell(Stage::Customers);
    load(&gate, (actor, &reason), LoadSample { first: 1, total: users, present, ..LoadSample::default() }).await?;
    tell(Stage::Orders);
    let sample = LoadOrders { present, ..LoadOrders::default() };
    load_orders(&store, &gate, (actor, &reason), users * ORDERS_A_CUSTOMER, &sample).await?;
    tell(Stage::Staff);
    let accounts = found(&gate, actor, staff.await?).await?;
    tell(Stage::Jobs);
    define::take_over(&store.reader, &gate, &config.batches.jobs).await?;
    gate.submit_unattended(actor, &LoadBatches { present }).await?;
    tell(Stage::Month);
    month::work(&gate, &store.reader, &time, &accounts, now).await?;
    time.go_to(now);
    skip_ticks(&store, &gate, &config.batches.jobs, now).await?;
    store.close().await;
    gate.close().await;
    drop(processor);
    data.complete(&accounts)
}

/// The accounts that are to be founded, each with the hash of its password.
type Staff = Vec<(Founder, Role, String)>;

/// The accounts. Hashing takes a core for a while, so it goes on beside the loading of customers and orders.
fn staff(time_zone: &str) -> Staff {
    let hashed = |(email, name, role): (&str, &str, Role)| {
        let founder = Founder {
            email: email.to_owned(),
            name: name.to_owned(),
            roles: Roles::new([role]),
            time_zone: time_zone.to_owned(),
            password: passphrase(),
            secret: code::new_secret(),
        };
        let hash = password::hash(&founder.password);
        (founder, role, hash)
    };
    STAFF.map(hashed).into()
}

async fn found(gate: &Gate, actor: &Actor, staff: Staff) -> anyhow::Result<Vec<Account>> {
    let mut accounts = Vec::new();
    for (founder, role, hash) in staff {
        found_with(gate, actor, &founder, hash).await?;
        accounts.push(Account {
            email: founder.email,
            name: founder.name,
            roles: vec![role.to_string()],
            password: founder.password,
            totp_secret: code::base32(&founder.secret),
        });
    }
    Ok(accounts)
}

/// Moves the schedules of the jobs to now: what they did until then is loaded.
async fn skip_ticks(store: &Store, gate: &Gate, jobs: &[Definition], now: Instant) -> anyhow::Result<()> {
    for Definition { name, schedule, .. } in jobs {
        let Some(job) = record::job(&mut &store.reader, name).await? else { continue };
        let (Some(due), Some(schedule)) = (job.next_at, schedule) else { continue };
        let next = schedule.next(now);
        gate.run_housekeeping(&TickJob { job: name.clone(), due, next, is_scheduled: true, run: None }).await?;
    }
    Ok(())
}

/// Adds sample orders until there are about `total`: three quarters of them at most those that the customers' ledgers tell
/// of, the others of the last weeks.
pub(crate) async fn load_orders(
    store: &Store,
    gate: &Gate,
    (actor, reason): (&Actor, &Reason),
    total: i64,
    sample: &LoadOrders,
) -> anyhow::Result<i64> {
    let (users, told, last, untold): (i64, i64, i64, i64) = store
        .reader
        .query(sql!(
            "select (select coalesce(max(id), 0) from users),
                    (select count(*) from orders where id < $1), (select coalesce(max(id), 0) from orders where id < $1),
                    (select coalesce(max(id) - $1 + 1, 0) from orders where id >= $1)"
        ))
        .bind(UNTOLD)
        .one()
        .await?;
    let (mut told, mut entry, mut first) = (told, last, untold);
    while users > 0 && told < total * 3 / 4 {
        let entries = ORDERS_STEP.min(total * 3 / 4 - told);
        let change = LoadOrders { entry, entries, users, ..sample.clone() };
        let loaded = gate.submit_for(actor, &change, reason).await?.output;
        if loaded.orders == 0 {
            break;
        }
        (told, entry) = (told + loaded.orders, loaded.entry);
    }
    while users > 0 && told + first < total {
        let count = ORDERS_STEP.min(total - told - first);
        gate.submit_for(actor, &LoadOrders { first, count, users, ..sample.clone() }, reason).await?;
        first += count;
    }
    Ok(told + first)
}

/// Adds the sample customers from `sample.first` on until there are `sample.total`.
pub(crate) async fn load(gate: &Gate, (actor, reason): (&Actor, &Reason), sample: LoadSample) -> Result<(), Refusal> {
    let LoadSample { mut first, total, .. } = sample;
    while first <= total {
        let count = STEP.min(total - first + 1);
        gate.submit_for(actor, &LoadSample { first, count, ..sample.clone() }, reason).await?;
        first += count;
    }
    Ok(())
}

/// Four groups of four letters: 80 bits that can be typed from a screen.
fn passphrase() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnopqrstuvwxyz2345678";
    let letter = |byte: &u8| char::from(LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'a'));
    let letters: Vec<char> = random::<16>().iter().map(letter).collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}
