//! The configuration file: names as in the environment, without the prefix and in lower case.

use super::{
    ABSOLUTE, ALL, CONNECTIONS, DATABASE_URL, DUTIES, FORMER_KEY, IDLE, LISTEN, NETWORKS, ORIGIN, PAYMENTS,
    PAYMENTS_SECRET, PAYMENTS_TIMEOUT, PAYMENTS_URL, PROFILE, PROXIES, SECRET_KEY, TOPIC, ZONE,
    approvals::{Approval, NoticeConfig},
    batches,
    channels::{ChannelConfig, HeartbeatConfig, RouteConfig},
    deployers::DeployerConfig,
    escalations::EscalationConfig,
    evidence,
    kafka::ConsumeConfig,
    look_limits, metrics,
    receivers::ReceiverConfig,
    retention,
    review::ReviewConfig,
};
use crate::{batches::definition::Definition, detection::Thresholds, secret};
use serde::Deserialize;
use std::{fs, path::Path};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    profile: Option<String>,
    database_url: Option<String>,
    secret_key: Option<String>,
    secret_key_old: Option<String>,
    allowed_networks: Option<String>,
    listen: Option<String>,
    public_origin: Option<String>,
    trusted_proxies: Option<String>,
    time_zone: Option<String>,
    session_idle_minutes: Option<i64>,
    session_hours: Option<i64>,
    events_topic: Option<String>,
    separate_duties: Option<bool>,
    database_connections: Option<i64>,
    payments: Option<String>,
    payments_url: Option<String>,
    payments_secret: Option<String>,
    payments_timeout_seconds: Option<i64>,
    batch_programs: Option<String>,
    batch_secret: Option<String>,
    batch_slots: Option<i64>,
    batch_lease_seconds: Option<i64>,
    batch_drain_seconds: Option<i64>,
    report_networks: Option<String>,
    metrics_listen: Option<String>,
    metrics_token: Option<String>,
    #[serde(rename = "audit_key_file")]
    audit_key: Option<String>,
    #[serde(rename = "audit_state_file")]
    audit_state: Option<String>,
    audit_witnesses: Option<String>,
    audit_timestamps: Option<String>,
    audit_timestamp_certificates: Option<String>,
    audit_timestamp_minutes: Option<i64>,
    audit_ship: Option<String>,
    audit_ship_within_hours: Option<i64>,
    /// `[[job]]`
    pub(super) job: Vec<Definition>,
    /// `[[approval]]` and `[[notice]]`; none is not the same as nothing said.
    pub(super) approval: Option<Vec<Approval>>,
    pub(super) notice: Option<Vec<NoticeConfig>>,
    /// `[[channel]]`, `[[route]]` and `[[heartbeat]]`
    pub(super) channel: Vec<ChannelConfig>,
    pub(super) route: Vec<RouteConfig>,
    pub(super) heartbeat: Vec<HeartbeatConfig>,
    /// `[[escalation]]`
    pub(super) escalation: Vec<EscalationConfig>,
    /// `[[receive]]`
    pub(super) receive: Vec<ReceiverConfig>,
    /// `[[deployment]]`
    pub(super) deployment: Vec<DeployerConfig>,
    /// `[[consume]]`
    pub(super) consume: Vec<ConsumeConfig>,
    /// `[[look_limit]]`
    pub(super) look_limit: Vec<look_limits::Declared>,
    /// `[detection.…]`
    pub(super) detection: Thresholds,
    /// `[review]`
    pub(super) review: ReviewConfig,
    /// `[retention]`
    pub(super) retention: retention::Declared,
    /// The hash of the whole text.
    #[serde(skip)]
    pub(super) digest: Option<[u8; 32]>,
}

/// The list of all the names there are would be longer than what is wrong.
fn shortly(message: &str) -> &str {
    let line = message.lines().next().unwrap_or("not a configuration");
    line.split(", expected one of").next().unwrap_or(line)
}

impl File {
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
        // The message of a parse error quotes the line, which may hold a secret: say only where it is.
        let file: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| text.get(..span.start).unwrap_or_default().lines().count().max(1));
            format!("{shown}: line {line}: {}", shortly(error.message()))
        })?;
        Ok(Self { digest: Some(secret::sha256(text.as_bytes())), ..file })
    }

    /// What it says, under the names that the environment has for it.
    pub(super) fn values(self) -> [(&'static str, Option<String>); ALL.len()] {
        let number = |value: Option<i64>| value.map(|number| number.to_string());
        [
            (PROFILE, self.profile),
            (DATABASE_URL, self.database_url),
            (SECRET_KEY, self.secret_key),
            (FORMER_KEY, self.secret_key_old),
            (NETWORKS, self.allowed_networks),
            (LISTEN, self.listen),
            (ORIGIN, self.public_origin),
            (PROXIES, self.trusted_proxies),
            (ZONE, self.time_zone),
            (IDLE, number(self.session_idle_minutes)),
            (ABSOLUTE, number(self.session_hours)),
            (TOPIC, self.events_topic),
            (DUTIES, self.separate_duties.map(|it| it.to_string())),
            (CONNECTIONS, number(self.database_connections)),
            (PAYMENTS, self.payments),
            (PAYMENTS_URL, self.payments_url),
            (PAYMENTS_SECRET, self.payments_secret),
            (PAYMENTS_TIMEOUT, number(self.payments_timeout_seconds)),
            (batches::PROGRAMS, self.batch_programs),
            (batches::SECRET, self.batch_secret),
            (batches::SLOTS, number(self.batch_slots)),
            (batches::LEASE, number(self.batch_lease_seconds)),
            (batches::DRAIN, number(self.batch_drain_seconds)),
            (batches::NETWORKS, self.report_networks),
            // From the environment only: the launcher is started before this file is read.
            (batches::USER, None),
            (metrics::LISTEN, self.metrics_listen),
            (metrics::TOKEN, self.metrics_token),
            (evidence::KEY, self.audit_key),
            (evidence::STATE, self.audit_state),
            (evidence::WITNESSES, self.audit_witnesses),
            (evidence::TIMESTAMPS, self.audit_timestamps),
            (evidence::CERTIFICATES, self.audit_timestamp_certificates),
            (evidence::TIMESTAMP_MINUTES, number(self.audit_timestamp_minutes)),
            (evidence::SHIP, self.audit_ship),
            (evidence::SHIP_WITHIN, number(self.audit_ship_within_hours)),
            // From the environment only.
            (evidence::ACCESS, None),
            (evidence::SECRET, None),
        ]
    }
}
