//! The console as a whole: the middleware in order, and starting and stopping.

use crate::{
    batches::define,
    changes,
    clock::Clock,
    config::Config,
    deployments::configuration,
    gate::Gate,
    metrics::{self, Metrics},
    notify::text::Setting,
    password::Passwords,
    profile::Profile,
    readiness::configured::Configured,
    routes, sections,
    store::{Engine, Store},
    supervise::Identity,
    users::{index::index_some, take_over::at_first_start},
    web::{
        Console,
        connections::Connections,
        former_cookie, middleware,
        report_networks::ReportNetworks,
        session::{Limits, Sessions},
        traffic::Traffic,
    },
    worker,
};
use actix_rt::{Arbiter, ArbiterHandle};
use actix_session::{
    SessionMiddleware,
    config::{BrowserSession, CookieContentSecurity},
};
use actix_web::{
    App, HttpServer,
    cookie::{Key, SameSite},
    dev::ServerHandle,
    middleware::from_fn,
    web,
};
use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, getrlimit, setpriority_process, setrlimit};
use std::{
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{sleep, timeout};

/// A console that serves.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    server: ServerHandle,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
    metrics: Option<(SocketAddr, ServerHandle)>,
    worker: worker::Worker,
    aside: ArbiterHandle,
    store: Store,
    gate: Gate,
    engine: Engine,
}

impl Running {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics have a listener of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(|(address, _)| *address)
    }

    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Lets requests in flight finish, then closes the database. What has not finished after the time the server was
    /// started with is dropped, and its transaction with it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.server.stop(true).await;
        self.finish().await
    }

    /// Waits until the server has stopped by itself or by a signal.
    pub async fn finish(self) -> anyhow::Result<()> {
        self.done.await.context("the server's task ended badly")??;
        if let Some((_, server)) = &self.metrics {
            server.stop(true).await;
        }
        self.worker.stop().await;
        record_rest(&self.gate).await;
        self.store.close().await;
        self.gate.close().await;
        // The last: connections that were opened on it are closed through it.
        self.aside.stop();
        Ok(())
    }

    pub fn handle(&self) -> ServerHandle {
        self.server.clone()
    }
}

/// How long a console that stops tries to record what it has counted.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Larger than any form of the console.
const MAX_FORM: usize = 16 * 1024;
/// How far the thread for long work steps back, of 19.
const NICE: i32 = 10;
/// Seconds that requests in flight get when the console is told to stop.
const GRACE: u64 = 20;
/// A few scrapers and their retries.
const METRICS_CONNECTIONS: usize = 64;

/// Raises the number of files that this process may have open, as far as it may and needs to, and says how many they are.
fn open_files() -> usize {
    const WANTED: u64 = 16_384;
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(WANTED).min(WANTED);
    let mut now = limit.current.unwrap_or(u64::MAX);
    if now < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), ..limit }).is_ok() {
        now = wanted;
    }
    if now < 8_192 {
        tracing::warn!(files = now, "few files may be open (ulimit -n), so few connections are accepted at once");
    }
    usize::try_from(now).unwrap_or(usize::MAX)
}

/// Refuses to offer the people of a demo anywhere but on a local machine.
fn check_personas(config: &Config) -> anyhow::Result<()> {
    if !config.personas.is_empty() && config.profile != Profile::Local {
        anyhow::bail!(
            "the sign-in page offers the people of a demo on a local machine only, not in the profile {}",
            config.profile
        );
    }
    Ok(())
}

/// Starts the console on `listener`. To be called inside an actix system.
pub async fn start(config: Config, clock: Clock, listener: TcpListener) -> anyhow::Result<Running> {
    check_personas(&config)?;
    let address = listener.local_addr().context("the listening address cannot be read")?;
    let store = Store::open(&config.database_url, config.connections).await?;
    let (engine, aside) = (store.engine, aside());
    let gate = open_gate(&store, &config, clock.clone()).await?;
    take_over(&store, &gate, &config).await?;
    let limits = Limits { idle: config.session_idle, absolute: config.session_absolute };
    let traffic = Arc::new(Traffic::new(routes::ROUTES));
    let console = web::Data::new(Console {
        profile: config.profile,
        zone: config.time_zone,
        clock: clock.clone(),
        key: config.secret_key.clone(),
        reader: store.reader.clone(),
        gate: gate.clone(),
        passwords: Passwords::default(),
        limits,
        kept_access_years: config.retention.access_years,
        report_networks: report_networks(&config),
        trusted_proxies: config.trusted_proxies.clone(),
        starts_runs: config.batches.slots > 0,
        request_deadline: config.request_deadline,
        origins: origins(&config, address),
        is_strict_about_hosts: config.profile != Profile::Local,
        plain_http: config.is_plain_http(),
        routes: routes::ROUTES,
        forms: routes::forms(),
        waits: sections::WAITS,
        failing: sections::FAILING,
        silenced: sections::SILENCED,
        on_duty: sections::ON_DUTY,
        unreached: sections::UNREACHED,
        next_call: sections::NEXT_CALL,
        incidents: sections::INCIDENTS,
        review_plan: config.review_plan.clone(),
        personas: config.personas.clone(),
        traffic: Arc::clone(&traffic),
        aside: aside.clone(),
        beside: store.beside.clone(),
        head: Mutex::new(None),
        written: Mutex::default(),
    });
    let sessions = Sessions { reader: store.reader.clone(), gate: gate.clone(), clock: clock.clone(), limits };
    let sources = metrics::Sources {
        token: config.metrics.token.clone(),
        traffic,
        reader: store.reader.clone(),
        gate: gate.clone(),
        clock: clock.clone(),
        limits,
        profile: config.profile,
        engine,
    };
    let metrics = web::Data::new(Metrics::new(sources));
    let configured = web::Data::new(Configured::of(&config));
    let detection = web::Data::new(config.detection.clone());
    let (receivers, deployers) = (web::Data::new(config.receivers.clone()), web::Data::new(config.deployers.clone()));
    let beside = metrics_alone(&config, &metrics)?;
    let cookie_key = Key::from(&config.secret_key.cookie_key());
    let connections = Connections::new(config.bounds.within(open_files()), config.trusted_proxies.clone());
    let deadline = config.request_deadline;
    let server = HttpServer::new(move || {
        let session = SessionMiddleware::builder(sessions.clone(), cookie_key.clone())
            .cookie_name(console.session_cookie().to_owned())
            .cookie_secure(!console.plain_http)
            .cookie_http_only(true)
            // Lax and not Strict, so that a link in a chat message opens the page it names.
            .cookie_same_site(SameSite::Lax)
            .cookie_path("/".to_owned())
            // The content is a random token: there is nothing to hide in it, and a signature stops guesses early.
            .cookie_content_security(CookieContentSecurity::Signed)
            .session_lifecycle(BrowserSession::default())
            .build();
        App::new()
            .app_data(console.clone())
            .app_data(metrics.clone())
            .app_data(configured.clone())
            .app_data(detection.clone())
            .app_data(receivers.clone())
            .app_data(deployers.clone())
            .app_data(web::PayloadConfig::new(MAX_FORM))
            // The last one wrapped is the first one passed.
            .wrap(from_fn(middleware::authorize))
            .wrap(session)
            .wrap(from_fn(former_cookie::sign_again))
            .wrap(from_fn(middleware::admit))
            .wrap(from_fn(middleware::observe))
            .configure(routes::configure)
    })
    .workers(config.workers)
    .client_request_timeout(deadline)
    .on_connect(move |connection, data| connections.begin(connection, data))
    .shutdown_timeout(GRACE)
    .disable_signals()
    .listen(listener)
    .with_context(|| format!("cannot listen on {address}"))?
    .run();
    let handle = server.handle();
    let worker = worker::start(&work(&store, &gate, config, clock, address));
    let done = tokio::spawn(server);
    Ok(Running { address, server: handle, done, metrics: beside, worker, aside, store, gate, engine })
}

/// A thread for long work, which gets what others leave of the processor: of two that want it, a request has about nine tenths.
fn aside() -> ArbiterHandle {
    let aside = Arbiter::new().handle();
    aside.spawn_fn(|| {
        // On Linux it is the thread's own, and that of those which it begins.
        if let Err(error) = setpriority_process(None, NICE) {
            tracing::warn!(%error, "the thread for long work has the priority of all others");
        }
    });
    aside
}

/// Takes over what the configuration declares, and what came while no console ran.
async fn take_over(store: &Store, gate: &Gate, config: &Config) -> anyhow::Result<()> {
    // Before it serves: a page of a job that is not taken over yet would say that there is none.
    define::take_over(&store.reader, gate, &config.batches.jobs).await?;
    configuration::note(gate, &config.secret_key, config.file_digest).await?;
    at_first_start(&store.reader, gate).await?;
    // Of very much, the rest is the worker's.
    index_some(&store.reader, gate).await?;
    Ok(())
}

/// From where batches report, and from where each system posts alerts.
fn report_networks(config: &Config) -> ReportNetworks {
    let own = config.receivers.iter().filter_map(|receiver| Some((receiver.path(), receiver.networks.clone()?)));
    ReportNetworks { usual: config.batches.networks.clone(), of_path: own.collect() }
}

/// What the worker of this console works with.
fn work(store: &Store, gate: &Gate, config: Config, clock: Clock, address: SocketAddr) -> worker::Work {
    let runner = runner(&config, store, gate, &clock, address);
    worker::Work {
        gate: gate.clone(),
        clock,
        topic: config.events_topic,
        session_absolute: config.session_absolute,
        payments: config.payments,
        setting: Setting { profile: config.profile, origin: runner.origin.clone(), zone: config.time_zone },
        batches: runner,
        key: config.secret_key,
        channels: config.channels,
        policies: config.escalations,
        heartbeats: config.heartbeats,
        receivers: config.receivers,
        consumers: config.consumers,
        judging: config.judging,
        verifying: config.verifying,
        detection: config.detection,
        detecting: config.detecting,
        sealing: config.sealing,
        purging: config.purging,
        retention: config.retention,
        signing: config.signing,
        shipping: config.shipping,
        witnesses: config.witnesses,
        stamping: config.stamping,
    }
}

/// The listener of metrics, where there is one: its address, and its server.
fn metrics_alone(config: &Config, metrics: &web::Data<Metrics>) -> anyhow::Result<Option<(SocketAddr, ServerHandle)>> {
    let Some(wanted) = config.metrics.listen else { return Ok(None) };
    let listener = TcpListener::bind(wanted).with_context(|| format!("cannot listen on {wanted} for metrics"))?;
    let address = listener.local_addr().context("the address of metrics cannot be read")?;
    let metrics = metrics.clone();
    let server = HttpServer::new(move || App::new().app_data(metrics.clone()).configure(routes::configure_metrics))
        .workers(1)
        .client_request_timeout(config.request_deadline)
        .max_connections(METRICS_CONNECTIONS)
        .disable_signals()
        .shutdown_timeout(1)
        .listen(listener)
        .with_context(|| format!("cannot listen on {address} for metrics"))?
        .run();
    let handle = server.handle();
    tokio::spawn(server);
    tracing::info!(%address, "metrics are on http://{address}/metrics");
    Ok(Some((address, handle)))
}

/// What runs jobs, under the name of this process.
fn runner(config: &Config, store: &Store, gate: &Gate, clock: &Clock, address: SocketAddr) -> worker::batches::Runner {
    let own = Identity::own();
    worker::batches::Runner {
        gate: gate.clone(),
        reader: store.reader.clone(),
        clock: clock.clone(),
        allowed: config.batches.programs.clone(),
        launcher: config.batches.launcher.clone(),
        own_secrets: config.own_secrets.clone(),
        name: format!("{}/{}/{}", own.host, own.pid, own.start.unwrap_or_default()),
        host: own.host,
        lease: config.batches.lease,
        // A console that knows of no jobs has not been told with what to run them either.
        slots: if config.batches.jobs.is_empty() { 0 } else { config.batches.slots },
        drain: config.batches.drain,
        signing: config.batches.secret.clone(),
        origin: config.public_origin.clone().unwrap_or_else(|| format!("http://{address}")),
    }
}

/// The gate under the rules of the configuration.
async fn open_gate(store: &Store, config: &Config, clock: Clock) -> anyhow::Result<Gate> {
    let (key, networks) = (config.secret_key.clone(), config.allowed_networks.clone());
    Ok(Gate::open(store, changes::CATALOG, clock, key, networks)
        .await?
        .with_policies(config.policies.clone())
        .with_separate_duties(config.separate_duties)
        .with_look_limits(config.look_limits.clone()))
}

/// Records the refusals that are only counted so far. A connection that a thread of the server opened has ended with that
/// thread, which the pool notices when it uses it; so one failure says nothing.
async fn record_rest(gate: &Gate) {
    let recorded = timeout(LAST_WORDS, async {
        while let Err(error) = gate.record_counts(true).await {
            tracing::warn!(%error, "refusals that were counted could not be recorded; trying again");
            sleep(Duration::from_millis(50)).await;
        }
    });
    if recorded.await.is_err() {
        tracing::error!("refusals that were counted could not be recorded");
    }
}

/// What a browser calls this console. On a local machine the loopback address has three names.
fn origins(config: &Config, address: SocketAddr) -> Vec<String> {
    match &config.public_origin {
        Some(origin) => vec![origin.clone()],
        None => {
            ["127.0.0.1", "localhost", "[::1]"].iter().map(|host| format!("http://{host}:{}", address.port())).collect()
        }
    }
}
