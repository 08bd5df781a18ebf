//! What a channel of each kind is made of: the keys of a `[[channel]]` that belong to its kind.

use super::{
    super::{kafka::topic, signing_secret},
    ChannelConfig,
    keys::{Keys, check_name, is_used},
};
use crate::{
    notify::{
        Channel,
        channel::{Address, Influx, Mail, Personal, Place, Receiver, Secret, Service},
    },
    payments::SigningSecret,
    profile::Profile,
    web::words::Lang,
};
use serde::Deserialize;
use std::fs;
use ureq::http::uri::Authority;

/// Where Slack's incoming webhooks are.
const SLACK: &str = "hooks.slack.com";

/// Where PagerDuty takes events.
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Slack,
    PagerDuty,
    Webhook,
    Email,
    InfluxDb,
    Kafka,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::PagerDuty => "pagerduty",
            Self::Webhook => "webhook",
            Self::Email => "email",
            Self::InfluxDb => "influxdb",
            Self::Kafka => "kafka",
        }
    }

    /// The keys that belong to it where each person has an address of their own; nothing where none can.
    const fn personal_keys(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Slack => Some(&["hosts"]),
            Self::PagerDuty => Some(&["url"]),
            Self::Webhook => Some(&["hosts", "secret"]),
            Self::Email => Some(&["smtp", "login", "from", "ca"]),
            Self::InfluxDb | Self::Kafka => None,
        }
    }

    /// The keys that belong to it, beside those of every channel.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Slack => &["url"],
            Self::PagerDuty => &["routing_key", "url"],
            Self::Webhook => &["url", "secret"],
            Self::Email => &["smtp", "login", "from", "to", "ca"],
            Self::InfluxDb => &["url", "database", "login", "organization", "bucket", "token"],
            Self::Kafka => &["brokers", "topic", "tls", "ca", "mechanism", "login", "password"],
        }
    }
}

impl ChannelConfig {
    pub(super) fn channel(&self, profile: Profile) -> Result<Channel, String> {
        check_name(&self.name)?;
        let lang = match self.lang.as_deref() {
            None => Lang::default(),
            Some(text) => text.parse().map_err(|_| "lang must be \"ko\" or \"en\"".to_owned())?,
        };
        let receiver = if self.people == Some(true) { self.personal(profile)? } else { self.receiver(profile)? };
        // No person is paged from a laptop.
        let usual = || self.kind != Kind::PagerDuty || profile.is_production();
        let is_on = is_used(self.environments.as_deref(), profile, usual)?;
        Ok(Channel { name: self.name.clone(), receiver, lang, is_on, is_tested: false })
    }

    /// A channel in which each person has an address of their own.
    fn personal(&self, profile: Profile) -> Result<Receiver, String> {
        let (keys, kind) = (&self.keys, self.kind.name());
        let Some(own) = self.kind.personal_keys() else {
            return Err(format!("a channel of the kind {kind} reaches no people; leave `people` out"));
        };
        if self.weekly_test.is_some() {
            return Err("each person tests a channel with people = true; leave weekly_test out".to_owned());
        }
        let of_kind = format!("a channel of the kind {kind} with people = true");
        keys.only(&of_kind, own, "name, kind, people, lang and environments")?;
        let service = match self.kind {
            Kind::PagerDuty => Service::PagerDuty { url: address(keys.text("url")?.unwrap_or(PAGERDUTY))? },
            Kind::Webhook => Service::Webhook { secret: self.secret(profile)? },
            Kind::Email => Service::Email(self.mail(None, profile)?),
            Kind::Slack | Kind::InfluxDb | Kind::Kafka => Service::Slack,
        };
        let hosts = match self.kind {
            Kind::Slack if !keys.has("hosts") => vec![SLACK.to_owned()],
            Kind::Slack | Kind::Webhook => hosts(keys)?,
            _ => Vec::new(),
        };
        Ok(Receiver::Personal(Personal::new(service, hosts)))
    }

    fn secret(&self, profile: Profile) -> Result<SigningSecret, String> {
        let secret = signing_secret(self.keys.required_secret("secret", profile)?);
        secret.map_err(|error| format!("its secret {error}"))
    }

    fn mail(&self, to: Option<&[String]>, profile: Profile) -> Result<Mail, String> {
        let keys = &self.keys;
        let ca = keys.text("ca")?;
        let ca = ca.map(|path| fs::read(path).map_err(|error| format!("its ca: {path}: {error}"))).transpose()?;
        let login = keys.secret("login", profile)?;
        Mail::new(keys.required("smtp")?, login, keys.required("from")?, to, ca.as_deref())
    }

    fn receiver(&self, profile: Profile) -> Result<Receiver, String> {
        let keys = &self.keys;
        let of_kind = format!("a channel of the kind {}", self.kind.name());
        keys.only(&of_kind, self.kind.keys(), "name, kind, people, lang, environments and weekly_test")?;
        match self.kind {
            Kind::Slack => Ok(Receiver::Slack { url: address(keys.required_secret("url", profile)?)? }),
            Kind::PagerDuty => Ok(Receiver::PagerDuty {
                url: address(keys.text("url")?.unwrap_or(PAGERDUTY))?,
                routing_key: Secret::new(keys.required_secret("routing_key", profile)?.to_owned()),
            }),
            Kind::Webhook => {
                Ok(Receiver::Webhook { url: address(keys.required("url")?)?, secret: self.secret(profile)? })
            }
            Kind::Email => self.mail(Some(keys.required_texts("to")?), profile).map(Receiver::Email),
            Kind::InfluxDb => influx(keys, profile).map(Receiver::InfluxDb),
            Kind::Kafka => topic(keys, profile),
        }
    }
}

/// The hosts that addresses of people may name.
fn hosts(keys: &Keys) -> Result<Vec<String>, String> {
    let hosts = keys.required_texts("hosts")?;
    let is_host = |host: &&String| {
        let authority: Option<Authority> = host.parse().ok();
        authority.is_some_and(|authority| !authority.host().is_empty() && !host.contains(['@', '*']))
    };
    match hosts.iter().find(|host| !is_host(host)) {
        Some(wrong) => Err(format!("its hosts name {wrong:?}, which is no host such as hooks.example.com")),
        None if hosts.is_empty() => Err("hosts must name the hosts that people's addresses may be at".to_owned()),
        None => Ok(hosts.to_vec()),
    }
}

fn influx(keys: &Keys, profile: Profile) -> Result<Influx, String> {
    let (database, bucket) = (keys.text("database")?, keys.text("bucket")?);
    let (login, token) = (keys.secret("login", profile)?, keys.secret("token", profile)?);
    let (organization, url) = (keys.text("organization")?, keys.required("url")?);
    let place = match (database, bucket) {
        (Some(database), None) if organization.is_none() && token.is_none() => Place::Database { database, login },
        (None, Some(bucket)) if login.is_none() => Place::Bucket {
            organization: organization.ok_or("organization is missing")?,
            bucket,
            token: token.ok_or("token is missing")?,
        },
        _ => {
            return Err("it needs database, with a login where InfluxDB 1.x asks for one, or organization, bucket and token for \
                        InfluxDB 2.x and 3.x"
                .to_owned());
        }
    };
    let influx = Influx::new(url, &place).map_err(|error| format!("its url {error}"))?;
    encrypted(influx.address())?;
    Ok(influx)
}

pub(super) fn address(text: &str) -> Result<Address, String> {
    let address = Address::parse(text).map_err(|error| format!("its url {error}"))?;
    encrypted(&address)?;
    Ok(address)
}

fn encrypted(address: &Address) -> Result<(), String> {
    if address.is_readable() {
        return Err("its url must begin with https://, for others could read what is sent".to_owned());
    }
    Ok(())
}
