//! Filling an empty demo, and adding sample customers and orders to any database that is not production's.

use super::{
    customers::{LoadSample, STEP},
    data::{Account, Data},
    declined::{Earlier, Operator, decline},
    jobs::LoadBatches,
    orders::{LoadOrders, STEP as ORDERS_STEP, UNTOLD},
};
use crate::{
    batches::define,
    clock::Clock,
    config::Config,
    gate::{Actor, Catalog, Gate, Reason, Refusal, Role, Roles, code},
    secret::random,
    sql,
    staff::founding::{Founder, found},
    store::Store,
};

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

/// Fills a new demo: its staff, `users` customers with their orders, its jobs, and what those did in the month before.
pub(crate) async fn fill(
    catalog: Catalog,
    actor: &Actor,
    data: &Data,
    config: &Config,
    clock: Clock,
    users: i64,
) -> anyhow::Result<()> {
    let store = Store::open(&config.database_url, 1).await?;
    let earlier = Earlier::than(clock.clone());
    let networks = || config.allowed_networks.clone();
    let gate = Gate::open(&store, catalog, earlier.clock.clone(), config.secret_key.clone(), networks()).await?;
    // A demo that begins has no owner yet to read a reason.
    let reason = Reason::none();
    let mut accounts = Vec::new();
    let mut operator = None;
    for (email, name, role) in STAFF {
        let founder = Founder {
            email: email.to_owned(),
            name: name.to_owned(),
            roles: Roles::new([role]),
            time_zone: config.time_zone.to_string(),
            password: passphrase(),
            secret: code::new_secret(),
        };
        let id = found(&gate, actor, &founder).await?;
        if role == Role::Operator {
            operator = Some(Operator { id, name, email, secret: founder.secret });
        }
        accounts.push(Account {
            email: founder.email,
            name: founder.name,
            roles: vec![role.to_string()],
            password: founder.password,
            totp_secret: code::base32(&founder.secret),
        });
    }
    load(&gate, (actor, &reason), 0, users).await?;
    load_orders(&store, &gate, (actor, &reason), users * ORDERS_A_CUSTOMER).await?;
    if let Some(operator) = operator {
        decline(&store, &gate, &earlier, &operator).await?;
    }
    gate.close().await;
    let gate = Gate::open(&store, catalog, clock, config.secret_key.clone(), networks()).await?;
    define::take_over(&store.reader, &gate, &config.batches.jobs).await?;
    gate.submit_unattended(actor, &LoadBatches {}).await?;
    store.close().await;
    gate.close().await;
    data.complete(&accounts)
}

/// Adds sample orders until there are about `total`: three quarters of them at most those that the customers' ledgers tell
/// of, the others of the last weeks.
pub(crate) async fn load_orders(
    store: &Store,
    gate: &Gate,
    (actor, reason): (&Actor, &Reason),
    total: i64,
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
        let change = LoadOrders { entry, entries, users, ..LoadOrders::default() };
        let loaded = gate.submit_for(actor, &change, reason).await?.output;
        if loaded.orders == 0 {
            break;
        }
        (told, entry) = (told + loaded.orders, loaded.entry);
    }
    while users > 0 && told + first < total {
        let count = ORDERS_STEP.min(total - told - first);
        gate.submit_for(actor, &LoadOrders { first, count, users, ..LoadOrders::default() }, reason).await?;
        first += count;
    }
    Ok(told + first)
}

/// Adds sample customers until there are `total`.
pub(crate) async fn load(
    gate: &Gate,
    (actor, reason): (&Actor, &Reason),
    there: i64,
    total: i64,
) -> Result<(), Refusal> {
    let mut first = there + 1;
    while first <= total {
        let count = STEP.min(total - first + 1);
        gate.submit_for(actor, &LoadSample { first, count, total }, reason).await?;
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
