//! `ingam serve`

use super::{ConfigArgs, RefusedToStart, check, target::settings, zones};
use crate::{
    app,
    audit::safeguard::login_is_powerful,
    clock::Clock,
    config::{BATCH_USER, Config},
    profile::Profile,
    store::Store,
    supervise::{self, Launcher, User},
    zone::ZONES,
};
use anyhow::Context as _;
use std::{
    env,
    io::IsTerminal as _,
    net::{SocketAddr, TcpListener},
    process::ExitCode,
};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

pub(super) async fn run(args: ConfigArgs, clock: Clock) -> anyhow::Result<ExitCode> {
    let launcher = launcher()?;
    let settings = settings(args.config.as_deref())?;
    let profile = settings.profile().map_err(RefusedToStart)?;
    start_logging(profile, "info,sqlx=warn,actix_server=warn,krafka=warn");
    for check in settings.checks() {
        check.verdict.map_err(|why| RefusedToStart(format!("refuses to start: {why}")))?;
    }
    let mut config = settings.config().map_err(RefusedToStart)?;
    config.batches.launcher = launcher;
    let store = Store::open(&config.database_url, 1).await?;
    let mut checks = check::of_database(&store, profile).await;
    // The schema comes first: an older one has no place for what is compared.
    if checks.iter().all(|check| check.verdict.is_ok()) {
        let key = check::of_key(&store, &config.secret_key).await;
        if let (Some(_), Ok(state)) = (config.secret_key.former(), &key.verdict) {
            tracing::warn!("the secret key is being rotated: {state}");
        }
        checks.push(key);
    }
    for check in checks {
        check.verdict.map_err(|why| RefusedToStart(format!("refuses to start: {why}")))?;
    }
    if login_is_powerful(&store.reader, store.engine).await? {
        tracing::warn!(
            "the user in DATABASE_URL owns the tables or is a superuser; the console works as ingam_app all the same, \
             but a login that can only do that is safer"
        );
    }
    tracing::info!("time zones: {}", ZONES.edition());
    for warning in zones::warnings(&store, &config, clock.now()).await? {
        tracing::warn!("time zones: {warning}");
    }
    store.close().await;
    let listener = TcpListener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    until_stopped(
        config,
        clock,
        listener,
        |address| tracing::info!(%address, %profile, "listening on http://{address}"),
    )
    .await
}

/// Starts the process that will start jobs, before any secret is read.
pub(super) fn launcher() -> anyhow::Result<Launcher> {
    supervise::keep_files();
    let user = env::var(BATCH_USER).ok().filter(|text| !text.is_empty());
    let user = user.map(|text| User::parse(&text)).transpose();
    let user = user.map_err(|why| RefusedToStart(format!("{BATCH_USER}: {why}")))?;
    let launcher = Launcher::own(user);
    if let Err(error) = launcher.begin() {
        // Where there are jobs to start, this is tried again and refused.
        tracing::debug!(%error, "the launcher of jobs cannot be started");
    }
    Ok(launcher)
}

/// Lines for people on a local machine, in colours only on a terminal; JSON for everybody else. `RUST_LOG` says what is logged, else
/// `usual` does.
pub(super) fn start_logging(profile: Profile, usual: &str) {
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    // Finer than this, it logs where requests to the payment provider go, and then their bytes, keys and all.
    if let Ok(coarser) = "ureq=info".parse() {
        filter = filter.add_directive(coarser);
    }
    let has_colours = std::io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(has_colours).with_writer(std::io::stderr);
    let started = match profile {
        Profile::Local => logging.compact().try_init(),
        _ => logging.json().flatten_event(true).with_current_span(false).try_init(),
    };
    // A second start in one process keeps the first one's logging.
    drop(started);
}

/// Serves until SIGTERM or SIGINT, then lets requests in flight finish.
pub(super) async fn until_stopped(
    config: Config,
    clock: Clock,
    listener: TcpListener,
    announce: impl FnOnce(SocketAddr),
) -> anyhow::Result<ExitCode> {
    for (job, why) in config.batches.without_program() {
        tracing::warn!(job, why, "the runs of a job will fail until its program is there");
    }
    if config.batches.starts_programs() {
        let begun = config.batches.launcher.begin();
        begun.map_err(|error| RefusedToStart(format!("the process that starts jobs cannot be started: {error}")))?;
    } else {
        config.batches.launcher.end();
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = app::start(config, clock, listener).await?;
    announce(running.address());
    let server = running.handle();
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping: requests in flight finish first");
        server.stop(true).await;
    };
    let stopping = actix_web::rt::spawn(stop);
    let outcome = running.finish().await;
    stopping.abort();
    outcome.map(|()| ExitCode::SUCCESS)
}
