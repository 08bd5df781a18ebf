//! `ingam demo`

use super::{DemoArgs, serve, target::actor};
use crate::{
    changes::{CATALOG, KINDS},
    clock::Clock,
    config::Config,
    demo::{
        data::{Account, Data},
        fill::{Stage, fill},
        jobs,
    },
    digits,
    gate::code,
    persona::Persona,
    profile::Profile,
    store,
    supervise::Allowed,
    web::qr,
};
use anyhow::Context as _;
use std::{env, net::TcpListener, path, process::ExitCode};

pub(super) async fn run(args: DemoArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    // What is printed has to stay in sight: requests are not logged, and neither is SQL that takes long on a busy machine.
    serve::start_logging(Profile::Local, "warn,sqlx=error");
    if !args.listen.ip().is_loopback() {
        anyhow::bail!("the demo listens on this machine only; {} is not a loopback address", args.listen.ip());
    }
    // First of all, so that a port in use costs no data.
    let listener = TcpListener::bind(args.listen).with_context(|| {
        format!("cannot listen on {}; choose another address with --listen 127.0.0.1:PORT", args.listen)
    })?;
    let launcher = serve::launcher()?;
    let (data, complete) = Data::prepare(&args.data, args.fresh)?;
    let mut config = with_jobs(data.config(KINDS)?, &data)?;
    config.batches.launcher = launcher;
    if complete {
        store::migrate(&config.database_url, Profile::Local, clock.now()).await?;
    } else {
        store::migrate_to_fill(&config.database_url, Profile::Local, clock.now()).await?;
        eprint!("Making a demo in {}:", data.directory().display());
        fill(CATALOG, &actor(), &data, &config, clock.clone(), args.users, |stage| tell(stage, args.users)).await?;
        eprintln!(". Done.");
    }
    let accounts = data.staff()?;
    let config = Config { listen: args.listen, personas: accounts.iter().filter_map(persona).collect(), ..config };
    serve::until_stopped(config, clock, listener, |address| announce(&accounts, &data, address, args.qr)).await
}

/// The demo's jobs are this program, on the data of this demo. It may have moved since the last start, and they with it.
fn with_jobs(mut config: Config, data: &Data) -> anyhow::Result<Config> {
    let program = env::current_exe().context("the demo cannot find its own program, which its jobs start")?;
    let program = program.to_str().context("the path of this program is not UTF-8, so jobs cannot use it")?;
    let directory = path::absolute(data.directory())?;
    let directory = directory.to_str().context("the path of --data is not UTF-8, so jobs cannot use it")?;
    config.batches.jobs = jobs::jobs(program, directory);
    // Colons separate programs in that list.
    config.batches.programs = Allowed::parse(program).with_context(|| {
        format!("the demo cannot run jobs from {program}; put this program where its path has no colon")
    })?;
    Ok(config)
}

/// Says what is being made, all in one line.
fn tell(stage: Stage, users: i64) {
    match stage {
        Stage::Customers => eprint!(" {} customers", digits::group(users)),
        Stage::Orders => eprint!(", their orders"),
        Stage::Staff => eprint!(", staff"),
        Stage::Jobs => eprint!(", batch jobs"),
        Stage::Month => eprint!(", a month of work"),
    }
}

/// The person of an account, for the sign-in page.
fn persona(account: &Account) -> Option<Persona> {
    Some(Persona {
        name: account.name.clone(),
        role: account.roles.first()?.parse().ok()?,
        email: account.email.clone(),
        password: account.password.clone(),
        secret: account.secret()?,
    })
}

/// What a new user needs for the first minute.
fn announce(accounts: &[Account], data: &Data, address: std::net::SocketAddr, with_qr: bool) {
    for account in accounts.iter().filter(|_| with_qr) {
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
    println!("The same as JSON, for scripts: {}", data.directory().join("staff.json").display());
    println!("The sign-in page offers these people with their codes; for an authenticator app, start with --qr.");
    println!("listening on http://{address}");
}

fn otpauth(account: &Account) -> String {
    account.secret().and_then(|secret| code::address(&secret, "Ingam local", &account.email)).unwrap_or_default()
}
