//! The console as a whole: what all requests share, the middleware in order, and starting and stopping.

use crate::{
    allowlist::Allowlist,
    batches::define,
    changes,
    clock::{Clock, Instant},
    config::Config,
    gate::{Gate, Refusal, Target},
    profile::Profile,
    routes,
    secret::SecretKey,
    sql,
    staff::{
        password::Passwords,
        session::{Limits, Sessions},
    },
    store::{Engine, Reader, Store},
    supervise::Identity,
    web::{
        door,
        recording::Recording,
        shell::{Frame, Solo, Theme},
        visit::Visit,
        words::Words,
    },
    worker,
};
use actix_session::{
    SessionMiddleware,
    config::{BrowserSession, CookieContentSecurity},
};
use actix_web::{
    App, HttpServer,
    cookie::{Cookie, Key, SameSite},
    dev::ServerHandle,
    middleware::from_fn,
    web,
};
use anyhow::Context as _;
use chrono_tz::Tz;
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    sync::Mutex,
    time::Duration,
};

/// What all requests share. Handlers do not see it whole: they sit at a `Desk`, which hands out what they may use.
#[derive(Debug)]
pub struct Console {
    pub profile: Profile,
    pub zone: Tz,
    pub clock: Clock,
    pub key: SecretKey,
    pub reader: Reader,
    pub(crate) gate: Gate,
    pub passwords: Passwords,
    pub limits: Limits,
    /// From where batches may report; from where the console opens, where nothing else is said.
    pub(crate) report_networks: Option<Allowlist>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// What browsers may say they come from.
    pub(crate) origins: Vec<String>,
    pub(crate) plain_http: bool,
    recording: Recording,
    head: Mutex<Option<(Instant, AuditHead)>>,
}

/// The newest row of the log, if there is one.
type AuditHead = Option<(i64, Instant)>;

/// How long the newest audit row may be remembered: it decorates every page and decides nothing.
const HEAD_SECONDS: i64 = 5;
/// Larger than any form of ours.
const MAX_FORM: usize = 16 * 1024;

impl Console {
    pub async fn audit_size(&self) -> sqlx::Result<i64> {
        let (size,): (i64,) = self.reader.query(sql!("select size from audit_head where id = 1")).one().await?;
        Ok(size)
    }

    /// The newest audit row, as of a few seconds ago.
    pub async fn audit_head(&self) -> sqlx::Result<AuditHead> {
        let now = self.clock.now();
        let known = self.head.lock().ok().and_then(|head| *head);
        if let Some((at, head)) = known
            && (0..HEAD_SECONDS).contains(&now.since(at).num_seconds())
        {
            return Ok(head);
        }
        let head: AuditHead =
            self.reader.query(sql!("select seq, at from audit order by seq desc limit 1")).optional().await?;
        if let Ok(mut kept) = self.head.lock() {
            *kept = Some((now, head));
        }
        Ok(head)
    }

    /// Whether the console opens to this address, by its environment or by the list in the database.
    pub(crate) async fn opens_to(&self, ip: IpAddr) -> sqlx::Result<bool> {
        self.gate.opens_to(&mut &self.reader, ip).await
    }

    /// Writes to the audit log that a request was turned away, and says whether it was written.
    pub(crate) async fn record(&self, visit: &Visit, refusal: &Refusal) -> bool {
        if visit.visitor().is_none() && !self.recording.may(visit.ip().or(visit.peer), self.clock.now()) {
            tracing::warn!(
                request = visit.request_id,
                refusal = refusal.word(),
                "a stranger's refusal is one too many to record"
            );
            return false;
        }
        let target = Target::new("request", visit.asked_for());
        match self.gate.record_refusal(&visit.actor(), "request.refused", target, refusal).await {
            Ok(_) => true,
            Err(error) => {
                tracing::error!(request = visit.request_id, %error, "a refusal could not be recorded");
                false
            }
        }
    }

    /// The address of a path for somebody who has only this address.
    pub(crate) fn link_to(&self, path: &str) -> String {
        format!("{}{path}", self.origins.first().map_or("", String::as_str))
    }

    /// The cookie that binds forms to a browser before there is a session.
    pub(crate) fn form_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-form" } else { "__Host-ingam-form" }
    }

    /// The cookie that remembers the page somebody wanted while they sign in.
    pub(crate) fn wanted_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-wanted" } else { "__Host-ingam-wanted" }
    }

    pub(crate) fn session_cookie(&self) -> &'static str {
        if self.plain_http { "ingam-session" } else { "__Host-ingam-session" }
    }

    pub(crate) fn cookie(&self, name: &'static str, value: String) -> Cookie<'static> {
        Cookie::build(name, value).path("/").http_only(true).secure(!self.plain_http).same_site(SameSite::Lax).finish()
    }

    /// What every page of this visit knows. `csrf` is the token of its forms.
    pub(crate) fn frame(&self, visit: &Visit, csrf: String) -> Frame {
        let visitor = visit.visitor();
        Frame {
            words: Words::of(visit.lang()),
            environment: self.profile,
            nonce: visit.nonce.clone(),
            csrf,
            zone: visitor.as_ref().and_then(|visitor| visitor.time_zone.parse().ok()).unwrap_or(self.zone),
            now: self.clock.now(),
            theme: visitor.as_ref().and_then(|visitor| Theme::parse(&visitor.theme)).unwrap_or_default(),
            flash: None,
        }
    }

    /// The frame of an error page, which has no form.
    pub(crate) fn solo(&self, visit: &Visit) -> Solo {
        Solo { frame: self.frame(visit, String::new()), asked: visit.asked, path: None }
    }
}

/// A console that serves.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    server: ServerHandle,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
    worker: worker::Worker,
    store: Store,
    gate: Gate,
    engine: Engine,
}

impl Running {
    pub fn address(&self) -> SocketAddr {
        self.address
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
        self.worker.stop().await;
        self.store.close().await;
        self.gate.close().await;
        Ok(())
    }

    pub fn handle(&self) -> ServerHandle {
        self.server.clone()
    }
}

/// Seconds that requests in flight get when the console is told to stop.
const GRACE: u64 = 20;

/// Starts the console on `listener`. To be called inside an actix system.
pub async fn start(config: Config, clock: Clock, listener: TcpListener) -> anyhow::Result<Running> {
    let address = listener.local_addr().context("the listening address cannot be read")?;
    let store = Store::open(&config.database_url, config.connections).await?;
    let engine = store.engine;
    let gate =
        Gate::open(&store, changes::CATALOG, clock.clone(), config.secret_key.clone(), config.allowed_networks.clone())
            .await?
            .with_policies(config.policies.clone());
    // Before it serves: a page of a job that is not taken over yet would say that there is none.
    define::take_over(&store.reader, &gate, &config.batches.jobs).await?;
    let limits = Limits { idle: config.session_idle, absolute: config.session_absolute };
    let console = web::Data::new(Console {
        profile: config.profile,
        zone: config.time_zone,
        clock: clock.clone(),
        key: config.secret_key.clone(),
        reader: store.reader.clone(),
        gate: gate.clone(),
        passwords: Passwords::new(config.workers),
        limits,
        report_networks: config.batches.networks.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        origins: origins(&config, address),
        plain_http: config.is_plain_http(),
        recording: Recording::default(),
        head: Mutex::new(None),
    });
    let sessions = Sessions { reader: store.reader.clone(), gate: gate.clone(), clock: clock.clone(), limits };
    let cookie_key = Key::from(&config.secret_key.cookie_key());
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
            .app_data(web::PayloadConfig::new(MAX_FORM))
            // The last one wrapped is the first one passed.
            .wrap(from_fn(door::authorize))
            .wrap(session)
            .wrap(from_fn(door::admit))
            .wrap(from_fn(door::observe))
            .configure(routes::configure)
    })
    .workers(config.workers)
    .client_request_timeout(Duration::from_secs(10))
    .shutdown_timeout(GRACE)
    .disable_signals()
    .listen(listener)
    .with_context(|| format!("cannot listen on {address}"))?
    .run();
    let handle = server.handle();
    let own = Identity::own();
    let runner = worker::batches::Runner {
        gate: gate.clone(),
        reader: store.reader.clone(),
        clock: clock.clone(),
        allowed: config.batches.programs.clone(),
        name: format!("{}/{}/{}", own.host, own.pid, own.start.unwrap_or_default()),
        host: own.host,
        lease: config.batches.lease,
        // A console that knows of no jobs has not been told with what to run them either.
        slots: if config.batches.jobs.is_empty() { 0 } else { config.batches.slots },
        drain: config.batches.drain,
        signing: config.batches.secret.clone(),
        origin: config.public_origin.clone().unwrap_or_else(|| format!("http://{address}")),
    };
    let worker = worker::start(worker::Work {
        gate: gate.clone(),
        clock,
        topic: config.events_topic,
        session_absolute: config.session_absolute,
        payments: config.payments,
        batches: runner,
    });
    Ok(Running { address, server: handle, done: tokio::spawn(server), worker, store, gate, engine })
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
