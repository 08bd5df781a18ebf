//! The configuration, parsed once. Secrets come from the environment or from mounted files and are never printed.

mod approvals;
mod batches;
mod channels;
mod deployers;
mod escalations;
mod evidence;
mod file;
mod isolation;
mod kafka;
mod look_limits;
mod metrics;
mod own;
mod payments;
mod receivers;
mod retention;
mod review;

pub use approvals::Declared;
pub use batches::{Batches, USER as BATCH_USER};
pub use channels::DeclaredChannels;
pub use deployers::{DeployerConfig, deployers};
pub use escalations::{EscalationConfig, escalations};
pub use isolation::Check;
pub use receivers::{ReceiverConfig, receivers};
pub use review::ReviewConfig;

use self::file::File;
use crate::zone::Zone;
use crate::{
    access::seal::Sealing,
    alerts::receive::Receivers,
    allowlist::Allowlist,
    audit::background::Verifying,
    deployments::Deployers,
    detection::{Detecting, Thresholds},
    escalation,
    evidence::{ship::Shipping, signing::Signing, timestamp::Stamping, witness::Witnesses},
    gate::{Judging, Kind, LookLimits, Policies},
    metrics::Access,
    notify::{Channels, Heartbeat},
    payments::{Provider, SigningSecret},
    persona::Persona,
    plan::ReviewPlan,
    profile::Profile,
    queues::Consumers,
    retention::{Purging, Retention},
    secret::SecretKey,
    supervise::Hidden,
    web::connections::Bounds,
};
use chrono::TimeDelta;
use ipnet::IpNet;
use std::{collections::HashMap, fmt, fs, mem::take, net::SocketAddr, path::Path, str::FromStr, time::Duration};

/// Where a value came from: production takes secrets from the environment only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Environment,
    File,
}

const REQUEST_DEADLINE: Duration = Duration::from_secs(10);

/// What the server runs with.
#[derive(Clone)]
pub struct Config {
    pub profile: Profile,
    pub database_url: String,
    pub listen: SocketAddr,
    /// `https://admin.example.com`. Not set on a local machine: then the address that is listened on.
    pub public_origin: Option<String>,
    pub secret_key: SecretKey,
    pub allowed_networks: Allowlist,
    pub trusted_proxies: Vec<IpNet>,
    pub time_zone: Zone,
    pub session_idle: TimeDelta,
    pub session_absolute: TimeDelta,
    /// What outgoing events are published under.
    pub events_topic: String,
    /// Who gives refunds back.
    pub payments: Provider,
    pub batches: Batches,
    /// Where alerts and notices go.
    pub channels: Channels,
    /// Who is called about alerts.
    pub escalations: escalation::Policies,
    /// Where signs of life go.
    pub heartbeats: Vec<Heartbeat>,
    /// Who may post alerts.
    pub receivers: Receivers,
    /// Who may report deployments.
    pub deployers: Deployers,
    /// The hash of the configuration file, where there is one.
    pub file_digest: Option<[u8; 32]>,
    /// The topics that are read.
    pub consumers: Consumers,
    /// The console's own secrets, which are hidden in the logs of runs.
    pub own_secrets: Hidden,
    /// Which changes need a second person.
    pub policies: Policies,
    /// How often the log is verified in the background; nothing where it is not.
    pub verifying: Option<Verifying>,
    /// From where on something is suspicious, and how often that is looked for; nothing where it is not.
    pub detection: Thresholds,
    pub detecting: Option<Detecting>,
    /// When access records are sealed; nothing where they are not.
    pub sealing: Option<Sealing>,
    /// How long things are kept.
    pub retention: Retention,
    /// When what is older is removed; nothing where it is not.
    pub purging: Option<Purging>,
    /// What signs the log; nothing where it is not signed.
    pub signing: Option<Signing>,
    /// Where checkpoints are shipped to.
    pub shipping: Shipping,
    /// Who signs checkpoints too.
    pub witnesses: Witnesses,
    /// Who says when checkpoints were there.
    pub stamping: Stamping,
    /// How what lies ahead of the clock is judged again; nothing where it is left as it is.
    pub judging: Option<Judging>,
    /// Whether no person may hold roles that check each other, such as operator and approver.
    pub separate_duties: bool,
    /// How often a person may look at customers.
    pub look_limits: LookLimits,
    /// How access records are reviewed.
    pub review_plan: ReviewPlan,
    /// The people that the sign-in page offers; none but in a demo.
    pub personas: Vec<Persona>,
    /// Connections for reading, and on PostgreSQL as many for writing.
    pub connections: u32,
    pub workers: usize,
    /// How long a client may take to send the head of a request, and again its body.
    pub request_deadline: Duration,
    /// Client connections at once.
    pub bounds: Bounds,
    /// Where metrics can be read.
    pub metrics: Access,
}

impl Config {
    /// A configuration for this machine alone: loopback, plain HTTP, everything else as it is by default.
    pub fn local(kinds: &[Kind], database_url: String, secret_key: SecretKey) -> Self {
        Self {
            profile: Profile::Local,
            own_secrets: own::secrets(&secret_key, &database_url, []),
            database_url,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_origin: None,
            secret_key,
            allowed_networks: Allowlist::loopback(),
            trusted_proxies: Vec::new(),
            time_zone: Zone::seoul(),
            session_idle: TimeDelta::minutes(15),
            session_absolute: TimeDelta::hours(8),
            events_topic: default_topic(Profile::Local).to_owned(),
            payments: Provider::Bookkeeping,
            batches: Batches::default(),
            channels: Channels::default(),
            escalations: escalation::Policies::default(),
            heartbeats: Vec::new(),
            receivers: Receivers::default(),
            deployers: Deployers::default(),
            file_digest: None,
            consumers: Consumers::default(),
            policies: Declared::usual(kinds, Zone::seoul()),
            verifying: Some(Verifying::default()),
            detection: Thresholds::default(),
            detecting: Some(Detecting::default()),
            sealing: Some(Sealing::default()),
            retention: Retention::default(),
            purging: Some(Purging::default()),
            signing: None,
            shipping: Shipping::default(),
            witnesses: Witnesses::default(),
            stamping: Stamping::default(),
            judging: Some(Judging::default()),
            separate_duties: false,
            look_limits: LookLimits::default(),
            review_plan: ReviewPlan::default(),
            personas: Vec::new(),
            connections: 4,
            workers: 2,
            request_deadline: REQUEST_DEADLINE,
            bounds: Bounds::default(),
            metrics: Access::default(),
        }
    }

    /// Whether browsers reach the console without TLS: only a local machine may do that.
    pub fn is_plain_http(&self) -> bool {
        self.public_origin.as_ref().is_none_or(|origin| origin.starts_with("http://"))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("profile", &self.profile)
            .field("database", &crate::store::shown(&self.database_url))
            .field("listen", &self.listen)
            .field("public_origin", &self.public_origin)
            .field("payments", &self.payments)
            .finish_non_exhaustive()
    }
}

fn default_topic(profile: Profile) -> &'static str {
    match profile {
        Profile::Local | Profile::Dev => "dev-ingam-events",
        Profile::Staging | Profile::Prod => "ingam-events",
    }
}

/// What was said in environment and file, before it is judged.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The changes that approval rules can name.
    kinds: &'static [Kind],
    values: HashMap<&'static str, (String, Source)>,
    /// The jobs that the file declares.
    jobs: Vec<crate::batches::definition::Definition>,
    /// The rules for second people that it declares.
    approvals: Declared,
    /// The channels and routes that it declares.
    channels: DeclaredChannels,
    /// Who may post alerts, as it declares them.
    receivers: Vec<ReceiverConfig>,
    /// Who may report deployments.
    deployers: Vec<DeployerConfig>,
    /// The hash of the file.
    file_digest: Option<[u8; 32]>,
    /// Who is called about alerts.
    escalations: Vec<EscalationConfig>,
    /// The limits on looking at customers that it declares.
    look_limits: Vec<look_limits::Declared>,
    /// From where on something is suspicious.
    detection: Thresholds,
    /// How access records are reviewed, as it declares it.
    review: ReviewConfig,
    /// How long it has things kept.
    retention: retention::Declared,
    /// The password of the database that its driver takes from the environment.
    password: Option<String>,
    pub deployment_env: Option<String>,
    pub host: String,
}

const PROFILE: &str = "INGAM_PROFILE";
const DATABASE_URL: &str = "DATABASE_URL";
const SECRET_KEY: &str = "INGAM_SECRET_KEY";
const FORMER_KEY: &str = "INGAM_SECRET_KEY_OLD";
const NETWORKS: &str = "INGAM_ALLOWED_NETWORKS";
const LISTEN: &str = "INGAM_LISTEN";
const ORIGIN: &str = "INGAM_PUBLIC_ORIGIN";
const PROXIES: &str = "INGAM_TRUSTED_PROXIES";
const ZONE: &str = "INGAM_TIME_ZONE";
const IDLE: &str = "INGAM_SESSION_IDLE_MINUTES";
const ABSOLUTE: &str = "INGAM_SESSION_HOURS";
const TOPIC: &str = "INGAM_EVENTS_TOPIC";
const DUTIES: &str = "INGAM_SEPARATE_DUTIES";
const CONNECTIONS: &str = "INGAM_DATABASE_CONNECTIONS";
const PAYMENTS: &str = "INGAM_PAYMENTS";
const PAYMENTS_URL: &str = "INGAM_PAYMENTS_URL";
const PAYMENTS_SECRET: &str = "INGAM_PAYMENTS_SECRET";
const PAYMENTS_TIMEOUT: &str = "INGAM_PAYMENTS_TIMEOUT_SECONDS";
const ALL: [&str; 37] = [
    PROFILE,
    DATABASE_URL,
    SECRET_KEY,
    FORMER_KEY,
    NETWORKS,
    LISTEN,
    ORIGIN,
    PROXIES,
    ZONE,
    IDLE,
    ABSOLUTE,
    TOPIC,
    DUTIES,
    CONNECTIONS,
    PAYMENTS,
    PAYMENTS_URL,
    PAYMENTS_SECRET,
    PAYMENTS_TIMEOUT,
    batches::PROGRAMS,
    batches::SECRET,
    batches::SLOTS,
    batches::LEASE,
    batches::DRAIN,
    batches::NETWORKS,
    batches::USER,
    metrics::LISTEN,
    metrics::TOKEN,
    evidence::KEY,
    evidence::STATE,
    evidence::WITNESSES,
    evidence::TIMESTAMPS,
    evidence::CERTIFICATES,
    evidence::TIMESTAMP_MINUTES,
    evidence::SHIP,
    evidence::SHIP_WITHIN,
    evidence::ACCESS,
    evidence::SECRET,
];
/// Those that may be in a mounted file named by `…_FILE`, and that production takes from nowhere else.
const SECRETS: [&str; 9] = [
    DATABASE_URL,
    SECRET_KEY,
    FORMER_KEY,
    NETWORKS,
    PAYMENTS_SECRET,
    batches::SECRET,
    metrics::TOKEN,
    evidence::ACCESS,
    evidence::SECRET,
];

impl Settings {
    /// Gathers environment and file. The environment wins. `kinds` are the changes that approval rules can name.
    ///
    /// # Errors
    ///
    /// A file cannot be read or understood, or a variable is set twice.
    pub fn gather(
        kinds: &'static [Kind],
        env: impl Fn(&str) -> Option<String>,
        file: Option<&Path>,
        host: String,
    ) -> Result<Self, String> {
        let mut settings =
            Self { kinds, host, deployment_env: env("DEPLOYMENT_ENV"), password: env("PGPASSWORD"), ..Self::default() };
        if let Some(path) = file {
            let mut file = File::read(path)?;
            settings.jobs = batches::declared(&mut file);
            settings.approvals = Declared { approval: file.approval.take(), notice: file.notice.take() };
            settings.look_limits = take(&mut file.look_limit);
            settings.detection = take(&mut file.detection);
            settings.review = take(&mut file.review);
            settings.retention = take(&mut file.retention);
            settings.channels = DeclaredChannels {
                channel: take(&mut file.channel),
                route: take(&mut file.route),
                heartbeat: take(&mut file.heartbeat),
                consume: take(&mut file.consume),
            };
            settings.channels.resolve(&env)?;
            settings.receivers = take(&mut file.receive);
            settings.escalations = take(&mut file.escalation);
            settings.receivers.iter_mut().try_for_each(|receiver| receiver.resolve(&env))?;
            settings.deployers = take(&mut file.deployment);
            settings.deployers.iter_mut().try_for_each(|deployer| deployer.resolve(&env))?;
            settings.file_digest = file.digest;
            let said = file.values().into_iter().filter_map(|(name, value)| Some((name, value?)));
            settings.values.extend(said.map(|(name, value)| (name, (value, Source::File))));
        }
        for name in ALL {
            if let Some(value) = env(name) {
                settings.values.insert(name, (value, Source::Environment));
            }
        }
        for name in SECRETS {
            if let Some(value) = mounted(&env, name)? {
                settings.values.insert(name, (value, Source::Environment));
            }
        }
        Ok(settings)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|(value, _)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn required<T>(&self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<T, String> {
        let value = self.get(name).ok_or_else(|| format!("{name} is not set"))?;
        parse(value).map_err(|error| format!("{name}: {error}"))
    }

    fn or<T>(
        &self,
        name: &'static str,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        self.get(name).map_or(Ok(default), |value| parse(value).map_err(|error| format!("{name}: {error}")))
    }

    /// The secrets as they were given.
    fn own_values(&self) -> impl Iterator<Item = &str> {
        SECRETS
            .iter()
            .filter(|name| **name != NETWORKS)
            .filter_map(|name| self.get(name))
            .chain(self.password.as_deref())
            .chain(self.channels.secrets())
            .chain(self.receivers.iter().flat_map(ReceiverConfig::secrets))
            .chain(self.deployers.iter().flat_map(DeployerConfig::secrets))
    }

    pub fn profile(&self) -> Result<Profile, String> {
        self.or(PROFILE, Profile::Local, str::parse)
    }

    pub fn database_url(&self) -> Result<String, String> {
        self.required(DATABASE_URL, |url| {
            crate::store::Engine::of(url).map_err(|error| error.to_string())?;
            Ok(url.to_owned())
        })
    }

    /// The configuration, or the first thing that is wrong with it.
    pub fn config(&self) -> Result<Config, String> {
        let profile = self.profile()?;
        let local = profile == Profile::Local;
        let listen = self.or(LISTEN, SocketAddr::from(([127, 0, 0, 1], 8080)), from_str)?;
        let public_origin = match self.get(ORIGIN) {
            Some(text) => Some(origin(text, local).map_err(|error| format!("{ORIGIN}: {error}"))?),
            None if local => None,
            None => {
                return Err(format!(
                    "{ORIGIN} is not set; it is the address in people's browsers, such as https://admin.example.com"
                ));
            }
        };
        if local
            && public_origin.as_ref().is_none_or(|origin| origin.starts_with("http://"))
            && !listen.ip().is_loopback()
        {
            return Err(format!(
                "{LISTEN}: without TLS the console listens on loopback only; set {ORIGIN} to an https address"
            ));
        }
        let secret_key = self.secret_key()?;
        let database_url = self.database_url()?;
        let time_zone = self.or(ZONE, Zone::seoul(), from_str)?;
        let batches = self.batches()?;
        let channels = self.channels.channels(&self.approvals, profile, self.get(ORIGIN).is_some())?;
        let detection = detection(&self.detection, &channels)?;
        let signing = self.signing()?;
        let (retention, review_plan) = (self.retention.read()?, self.review.plan()?);
        if let Some(years) = retention.access_years.map(i64::from).filter(|years| *years < review_plan.access_years) {
            return Err(format!(
                "retention: `access_years` is {years}, and by [review] access records must be there for {}; set one of the two",
                review_plan.access_years
            ));
        }
        let signs = signing.as_ref().map(|signing| signing.signer.private_text());
        let own = self.own_values().chain(signs.as_deref());
        Ok(Config {
            profile,
            own_secrets: own::secrets(&secret_key, &database_url, own),
            database_url,
            listen,
            public_origin,
            secret_key,
            allowed_networks: self.required(NETWORKS, Allowlist::parse)?,
            trusted_proxies: self
                .or(PROXIES, Vec::new(), |text| Allowlist::parse(text).map(|nets| nets.iter().copied().collect()))?,
            time_zone,
            policies: self.approvals.policies(self.kinds, time_zone)?,
            session_idle: self.or(IDLE, TimeDelta::minutes(15), |text| within(text, 1, 120).map(TimeDelta::minutes))?,
            session_absolute: self
                .or(ABSOLUTE, TimeDelta::hours(8), |text| within(text, 1, 24).map(TimeDelta::hours))?,
            payments: self.payments(profile)?,
            escalations: escalations(&self.escalations, &channels)?,
            heartbeats: self.channels.heartbeats(profile)?,
            receivers: receivers(&self.receivers, &channels, profile)?,
            deployers: deployers(&self.deployers, profile)?,
            file_digest: self.file_digest,
            consumers: self.channels.consumers(&channels, &batches.jobs, profile)?,
            batches,
            channels,
            events_topic: self.get(TOPIC).unwrap_or(default_topic(profile)).to_owned(),
            verifying: Some(Verifying::default()),
            detection,
            detecting: Some(Detecting::default()),
            sealing: Some(Sealing::default()),
            retention,
            purging: Some(Purging::default()),
            signing,
            shipping: self.shipping()?,
            witnesses: self.witnesses()?,
            stamping: self.stamping()?,
            judging: Some(Judging::default()),
            look_limits: look_limits::read(&self.look_limits)?,
            review_plan,
            personas: Vec::new(),
            separate_duties: self.or(DUTIES, profile.is_production(), from_str)?,
            connections: self.or(CONNECTIONS, 8, |text| within(text, 1, 200)).map(|n| u32::try_from(n).unwrap_or(8))?,
            workers: std::thread::available_parallelism().map_or(2, usize::from).min(8),
            request_deadline: REQUEST_DEADLINE,
            bounds: Bounds::default(),
            metrics: self.metrics(listen)?,
        })
    }
}

impl Settings {
    /// The key, with the one that it takes the place of.
    fn secret_key(&self) -> Result<SecretKey, String> {
        let parse = |text: &str| {
            SecretKey::parse(text)
                .ok_or_else(|| "must be 32 bytes as hexadecimal or base64; `openssl rand -hex 32` makes one".to_owned())
        };
        let key = self.required(SECRET_KEY, parse)?;
        let Some(former) = self.or(FORMER_KEY, None, |text| parse(text).map(Some))? else { return Ok(key) };
        let both = key.with_former(&former);
        if both.former().is_none() {
            return Err(format!(
                "{FORMER_KEY} is the same key as {SECRET_KEY}: set {SECRET_KEY} to a new key, or leave {FORMER_KEY} out"
            ));
        }
        Ok(both)
    }
}

/// The rules of detection, where their numbers are possible and the channels of the digest are there.
fn detection(thresholds: &Thresholds, channels: &Channels) -> Result<Thresholds, String> {
    thresholds.check()?;
    match thresholds.digest.iter().find(|name| !channels.iter().any(|channel| channel.name == **name)) {
        Some(name) => Err(format!("detection: `digest` names the channel {name:?}, which is not declared")),
        None => Ok(thresholds.clone()),
    }
}

/// The value of a variable in the file that `NAME_FILE` names, where it names one.
fn mounted(env: impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<String>, String> {
    let Some(path) = env(&format!("{name}_FILE")) else { return Ok(None) };
    if env(name).is_some() {
        return Err(format!("{name} and {name}_FILE are both set; set one of them"));
    }
    let value = fs::read_to_string(&path).map_err(|error| format!("{name}_FILE: {path}: {error}"))?;
    Ok(Some(value.trim().to_owned()))
}

/// What requests to services of one's own are signed with.
fn signing_secret(text: &str) -> Result<SigningSecret, String> {
    let secret = SigningSecret::parse(text).ok_or("must be whsec_ and 24 to 64 bytes in base64")?;
    if secret.is_sample() { Err("is a sample value".to_owned()) } else { Ok(secret) }
}

fn origin(text: &str, local: bool) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://").filter(|_| local));
    match rest {
        None => Err(format!("{text:?} must begin with https://")),
        Some(host) if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) => {
            Err(format!("{text:?} must be scheme and host only, such as https://admin.example.com"))
        }
        // Browsers leave the port of the scheme out, so an origin that names it would never be met.
        Some(host) if host.ends_with(if text.starts_with("https") { ":443" } else { ":80" }) => {
            Err(format!("{text:?} names the default port; leave it out"))
        }
        Some(_) => Ok(text.to_lowercase()),
    }
}

fn from_str<T: FromStr<Err: fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text:?}: {error}"))
}

fn within(text: &str, least: i64, most: i64) -> Result<i64, String> {
    let number: i64 = from_str(text)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(format!("must be between {least} and {most}")) }
}
