//! `ingam demo`

use super::{
    DemoArgs,
    data::{Account, Data},
    serve,
    target::actor,
};
use crate::{
    batches::{
        command::Allowed,
        define,
        sample::{self, LoadBatches},
    },
    clock::Clock,
    config::Config,
    gate::{Actor, Gate, Refusal, Role, Roles, code},
    orders::sample::{LoadOrders, STEP as ORDERS_STEP, UNTOLD},
    profile::Profile,
    secret::random,
    sql,
    staff::founding::{Founder, found},
    store::{self, Store},
    users::load::{LoadSample, STEP},
    web::qr,
};
use anyhow::Context as _;
use std::{env, net::TcpListener, path, process::ExitCode};

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

pub(super) async fn run(args: DemoArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    serve::start_logging(Profile::Local);
    if !args.listen.ip().is_loopback() {
        anyhow::bail!("the demo listens on this machine only; {} is not a loopback address", args.listen.ip());
    }
    // First of all, so that a port in use costs nobody their data.
    let listener = TcpListener::bind(args.listen).with_context(|| {
        format!("cannot listen on {}; choose another address with --listen 127.0.0.1:PORT", args.listen)
    })?;
    let (data, complete) = Data::prepare(&args.data, args.fresh)?;
    let config = with_jobs(data.config()?, &data)?;
    store::migrate(&config.database_url, Profile::Local, clock.now()).await?;
    if !complete {
        eprintln!("Making {} customers and their orders in {} …", args.users, data.directory().display());
        fill(&data, &config, clock.clone(), args.users).await?;
    }
    let accounts = data.staff()?;
    let config = Config { listen: args.listen, ..config };
    serve::until_stopped(config, clock, listener, |address| announce(&accounts, &data, address)).await
}

/// The demo's jobs are this program, on the data of this demo. It may have moved since the last start, and they with it.
fn with_jobs(mut config: Config, data: &Data) -> anyhow::Result<Config> {
    let program = env::current_exe().context("the demo cannot find its own program, which its jobs run")?;
    let program = program.to_str().context("the path of this program is not UTF-8, so that no job can name it")?;
    let directory = path::absolute(data.directory())?;
    let directory = directory.to_str().context("the path of --data is not UTF-8, so that no job can name it")?;
    config.batches.jobs = sample::jobs(program, directory);
    // Colons separate programs in that list.
    config.batches.programs = Allowed::parse(program).with_context(|| {
        format!("the demo cannot run jobs from {program}; put this program where its path has no colon")
    })?;
    Ok(config)
}

async fn fill(data: &Data, config: &Config, clock: Clock, users: i64) -> anyhow::Result<()> {
    let store = Store::open(&config.database_url, 1).await?;
    let gate =
        Gate::open(&store, crate::changes::CATALOG, clock, config.secret_key.clone(), config.allowed_networks.clone())
            .await?;
    let actor = actor();
    let mut accounts = Vec::new();
    for (email, name, role) in STAFF {
        let founder = Founder {
            email: email.to_owned(),
            name: name.to_owned(),
            roles: Roles::new([role]),
            time_zone: config.time_zone.to_string(),
            password: passphrase(),
            secret: code::new_secret(),
        };
        found(&gate, &actor, &founder).await?;
        accounts.push(Account {
            email: founder.email,
            name: founder.name,
            roles: vec![role.to_string()],
            password: founder.password,
            totp_secret: code::base32(&founder.secret),
        });
    }
    load(&gate, &actor, 0, users).await?;
    load_orders(&store, &gate, &actor, users * ORDERS_A_CUSTOMER).await?;
    define::take_over(&store.reader, &gate, &config.batches.jobs).await?;
    gate.perform(&actor, &LoadBatches {}).await?;
    store.close().await;
    gate.close().await;
    data.complete(&accounts)
}

/// Adds sample orders until there are about `total`: three quarters of them at most those that the customers' ledgers tell
/// of, the others of the last weeks.
pub(super) async fn load_orders(store: &Store, gate: &Gate, actor: &Actor, total: i64) -> anyhow::Result<i64> {
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
        let loaded = gate.perform(actor, &change).await?.output;
        if loaded.orders == 0 {
            break;
        }
        (told, entry) = (told + loaded.orders, loaded.entry);
    }
    while users > 0 && told + first < total {
        let count = ORDERS_STEP.min(total - told - first);
        gate.perform(actor, &LoadOrders { first, count, users, ..LoadOrders::default() }).await?;
        first += count;
    }
    Ok(told + first)
}

/// Adds sample customers until there are `total`.
pub(super) async fn load(gate: &Gate, actor: &Actor, there: i64, total: i64) -> Result<(), Refusal> {
    let mut first = there + 1;
    while first <= total {
        let count = STEP.min(total - first + 1);
        gate.perform(actor, &LoadSample { first, count, total }).await?;
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

/// What a new user needs for the first minute.
fn announce(accounts: &[Account], data: &Data, address: std::net::SocketAddr) {
    for account in accounts {
        let otpauth = otpauth(account);
        println!("{}\n{}  {}\n", qr::terminal(&otpauth), account.email, account.roles.join(", "));
    }
    let width = |pick: fn(&Account) -> usize| accounts.iter().map(pick).max().unwrap_or_default();
    let (email, role) = (width(|a| a.email.len()), width(|a| a.roles.join(", ").len()));
    println!("{:email$}  {:role$}  {:19}  authenticator", "account", "role", "password");
    for account in accounts {
        println!(
            "{:email$}  {:role$}  {:19}  {}",
            account.email,
            account.roles.join(", "),
            account.password,
            otpauth(account)
        );
    }
    println!();
    println!("The same for scripts: {}", data.directory().join("staff.json").display());
    println!("A code without an authenticator: ingam code mina@ingam.test --data {}", data.directory().display());
    println!("listening on http://{address}");
}

fn otpauth(account: &Account) -> String {
    totp_rs::Secret::try_from_base32(&account.totp_secret)
        .ok()
        .and_then(|secret| code::address(secret.as_ref(), "Ingam local", &account.email))
        .unwrap_or_default()
}
